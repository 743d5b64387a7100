"""The MCS Client: the service that talks to LiveConnect, and nobody else does."""
