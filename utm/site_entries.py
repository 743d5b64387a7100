"""One site in the lists and tags of one filter action, put there and taken out.

- An entry is an http/domain_regex or http/local_site that names exactly this host. One that other
  filter actions use too is only unhooked from this one; a longer list of domains that others use
  is replaced here by a copy without the host. What nobody uses any more is deleted.
- A tag for warnings belongs to one filter action, so that a site is warned of only there.
"""

from typing import Final

from foundation.categories.hosts import InvalidHostError, normalise_host
from foundation.webfilter.policy import SiteList
from foundation.webfilter.sites import explain_site_list
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import read_target
from utm.confd import Edit, Object

_DOMAIN: Final = "Domain"


class SiteEntries:
    """The entries of one host; remembers which objects it changed, in order."""

    def __init__(self, edit: Edit, action_ref: str, host: str) -> None:
        self._edit = edit
        self.action_ref = action_ref
        self.host = host
        self._touched: dict[str, None] = {}

    def touched(self) -> tuple[str, ...]:
        """Return the references of what was made or changed and still exists."""
        return tuple(ref for ref in self._touched if self._edit.find(ref) is not None)

    def enlist(self, attribute: str) -> None:
        """Put the host, with its subdomains, into a url list of the action."""
        for entry in self._listed(attribute):
            if self._is_own(entry) and entry.is_on("include_subdomains"):
                return
        entry_ref = self._edit.create(
            "http",
            "domain_regex",
            {
                "name": self.host,
                "mode": _DOMAIN,
                "domain": [self.host],
                "include_subdomains": True,
            },
        )
        self._touched[entry_ref] = None
        self._append(attribute, entry_ref)

    def unlist(self, attribute: str) -> None:
        """Take the host out of a url list of the action."""
        for entry in self._listed(attribute):
            if entry.text("mode") != _DOMAIN or not self._names_host(entry):
                continue
            rest = [each for each in entry.texts("domain") if not self._is_host(each)]
            is_shared = len(self._edit.used_by(entry.ref).objects) > 1
            if rest and not is_shared:
                self._edit.change(entry.ref, {"domain": rest})
                self._touched[entry.ref] = None
                continue
            replacement = self._copy(entry, rest) if rest else None
            self._replace(attribute, entry.ref, replacement)
            if not is_shared:
                self._edit.delete(entry.ref)

    def tag(self, attribute: str) -> None:
        """Give the host a tag that is in a tag list of the action."""
        tag_ref = self._own_tag(attribute)
        for site in self._edit.objects("http", "local_site"):
            if self._is_host(site.text("site")) and site.is_on("include_subdomains"):
                if tag_ref not in site.texts("tags"):
                    self._edit.change(site.ref, {"tags": (*site.texts("tags"), tag_ref)})
                    self._touched[site.ref] = None
                return
        attributes = {
            "name": self.host,
            "site": self.host,
            "include_subdomains": True,
            "tags": [tag_ref],
        }
        self._touched[self._edit.create("http", "local_site", attributes)] = None

    def matching(self, attribute: str) -> tuple[str, ...]:
        """Return the entries of a url list that cover the host."""
        target = read_target(f"http://{self.host}/")
        return tuple(
            entry.ref
            for entry in self._listed(attribute)
            if explain_site_list(_site_list(entry), target, SwitchBoard())[0]
        )

    def _own_tag(self, attribute: str) -> str:
        action = self._edit.get(self.action_ref)
        name = f"{attribute.removesuffix('_tags')}: {action.name}"
        for ref in action.texts(attribute):
            if self._edit.get(ref).name == name and self._is_used_here_only(ref):
                return ref
        tag_ref = self._edit.create("http", "lsl_tag", {"name": name})
        self._touched[tag_ref] = None
        self._append(attribute, tag_ref)
        return tag_ref

    def _is_used_here_only(self, tag_ref: str) -> bool:
        holders = map(self._edit.get, self._edit.used_by(tag_ref).objects)
        return not any(
            holder.full_type == "http/cff_action" and holder.ref != self.action_ref
            for holder in holders
        )

    def _listed(self, attribute: str) -> tuple[Object, ...]:
        return tuple(map(self._edit.get, self._edit.get(self.action_ref).texts(attribute)))

    def _append(self, attribute: str, ref: str) -> None:
        action = self._edit.get(self.action_ref)
        self._change_action(attribute, (*action.texts(attribute), ref))

    def _replace(self, attribute: str, old: str, new: str | None) -> None:
        refs = self._edit.get(self.action_ref).texts(attribute)
        kept = tuple(new if ref == old else ref for ref in refs)
        self._change_action(attribute, tuple(ref for ref in kept if ref is not None))

    def _change_action(self, attribute: str, refs: tuple[str, ...]) -> None:
        self._edit.change(self.action_ref, {attribute: refs})
        self._touched[self.action_ref] = None

    def _copy(self, entry: Object, domains: list[str]) -> str:
        ref = self._edit.create("http", "domain_regex", {**entry.attributes, "domain": domains})
        self._touched[ref] = None
        return ref

    def _is_own(self, entry: Object) -> bool:
        return (
            entry.text("mode") == _DOMAIN
            and len(entry.texts("domain")) == 1
            and self._names_host(entry)
        )

    def _names_host(self, entry: Object) -> bool:
        return any(map(self._is_host, entry.texts("domain")))

    def _is_host(self, text: str) -> bool:
        try:
            return normalise_host(text.strip()) == self.host
        except InvalidHostError:
            return False


def _site_list(entry: Object) -> SiteList:
    return SiteList(
        ref=entry.ref,
        mode="Domain" if entry.text("mode") == _DOMAIN else "Regex",
        domains=entry.texts("domain"),
        include_subdomains=entry.is_on("include_subdomains"),
        regexps=entry.texts("regexps"),
        restrict=entry.is_on("restrict_regex"),
    )
