"""Replay: the lines of archives, one after the other, against a policy.

- Streaming: a line is read, judged, counted and forgotten.
- A damaged archive is replayed as far as it can be read, and named.

Example:
    >>> from foundation.webfilter.policy import WebPolicy
    >>> replay = Replay(WebPolicy(group_ref="REF_G", web_control=False))
    >>> replay.feed("none.log", iter(()))
    >>> replay.tally.compared
    0
"""

from collections.abc import Iterable
from typing import Final

from foundation.webfilter.policy import WebPolicy
from utmlab.logtools.reading import ArchiveDamagedError, RawLine
from utmlab.replay.comparison import Comparison, Disagreement
from utmlab.replay.scope import Scope
from utmlab.replay.tally import Tally
from utmlab.replay.web_line import Skip, read_web_line

EVERYTHING: Final = Scope()


class Replay:
    """A replay under way; `tally` is valid at any time, `damaged` tells what could not be read.

    Args:
        policy: What the lines are held against.
        scope: Which lines are meant.
    """

    def __init__(self, policy: WebPolicy, scope: Scope = EVERYTHING) -> None:
        self._comparison = Comparison(policy)
        self._scope = scope
        self.tally = Tally()
        self.damaged: list[str] = []

    def feed(self, name: str, lines: Iterable[RawLine]) -> None:
        """Replay the lines of one file, in their order.

        Raises:
            LogUnreadableError: when the file cannot be opened.
        """
        tally, compare, covers = self.tally, self._comparison.compare, self._scope.covers
        try:
            for raw in lines:
                tally.lines += 1
                line = read_web_line(raw.data)
                if isinstance(line, Skip):
                    tally.skipped[line] += 1
                    continue
                if not covers(line):
                    self._comparison.pass_over(line)
                    tally.skipped[Skip.OUT_OF_SCOPE] += 1
                    continue
                found = compare(line)
                if found is None:
                    tally.agreed += 1
                elif isinstance(found, Disagreement):
                    tally.disagree(name, raw.number, line, found)
                else:
                    tally.skipped[found] += 1
        except ArchiveDamagedError as error:
            self.damaged.append(str(error))
