"""The host's "Add/Remove Programs", and what setup makes of it (INS-01, INS-02).

- Existing products are the vendor's own: setup says what it found and what it does about them.
- Third-party products are other security products: setup warns of each and goes on.
- Other programs are of no interest.

Provenance: both checks are the seed's; how a product is recognised is ours (its category where
the entry has one, else well-known words in its name).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import ClassVar, Final

from endpoint.host import HostFolder
from foundation.durable.files import write_atomic
from foundation.errors import DomainError

AUTOUPDATE: Final = "Sophos AutoUpdate"
MCS: Final = "Sophos Management Communications System"
ANTI_VIRUS: Final = "Sophos Anti-Virus"
WEB_CONTROL: Final = "Sophos Web Control"
OURS: Final = (MCS, AUTOUPDATE, ANTI_VIRUS, WEB_CONTROL)
"""What setup installs, in the order of the steps."""

_PUBLISHER: Final = "Sophos Limited"
_VERSION: Final = 1
_SECURITY_CATEGORIES: Final = frozenset({"anti-virus", "firewall", "endpoint-protection"})
_SECURITY_WORDS: Final = re.compile(
    r"anti[- ]?virus|anti[- ]?malware|internet security|endpoint (?:security|protection)"
    r"|total protection|personal firewall",
    re.IGNORECASE,
)


class ProductListDamagedError(DomainError):
    """installed_products.json cannot be read."""

    code: ClassVar[str] = "product_list_damaged"
    hint: ClassVar[str] = "repair or remove installed_products.json in the host folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One entry of Add/Remove Programs.

    Attributes:
        name: As listed.
        version: As listed; may be empty.
        publisher: As listed; may be empty.
        category: What it is, where the entry says so.
    """

    name: str
    version: str = ""
    publisher: str = ""
    category: str = ""

    @property
    def is_vendors(self) -> bool:
        """Whether it is a product of the emulated vendor."""
        return self.publisher.startswith("Sophos") or self.name.startswith("Sophos ")

    @property
    def is_third_party_security(self) -> bool:
        """Whether it is somebody else's security product."""
        if self.is_vendors:
            return False
        if self.category:
            return self.category in _SECURITY_CATEGORIES
        return _SECURITY_WORDS.search(self.name) is not None

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


class InstalledProducts:
    """The list of one host."""

    def __init__(self, host: HostFolder) -> None:
        self._path = host.installed_products

    def all(self) -> tuple[Product, ...]:
        """Return every entry in the order of installation.

        Raises:
            ProductListDamagedError: If the file is no list of products.
        """
        try:
            document = json.loads(self._path.read_bytes())
            return tuple(Product(**entry) for entry in document["products"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as error:
            raise ProductListDamagedError(f"{self._path} is not a list of products") from error

    def find(self, name: str) -> Product | None:
        """Return the product of that name."""
        return next((product for product in self.all() if product.name == name), None)

    def add(self, product: Product) -> None:
        """Add a product, in the place of one of the same name."""
        others = [entry for entry in self.all() if entry.name != product.name]
        self._store([*others, product])

    def install(self, name: str, version: str) -> None:
        """Add one of our own products."""
        self.add(Product(name=name, version=version, publisher=_PUBLISHER))

    def remove(self, names: Iterable[str]) -> None:
        """Remove products; the file goes with the last one."""
        gone = set(names)
        remaining = [entry for entry in self.all() if entry.name not in gone]
        if remaining:
            self._store(remaining)
        else:
            self._path.unlink(missing_ok=True)

    def _store(self, products: list[Product]) -> None:
        entries = [asdict(product) for product in products]
        document = {"version": _VERSION, "products": entries}
        write_atomic(self._path, json.dumps(document, indent=2).encode() + b"\n")


def existing(products: Iterable[Product]) -> tuple[Product, ...]:
    """Return the vendor's own products (step 1)."""
    return tuple(product for product in products if product.is_vendors)


def third_party(products: Iterable[Product]) -> tuple[Product, ...]:
    """Return other vendors' security products (step 2)."""
    return tuple(product for product in products if product.is_third_party_security)
