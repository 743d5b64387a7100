"""A managed computer: setup, MCS Client, MCS Agent, Web Control, AutoUpdate."""
