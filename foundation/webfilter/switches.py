"""The doubtful rules of the filter, each a named switch with a default and a provenance.

- Nobody can ask the vendor any more; where public sources leave a rule open, a policy may carry
  another reading by name, and a replay of real logs can tell which one was true.
- A policy carries only what differs from the defaults; an unknown name or value is refused when
  the document is read, and ignored by an evaluation, which never fails.
- Provenance words: `public` (seen in logs or clients), `documented` (help texts), `recalled`
  (from memory of the product, unconfirmed), `inferred`, `ours` (a choice had to be made).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from foundation.errors import DomainError


class UnknownSwitchError(DomainError):
    """There is no switch of that name, or it has no such value."""

    code = "unknown_switch"
    hint = "List the switches with their values, and take one of those."


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question and the answers it can have; the first value is the default."""

    name: str
    values: tuple[str, ...]
    provenance: str
    meaning: str

    @property
    def default(self) -> str:
        """The value that holds when a policy says nothing."""
        return self.values[0]


_TRUE_FALSE = ("true", "false")
_FALSE_TRUE = ("false", "true")

SWITCHES: Final[Mapping[str, Switch]] = MappingProxyType(
    {
        switch.name: switch
        for switch in (
            Switch(
                "whitelist_beats_blacklist",
                _TRUE_FALSE,
                "recalled; in the basic mode of Enterprise Console the block list won (documented)",
                "A URL on both lists of a filter action is allowed.",
            ),
            Switch(
                "https_sees",
                ("host", "url"),
                "public: without decryption a web line shows CONNECT and the host only",
                "What patterns, paths and extensions see of an https URL.",
            ),
            Switch(
                "url_filter_skip",
                ("all", "categories"),
                "recalled; that no category is logged is documented",
                "What an exception's url_filter skip leaves out: lists, tags, categories and "
                "reputation, or categories and reputation only.",
            ),
            Switch(
                "whitelist_skips_extensions",
                _FALSE_TRUE,
                "ours; help says that the list overrides categories and no more",
                "A whitelisted URL is also free of extension and content type rules.",
            ),
            Switch(
                "tag_order",
                ("block_first", "allow_first"),
                "ours",
                "Which list of tags is tried first when a site has several tags.",
            ),
            Switch(
                "local_site_tags",
                ("union", "nearest"),
                "ours",
                "Whether a site has the tags of all entries that match it, or of the nearest one.",
            ),
            Switch(
                "several_categories",
                ("strictest", "first"),
                "ours",
                "Which category decides when a site has several.",
            ),
            Switch(
                "min_reputation_uncategorized",
                _TRUE_FALSE,
                "inferred: real lines show uncategorized sites with reputation unverified",
                "The reputation limit also holds for sites that no category source knows.",
            ),
            Switch(
                "spyware_sites",
                ("blocked", "ignored"),
                "recalled: the option blocks sites that spread or serve spyware; that these are "
                "the sites of category 150 is ours",
                "What a filter action's spyware option does.",
            ),
            Switch(
                "time_zone",
                ("utm", "endpoint"),
                "ours",
                "Whose local time the time events of policy rules are read in.",
            ),
            Switch(
                "user_domain",
                ("optional", "exact"),
                "ours",
                r"Whether DOM\user also matches a rule that names only the user.",
            ),
            Switch(
                "pattern_case",
                ("insensitive", "sensitive"),
                "ours",
                "Whether patterns tell upper from lower case.",
            ),
            Switch(
                "office_filter",
                ("utm", "endpoint"),
                "seed: behind the UTM the UTM filters; inferred: node http.scan_epp_traffic off "
                "makes the gateway leave such traffic to the endpoint",
                "Who filters while a computer is at the office; the other one stands back.",
            ),
            Switch(
                "endpoint_https",
                ("host", "scan"),
                "recalled: endpoints cannot decrypt; scan is ours, for tests of what would be "
                "seen inside",
                "Whether endpoints judge HTTPS by its host or look into it with the lab's own CA.",
            ),
        )
    }
)


class SwitchBoard:
    """The switches as one policy sets them."""

    def __init__(self, settings: Iterable[tuple[str, str]] = ()) -> None:
        self._settings = dict(settings)

    def value(self, name: str) -> str:
        """Return the value in force; a value that does not exist counts as not set."""
        switch = SWITCHES[name]
        value = self._settings.get(name, switch.default)
        return value if value in switch.values else switch.default

    def is_on(self, name: str) -> bool:
        """Tell whether a true/false switch is true."""
        return self.value(name) == "true"


def check_switch(name: str, value: str) -> None:
    """Refuse a setting that no switch has.

    Raises:
        UnknownSwitchError: The message lists what there is.
    """
    switch = SWITCHES.get(name)
    if switch is None:
        raise UnknownSwitchError(f"no switch is called {name!r}; there are {', '.join(SWITCHES)}")
    if value not in switch.values:
        raise UnknownSwitchError(f"{name} is one of {', '.join(switch.values)}, not {value!r}")
