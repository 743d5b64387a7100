"""How a report calls people, hosts, addresses, sites and files: as they are, or by pseudonyms.

Everything of a report that was a word of a log goes through one of these, and nothing else does:
`Names` shows it, `Pseudonyms` (in `redaction`) shows something that stands for it.
"""

from pathlib import Path
from typing import Protocol

from utmlab.logtools.report.heads import shown


class Naming(Protocol):
    """What shows words of a log."""

    @property
    def is_redacted(self) -> bool:
        """Whether these are pseudonyms."""

    def user(self, name: bytes) -> str:
        """Show a user."""

    def host(self, name: bytes) -> str:
        """Show a host's name, or an address."""

    def url(self, url: bytes) -> str:
        """Show a URL."""

    def process(self, name: bytes) -> str:
        """Show a daemon's name, which is also its log's."""

    def file(self, path: Path) -> str:
        """Show a file."""

    def sentence(self, text: str, instead: str) -> str:
        """Show a sentence that may hold words of a log; `instead` says it without them."""


class Names:
    """Everything as it is."""

    is_redacted = False

    def user(self, name: bytes) -> str:
        """Show a user."""
        return shown(name)

    def host(self, name: bytes) -> str:
        """Show a host's name, or an address."""
        return shown(name)

    def url(self, url: bytes) -> str:
        """Show a URL."""
        return shown(url)

    def process(self, name: bytes) -> str:
        """Show a daemon's name, which is also its log's."""
        return shown(name)

    def file(self, path: Path) -> str:
        """Show a file."""
        return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def sentence(self, text: str, instead: str) -> str:  # noqa: ARG002 - the other one is shown
        """Show a sentence as it is."""
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
