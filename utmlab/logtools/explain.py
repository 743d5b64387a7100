"""explain: what does this id, or this line, mean, and how sure is that?

* An id gives every message that carries it; a line gives the one it is, and its keys.
* A pasted line is restored first, and the explanation says so.
* A line whose id nobody knows is still explained key by key.
* A line is explained however it came: with `<PRI>`, rewritten or relayed by a receiver.
* With a folder of logs, the last occurrences are looked for there.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from foundation.errors import DomainError
from utm.logs.catalogue import Message, catalogue
from utm.logs.explaining import ExplainedKey, Neighbour, explained_keys, surroundings
from utm.logs.grammar import ParsedLine, parse_line
from utmlab.logtools.fix import FixedLine, fix_line
from utmlab.logtools.occurrences import Occurrence, last_occurrences
from utmlab.logtools.transport import unwrap

_ID = re.compile(r"[0-9A-Za-z]{4}")


class UnknownIdError(DomainError):
    """No public source and no invention of ours knows that id."""

    code: ClassVar[str] = "unknown_id"
    hint: ClassVar[str] = "Give a whole line: its keys can be explained without the id."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedMessage:
    """A message of the catalogue with its neighbours resolved, and where it was last written."""

    message: Message
    precedes: tuple[Neighbour, ...]
    follows: tuple[Neighbour, ...]
    occurrences: tuple[Occurrence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer. `line`, `keys` and `fixed` are filled when a line was asked about."""

    subject: str
    messages: tuple[ExplainedMessage, ...]
    line: ParsedLine | None = None
    keys: tuple[ExplainedKey, ...] = ()
    fixed: FixedLine | None = None


def explain(subject: str, folder: Path | None = None) -> Explanation:
    """Explain an id or a line.

    Args:
        subject: The id or the line.
        folder: Where a UTM's logs are, to look for the last occurrences.

    Raises:
        UnknownIdError: for an id that is not in the catalogue.
        LineMalformedError: for a text that is neither an id nor a line.
    """
    wanted = subject.strip()
    if _ID.fullmatch(wanted):
        return explain_id(wanted, folder)
    return explain_line(subject.strip("\r\n"), folder)


def explain_id(message_id: str, folder: Path | None = None) -> Explanation:
    """Explain every message with that id.

    Raises:
        UnknownIdError: when there is none.
    """
    messages = catalogue().with_id(message_id)
    if not messages:
        raise UnknownIdError(f"No source knows the id {message_id}")
    return Explanation(
        subject=message_id, messages=tuple(_explained(message, folder) for message in messages)
    )


def explain_line(text: str, folder: Path | None = None) -> Explanation:
    """Explain one line, restoring it first when it was pasted from a page.

    Raises:
        LineMalformedError: when it is not a line of a UTM.
    """
    fixed = fix_line(unwrap(text).line)
    line = parse_line(fixed.line)
    message = catalogue().find(line)
    return Explanation(
        subject=text,
        messages=() if message is None else (_explained(message, folder),),
        line=line,
        keys=explained_keys(line),
        fixed=fixed if fixed.changes else None,
    )


def _explained(message: Message, folder: Path | None) -> ExplainedMessage:
    around = surroundings(message)
    return ExplainedMessage(
        message=message,
        precedes=around.precedes,
        follows=around.follows,
        occurrences=() if folder is None else last_occurrences(folder, message),
    )
