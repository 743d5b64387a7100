"""The check before an installation: may these products be installed, and with which token?

Provenance: the documents are documented (mcs-protocol 1.3 call 2); the words of reasons are ours.
"""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """What a server says about one product that somebody wants to install."""

    product: str
    supported: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentInfo:
    """The answer: a file name of 32 hexadecimal digits, the token to register with, products."""

    dci_file_name: str
    registration_token: str = field(repr=False)
    products: tuple[ProductAnswer, ...] = ()

    def encode(self) -> bytes:
        """Return the answer as JSON."""
        products = [
            {"product": one.product, "supported": one.supported, "reasons": list(one.reasons)}
            for one in self.products
        ]
        return json.dumps(
            {
                "dciFileName": self.dci_file_name,
                "registrationToken": self.registration_token,
                "products": products,
            }
        ).encode()
