"""The web filter: a policy, the verdict it gives for a URL, and the proxy that enforces it."""
