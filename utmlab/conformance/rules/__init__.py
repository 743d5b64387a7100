"""The rules by subject; `utmlab.conformance.suite` runs them in this order."""
