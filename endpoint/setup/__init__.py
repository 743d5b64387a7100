"""Setup: the six steps from an installer file to a managed endpoint."""
