"""What one filter action says about a site and a URL, rule by rule.

- Order: allow list and block list (which first: switch `whitelist_beats_blacklist`), tags,
  categories or the setting for uncategorized sites, minimum reputation; then, whatever those said
  short of a block, file extensions. Lists and tags decide alone (documented: they override
  categories).
- Mode allow: listed categories are blocked, the rest allowed. Mode deny: listed categories are
  allowed, the rest blocked. Warn and quota lists come first in mode deny, since a category can
  only be warned of when it is not blocked (inferred).
- The spyware option blocks its category in either mode (switch `spyware_sites`).
- A quota becomes the policy's quota action (documented: default warn).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from foundation.categories.category import SPYWARE_ID, is_reputation_below
from foundation.categories.names import category_name
from foundation.webfilter.policy import FilterAction, Outcome
from foundation.webfilter.site_facts import SiteFacts
from foundation.webfilter.sites import explain_site_list
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import Target
from foundation.webfilter.trace import TraceBook
from foundation.webfilter.verdict import VerdictReason

_STRICTNESS: dict[Outcome, int] = {"allow": 0, "warn": 1, "block": 2}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule decided; `ref` is the list entry that did it, if one did."""

    outcome: Outcome
    reason: VerdictReason
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ActionRules:
    """One filter action, about one site."""

    action: FilterAction
    target: Target
    facts: SiteFacts
    board: SwitchBoard
    trace: TraceBook
    quota_action: Outcome

    def by_lists(self) -> Decision | None:
        """Try the allow list and the block list."""
        order: tuple[Literal["allow", "block"], ...] = ("allow", "block")
        if not self.board.is_on("whitelist_beats_blacklist"):
            order = ("block", "allow")
        decisions = [decision for kind in order if (decision := self._by_list(kind)) is not None]
        if len(decisions) == 2:
            self.trace.matched("both lists", "", f"the {order[0]} list wins")
        return decisions[0] if decisions else None

    def _by_list(self, kind: Literal["allow", "block"]) -> Decision | None:
        is_allow = kind == "allow"
        reason = VerdictReason.WHITELIST if is_allow else VerdictReason.BLACKLIST
        for entry in self.action.url_whitelist if is_allow else self.action.url_blacklist:
            is_match, why = explain_site_list(entry, self.target, self.board)
            if self.trace.tried(reason.value, entry.ref, is_match=is_match, why=why):
                return Decision(kind, reason, entry.ref)
        return None

    def by_tags(self) -> Decision | None:
        """Try the tags that the local site list gave the site."""
        if not self.facts.tags:
            return None
        action = self.action
        lists: list[tuple[str, Outcome, tuple[str, ...]]] = [
            ("block", "block", action.block_tags),
            ("quota", self.quota_action, action.quota_tags),
            ("warn", "warn", action.warn_tags),
            ("allow", "allow", action.allow_tags),
        ]
        if self.board.value("tag_order") == "allow_first":
            lists.reverse()
        for name, outcome, tags in lists:
            found = [tag for tag in self.facts.tags if tag in tags]
            why = f"{', '.join(found or self.facts.tags)} among {len(tags)} tags: {bool(found)}"
            if self.trace.tried(f"{name} tags", action.ref, is_match=bool(found), why=why):
                return Decision(outcome, VerdictReason.TAG)
        return None

    def by_category(self) -> Decision | None:
        """Try the categories, or what is said of uncategorized sites; an allow is no decision."""
        if not self.facts.is_categorized:
            outcome = self._without_quota(self.action.uncategorized)
            self.trace.matched("uncategorized", self.action.ref, f"set to {outcome}")
            return None if outcome == "allow" else Decision(outcome, VerdictReason.UNCATEGORIZED)
        ids = self.facts.category_ids
        if self.board.value("several_categories") == "first":
            ids = ids[:1]
        outcomes: list[Outcome] = []
        for id_ in ids:
            outcome, why = self._category(id_)
            self.trace.tried(
                f"category {id_} {category_name(id_)}".rstrip(),
                self.action.ref,
                is_match=outcome != "allow",
                why=why,
            )
            outcomes.append(outcome)
        strictest = max(outcomes, key=_STRICTNESS.__getitem__)
        return None if strictest == "allow" else Decision(strictest, VerdictReason.CATEGORY)

    def _category(self, id_: int) -> tuple[Outcome, str]:
        is_deny = self.action.mode == "deny"
        if id_ == SPYWARE_ID and self.action.spyware and self._blocks_spyware():
            return "block", "the spyware option blocks it"
        if not is_deny and id_ in self.action.categories:
            return "block", "mode allow blocks the listed categories"
        if id_ in self.action.quota_categories:
            return self.quota_action, f"quota acts as {self.quota_action}"
        if id_ in self.action.warn_categories:
            return "warn", "warn category"
        if is_deny and id_ not in self.action.categories:
            return "block", "mode deny blocks all but the listed categories"
        return "allow", f"mode {self.action.mode} lets it pass"

    def _blocks_spyware(self) -> bool:
        return self.board.value("spyware_sites") == "blocked"

    def by_reputation(self) -> Decision | None:
        """Try the minimum reputation."""
        limit = self.action.min_reputation
        if limit == "off":
            return None
        if not self.facts.is_categorized and not self.board.is_on("min_reputation_uncategorized"):
            self.trace.skipped("minimum reputation", self.action.ref, "the site is uncategorized")
            return None
        is_below = is_reputation_below(self.facts.reputation, limit)
        why = f"{self.facts.reputation} against the minimum {limit}"
        if self.trace.tried("minimum reputation", self.action.ref, is_match=is_below, why=why):
            return Decision("block", VerdictReason.REPUTATION)
        return None

    def by_extension(self) -> Decision | None:
        """Try the file extensions, where the path can be seen."""
        if not (self.action.extensions or self.action.extensions_warn):
            return None
        if not self.target.is_path_visible:
            self.trace.skipped(
                "extension", self.action.ref, "only the host of an https URL is seen"
            )
            return None
        name = self.target.path.partition("?")[0].rpartition("/")[2].lower()
        for outcome, extensions in self._extension_lists():
            found = next((each for each in extensions if _has_extension(name, each)), "")
            why = f"{name or 'no file name'} ends in {found}" if found else f"not {name!r}"
            rule = f"extensions to {outcome}"
            if self.trace.tried(rule, self.action.ref, is_match=bool(found), why=why):
                return Decision(outcome, VerdictReason.EXTENSION)
        return None

    def _extension_lists(self) -> Iterator[tuple[Outcome, tuple[str, ...]]]:
        if self.action.extensions:
            yield "block", self.action.extensions
        if self.action.extensions_warn:
            yield "warn", self.action.extensions_warn

    def _without_quota(self, value: str) -> Outcome:
        if value == "quota":
            return self.quota_action
        return "warn" if value == "warn" else "block" if value == "block" else "allow"


def _has_extension(file_name: str, extension: str) -> bool:
    wanted = extension.strip().lstrip(".").lower()
    return bool(wanted) and file_name.endswith(f".{wanted}")


def stricter(first: Decision, second: Decision | None) -> Decision:
    """Return the stricter of two decisions; the first when they are equal."""
    if second is None or _STRICTNESS[second.outcome] <= _STRICTNESS[first.outcome]:
        return first
    return second
