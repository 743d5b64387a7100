"""What is known about a site: its category ids and its reputation.

- A site has one or more numeric category ids; the names are in `names`.
- Reputations are ordered from worst to best; the five words are those of the appliance's web log
  and of `sp_minreputation` (documented).
- "Uncategorized" is id 9998 with reputation "unverified" (public: real 9.7 log lines).
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

Reputation = Literal["malicious", "suspicious", "unverified", "neutral", "trusted"]

REPUTATIONS: Final[tuple[Reputation, ...]] = (
    "malicious",
    "suspicious",
    "unverified",
    "neutral",
    "trusted",
)
"""From worst to best."""

UNCATEGORIZED_ID: Final = 9998
SPYWARE_ID: Final = 150


@dataclass(frozen=True, slots=True)
class Category:
    """Category ids, most important first, and a reputation."""

    ids: tuple[int, ...]
    reputation: Reputation = "neutral"


UNCATEGORIZED: Final = Category((UNCATEGORIZED_ID,), "unverified")


class CategorySource(Protocol):
    """Anything that knows categories of hosts; the answer is immediate."""

    def lookup(self, host: str) -> Category | None:
        """Return what is known of a normalised host, or None."""
        ...


def is_reputation_below(reputation: Reputation, threshold: Reputation) -> bool:
    """Tell whether a reputation is worse than the threshold."""
    return REPUTATIONS.index(reputation) < REPUTATIONS.index(threshold)
