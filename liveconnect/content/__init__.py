"""The software that endpoints download."""
