"""MCS over HTTPS, for endpoints."""
