"""What is known about the site of a request: categories, reputation, tags.

- The local site list overrides category and reputation of the category source, each on its own.
- Without any category a site is uncategorized (9998) with reputation "unverified" (public), also
  when it is the local list that says 9998; a reputation that is known stays known.
- A site that only the local list gave a category has the reputation of that list, else "neutral".
"""

from dataclasses import dataclass

from foundation.categories.category import UNCATEGORIZED, Category, CategorySource, Reputation
from foundation.categories.names import category_name
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.sites import Override, override_for
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import Target
from foundation.webfilter.trace import TraceBook


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Categories (most important first), reputation and tags of a site."""

    category_ids: tuple[int, ...]
    reputation: Reputation
    tags: tuple[str, ...]
    is_categorized: bool

    @property
    def category_name(self) -> str:
        """The name of the most important category."""
        return category_name(self.category_ids[0])


def facts_of(
    policy: WebPolicy,
    target: Target,
    categories: CategorySource,
    board: SwitchBoard,
    trace: TraceBook,
) -> SiteFacts:
    """Look the site up in the local site list and in the category source."""
    known = categories.lookup(target.host)
    override = override_for(policy.local_sites, target, board)
    for site in override.sites:
        trace.matched("local site", site.ref, f"{site.site} covers {target.host}")
    if policy.local_sites and not override.sites:
        trace.missed("local site", "", f"none of {len(policy.local_sites)} covers {target.host}")
    facts = facts_from(known, override)
    ids, reputation = facts.category_ids, facts.reputation
    names = ", ".join(f"{id_} {category_name(id_)}".strip() for id_ in ids)
    trace.tried(
        "category look-up",
        "",
        is_match=facts.is_categorized,
        why=f"{target.host} is {names}, reputation {reputation}",
    )
    return facts


def facts_from(known: Category | None, override: Override) -> SiteFacts:
    """Join what the category source and the local site list say."""
    base = known or UNCATEGORIZED
    ids, reputation = base.ids, base.reputation
    if override.category is not None:
        ids = (override.category,)
        if known is None and ids != UNCATEGORIZED.ids:
            reputation = "neutral"
    if override.reputation is not None:
        reputation = override.reputation
    return SiteFacts(ids, reputation, override.tags, ids != UNCATEGORIZED.ids)
