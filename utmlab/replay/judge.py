"""The policy's own verdict on the requests of an archive.

- Category and reputation are those of the line, so no category data is needed.
- The stamp of a line is the UTM's local time: it is read in the policy's zone.
- The fast engine decides; only what disagrees is evaluated once more, for its trace.
"""

from datetime import UTC
from typing import Final

from foundation.categories.category import Category
from foundation.webfilter.conditions import zone_of
from foundation.webfilter.content import evaluate_content
from foundation.webfilter.engine import Engine
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.verdict import Verdict, WebRequest
from utmlab.replay.web_line import WebLine

_AS_THE_UTM: Final = SwitchBoard()


class LineJudge:
    """Judges requests of an archive by one policy."""

    def __init__(self, policy: WebPolicy) -> None:
        self.policy = policy
        self._engine = Engine(policy)
        self._zone = zone_of(policy.timezone, _AS_THE_UTM) or UTC
        self._sees_type = any(one.content_types or one.content_types_warn for one in policy.actions)
        self._source = _OneCategory()

    def verdict(self, line: WebLine) -> Verdict:
        """Return the verdict, without its trace."""
        self._source.category = line.category
        return self._with_content(line, self._engine.verdict(self._request(line), self._source))

    def explained(self, line: WebLine) -> Verdict:
        """Return the verdict with its trace."""
        self._source.category = line.category
        return self._with_content(line, evaluate(self.policy, self._request(line), self._source))

    def _request(self, line: WebLine) -> WebRequest:
        return WebRequest(
            line.url,
            line.method,
            line.stamp.replace(tzinfo=self._zone),
            line.user,
            line.client_ip,
            line.user_agent,
        )

    def _with_content(self, line: WebLine, verdict: Verdict) -> Verdict:
        if self._sees_type and line.content_type:
            return evaluate_content(self.policy, verdict, line.content_type)
        return verdict


class _OneCategory:
    """A category source that knows the site of the line in hand and no other."""

    def __init__(self) -> None:
        self.category: Category | None = None

    def lookup(self, host: str) -> Category | None:  # noqa: ARG002 - there is one host
        """Return the category of the line."""
        return self.category
