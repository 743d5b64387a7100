"""The documents and paths that cross a wire, as pure functions and frozen dataclasses.

* No I/O, no clock, no randomness: bytes or text in, dataclasses out, and the reverse.
* Documents are written as text with their literal prefixes (``ns:``, ``csc:``) because clients look
  tags up by their literal names; they are read through ``foundation.net.xml_guard`` only.
* A refusal is an error named after what went wrong and changes nothing.

Provenance: public and documented MCS behaviour, unless a module says that a document is ours.
"""
