"""The short way to change what happens to a site: block it, allow it, warn of it.

- The edit goes into the filter action that decides for the group, as an administrator would do it:
  `block` and `allow` put an http/domain_regex with subdomains into a url list; `warn` gives an
  http/local_site a tag of the action's own and puts the tag into its `warn_tags`.
- The last edit wins: a site leaves the lists where it would contradict. What contradicts it still,
  such as a pattern or a parent domain, is named in `overruled_by` and left alone.
- An action that decides for another group too is edited only when told so.
"""

from dataclasses import dataclass
from typing import ClassVar

from foundation.categories.hosts import InvalidHostError, normalise_host
from foundation.errors import DomainError
from utm.confd import Edit, Object
from utm.site_entries import SiteEntries
from utm.web_policy import deciding_action, groups_using


class FilterActionSharedError(DomainError):
    """The filter action that decides for the group decides for others too."""

    code: ClassVar[str] = "filter_action_shared"
    hint: ClassVar[str] = (
        "Give the group a profile with a filter action of its own, or say that it may be shared."
    )

    def __init__(self, action: Object, group: Object, others: tuple[Object, ...]) -> None:
        names = ", ".join(other.name for other in others)
        super().__init__(
            f"{action.ref} ({action.name}) decides for {group.name} and also for {names}"
        )
        self.action_ref = action.ref
        self.groups = tuple(other.ref for other in others)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEdit:
    """What was edited.

    Attributes:
        action: block, allow or warn.
        host: The site, normalised.
        group_ref: The endpoint group it was meant for.
        group_name: Its name.
        filter_action_ref: The filter action that decides for it.
        filter_action_name: Its name.
        objects: Every object that was made or changed; none when it was so already.
        overruled_by: Entries that keep the edit from taking effect.
    """

    action: str
    host: str
    group_ref: str
    group_name: str
    filter_action_ref: str
    filter_action_name: str
    objects: tuple[str, ...]
    overruled_by: tuple[str, ...]


def block(edit: Edit, host: str, group_ref: str, *, shared: bool = False) -> PolicyEdit:
    """Block a site and its subdomains for a group.

    Raises:
        InvalidHostError: If the host is none.
        GroupGoneError: If there is no such group.
        FilterActionSharedError: If the filter action decides for other groups, unless `shared`.
        ObjectLockedError: If the filter action is locked.
    """
    entries = _entries(edit, host, group_ref, shared=shared)
    entries.unlist("url_whitelist")
    entries.enlist("url_blacklist")
    return _done(edit, "block", entries, group_ref, entries.matching("url_whitelist"))


def allow(edit: Edit, host: str, group_ref: str, *, shared: bool = False) -> PolicyEdit:
    """Allow a site and its subdomains for a group.

    Raises:
        InvalidHostError: If the host is none.
        GroupGoneError: If there is no such group.
        FilterActionSharedError: If the filter action decides for other groups, unless `shared`.
        ObjectLockedError: If the filter action is locked.
    """
    entries = _entries(edit, host, group_ref, shared=shared)
    entries.unlist("url_blacklist")
    entries.enlist("url_whitelist")
    return _done(edit, "allow", entries, group_ref, ())


def warn(edit: Edit, host: str, group_ref: str, *, shared: bool = False) -> PolicyEdit:
    """Warn of a site and its subdomains for a group.

    Raises:
        InvalidHostError: If the host is none.
        GroupGoneError: If there is no such group.
        FilterActionSharedError: If the filter action decides for other groups, unless `shared`.
        ObjectLockedError: If the filter action is locked.
    """
    entries = _entries(edit, host, group_ref, shared=shared)
    entries.unlist("url_whitelist")
    entries.unlist("url_blacklist")
    entries.tag("warn_tags")
    listed = (*entries.matching("url_whitelist"), *entries.matching("url_blacklist"))
    return _done(edit, "warn", entries, group_ref, listed)


def _entries(edit: Edit, host: str, group_ref: str, *, shared: bool) -> SiteEntries:
    normalised = normalise_host(host.strip())
    if not any(letter.isalnum() for letter in normalised):
        # A browser would take `,,,` for a host; nobody means one that has no letter and no digit.
        raise InvalidHostError(f"{host!r} is not a host name")
    snapshot = edit.snapshot()
    action = deciding_action(snapshot, group_ref)
    others = tuple(each for each in groups_using(snapshot, action.ref) if each.ref != group_ref)
    if others and not shared:
        raise FilterActionSharedError(action, snapshot.get(group_ref), others)
    return SiteEntries(edit, action.ref, normalised)


def _done(
    edit: Edit, action: str, entries: SiteEntries, group_ref: str, overruled_by: tuple[str, ...]
) -> PolicyEdit:
    return PolicyEdit(
        action=action,
        host=entries.host,
        group_ref=group_ref,
        group_name=edit.get(group_ref).name,
        filter_action_ref=entries.action_ref,
        filter_action_name=edit.get(entries.action_ref).name,
        objects=entries.touched(),
        overruled_by=overruled_by,
    )
