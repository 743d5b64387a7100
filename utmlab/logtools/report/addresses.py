"""Addresses as other addresses: equal ones stay equal, and so do their networks.

* IPv4: two addresses share a /16 or a /24 before if and only if they do afterwards. Private,
  loopback, link-local, shared (100.64/10) and reserved networks stay what they are, public ones
  stay public. Every part that can be another one is another one: permutations have no fixed point.
* IPv6: the same for /48 and /64, by hashes; local ones stay local, others begin with 3ffe, which
  nobody uses any more.
"""

import hmac
import random
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_PUBLIC: Final = "public"


class AddressMap:
    """One-to-one, as the key says.

    Args:
        key: Whoever has it can tell which address stands for which.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._classes = self._shuffled_classes()
        self._bytes = lru_cache(maxsize=4_096)(self._shuffled_bytes)

    def map(self, text: str) -> str | None:
        """Return what stands for an address, None for a text that is none."""
        try:
            address = ip_address(text)
        except ValueError:
            return None
        if isinstance(address, IPv4Address):
            return self._four(address)
        return self._six(address)

    def _four(self, address: IPv4Address) -> str:
        first, second, third, fourth = address.packed
        network = self._classes[first << 8 | second]
        prefix = bytes((first, second))
        new_third = self._bytes(prefix)[third]
        new_fourth = self._bytes(prefix + bytes((third,)))[fourth]
        return f"{network >> 8}.{network & 255}.{new_third}.{new_fourth}"

    def _six(self, address: IPv6Address) -> str:
        packed = address.packed
        if address.is_loopback:
            return str(address)
        site, subnet = self._digest(packed[:6]), self._digest(packed[:8])
        if address.is_link_local:
            head = b"\xfe\x80" + bytes(6)
        elif packed[0] & 0xFE == 0xFC:
            head = b"\xfd" + site[:5] + subnet[:2]
        else:
            head = b"\x3f\xfe" + site[:4] + subnet[:2]
        return str(IPv6Address(head + self._digest(packed)[:8]))

    def _digest(self, data: bytes) -> bytes:
        return hmac.digest(self._key, b"address " + data, "sha256")

    def _shuffled_classes(self) -> list[int]:
        """Return for each /16 the one that stands for it, of the same kind."""
        kinds: dict[str, list[int]] = {}
        for number in range(1 << 16):
            kinds.setdefault(_kind(number), []).append(number)
        result = [0] * (1 << 16)
        for kind, members in kinds.items():
            for before, after in zip(members, self._cycle(members, kind.encode()), strict=True):
                result[before] = after
        return result

    def _shuffled_bytes(self, prefix: bytes) -> list[int]:
        return self._cycle(list(range(256)), b"bytes " + prefix)

    def _cycle(self, members: list[int], what: bytes) -> list[int]:
        """Return a permutation of one cycle (Sattolo), so that nothing stays where it is."""
        rng = random.Random(self._digest(what))
        result = members.copy()
        for place in range(len(result) - 1, 0, -1):
            other = rng.randrange(place)
            result[place], result[other] = result[other], result[place]
        return result


def _kind(number: int) -> str:
    """Say which networks a /16 may be exchanged with."""
    first, second = number >> 8, number & 255
    whole = {0: "this", 10: "ten", 127: "loopback"}
    if first in whole:
        return whole[first]
    if first >= 224:
        return "multicast" if first < 240 else "reserved"
    if (first, second) in {(192, 168), (169, 254)}:
        return f"{first}.{second}"
    if first == 172 and 16 <= second < 32:
        return "172.16"
    return "shared" if first == 100 and 64 <= second < 128 else _PUBLIC
