"""A line and its expected record as two texts with gaps, made once and filled many times.

* Values are given twice: as they stand in the line, and as they stand in a JSON string; for most
  the two are the same text.
* A gap is `%s`; everything else of a template has its percent signs doubled.
* The gaps of a record: what stands before the process in `raw`, the values inside `raw`, what ends
  `raw`, the moment, the values as fields, the defect.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from utmlab.logtools.corpus.v1.forms import form


@dataclass(frozen=True, slots=True)
class Speaker:
    """A process on a UTM, as its lines name it."""

    host: str
    process: str
    pid: int | None

    def restarted(self, pid: int) -> "Speaker":
        """Return it with another number."""
        return replace(self, pid=pid)


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of line of one process.

    Attributes:
        line: With gaps for the values; what stands before the host is not in it.
        record: The expected record, with gaps as the module says.
        facts: The part of the record that tells process and fields, with gaps for the values.
        provenance: Of the line's form.
    """

    line: str
    record: str
    facts: str
    provenance: str


def shown(text: str) -> str:
    """Return a text as it stands between the quotes of a JSON string, ASCII only."""
    return json.dumps(text)[1:-1]


def line_of(
    speaker: Speaker,
    slug: str,
    constants: Mapping[str, str],
    gaps: tuple[str, ...] = (),
    *,
    profile: str = "9.7",
    caller: str | None = None,
    end: str = "",
) -> Template:
    """Make a template of a form.

    Args:
        speaker: Whose line it is.
        slug: Which form.
        constants: Values that are the same in every line. A key that the version did not have is
            left out; one that the form does not name, such as `attr_X`, comes last.
        gaps: The keys whose values change, in the order in which they will be given; it must be
            the form's own.
        profile: The version whose order it has.
        caller: Where in the daemon, as `Module::function:LINE()`.
        end: What ends the line, such as ulogd's space.
    """
    known = form(slug)
    named = frozenset([*constants, *gaps])
    ordered = known.ordered(named, profile)
    every = (*ordered, *(key for key in constants if not known.has_key(key)))
    if tuple(key for key in every if key in gaps) != gaps:
        raise ValueError(f"the gaps of {slug} stand in another order: {every}")
    pairs = [(key, _kept(value), _kept(shown(value))) for key, value in known.first]
    for key in every:
        value = constants.get(key)
        pairs.append((key, "%s", "%s") if value is None else _constant(key, value))
    level = "" if known.level is None else f"{known.level} "
    body = " ".join(f'{key}="{value}"' for key, value, _ in pairs)
    raw = " ".join(f'{key}=\\"{value}\\"' for key, _, value in pairs)
    told = "" if caller is None else f"{caller} => "
    fields = ",".join(f'"{key}":"{value}"' for key, _, value in pairs)
    head = f"{_lead(speaker)}{level}{told}"
    facts = _facts(speaker, known.level, caller, fields)
    return Template(
        line=f"{head}{body}{end}",
        record=_record(f"{head}{raw}{end}", facts, known.provenance),
        facts=facts,
        provenance=known.provenance,
    )


def text_of(speaker: Speaker, text: str, provenance: str) -> Template:
    """Make a template of a line of free text, without gaps."""
    head = _lead(speaker)
    facts = _facts(speaker, None, None, "", text)
    record = _record(f"{head}{_kept(shown(text))}", facts, provenance)
    return Template(f"{head}{_kept(text)}", record, facts, provenance)


def _constant(key: str, value: str) -> tuple[str, str, str]:
    return key, _kept(value), _kept(shown(value))


def _kept(text: str) -> str:
    return text.replace("%", "%%")


def _lead(speaker: Speaker) -> str:
    number = "" if speaker.pid is None else f"[{speaker.pid}]"
    return f" {speaker.host} {speaker.process}{number}: "


def _facts(
    speaker: Speaker, level: str | None, caller: str | None, fields: str, text: str | None = None
) -> str:
    told = {
        "host": speaker.host,
        "process": speaker.process,
        "pid": speaker.pid,
        "level": level,
        "caller": caller,
    }
    words = ",".join(f'"{key}":{_kept(json.dumps(value))}' for key, value in told.items())
    return f'{words},"text":{_kept(json.dumps(text))},"fields":{{{fields}}}'


def _record(raw: str, facts: str, provenance: str) -> str:
    return (
        f'{{"raw":"%s{raw}%s","@timestamp":"%s",{facts},"provenance":"{provenance}","defect":%s}}'
    )
