"""Snapshots of a whole lab: saved while it runs, and loaded in one step."""

from utmlab.snapshot.labs import Snapshots, load_at_rest, recover, save_at_rest

__all__ = ["Snapshots", "load_at_rest", "recover", "save_at_rest"]
