"""Sumo Logic's field extraction rule for the UTM (public: its form, restated).

* One `parse` holds some fifty anchors ` key="*"`, each with a blank in front and each behind the
  one before: without `nodrop`, a line that lacks one of them has no fields at all.
* Which fifty they are is not restated anywhere public we know of: the keys of a 9.7 web line stand
  here (inferred), so the count is ours and the rule is theirs.
"""

from utm.logs.catalogue import catalogue
from utmlab.logtools.consumers.outcome import Outcome, Value, nothing


def read(text: str) -> Outcome:
    """Return the fields of one message."""
    fields: dict[str, Value] = {}
    position = 0
    for key in catalogue().message("web_blocked").keys:
        anchor = f' {key}="'
        begin = text.find(anchor, position)
        if begin < 0:
            return nothing(position + 1, f"wants `{anchor}` from here on")
        begin += len(anchor)
        end = text.find('"', begin)
        if end < 0:
            return nothing(begin + 1, "wants a closing quote")
        fields[key] = text[begin:end]
        position = end + 1
    return Outcome(reach="message", fields=fields)
