"""What an adapter is: from the bytes of one policy to the configuration of one component.

* Pure: an adapter reads bytes and returns files; the agent has them written. The same
  bytes give the same files, so that applying again after a kill changes nothing.
* All or nothing: a document is refused as a whole, and the component keeps what it has.
* An adapter whose component is not installed has nothing to apply to: the policy waits in Persist.

Provenance: adapters are the seed's (MCS-08); the component files they write are ours.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from endpoint.host import HostFolder
from foundation.durable.files import SECRET_MODE, write_atomic
from foundation.errors import DomainError
from foundation.protocol.policies import PolicyRefusedError, read_compliance
from foundation.protocol.reasons import Reason

Place = Callable[[HostFolder], Path]
_ROOT: Final = re.compile(rb"<([A-Za-z_][\w.:-]*)")


class PolicyOfAnotherTypeError(DomainError):
    """A policy that says it is of another type than its adapter's."""

    code: ClassVar[str] = "policy_type_wrong"
    hint: ClassVar[str] = "the server assigned a document to the wrong app"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFile:
    """One file of a component.

    Attributes:
        place: Where it is on a host.
        data: Its whole content.
        is_secret: Whether only its owner may read it.
    """

    place: Place
    data: bytes
    is_secret: bool = False

    def write(self, host: HostFolder) -> bool:
        """Put it in place if it differs; return whether it did."""
        path = self.place(host)
        if path.is_file() and path.read_bytes() == self.data:
            return False
        write_atomic(path, self.data, mode=SECRET_MODE if self.is_secret else 0o644)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a policy means for its component.

    Attributes:
        rev_id: The policy's revision.
        summary: One line for the log.
        files: What the component reads.
        details: Facts for the status.
    """

    rev_id: str
    summary: str
    files: tuple[ConfigurationFile, ...]
    details: tuple[tuple[str, str], ...] = ()


class Adapter(ABC):
    """One component's adapter.

    Attributes:
        app_id: The app whose policies it takes.
        policy_type: The type that those policies carry.
        product: The installed product it configures; None for MCS itself.
    """

    app_id: ClassVar[str]
    policy_type: ClassVar[int]
    product: ClassVar[str | None] = None

    def configure(self, body: bytes) -> Configuration:
        """Translate a policy.

        Raises:
            DomainError: The document is refused; its code says why.
        """
        try:
            compliance = read_compliance(body)
        except PolicyRefusedError as error:
            # Only a document that cannot be read is asked whether its end is missing.
            if error.reason is Reason.XML_MALFORMED and is_truncated(body):
                raise PolicyRefusedError(
                    "The policy ends too early.", Reason.POLICY_TRUNCATED
                ) from error
            raise
        if compliance.policy_type != self.policy_type:
            raise PolicyOfAnotherTypeError(
                f"policyType {compliance.policy_type} is not {self.app_id}'s {self.policy_type}"
            )
        return self.translate(body, compliance.rev_id)

    def facts(self, host: HostFolder) -> dict[str, str]:  # noqa: ARG002 - most have none
        """Return what the component says about itself now, for its status."""
        return {}

    @abstractmethod
    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate a document whose compliance element is in order."""


def is_truncated(body: bytes) -> bool:
    """Whether a document begins with a root element whose end is missing."""
    root = _ROOT.search(body)
    if root is None:
        return False
    return not body.rstrip().endswith(b"</" + root.group(1) + b">")
