"""The menu as data: sections, entries and tabs, where the appliance has them.

- An entry without a page of its own leads to its first tab.
- What has no page yet is not shown: `Menu.of` keeps what leads somewhere.

Provenance: sections, entries and tabs are documented, except where marked `ours`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

_MANAGE = "/management"
_DEFINE = "/definitions"
_EPP = "/endpoint-protection"
_WEB = "/web-protection"
_LOG = "/logging"


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of an entry."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu."""

    title: str
    tabs: tuple[Tab, ...]

    @property
    def path(self) -> str:
        """Where it leads."""
        return self.tabs[0].path


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the menu with its entries."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the menu a path is; `tab` is None on a page that no tab leads to."""

    section: Section
    entry: Entry
    tab: Tab


def _entry(title: str, base: str, **tabs: str) -> Entry:
    """Return an entry; tabs are `slug="Title"`, in order, below `base`."""
    paths = [Tab(name, f"{base}/{slug.replace('_', '-')}") for slug, name in tabs.items()]
    return Entry(title, tuple(paths) or (Tab(title, base),))


SECTIONS: Final = (
    Section(
        "Management",
        (
            Entry("Dashboard", (Tab("Dashboard", "/"),)),
            _entry(
                "WebAdmin Settings",
                f"{_MANAGE}/webadmin",
                sessions="Last WebAdmin Sessions",
                changes="Change Log",  # ours: the product shows it in a pop-up of a session
            ),
        ),
    ),
    Section(
        "Definitions & Users",
        (
            _entry(
                "Network Definitions",
                f"{_DEFINE}/networks",
                hosts="Hosts",
                networks="Networks",
                dns_hosts="DNS Hosts",
                groups="Network Groups",
            ),
            _entry("Service Definitions", f"{_DEFINE}/services", tcp="TCP", udp="UDP"),
            _entry(
                "Time Period Definitions",
                f"{_DEFINE}/times",
                recurring="Recurring",
                single="Single",
            ),
            _entry("Users & Groups", f"{_DEFINE}/users", users="Users", groups="Groups"),
        ),
    ),
    Section(
        "Web Protection",
        (
            _entry(
                "Web Filtering",
                f"{_WEB}/filtering",
                **{"global": "Global", "https": "HTTPS", "policies": "Policies"},
            ),
            _entry(
                "Web Filtering Profiles",
                f"{_WEB}/profiles",
                profiles="Filter Profiles",
                actions="Filter Actions",
                wizard="New Profile for Endpoints",  # ours
                parent_proxies="Parent Proxies",
            ),
            _entry(
                "Filtering Options",
                f"{_WEB}/options",
                exceptions="Exceptions",
                websites="Websites",
                lists="Website Lists",  # ours: the product has them inside filter actions
                tags="Tags",  # ours: likewise, inside Websites
                categories="Categories",
                category_ids="Category Ids",  # ours
                misc="Misc",
            ),
            _entry(
                "Policy Helpdesk",
                f"{_WEB}/policy-helpdesk",
                test="Policy Test",
                check="Policy Check",  # ours: the linter
            ),
        ),
    ),
    Section(
        "Endpoint Protection",
        (
            _entry(
                "Computer Management",
                f"{_EPP}/computer-management",
                **{
                    "global": "Global",
                    "deploy-agent": "Deploy Agent",
                    "computers": "Manage Computers",
                    "groups": "Manage Groups",
                    "advanced": "Advanced",
                },
            ),
            _entry(
                "Antivirus",
                f"{_EPP}/antivirus",
                policies="Policies",
                exceptions="Exceptions",
            ),
            _entry(
                "Device Control",
                f"{_EPP}/device-control",
                policies="Policies",
                exceptions="Exceptions",
                devices="Devices",  # ours: the product lists them among the exceptions
            ),
            _entry("Web Control", f"{_EPP}/web-control"),
            _entry("Policy Sync", f"{_EPP}/policy-sync"),  # ours
        ),
    ),
    Section(
        "Logging & Reporting",
        (
            _entry(
                "View Log Files",
                f"{_LOG}/view-log-files",
                today="Today's Log Files",
                archived="Archived Log Files",
                search="Search Log Files",
                messages="Message Ids",  # ours
            ),
            _entry(
                "Log Settings",
                f"{_LOG}/log-settings",
                local="Local Logging",
                remote_syslog="Remote Syslog Server",
            ),
            _entry("Web Protection", f"{_LOG}/web-protection"),
            _entry("Endpoint Protection", f"{_LOG}/endpoint-protection"),  # ours
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu of an application."""

    sections: tuple[Section, ...]

    @classmethod
    def of(cls, paths: Collection[str]) -> "Menu":
        """Return the menu of what has a page."""
        return cls(tuple(_kept(SECTIONS, paths)))

    def place(self, path: str) -> Place | None:
        """Return where a path belongs: the tab that is the path or the longest beginning of it."""
        best: Place | None = None
        for section in self.sections:
            for entry in section.entries:
                for tab in entry.tabs:
                    is_inside = path == tab.path or path.startswith(tab.path.rstrip("/") + "/")
                    is_better = best is None or len(tab.path) > len(best.tab.path)
                    if is_inside and is_better and (tab.path != "/" or path == "/"):
                        best = Place(section, entry, tab)
        return best


def _kept(sections: tuple[Section, ...], paths: Collection[str]) -> Iterator[Section]:
    for section in sections:
        entries = [
            replace(entry, tabs=tuple(tab for tab in entry.tabs if tab.path in paths))
            for entry in section.entries
        ]
        shown = tuple(entry for entry in entries if entry.tabs)
        if shown:
            yield replace(section, entries=shown)
