"""The UTM's logs: their grammar, the catalogue of messages, and the files they are written to."""
