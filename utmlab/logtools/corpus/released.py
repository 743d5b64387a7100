"""The corpora that were released, by number; none is ever taken away."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

from foundation.errors import DomainError
from utmlab.logtools.corpus.v1 import clock, scenarios, transports
from utmlab.logtools.corpus.v1.scenarios import Scenario
from utmlab.logtools.corpus.v1.scene import Pair

EVERY: Final = "all"
PROVENANCES: Final = ("seed", "public", "documented", "ours")


class UnknownScenarioError(DomainError):
    """A corpus has no scenario of that name, and none that shows that trouble."""

    code: ClassVar[str] = "unknown_scenario"
    hint: ClassVar[str] = "`utmlab log generate --list` names them; D5 is all that show trouble 5."


@dataclass(frozen=True, slots=True)
class Corpus:
    """One version.

    Attributes:
        scenarios: What it has, by name.
        pairs: Makes the pairs of a scenario from a seed, a number of them.
        twins: Makes the bytes of a line as a transport leaves it, by name; `disk` comes first.
        zone: The zone of its stamps.
        offset_of: What local seconds since 1970 are ahead of UTC, in seconds.
    """

    scenarios: Mapping[str, Scenario]
    pairs: Callable[[str, int, int], Iterator[Pair]]
    twins: Mapping[str, Callable[[str], bytes]]
    zone: str
    offset_of: Callable[[int], int]

    def named(self, word: str) -> tuple[str, ...]:
        """Return the scenarios that a word means: a name, a trouble such as D5, or `all`.

        Raises:
            UnknownScenarioError: if it means none.
        """
        if word in self.scenarios:
            return (word,)
        every = self.scenarios.items()
        found = tuple(name for name, one in every if word in {EVERY, one.pain, one.pain.lower()})
        if not word or not found:
            raise UnknownScenarioError(f"No scenario is called {word!r}")
        return found


CORPORA: Final[Mapping[int, Corpus]] = MappingProxyType(
    {
        1: Corpus(
            scenarios=scenarios.SCENARIOS,
            pairs=scenarios.pairs,
            twins=transports.TWINS,
            zone="Europe/Berlin",
            offset_of=clock.offset_of,
        )
    }
)
