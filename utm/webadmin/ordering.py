"""Lists whose order matters: moved by one place with a button, or put in a whole new order."""

from collections.abc import Sequence

from multidict import MultiMapping

ORDER = "order"
MOVE = "move"
"""A button's value is `up:ITEM` or `down:ITEM`; without one the order sent is the new one."""


def reordered(items: Sequence[str], form: MultiMapping[str]) -> tuple[str, ...]:
    """Return the list as a posted form wants it.

    What the form does not know of (made meanwhile) keeps its place at the end; what it names and
    is gone is left out.
    """
    known = list(dict.fromkeys(one for one in form.getall(ORDER, []) if one in items))
    wanted = [*known, *(one for one in items if one not in known)]
    direction, _, item = form.get(MOVE, "").partition(":")
    if item in wanted and direction in ("up", "down"):
        here = wanted.index(item)
        there = here + (-1 if direction == "up" else 1)
        if 0 <= there < len(wanted):
            wanted[here], wanted[there] = wanted[there], wanted[here]
    return tuple(wanted)
