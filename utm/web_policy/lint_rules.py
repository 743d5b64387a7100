"""Rules that can match nothing, and profiles that nobody reaches.

- A list, exception or policy is judged as configured: what the compiler left out or could not use
  is the compiler's own warning, which the linter passes on.
- Whether a moment is over needs the present, which the caller gives.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from foundation.webfilter.conditions import zone_of
from foundation.webfilter.switches import SwitchBoard
from utm.confd.objects import Object
from utm.confd.seed import BASE_PROFILE
from utm.web_policy.criteria import category_ids, time_window, user_names
from utm.web_policy.findings import LintFinding, finding
from utm.web_policy.profiles import policies_of, profiles_of
from utm.web_policy.reading import Reading

_CRITERIA = (
    "networks",
    "aaa",
    "domains",
    "sp_categories",
    "tags",
    "user_agents",
    "endpoints_groups",
)


def judge_list(entry: Object) -> Iterator[LintFinding]:
    """Judge a website list (http/domain_regex)."""
    if entry.text("mode") == "Domain":
        if not entry.texts("domain"):
            yield finding("never_matches", entry, "a list of domains without a domain")
        if entry.texts("regexps"):
            yield finding(
                "never_matches", entry, "its patterns are not tried: the mode is Domain, not Regex"
            )
        return
    if not entry.texts("regexps"):
        yield finding("never_matches", entry, "a list of patterns without a pattern")
    if entry.is_on("restrict_regex") and not entry.texts("domain"):
        yield finding("never_matches", entry, "its patterns are restricted to no domain at all")


def judge_exception(exception: Object) -> Iterator[LintFinding]:
    """Judge an exception (http/exception)."""
    if not any(exception.texts(attribute) for attribute in _CRITERIA):
        yield finding("never_matches", exception, "an exception without criteria matches nothing")
    if not exception.texts("skiplist"):
        yield finding("never_matches", exception, "an exception that skips nothing changes nothing")


def judge_action(reading: Reading, action: Object) -> Iterator[LintFinding]:
    """Judge a filter action (http/cff_action): what one list takes from another."""
    if action.text("mode") == "allow":
        blocked = set(category_ids(reading, action, "sp_categories"))
        for attribute, word in (("sp_categories_warn", "warn"), ("sp_categories_quota", "quota")):
            asked = set(category_ids(reading, action, attribute))
            if asked and asked <= blocked:
                yield finding(
                    "never_matches", action, f"every category to {word} is blocked before it"
                )
    carried = {
        tag for site in reading.follow_node("http.local_site_list") for tag in site.texts("tags")
    }
    for attribute in ("allow_tags", "block_tags", "warn_tags", "quota_tags"):
        for tag in reading.follow_all(action, attribute):
            if tag.ref not in carried:
                yield finding(
                    "never_matches", action, f"no site has the tag {tag.name} of its {attribute}"
                )


def judge_profile(reading: Reading, profile: Object, now: datetime) -> Iterator[LintFinding]:
    """Judge the policies of a profile: whom they leave to those after them."""
    policies = policies_of(reading, profile)
    for index, policy in enumerate(policies):
        yield from _judge_time(reading, policy, now)
        hiding = _hiding(reading, policy, policies[:index])
        if hiding is not None:
            yield finding(
                "policy_shadowed",
                policy,
                f"{hiding.ref} ({hiding.name}) comes before it and applies to everybody it is for",
            )


def _hiding(reading: Reading, policy: Object, earlier: Sequence[Object]) -> Object | None:
    """Return an earlier policy that applies whenever this one would."""
    users = set(user_names(reading, policy, "aaa"))
    for each in earlier:
        if each.text("time_event") not in ("", policy.text("time_event")):
            continue
        theirs = set(user_names(reading, each, "aaa"))
        is_for_all = not each.texts("aaa")
        if is_for_all or (users and policy.texts("aaa") and users <= theirs):
            return each
    return None


def _judge_time(reading: Reading, policy: Object, now: datetime) -> Iterator[LintFinding]:
    window = time_window(reading, policy, "time_event")
    if window is None or window.kind != "single":
        return
    if window.start_date is None or window.end_date is None:
        yield finding("never_matches", policy, f"its time {window.name} has no beginning or no end")
        return
    begin = datetime.combine(window.start_date, window.start)
    end = datetime.combine(window.end_date, window.end)
    zone = zone_of(reading.snapshot.node("settings.timezone") or "UTC", SwitchBoard())
    if end <= begin:
        yield finding("never_matches", policy, f"its time {window.name} ends before it begins")
    elif end <= now.astimezone(zone).replace(tzinfo=None):
        yield finding("never_matches", policy, f"its time {window.name} was over on {end.date()}")


def judge_reach(reading: Reading) -> Iterator[LintFinding]:
    """Judge which profiles decide for no endpoint group though they are meant to."""
    groups = [group for group in reading.snapshot.endpoint_groups() if group.is_on("web_control")]
    held = {group.ref: profiles_of(reading, group) for group in groups}
    deciding = {profiles[0].ref for profiles in held.values()}
    for profile in reading.follow_node("http.profiles"):
        if profile.ref in deciding or profile.ref == BASE_PROFILE:
            continue
        if not (profile.is_on("status") and profile.texts("endpoints_groups")):
            continue
        before = {
            profiles[0].name
            for profiles in held.values()
            if profile.ref in {each.ref for each in profiles}
        }
        why = (
            f"{', '.join(sorted(before))} decides before it for every group that it is for"
            if before
            else "Web Control is off for every group that it is for"
        )
        yield finding("profile_never_reached", profile, why)
