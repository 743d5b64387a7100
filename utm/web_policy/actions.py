"""Filter actions: http/cff_action as an endpoint can apply it."""

from typing import cast, get_args

from foundation.webfilter.policy import (
    FilterAction,
    Mode,
    Outcome,
    SafeSearchEngine,
    Threshold,
    WithQuota,
)
from utm.confd.objects import Object
from utm.web_policy.criteria import category_ids
from utm.web_policy.limits import warn_of_action
from utm.web_policy.quota import without_quota
from utm.web_policy.reading import Reading
from utm.web_policy.sites import site_lists


def filter_action(reading: Reading, action: Object, quota_action: Outcome) -> FilterAction:
    """Compile one filter action, its lists resolved and its quotas replaced."""
    warn_of_action(reading, action, quota_action)
    compiled = FilterAction(
        ref=action.ref,
        name=action.name,
        mode=cast("Mode", action.text("mode")),
        categories=category_ids(reading, action, "sp_categories"),
        warn_categories=category_ids(reading, action, "sp_categories_warn"),
        quota_categories=category_ids(reading, action, "sp_categories_quota"),
        allow_tags=_tags(reading, action, "allow_tags"),
        block_tags=_tags(reading, action, "block_tags"),
        warn_tags=_tags(reading, action, "warn_tags"),
        quota_tags=_tags(reading, action, "quota_tags"),
        url_whitelist=site_lists(reading, action, "url_whitelist"),
        url_blacklist=site_lists(reading, action, "url_blacklist"),
        uncategorized=cast("WithQuota", action.text("uncategorized_websites")),
        min_reputation=cast("Threshold", action.text("sp_minreputation")),
        spyware=action.is_on("spyware"),
        extensions=action.texts("extensions"),
        extensions_warn=action.texts("extensions_warn"),
        content_types=action.texts("contenttype_blacklist"),
        content_types_warn=action.texts("contenttype_blacklist_warn"),
        safe_search=_safe_search(action),
        log_access=action.is_on("log_access"),
        log_blocked=action.is_on("log_blocked"),
    )
    return without_quota(compiled, quota_action)


def _safe_search(action: Object) -> tuple[SafeSearchEngine, ...]:
    return tuple(
        engine
        for engine in get_args(SafeSearchEngine)
        if action.text(f"{engine}_safesearch") == "on"
    )


def _tags(reading: Reading, action: Object, attribute: str) -> tuple[str, ...]:
    return tuple(tag.ref for tag in reading.follow_all(action, attribute))
