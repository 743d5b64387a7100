"""The ground the three houses stand on: it imports nothing of theirs."""
