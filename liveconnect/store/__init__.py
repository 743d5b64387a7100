"""What LiveConnect remembers: intents in, records out; no SQL, row or connection crosses."""
