"""Whatever arrives, a decoder answers with a document or with an error that explains itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import DomainError
from foundation.protocol.actions import decode_action, encode_scan_now
from foundation.protocol.alc_policy import AlcPolicy, decode_alc_policy
from foundation.protocol.answers import (
    AuthenticateAnswer,
    decode_authenticate_answer,
    decode_flags,
    encode_flags,
)
from foundation.protocol.commands import (
    Command,
    PolicyAssignment,
    PolicyFragments,
    decode_commands,
    encode_assignments,
    encode_commands,
    encode_fragments,
    read_apps_proxy_body,
)
from foundation.protocol.computer_status import ComputerStatus, decode_computer_status
from foundation.protocol.content import decode_manifest, describe_package
from foundation.protocol.device_policy import DeviceException, DevicePolicy, decode_device_policy
from foundation.protocol.events import (
    Event,
    WebControlEvent,
    decode_events,
    decode_web_control_event,
    encode_events,
)
from foundation.protocol.mcs_policy import McsPolicy, MessageRelay, decode_mcs_policy
from foundation.protocol.policies import blanked, is_sealed, read_compliance, revision_of, seal
from foundation.protocol.sav_policy import SavPolicy, SavSchedule, decode_sav_policy
from foundation.protocol.statuses import (
    AdapterStatus,
    Status,
    decode_adapter_status,
    decode_registered_applications,
    decode_statuses,
    encode_adapter_status,
    encode_registered_applications,
    encode_statuses,
)
from foundation.protocol.tamper_policy import TamperPolicy, decode_tamper_policy

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def text(decode):
    return lambda data: decode(data.decode("utf-8", "replace"))


def adapter(app_id):
    return text(lambda body: decode_adapter_status(app_id, body))


def adapter_body(app_id, policy_type):
    return encode_adapter_status(AdapterStatus(app_id, policy_type, "Same", "r", {"a": "b"}))


WEB = WebControlEvent(
    at=NOW, user="u", url="http://a", method="GET", action="warn", reason="r", category_ids=(1,)
)
SEALED = seal(McsPolicy(message_relays=(MessageRelay("h"),)).encode())[1]
DECODERS = {
    "commands": (decode_commands, encode_commands([Command("1", "A", "b", NOW)])),
    "assignments": (
        text(read_apps_proxy_body),
        encode_assignments([PolicyAssignment("A", 1, "x")]).encode(),
    ),
    "fragments": (
        text(read_apps_proxy_body),
        encode_fragments([PolicyFragments("A", ((0, "x"), (1, "y")))]).encode(),
    ),
    "computer": (
        decode_computer_status,
        ComputerStatus(computer_name="a", timestamp=NOW, policy_status=(("MCS", NOW),)).encode(),
    ),
    "statuses": (decode_statuses, encode_statuses([Status("A", NOW, 1.0, "b")])),
    "mcs status": (adapter("MCS"), adapter_body("MCS", 25).encode()),
    "alc status": (adapter("ALC"), adapter_body("ALC", 1).encode()),
    "sav status": (adapter("SAV"), adapter_body("SAV", 2).encode()),
    "swc status": (adapter("SWC"), adapter_body("SWC", 190).encode()),
    "applications": (
        text(decode_registered_applications),
        encode_registered_applications(["A"]).encode(),
    ),
    "events": (decode_events, encode_events([Event("A", NOW, 1.0, "b", 0, "1")])),
    "web control": (text(decode_web_control_event), WEB.encode().encode()),
    "compliance": (read_compliance, SEALED),
    "seal": (seal, McsPolicy().encode()),
    "revision": (revision_of, McsPolicy().encode()),
    "is sealed": (is_sealed, SEALED),
    "blanked": (blanked, SEALED),
    "mcs policy": (decode_mcs_policy, SEALED),
    "alc policy": (decode_alc_policy, seal(AlcPolicy(server_url="https://h").encode())[1]),
    "sav policy": (
        decode_sav_policy,
        seal(SavPolicy(scheduled_scan=SavSchedule(days=("monday",))).encode())[1],
    ),
    "tamper policy": (decode_tamper_policy, seal(TamperPolicy(enabled=True).encode())[1]),
    "device policy": (
        decode_device_policy,
        seal(
            DevicePolicy(
                classes={"modem": "blocked"}, exceptions=(DeviceException("1", "modem"),)
            ).encode()
        )[1],
    ),
    "action": (text(decode_action), encode_scan_now().encode()),
    "json action": (text(decode_action), b'{"type":"a","b":[1]}'),
    "answer": (decode_authenticate_answer, AuthenticateAnswer(access_token="t").encode()),
    "flags": (decode_flags, encode_flags({"a": True})),
    "manifest": (decode_manifest, describe_package("a", "1", "a", b"", NOW).encode()),
}


@st.composite
def damaged(draw, document):
    """A document with a few pieces cut out, doubled or overwritten."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(document)))
        end = draw(st.integers(start, min(len(document), start + 60)))
        piece = document[start:end]
        instead = draw(st.sampled_from([b"", piece * 2, b"9", b'"', b"<a/>", b"&lt;", b"\xff"]))
        document = document[:start] + instead + document[end:]
    return document


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.data())
def test_damage_is_read_or_refused_never_a_crash(name, data):
    decode, document = DECODERS[name]
    refusal = None
    try:
        decode(data.draw(damaged(document)))
    except DomainError as error:
        refusal = error
    assert refusal is None or (refusal.code != "error" and refusal.hint and str(refusal))


@pytest.mark.parametrize("name", DECODERS)
def test_every_whole_document_is_read(name):
    decode, document = DECODERS[name]
    decode(document)
