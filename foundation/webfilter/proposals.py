"""Small changes to a policy or a request that could turn a verdict round, nearest first.

- First what decided is taken away, then an exception is put in, then another time and another
  user are tried, then what nothing objected to is put on a list, last the doubtful readings.
- Nothing is judged here: `counterfactual` evaluates each proposal and keeps those that turn.
- Deterministic: the order is that of the policy and of the clock; nothing is random.

Provenance: ours.
"""

from collections.abc import Iterator
from dataclasses import replace

from foundation.categories.category import SPYWARE_ID
from foundation.categories.names import category_name
from foundation.webfilter.differences import deciding_step
from foundation.webfilter.policy import SiteList, WebException
from foundation.webfilter.proposal import Case, Proposal
from foundation.webfilter.switches import SWITCHES, SwitchBoard
from foundation.webfilter.verdict import VerdictReason


def without_deciding_rule(case: Case) -> Iterator[Proposal]:
    """Propose to take away what decided."""
    reason = case.verdict.reason
    if reason is VerdictReason.WEB_CONTROL_OFF:
        ref = case.policy.group_ref
        yield case.with_policy("web_control", "Web Control were on", ref, web_control=True)
    elif reason in {VerdictReason.WHITELIST, VerdictReason.BLACKLIST}:
        yield from _without_list_entry(case)
    elif reason is VerdictReason.TAG:
        yield from _without_tags(case)
    elif reason is VerdictReason.CATEGORY:
        yield from _without_categories(case)
    elif reason is VerdictReason.UNCATEGORIZED:
        yield from case.with_action(
            "uncategorized", "allowed uncategorized sites", uncategorized="allow"
        )
    elif reason is VerdictReason.REPUTATION:
        known = case.verdict.reputation
        yield from case.with_action(
            "reputation", f"asked for no more than reputation {known}", min_reputation=known
        )
    elif reason is VerdictReason.EXTENSION:
        yield from _without_extension(case)
    elif reason is VerdictReason.CONTENT_TYPE:
        what = "listed no content type"
        yield from case.with_action("content_type", what, content_types=(), content_types_warn=())
    elif reason is VerdictReason.EXCEPTION:
        yield from _without_exceptions(case)


def with_exception(case: Case) -> Iterator[Proposal]:
    """Propose that an exception covered the request: those there are, then a new one."""
    if case.verdict.action == "allow":
        return
    for number, one in enumerate(case.policy.exceptions):
        if not {"url_filter", "extensions"}.isdisjoint(one.skip) and not _has_matched(case, one):
            wide = replace(_EVERYTHING, ref=one.ref, name=one.name, skip=one.skip)
            others = case.policy.exceptions[:number], case.policy.exceptions[number + 1 :]
            yield case.with_policy(
                "exception",
                f'exception "{one.name}" ({one.ref}) covered it',
                one.ref,
                exceptions=(*others[0], wide, *others[1]),
            )
    yield case.with_policy(
        "exception",
        "an exception for it skipped the URL filter",
        "",
        exceptions=(*case.policy.exceptions, _EVERYTHING),
        switches=(*case.policy.switches, ("url_filter_skip", "all")),
    )


def with_another_user(case: Case) -> Iterator[Proposal]:
    """Propose the users of the profile's rules."""
    for profile in case.policy.profiles:
        if profile.ref != case.verdict.profile_ref:
            continue
        for rule in profile.rules:
            if rule.users and rule.ref != case.verdict.rule_ref:
                what = f'the user were {rule.users[0]} (rule "{rule.name}")'
                yield case.with_request("user", what, rule.ref, user=rule.users[0])
        if any(rule.users for rule in profile.rules) and case.request.user:
            yield case.with_request("user", "nobody were logged on", profile.ref, user="")


def with_objection(case: Case) -> Iterator[Proposal]:
    """Propose that what nothing objected to were on a list."""
    action = case.action
    if action is None or case.verdict.reason is not VerdictReason.DEFAULT:
        return
    wanted = _category_ids(case)
    if not wanted:
        yield from case.with_action(
            "uncategorized", "blocked uncategorized sites", uncategorized="block"
        )
        return
    what = f"blocked category {_names(wanted[:1])}"
    if action.mode == "allow":
        yield from case.with_action("category", what, categories=(*action.categories, wanted[0]))
    else:
        kept = tuple(one for one in action.categories if one not in wanted)
        yield from case.with_action("category", what, categories=kept)


def with_another_reading(case: Case) -> Iterator[Proposal]:
    """Propose each other value of each switch."""
    board = SwitchBoard(case.policy.switches)
    for switch in SWITCHES.values():
        for value in switch.values:
            if value != board.value(switch.name):
                others = tuple(one for one in case.policy.switches if one[0] != switch.name)
                yield case.with_policy(
                    "switch",
                    f"switch {switch.name} were {value}",
                    "",
                    switches=(*others, (switch.name, value)),
                )


_EVERYTHING = WebException(ref="", domains=(".",), skip=("extensions", "url_filter"))


def _has_matched(case: Case, exception: WebException) -> bool:
    return exception.ref in case.verdict.exception_refs


def _without_list_entry(case: Case) -> Iterator[Proposal]:
    action, step = case.action, deciding_step(case.verdict)
    if action is None or step is None:
        return
    is_allow = case.verdict.reason is VerdictReason.WHITELIST
    field = "url_whitelist" if is_allow else "url_blacklist"
    entries: tuple[SiteList, ...] = getattr(action, field)
    tried = [one for one in case.verdict.trace if one.rule == step.rule]
    number = tried.index(step)  # one step per entry, in their order
    entry, title = entries[number], "allow list" if is_allow else "block list"
    named = f'"{entry.name}" ({entry.ref})' if entry.name else f"({entry.ref})"
    rest = (*entries[:number], *entries[number + 1 :])
    yield from case.with_action("list", f"had no {title} entry {named}", **{field: rest})
    yield from case.with_action("list", f"had an empty {title}", **{field: ()})


def _without_tags(case: Case) -> Iterator[Proposal]:
    action = case.action
    step = deciding_step(case.verdict)
    if action is None or step is None:
        return
    kind, found = step.rule.removesuffix(" tags"), step.why.partition(" among ")[0]
    tags: tuple[str, ...] = getattr(action, f"{kind}_tags")
    rest = tuple(one for one in tags if one not in found.split(", "))
    yield from case.with_action("tag", f"had no tag {found} to {kind}", **{f"{kind}_tags": rest})


def _without_categories(case: Case) -> Iterator[Proposal]:
    action = case.action
    if action is None:
        return
    ids = _category_ids(case)
    for wanted in (*((one,) for one in ids), ids):
        lists = {
            name: tuple(one for one in getattr(action, name) if one not in wanted)
            for name in ("warn_categories", "quota_categories")
        }
        kept = tuple(one for one in action.categories if one not in wanted)
        lists["categories"] = kept if action.mode == "allow" else (*kept, *wanted)
        spares = {"spyware": action.spyware and SPYWARE_ID not in wanted}
        what = f"allowed category {_names(wanted)}"
        yield from case.with_action("category", what, **lists, **spares)


def _without_extension(case: Case) -> Iterator[Proposal]:
    action = case.action
    step = deciding_step(case.verdict)
    if action is None or step is None:
        return
    field = "extensions" if step.rule == "extensions to block" else "extensions_warn"
    listed: tuple[str, ...] = getattr(action, field)
    found = step.why.rpartition(" ends in ")[2]
    rest = tuple(one for one in listed if one != found)
    yield from case.with_action("extension", f"did not list extension {found}", **{field: rest})
    yield from case.with_action(
        "extension", "listed no extension", extensions=(), extensions_warn=()
    )


def _without_exceptions(case: Case) -> Iterator[Proposal]:
    skipping = [
        one
        for one in case.policy.exceptions
        if _has_matched(case, one) and "url_filter" in one.skip
    ]
    for gone in [[one] for one in skipping] + [skipping]:
        names = ", ".join(f'"{one.name}" ({one.ref})' for one in gone)
        rest = tuple(one for one in case.policy.exceptions if one not in gone)
        what = f"exception {names} were not there"
        yield case.with_policy("exception", what, gone[0].ref if gone else "", exceptions=rest)


def _category_ids(case: Case) -> tuple[int, ...]:
    return tuple(one for one in case.verdict.category_ids if category_name(one) != "Uncategorized")


def _names(ids: tuple[int, ...]) -> str:
    return ", ".join(f"{one} {category_name(one)}".rstrip() for one in ids)
