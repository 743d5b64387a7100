"""Corpus 1, frozen: whatever is in this folder decides bytes that others rely on.

* The same scenario, seed and count give the same bytes on every supported Python and in every later
  release. `tests/golden/corpus-1.json` holds SHA-256 sums of them; a change that alters one of them
  belongs in a new folder, and this one stays.
* Nothing here reads the live catalogue, the clock, the locale, zone data or `random`: the forms of
  lines are `forms.json`, numbers come from `numbers`, the zone's rule is in `clock`, and everything
  else is arithmetic on integers and joining of strings. Only the standard library is imported.
"""
