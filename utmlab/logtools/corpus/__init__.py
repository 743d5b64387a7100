"""Corpora of log lines with what is expected of each; a released one never changes."""
