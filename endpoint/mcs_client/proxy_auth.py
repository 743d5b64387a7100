"""How the client shows itself to a proxy: Basic, and Digest when the proxy asks for it. Pure.

Provenance: mcs-protocol 1.8 (public: Basic, then Digest on 407); RFC 7617, RFC 7616.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

_PART: Final = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: Final = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class ProxyCredentials:
    """A user of a proxy."""

    user: str
    password: str = field(repr=False)


def credentials_of(url: str, encoded: str) -> ProxyCredentials | None:
    """Return the credentials in a proxy's URL, else those that the policy carries in base64."""
    parts = urlsplit(url)
    if parts.username:
        return ProxyCredentials(unquote(parts.username), unquote(parts.password or ""))
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return ProxyCredentials(user, password) if colon else None


def basic(credentials: ProxyCredentials) -> str:
    """Return the value of the header for Basic."""
    text = f"{credentials.user}:{credentials.password}"
    return "Basic " + base64.b64encode(text.encode()).decode()


def digest(challenge: str, credentials: ProxyCredentials, *, uri: str, cnonce: str) -> str | None:
    """Answer a Digest challenge for CONNECT; None when it is another kind, or one we do not know.

    Args:
        challenge: The value of one Proxy-Authenticate header.
        credentials: Who asks.
        uri: What is asked for: HOST:PORT.
        cnonce: Random, of this client.
    """
    scheme, _, rest = challenge.strip().partition(" ")
    given = {name.lower(): quoted or bare for name, quoted, bare in _PART.findall(rest)}
    algorithm = given.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or algorithm not in _HASHES or "nonce" not in given:
        return None
    qops = [one.strip() for one in given.get("qop", "").split(",") if one.strip()]
    if qops and "auth" not in qops:
        return None
    realm, nonce = given.get("realm", ""), given["nonce"]

    def hashed(text: str) -> str:
        return _HASHES[algorithm](text.encode()).hexdigest()

    secret = hashed(f"{credentials.user}:{realm}:{credentials.password}")
    asked = hashed(f"CONNECT:{uri}")
    protected = f"00000001:{cnonce}:auth:" if qops else ""
    fields = {
        "username": credentials.user,
        "realm": realm,
        "nonce": nonce,
        "uri": uri,
        "response": hashed(f"{secret}:{nonce}:{protected}{asked}"),
        "algorithm": algorithm,
        **({"opaque": given["opaque"]} if "opaque" in given else {}),
    }
    listed = [f'{name}="{value}"' for name, value in fields.items() if name != "algorithm"]
    listed.append(f"algorithm={algorithm}")
    if qops:
        listed += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(listed)
