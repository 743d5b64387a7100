"""The documents that a client is given, written as text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from xml.sax.saxutils import escape

MCS = "http://www.sophos.com/xml/mcs"
FRAGMENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An MCS policy; what is left out of it is left out of the document."""

    rev_id: str
    delay_s: int
    url: str
    token: str
    device_id: str
    tenant_id: str
    push: str = ""

    def encoded(self) -> bytes:
        """Return the document."""
        push = f"<pushServers><pushServer>{self.push}</pushServer></pushServers>"
        return (
            '<?xml version="1.0"?>\n<policy xmlns:csc="com.sophos\\msys\\csc" type="mcs">'
            f'<meta protocolVersion="1.1"/><csc:Comp RevID="{self.rev_id}" policyType="25"/>'
            '<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd" '
            'xmlns:auto-ns1="com.sophos\\mansys\\policy">'
            f"<deviceId>{self.device_id}</deviceId><tenantId>{self.tenant_id}</tenantId>"
            f"<registrationToken>{self.token}</registrationToken>"
            f"<servers><server>{self.url}</server></servers><messageRelays/>"
            "<useSystemProxy>true</useSystemProxy><useDirect>true</useDirect>"
            f'<randomSkewFactor>1</randomSkewFactor><commandPollingDelay default="{self.delay_s}"/>'
            f'<flagsPollingInterval default="14400"/>{push if self.push else ""}'
            "<pushPingTimeout>90</pushPingTimeout></configuration></policy>"
        ).encode()


def command(command_id: str, app: str, body: str, *, created: str, seq: int = 1) -> str:
    """Return one command; an empty app leaves its element out."""
    named = f"<appId>{app}</appId>" if app else ""
    return (
        f"<command><id>{command_id}</id><seq>{seq}</seq>{named}<creationTime>{created}"
        f"</creationTime><ttl>PT10000S</ttl><body>{escape(body)}</body></command>"
    )


def commands(several: list[str], *, doctype: str = "") -> bytes:
    """Return a commands document."""
    return (
        f'<?xml version="1.0"?>\n{doctype}<ns:commands xmlns:ns="{MCS}/commands" '
        f'schemaVersion="1.0">{"".join(several)}</ns:commands>'
    ).encode()


def assignment(app: str, policy_type: int, policy_id: str) -> str:
    """Return the body of a command that assigns a whole policy."""
    return (
        f'<?xml version="1.0"?><ns:policyAssignments xmlns:ns="{MCS}/policyAssignments">'
        f'<meta protocolVersion="1.0"/><policyAssignment><appId policyType="{policy_type}">{app}'
        f"</appId><policyId>{policy_id}</policyId></policyAssignment></ns:policyAssignments>"
    )


def in_fragments(app: str, body: bytes) -> tuple[str, dict[str, bytes]]:
    """Return the body of a command that assigns a policy in fragments, and those by id.

    They are listed last first: clients go by `seq`.
    """
    size = -(-len(body) // FRAGMENTS)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    named = {hashlib.sha256(piece).hexdigest(): piece for piece in pieces}
    listed = "".join(
        f'<fragment seq="{seq}" id="{name}"/>' for seq, name in reversed(list(enumerate(named)))
    )
    text = (
        f'<?xml version="1.0"?><ns:policyFragments xmlns:ns="{MCS}/policyFragments">'
        f'<meta protocolVersion="1.0"/><fragments><appId>{app}</appId>{listed}</fragments>'
        "</ns:policyFragments>"
    )
    return text, named
