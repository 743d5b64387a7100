"""What a scenario works with: chance, time, hosts and numbers of daemons, and pairs as a result.

A pair is a line and its expected record, both without line feed, and the provenance of the line.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from utmlab.logtools.corpus.v1.clock import Clock
from utmlab.logtools.corpus.v1.numbers import Numbers
from utmlab.logtools.corpus.v1.template import Speaker, Template

HOSTS: Final = ("filter", "utm", "sophos-test-vm1", "AR-BADC-FAST-01", "test-utm-01-1")
SOUND: Final = "null"
REPEATED_HOUR: Final = "UL031"

Dress = Callable[[Clock], str]
"""Makes what stands before the process: the stamp, and what a transport put around it."""


class Pair(NamedTuple):
    """A line and what is expected of it."""

    raw: str
    record: str
    provenance: str


def defect(pain: str, name: str, *rules: str) -> str:
    """Return a defect as JSON; `rules` are the rules of lint that find it on that line."""
    quoted = ",".join(f'"{rule}"' for rule in rules)
    return f'{{"pain":"{pain}","name":"{name}","rules":[{quoted}]}}'


class Scene:
    """The state of one generation.

    Attributes:
        dress: What stands before the process instead of the bare stamp.
        usual: The defect of every line of which nothing else is said.
    """

    def __init__(self, name: str, seed: int, begin: int) -> None:
        self.numbers = Numbers(seed, name)
        self.clock = Clock(begin)
        self.host = self.numbers.one_of(HOSTS)
        self.dress: Dress | None = None
        self.usual = SOUND

    def speaker(self, process: str) -> Speaker:
        """Return a daemon of this UTM, with a number of its own."""
        return Speaker(self.host, process, self.number_of_process())

    def number_of_process(self) -> int:
        """Return a process number."""
        return 2_000 + self.numbers.below(60_000)

    def pair(
        self,
        template: Template,
        values: tuple[object, ...] = (),
        shown: tuple[object, ...] | None = None,
        found: str = SOUND,
    ) -> Pair:
        """Fill a template at the present moment.

        Args:
            template: Which kind of line.
            values: What fills its gaps in the line.
            shown: The same as JSON has it, where that differs.
            found: The defect as JSON.
        """
        if shown is None:
            shown = values
        if found == SOUND:
            found = self.usual
        clock = self.clock
        head = clock.stamp if self.dress is None else self.dress(clock)
        if clock.is_repeating:
            found = self._repeated(found)
        return Pair(
            head + template.line % values,
            template.record % (head, *shown, "", clock.instant, *shown, found),
            template.provenance,
        )

    def glued(self, first: Pair, link: str, second: Template, values: Sequence[str] = ()) -> Pair:
        """Put a second record behind a first one that did not end its line."""
        tail = link + second.line.lstrip(" ").removeprefix(f"{self.host} ") % tuple(values)
        also = f'"also":[{{{second.facts % tuple(values)}}}]'
        found = defect("D17", "glued_records", "UL014")
        before, _, rest = first.record.partition('","@timestamp":')
        record = f'{before}{_shown(tail)}","@timestamp":{rest}'
        record = record.removesuffix('"defect":null}') + f'"defect":{found},{also}}}'
        return Pair(first.raw + tail, record, first.provenance)

    def _repeated(self, found: str) -> str:
        """Say that the hour comes twice, beside what is wrong with the line anyway."""
        self.clock.is_repeating = False
        if found == SOUND:
            return defect("D5", "repeated_hour", REPEATED_HOUR)
        return found.removesuffix("]}") + f',"{REPEATED_HOUR}"]}}'


def _shown(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
