"""Writing generated logs: lines, what is expected of them, and their twins of other transports.

* `NAME.log` and `NAME.expected.ndjson` are line-aligned, and so is each twin `NAME.TRANSPORT.log`.
* Bytes depend on corpus, scenario, seed and count alone. A selection of provenances leaves lines
  out and changes none of the others.
* Memory is bounded: pairs are written as they are made.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from foundation.errors import DomainError
from utmlab.logtools.corpus.released import CORPORA, PROVENANCES, Corpus
from utmlab.logtools.corpus.v1.scene import Pair

CHUNK: Final = 64
"""Pairs that are written together: few enough that their memory is used again at once."""
DISK: Final = "disk"

Told = Callable[[int], None]
"""Hears how many more pairs were made."""


class TransportNotPossibleError(DomainError):
    """A scenario whose lines were received already cannot go through a transport once more."""

    code: ClassVar[str] = "transport_not_possible"
    hint: ClassVar[str] = "Leave --transport out, or give a scenario as on the UTM's disk."


class NothingLeftError(DomainError):
    """No line of a scenario has one of the wanted provenances."""

    code: ClassVar[str] = "nothing_left"
    hint: ClassVar[str] = "`utmlab log generate --list` names the provenances of each scenario."


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be generated.

    Attributes:
        corpus: The version.
        scenario: Its name.
        seed: From 0 to 2**64 - 1.
        count: Pairs that are made; those of other provenances are then left out.
        provenances: Which are kept.
        transports: The twins beside the log itself.
    """

    scenario: str
    seed: int = 1
    count: int = 1_000
    corpus: int = 1
    provenances: frozenset[str] = frozenset(PROVENANCES)
    transports: tuple[str, ...] = ()

    @property
    def source(self) -> Corpus:
        """The corpus."""
        return CORPORA[self.corpus]

    def pairs(self) -> Iterator[Pair]:
        """Yield the pairs of the wanted provenances.

        Raises:
            TransportNotPossibleError: if a twin is wanted of lines that were received already.
        """
        if self.transports and self.source.scenarios[self.scenario].is_received:
            raise TransportNotPossibleError(f"{self.scenario} is not as on a UTM's disk")
        made = self.source.pairs(self.scenario, self.seed, self.count)
        if self.provenances >= set(PROVENANCES):
            return made
        return (pair for pair in made if pair.provenance in self.provenances)


@dataclass(slots=True)
class Written:
    """A file that was written, with its sum."""

    path: Path
    size: int = 0
    sum: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Its SHA-256."""
        return self.sum.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What became of an order.

    Attributes:
        order: What was wanted.
        lines: Lines in the log.
        left_out: Lines of other provenances.
        defects: Lines with a defect.
        files: What was written, the log and its expected records first.
    """

    order: Order
    lines: int
    left_out: int
    defects: int
    files: tuple[Written, ...]


class Output:
    """One file under way.

    Args:
        path: Where it is written; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self.written = Written(path)
        self._file: BinaryIO = path.open("wb")

    def write(self, data: bytes) -> None:
        """Write bytes and count them in."""
        self._file.write(data)
        self.written.size += len(data)
        self.written.sum.update(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_plain(order: Order, folder: Path, told: Told) -> Generated:
    """Write the log, its expected records and its twins into a folder, which is made.

    Raises:
        NothingLeftError: if no line has a wanted provenance; no file is left then.
        TransportNotPossibleError: if a twin is wanted of lines that were received already.
    """
    pairs = order.pairs()
    folder.mkdir(parents=True, exist_ok=True)
    log = Output(folder / f"{order.scenario}.log")
    expected = Output(folder / f"{order.scenario}.expected.ndjson")
    twins = {name: Output(folder / f"{order.scenario}.{name}.log") for name in order.transports}
    lines = defects = 0
    try:
        while chunk := list(islice(pairs, CHUNK)):
            lines += len(chunk)
            raws, records, _ = zip(*chunk, strict=True)
            log.write(("\n".join(raws) + "\n").encode())
            expected.write(("\n".join(records) + "\n").encode("ascii"))
            defects += sum(not record.endswith('"defect":null}') for record in records)
            for name, output in twins.items():
                output.write(b"".join(b"%b\n" % order.source.twins[name](raw) for raw in raws))
            told(len(chunk))
    finally:
        for output in (log, expected, *twins.values()):
            output.close()
    return finished(order, lines, defects, (log, expected, *twins.values()))


def finished(order: Order, lines: int, defects: int, outputs: tuple[Output, ...]) -> Generated:
    """Return what became of an order; empty files are removed.

    Raises:
        NothingLeftError: if no line was left.
    """
    if not lines and order.count:
        for output in outputs:
            output.written.path.unlink()
        wanted = ", ".join(sorted(order.provenances))
        raise NothingLeftError(f"{order.scenario} has no line of provenance {wanted}")
    return Generated(
        order=order,
        lines=lines,
        left_out=order.count - lines,
        defects=defects,
        files=tuple(output.written for output in outputs),
    )
