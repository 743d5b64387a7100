"""What becomes of quotas on endpoints, where they do not exist.

- WEB-02: quotas are not applicable in Web Control; node `http.epp_quota_action` says what stands in
  for them, and warn is its default (seed). Nothing of a quota is left in the compiled action.
- For categories the folded action gives the verdicts that the evaluation gives for the unfolded
  one. A site with a quota tag and a warn tag is warned of even when quotas are to be allowed.
"""

from dataclasses import replace

from foundation.webfilter.policy import FilterAction, Outcome


def without_quota(action: FilterAction, quota_action: Outcome) -> FilterAction:
    """Return the action with its quotas turned into allow, warn or block."""
    tags = action.quota_tags
    return replace(
        action,
        categories=_listed(action, quota_action),
        warn_categories=_warned(action, quota_action),
        quota_categories=(),
        block_tags=_joined(action.block_tags, tags if quota_action == "block" else ()),
        warn_tags=_joined(action.warn_tags, tags if quota_action == "warn" else ()),
        allow_tags=_joined(action.allow_tags, tags if quota_action == "allow" else ()),
        quota_tags=(),
        uncategorized=quota_action if action.uncategorized == "quota" else action.uncategorized,
    )


def _listed(action: FilterAction, quota_action: Outcome) -> tuple[int, ...]:
    """Return the categories of the mode: what mode allow blocks, what mode deny lets pass."""
    listed, quota = set(action.categories), set(action.quota_categories)
    if action.mode == "allow":
        return tuple(sorted(listed | quota if quota_action == "block" else listed))
    if quota_action == "block":
        return tuple(sorted(listed - quota))
    return tuple(sorted(listed | quota if quota_action == "allow" else listed))


def _warned(action: FilterAction, quota_action: Outcome) -> tuple[int, ...]:
    warned, quota = set(action.warn_categories), set(action.quota_categories)
    return tuple(sorted(warned | quota if quota_action == "warn" else warned - quota))


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
