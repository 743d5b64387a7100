"""A case, and small changes to it that are proposed: the words of a counterfactual.

- A proposal is a whole policy and a whole request, so that it can be evaluated like any other.

Provenance: ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from foundation.webfilter.policy import FilterAction, WebPolicy
from foundation.webfilter.verdict import Verdict, WebRequest

Kind = Literal[
    "web_control",
    "list",
    "tag",
    "category",
    "uncategorized",
    "reputation",
    "extension",
    "content_type",
    "exception",
    "time",
    "user",
    "switch",
]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A condition ("…if WHAT"), the object it is about, and how things would be."""

    kind: Kind
    what: str
    ref: str
    policy: WebPolicy
    request: WebRequest


@dataclass(frozen=True, slots=True)
class Case:
    """A policy, a request and the verdict on it."""

    policy: WebPolicy
    request: WebRequest
    verdict: Verdict

    @property
    def action(self) -> FilterAction | None:
        """The filter action that was applied."""
        return self.policy.action(self.verdict.filter_action_ref)

    def with_action(self, kind: Kind, what: str, **changed: Any) -> Iterator[Proposal]:
        """Propose another filter action; nothing when it would be the same."""
        action = self.action
        if action is None:
            return
        other = replace(action, **changed)
        if other == action:
            return
        actions = tuple(other if one.ref == action.ref else one for one in self.policy.actions)
        named = f'filter action "{action.name}" ({action.ref}) {what}'
        yield self.with_policy(kind, named, action.ref, actions=actions)

    def with_policy(self, kind: Kind, what: str, ref: str, **changed: Any) -> Proposal:
        """Propose another policy."""
        return Proposal(kind, what, ref, replace(self.policy, **changed), self.request)

    def with_request(self, kind: Kind, what: str, ref: str, **changed: Any) -> Proposal:
        """Propose another request."""
        return Proposal(kind, what, ref, self.policy, self.request._replace(**changed))
