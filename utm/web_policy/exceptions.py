"""Which exceptions hold for an endpoint group, and what they match.

- WEB-05: an exception is a group of endpoints and the URLs that they may bypass the filter for. The
  endpoint groups say who gets it: exactly those named, or everybody when it names none. That
  Default stands for all groups is said of profiles only (WEB-03).
- Help texts join all criteria by the exception's operator. Read literally, OR would let a member of
  the group skip the filter for every URL; so beside other criteria the groups only choose who gets
  the exception (ours), and with OR a warning says so. Alone, they match every request.
- Criteria that were resolved to nothing stay impossible: with AND the exception is left out.
"""

from typing import cast

from foundation.webfilter.policy import Operator, WebException
from utm.confd.objects import Object
from utm.web_policy.criteria import category_ids, networks, user_names
from utm.web_policy.limits import warn_of_exception
from utm.web_policy.reading import Reading
from utm.web_policy.sites import warn_of_patterns

_CRITERIA = ("networks", "aaa", "domains", "sp_categories", "tags", "user_agents")


def exceptions_of(reading: Reading, group: Object | None) -> tuple[WebException, ...]:
    """Compile the exceptions that are on and meant for the group, in their order.

    Without a group (a stranger at the gateway) they are those that name no endpoint group.
    """
    compiled = (
        _compiled(reading, each, group)
        for each in reading.follow_node("http.exceptions")
        if each.is_on("status") and _is_for(reading, each, group)
    )
    return tuple(each for each in compiled if each is not None)


def _is_for(reading: Reading, exception: Object, group: Object | None) -> bool:
    groups = {each.ref for each in reading.follow_all(exception, "endpoints_groups")}
    return not groups or (group is not None and group.ref in groups)


def _compiled(reading: Reading, exception: Object, group: Object | None) -> WebException | None:
    warn_of_exception(reading, exception)
    warn_of_patterns(reading, exception, exception.texts("domains"))
    compiled = WebException(
        ref=exception.ref,
        name=exception.name,
        operator=cast("Operator", exception.text("operator")),
        domains=exception.texts("domains"),
        users=user_names(reading, exception, "aaa"),
        networks=networks(reading, exception, "networks"),
        categories=category_ids(reading, exception, "sp_categories"),
        tags=tuple(tag.ref for tag in reading.follow_all(exception, "tags")),
        user_agents=exception.texts("user_agents"),
        endpoints_groups=_groups(reading, exception, group),
        skip=exception.texts("skiplist"),
    )
    vanished = _vanished(exception, compiled)
    if vanished and compiled.operator == "AND":
        reading.warn(
            exception, "never_matches", f"{vanished} mean nothing here, and AND needs them"
        )
        return None
    return compiled


def _groups(reading: Reading, exception: Object, group: Object | None) -> tuple[str, ...]:
    if group is None or not exception.texts("endpoints_groups"):
        return ()
    if not any(exception.texts(attribute) for attribute in _CRITERIA):
        return (group.ref,)
    if exception.text("operator") == "OR":
        reading.warn(
            exception,
            "groups_choose_receivers",
            "its endpoint groups say who gets it; they are no alternative to its other criteria",
        )
    return ()


def _vanished(exception: Object, compiled: WebException) -> str:
    pairs = (
        ("users", exception.texts("aaa"), compiled.users),
        ("networks", exception.texts("networks"), compiled.networks),
        ("categories", exception.texts("sp_categories"), compiled.categories),
    )
    return ", ".join(name for name, configured, left in pairs if configured and not left)
