"""The linter of web policies: what an administrator probably did not mean.

- WEB-01: an endpoint group that the base policy's own filter action decides for is an inconsistent
  mapping; the cure is a profile made for endpoints (seed).
- Every warning of the compiler is a finding; beside them are patterns that match too much or
  nothing, rules that can never match, and profiles that nobody reaches.
- Pure: a snapshot and the present in, findings out, each once, in the order of the policy.
- With a group only what concerns its endpoints is judged, without one everything configured.

Example:
    for finding in lint(snapshot, now=utc_now()): print(finding)
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from utm.confd.objects import Object
from utm.confd.snapshot import Snapshot
from utm.switches import switch_settings
from utm.web_policy.compiler import compile_group
from utm.web_policy.findings import LintFinding, finding
from utm.web_policy.lint_patterns import judge_pattern
from utm.web_policy.lint_rules import (
    judge_action,
    judge_exception,
    judge_list,
    judge_profile,
    judge_reach,
)
from utm.web_policy.profiles import actions_of, group_of, profiles_of
from utm.web_policy.reading import Reading

_RENAMED: Final = {"base_policy": "inconsistent_mapping"}
_HOST_CODES: Final = frozenset({"unanchored_pattern", "wide_pattern", "open_ended_pattern"})
"""What does not matter of a pattern that is restricted to domains: it is tried at no stranger's."""
_OWN: Final = "pattern_refused"
"""A warning that the linter gives itself, also for what no group uses."""


def lint(snapshot: Snapshot, *, now: datetime, group_ref: str = "") -> tuple[LintFinding, ...]:
    """Judge the web policy of an endpoint group, or of all.

    Args:
        snapshot: The configuration.
        now: The present, for times that are over.
        group_ref: An endpoint group; empty for everything.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If an object refers to one that is gone.
        BaseProfileMissingError: If there is no base profile.
    """
    reading = Reading(snapshot)
    found = [
        *_of_groups(reading, group_ref),
        *(
            each
            for each in judge_reach(reading)
            if not group_ref or _is_for(reading, each.ref, group_ref)
        ),
        *_of_objects(reading, group_ref, now),
    ]
    return tuple(dict.fromkeys(found))


def _of_groups(reading: Reading, group_ref: str) -> Iterator[LintFinding]:
    """Yield the compiler's warnings, each once however many groups it is given for."""
    groups = [group_of(reading, group_ref)] if group_ref else reading.snapshot.endpoint_groups()
    seen: set[tuple[str, str, str]] = set()
    for group in groups:
        for warning in compile_group(reading.snapshot, group.ref)[1]:
            if warning.code == _OWN:
                continue
            if warning.code in _RENAMED:
                sentence = f"for {group.name}, {warning.sentence}"
                code = _RENAMED[warning.code]
                yield LintFinding(code, warning.ref, warning.name, sentence, group.ref)
            elif (warning.ref, warning.code, warning.sentence) not in seen:
                seen.add((warning.ref, warning.code, warning.sentence))
                yield LintFinding(warning.code, warning.ref, warning.name, warning.sentence)


def _of_objects(reading: Reading, group_ref: str, now: datetime) -> Iterator[LintFinding]:
    profiles = _profiles(reading, group_ref)
    actions = _once(action for each in profiles for action in actions_of(reading, each))
    for profile in profiles:
        yield from judge_profile(reading, profile, now)
    for action in actions:
        yield from judge_action(reading, action)
    sees_urls = dict(switch_settings(reading.snapshot)).get("https_sees") == "url"
    unseen = frozenset({"path_in_https"} if sees_urls else ())
    for entry in _lists(reading, actions, group_ref):
        yield from judge_list(entry)
        if entry.text("mode") == "Regex":
            is_restricted = entry.is_on("restrict_regex") and bool(entry.texts("domain"))
            passed = _HOST_CODES if is_restricted else frozenset()
            yield from _of_patterns(entry, "regexps", passed | unseen)
    for exception in reading.follow_node("http.exceptions"):
        groups = exception.texts("endpoints_groups")
        if not group_ref or (exception.is_on("status") and (not groups or group_ref in groups)):
            yield from judge_exception(exception)
            yield from _of_patterns(exception, "domains", unseen)


def _of_patterns(of: Object, attribute: str, passed_over: frozenset[str]) -> Iterator[LintFinding]:
    for text in of.texts(attribute):
        for code, sentence in judge_pattern(text):
            if code not in passed_over:
                yield finding(code, of, sentence)


def _profiles(reading: Reading, group_ref: str) -> tuple[Object, ...]:
    if not group_ref:
        return reading.follow_node("http.profiles")
    group = group_of(reading, group_ref)
    return profiles_of(reading, group)[:1] if group.is_on("web_control") else ()


def _lists(reading: Reading, actions: Iterable[Object], group_ref: str) -> tuple[Object, ...]:
    if not group_ref:
        return reading.snapshot.of_class("http", "domain_regex")
    return _once(
        entry
        for action in actions
        for attribute in ("url_whitelist", "url_blacklist")
        for entry in reading.follow_all(action, attribute)
    )


def _once(objects: Iterable[Object]) -> tuple[Object, ...]:
    return tuple({each.ref: each for each in objects}.values())


def _is_for(reading: Reading, profile_ref: str, group_ref: str) -> bool:
    groups = reading.snapshot.get(profile_ref).texts("endpoints_groups")
    return group_ref in groups or reading.snapshot.default_group_ref in groups
