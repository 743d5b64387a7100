r"""Pseudonyms: the same word gets the same one, and nobody without the key gets the word back.

* `ACME\mlee` becomes `domain-…\user-…`, `www.shop.example` becomes `h….h….h…`: names below one
  domain stay below one domain. A URL keeps its scheme and the number of its path's parts, and
  whether it had a query. Addresses: `addresses`.
* Names of daemons and of the UTM's own logs stay: they are the product's. Every other file, folder
  or process gets a pseudonym. Sentences that may hold words of a log are replaced whole.
"""

import hmac
import re
from pathlib import Path
from typing import Final

from utm.logs.catalogue import catalogue
from utmlab.logtools.report.addresses import AddressMap
from utmlab.logtools.report.days import NAMES, ONE_PROCESS
from utmlab.logtools.report.heads import shown
from utmlab.logtools.report.sources import STANDARD_NAME

_DAEMONS: Final = frozenset(
    {
        *ONE_PROCESS,
        *NAMES.values(),
        *(message.process.encode() for message in catalogue().messages),
        *(b"httpd", b"reverseproxy", b"smtpd", b"sshd", b"aua", b"dhcpd", b"exim", b"ipsec"),
        *(b"afcd", b"pop3proxy", b"openvpn", b"pluto", b"/usr/sbin/cron", b"snort"),
    }
)
_FILES: Final = frozenset({*(name.decode() for name in _DAEMONS), "packetfilter", "messages"})
_SCHEME: Final = re.compile(rb"(https?|ftp|wss?)://")
_PORT: Final = re.compile(rb":\d{1,5}$")


class Pseudonyms:
    """Shows nothing as it was.

    Args:
        key: Secret; the same key gives the same pseudonyms.
    """

    is_redacted = True

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._addresses = AddressMap(key)

    def user(self, name: bytes) -> str:
        """Show a user, with or without domain; an address stands for itself as one."""
        if not name:
            return ""
        domain, separator, user = name.rpartition(b"\\")
        if separator:
            return f"{self._word('domain-', domain.lower())}\\{self._word('user-', user.lower())}"
        return self._addresses.map(shown(name)) or self._word("user-", name.lower())

    def host(self, name: bytes) -> str:
        """Show a host's name label by label, or an address."""
        if not name:
            return ""
        whole = self._addresses.map(shown(name))
        if whole is not None:
            return whole
        bare = _PORT.sub(b"", name)
        address = self._addresses.map(shown(bare.strip(b"[]")))
        if address is not None:
            return address
        labels = bare.lower().split(b".")
        below = [b".".join(labels[place:]) for place in range(len(labels))]
        return ".".join(self._word("h", part) for part in below)

    def url(self, url: bytes) -> str:
        """Show a URL: scheme, host, as many parts of the path, and whether there was a query."""
        if not url:
            return ""
        scheme = _SCHEME.match(url)
        rest = url[scheme.end() :] if scheme else url
        main, has_query, _ = rest.partition(b"?")
        host, *parts = main.split(b"/")
        path = "".join(f"/{self._word('p', part)}" if part else "/" for part in parts)
        head = shown(scheme[0]) if scheme else ""
        bare = host.rpartition(b"@")[2]
        return f"{head}{self.host(bare)}{path}{'?…' if has_query else ''}"

    def process(self, name: bytes) -> str:
        """Show a daemon's name when it is one of the product's."""
        return shown(name) if name in _DAEMONS else self._word("process-", name)

    def file(self, path: Path) -> str:
        """Show a file's name when it is one that a UTM gives, below a folder's pseudonym."""
        folder = self._word("folder-", bytes(path.absolute().parent))
        standard = STANDARD_NAME.fullmatch(path.name)
        if standard is not None and standard["log"] in _FILES:
            return f"{folder}/{path.name}"
        ending = ".log.gz" if path.name.endswith(".gz") else ".log"
        return f"{folder}/{self._word('file-', bytes(path.absolute()))}{ending}"

    def sentence(self, text: str, instead: str) -> str:  # noqa: ARG002 - it may hold such words
        """Show what says it without any word of a log."""
        return instead

    def _word(self, kind: str, word: bytes) -> str:
        digest = hmac.new(self._key, kind.encode() + b" " + word, "sha256")
        return f"{kind}{digest.hexdigest()[:10]}"
