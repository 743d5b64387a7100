"""What came of taking over a configuration, as text.

Provenance: ours.
"""

from collections.abc import Iterator
from typing import Any

from utmlab.journal import printable

_MOST = 20


def adopted_text(done: dict[str, Any]) -> str:
    """Return counts, and each thing that was not simply taken."""
    return printable_lines([_first(done), *_parts(done)])


def printable_lines(lines: list[str]) -> str:
    """Return lines that cannot move a terminal's cursor: names came from elsewhere."""
    return "\n".join(printable(line) for line in lines)


def _first(done: dict[str, Any]) -> str:
    would = "would be " if done["dry_run"] else ""
    counts = (
        f"{done['created']} objects {would}created, {done['changed']} {would}changed, "
        f"{done['unchanged']} as they were; {len(done['nodes_set'])} nodes {would}set"
    )
    if done["dry_run"]:
        return f"{counts}. Nothing was changed."
    if done["change"] is None:
        return f"{counts}. There was nothing to change."
    changeset = f", changeset {done['changeset']}" if done["changeset"] is not None else ""
    return f"{counts}: change {done['change']}{changeset}."


def _parts(done: dict[str, Any]) -> Iterator[str]:
    yield from _listed(
        "placeholders, for what is in no file",
        [
            f"{one['ref']} ({one['type']}), for {', '.join(one['used_by'])}"
            for one in done["placeholders"]
        ],
    )
    yield from _listed(
        "patterns that match nothing, since RE2 refuses them",
        [_pattern(one) for one in done["inactive_patterns"]],
    )
    yield from _listed("not taken", _notes(done["refused"]))
    yield from _listed("classes that cannot be kept", _counted(done["unknown_classes"]))
    yield from _listed("attributes that no class here has, kept", _counted(done["unknown_keys"]))
    yield from _listed("nodes that are unknown here, left out", done["unknown_nodes"])
    yield from _listed("nodes that stay as they are here", _notes(done["kept_nodes"]))
    yield from _listed("secrets, left out", done["secrets"])
    yield from _listed("built-ins that gave way", _notes(done["superseded"]))
    yield from _listed("lists in the order of the files, for want of the node", done["unordered"])
    yield from _listed("files passed over", _notes(done["passed_over"]))
    yield from _listed("what the policies have to say", _notes(done["warnings"]))


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}: {len(lines)}"
    yield from (f"  {line}" for line in lines[:_MOST])
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST} more; --json tells all"


def _notes(notes: list[dict[str, str]]) -> list[str]:
    return [f"{one['where']}: {one['why']}" for one in notes]


def _counted(counts: dict[str, int]) -> list[str]:
    return [f"{name} ({count})" for name, count in counts.items()]


def _pattern(one: dict[str, str]) -> str:
    meant = f"; perhaps {one['suggestion']} is meant" if one["suggestion"] else ""
    return f"{one['ref']} {one['attribute']}: {one['pattern']}: {one['reason']}{meant}"
