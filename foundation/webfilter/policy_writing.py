"""The web policy as a document: what the UTM compiles and an endpoint keeps in Persist.

- `<policy type="web-control">` with one `csc:Comp` of policyType 190 and a blank RevID, which the
  caller seals. The same policy always gives the same bytes, so that an unchanged one keeps its
  revision.
- All text stands in attributes, because parsers normalise white space between elements.
- `policy_reading` reads it back; what it read compares equal to what was written.
- Provenance: ours (no public document of this type exists), namespace `urn:utmlab:web-control:1`.
"""

from collections.abc import Iterable

from foundation.protocol.names import POLICY_TYPES, SWC, WEB_CONTROL_NAMESPACE
from foundation.protocol.policies import COMPLIANCE_XMLNS, compliance_element
from foundation.protocol.xml_writing import attribute, truth
from foundation.webfilter.policy import (
    FilterAction,
    LocalSite,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
    WebPolicy,
)

ROOT_TYPE = "web-control"
_Lines = Iterable[str]


def encode_web_policy(policy: WebPolicy) -> bytes:
    """Return the document with a blank RevID."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<policy xmlns="{WEB_CONTROL_NAMESPACE}" {COMPLIANCE_XMLNS} type="{ROOT_TYPE}">',
        compliance_element(POLICY_TYPES[SWC]),
        _tag(
            "webControl",
            enabled=truth(policy.web_control),
            groupRef=policy.group_ref,
            groupName=policy.group_name,
            quotaAction=policy.quota_action,
            proceedTimeout=str(policy.proceed_timeout_s),
            timezone=policy.timezone,
        ),
        *_nest("profiles", (line for each in policy.profiles for line in _profile(each))),
        *_nest("actions", (line for each in policy.actions for line in _action(each))),
        *_nest("exceptions", (line for each in policy.exceptions for line in _exception(each))),
        *_nest("localSites", (line for each in policy.local_sites for line in _local_site(each))),
        *_nest("switches", (_tag("switch", name=n, value=v) for n, v in policy.switches)),
        "</policy>",
        "",
    ]
    return "\n".join(lines).encode("utf-8")


def _profile(profile: Profile) -> _Lines:
    inside = [
        *_values("network", profile.networks),
        *(line for rule in profile.rules for line in _rule(rule)),
    ]
    return _nest(
        "profile",
        inside,
        ref=profile.ref,
        name=profile.name,
        defaultAction=profile.default_action_ref,
        base=truth(profile.is_base),
    )


def _rule(rule: PolicyRule) -> _Lines:
    inside = [*_values("user", rule.users)]
    if rule.time is not None:
        inside.append(_time(rule.time))
    return _nest("rule", inside, ref=rule.ref, name=rule.name, action=rule.action_ref)


def _time(window: TimeWindow) -> str:
    return _tag(
        "time",
        ref=window.ref,
        name=window.name,
        kind=window.kind,
        start=window.start.isoformat(),
        end=window.end.isoformat(),
        weekdays=" ".join(map(str, window.weekdays)),
        startDate=window.start_date.isoformat() if window.start_date else "",
        endDate=window.end_date.isoformat() if window.end_date else "",
    )


def _action(action: FilterAction) -> _Lines:
    inside = [
        *_numbers("category", action.categories),
        *_numbers("warnCategory", action.warn_categories),
        *_numbers("quotaCategory", action.quota_categories),
        *_values("allowTag", action.allow_tags),
        *_values("blockTag", action.block_tags),
        *_values("warnTag", action.warn_tags),
        *_values("quotaTag", action.quota_tags),
        *(line for entry in action.url_whitelist for line in _site_list("allowSites", entry)),
        *(line for entry in action.url_blacklist for line in _site_list("blockSites", entry)),
        *_values("extension", action.extensions),
        *_values("warnExtension", action.extensions_warn),
        *_values("contentType", action.content_types),
        *_values("warnContentType", action.content_types_warn),
        *_values("safeSearch", action.safe_search),
    ]
    return _nest(
        "action",
        inside,
        ref=action.ref,
        name=action.name,
        mode=action.mode,
        uncategorized=action.uncategorized,
        minReputation=action.min_reputation,
        spyware=truth(action.spyware),
        logAccess=truth(action.log_access),
        logBlocked=truth(action.log_blocked),
    )


def _site_list(name: str, entry: SiteList) -> _Lines:
    return _nest(
        name,
        [*_values("domain", entry.domains), *_values("pattern", entry.regexps)],
        ref=entry.ref,
        name=entry.name,
        mode=entry.mode,
        subdomains=truth(entry.include_subdomains),
        restrict=truth(entry.restrict),
    )


def _exception(exception: WebException) -> _Lines:
    inside = [
        *_values("pattern", exception.domains),
        *_values("user", exception.users),
        *_values("network", exception.networks),
        *_numbers("category", exception.categories),
        *_values("tag", exception.tags),
        *_values("userAgent", exception.user_agents),
        *_values("endpointsGroup", exception.endpoints_groups),
        *_values("skip", exception.skip),
    ]
    return _nest(
        "exception", inside, ref=exception.ref, name=exception.name, operator=exception.operator
    )


def _local_site(site: LocalSite) -> _Lines:
    return _nest(
        "localSite",
        _values("tag", site.tags),
        ref=site.ref,
        site=site.site,
        subdomains=truth(site.include_subdomains),
        category="" if site.category is None else str(site.category),
        reputation=site.reputation,
    )


def _values(name: str, values: Iterable[str]) -> _Lines:
    return (_tag(name, value=value) for value in values)


def _numbers(name: str, values: Iterable[int]) -> _Lines:
    return (_tag(name, value=str(value)) for value in values)


def _tag(_element: str, **attributes: str) -> str:
    return f"<{_element}{_attributes(attributes)}/>"


def _nest(_element: str, inside: _Lines, **attributes: str) -> _Lines:
    yield f"<{_element}{_attributes(attributes)}>"
    yield from inside
    yield f"</{_element}>"


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{attribute(value)}"' for name, value in attributes.items())
