"""The link to the UTMs, over mutual TLS."""
