"""Every parser of bytes from outside, with whole documents to start from."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from foundation.categories.lookup_document import decode_answers, decode_question, encode_question
from foundation.errors import DomainError
from foundation.protocol import authorization, commands, statuses, timestamps
from foundation.protocol.actions import decode_action, encode_scan_now
from foundation.protocol.alc_policy import AlcPolicy, decode_alc_policy
from foundation.protocol.answers import (
    AuthenticateAnswer,
    decode_authenticate_answer,
    decode_flags,
    encode_flags,
)
from foundation.protocol.computer_status import ComputerStatus, decode_computer_status
from foundation.protocol.content import decode_manifest, describe_package
from foundation.protocol.data_feeds import inflate
from foundation.protocol.device_policy import DevicePolicy, decode_device_policy
from foundation.protocol.events import (
    Event,
    WebControlEvent,
    decode_events,
    decode_web_control_event,
    encode_events,
)
from foundation.protocol.link import (
    Changeset,
    GroupPolicies,
    PolicyDocument,
    RegisterRequest,
    Registration,
    Report,
    decode_changeset,
    decode_register_request,
    decode_registration,
    decode_reports,
    encode_document,
    encode_reports,
)
from foundation.protocol.mcs_policy import McsPolicy, MessageRelay, decode_mcs_policy
from foundation.protocol.migration import decode_new_identity, decode_outcome
from foundation.protocol.policies import read_compliance, seal
from foundation.protocol.push import EventReader, encode_event
from foundation.protocol.sav_policy import SavPolicy, SavSchedule, decode_sav_policy
from foundation.protocol.tamper_policy import TamperPolicy, decode_tamper_policy
from foundation.redact import Secret
from foundation.webfilter.client_hello import read_client_hello
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.policy_reading import decode_web_policy
from foundation.webfilter.policy_writing import encode_web_policy
from foundation.webfilter.target import read_target
from liveconnect.pki import read_request
from utm.logs.grammar import format_line, parse_line
from utm.strict_json import strict_json
from utmlab.lab_file.document import read_lab
from utmlab.logtools.fix import fix_line
from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import RawLine
from utmlab.replay.web_line import read_web_line

_NOW: Final = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)
_WEB: Final = WebControlEvent(
    at=_NOW,
    user=r"ACME\anna",
    url="http://games.example/a?b=c",
    method="GET",
    action="block",
    reason="category",
    category_ids=(116,),
    category_name="Games",
    exceptions=("url_filter",),
    client_ip="192.0.2.17",
)
_LINE: Final = (
    b'2026:11:20-23:20:17 filter httpproxy[5667]: id="0060" severity="info" sys="SecureWeb" '
    b'sub="http" name="web request blocked, forbidden category detected" action="block" '
    b'method="GET" srcip="192.0.2.17" dstip="" user="anna" statuscode="403" cached="0" '
    b'profile="REF_DefaultHTTPProfile (Default)" filteraction="REF_A (B)" size="0" '
    b'request="0xdeadbeef" url="http://games.example/" referer="" error="" category="116" '
    b'reputation="neutral" categoryname="Games" reason="category"'
)
_BASIC: Final = authorization.encode_basic(
    authorization.RegistrationCredentials("id", Secret("password"), "T" * 17)
)


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser, which takes bytes and raises nothing but the errors that it declares."""

    name: str
    read: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]
    refuses: tuple[type[Exception], ...] = (DomainError,)


def parsers() -> tuple[Parser, ...]:
    """Return every parser."""
    return (*_mcs(), *_policies(), *_headers(), *_link(), *_rest(), *_logs())


def _text(read: Callable[[str], Any]) -> Callable[[bytes], Any]:
    # As the HTTP server and the log tools make text of bytes.
    return lambda data: read(data.decode("utf-8", "surrogateescape"))


def _mcs() -> tuple[Parser, ...]:
    action, event = encode_scan_now().encode(), _WEB.encode()
    assigned = commands.encode_assignments([commands.PolicyAssignment("A", 1, "x")]).encode()
    pieces = commands.encode_fragments([commands.PolicyFragments("A", ((0, "x"),))]).encode()
    computer = ComputerStatus(computer_name="a", timestamp=_NOW, policy_status=(("MCS", _NOW),))
    identity = {"endpoint_id": "e", "device_id": "d", "tenant_id": "t", "password": "p"}
    queued = commands.encode_commands([commands.Command("1", "A", "<b/>", _NOW)])
    said = statuses.encode_statuses([statuses.Status("A", _NOW, 1.0, "<b/>")])
    envelope = encode_events([Event("SWC", _NOW, 10.0, event, 0, "1")])
    applications = statuses.encode_registered_applications(["A"]).encode()
    return (
        Parser("commands", commands.decode_commands, (queued,)),
        Parser("policy command", _text(commands.read_apps_proxy_body), (assigned, pieces)),
        Parser("action", _text(decode_action), (action, b'{"type":"a","b":[1]}')),
        Parser("computer", decode_computer_status, (computer.encode(),)),
        Parser("statuses", statuses.decode_statuses, (said,)),
        Parser("applications", _text(statuses.decode_registered_applications), (applications,)),
        *(_adapter(app_id, kind) for app_id, kind in (("MCS", 25), ("ALC", 1), ("SWC", 190))),
        Parser("events", decode_events, (envelope,)),
        Parser("web control event", _text(decode_web_control_event), (event.encode(),)),
        Parser("flags", decode_flags, (encode_flags({"a": True}),)),
        Parser(
            "access token",
            decode_authenticate_answer,
            (AuthenticateAnswer(access_token="t").encode(),),
        ),
        Parser("new identity", decode_new_identity, (json.dumps(identity).encode(),)),
        Parser("migration", decode_outcome, (b'{"outcome":"migrated"}', b"<a/>")),
        Parser("push", _push, (encode_event('<action type="sophos.mgt.action.GetCommands"/>'),)),
        Parser(
            "data feed", lambda data: inflate(data, str(len(data))), (zlib.compress(b'{"a":1}'),)
        ),
        Parser("manifest", decode_manifest, (_manifest(),)),
    )


def _adapter(app_id: str, policy_type: int) -> Parser:
    body = statuses.encode_adapter_status(
        statuses.AdapterStatus(app_id, policy_type, "Same", "r", {"a": "b"})
    )

    def read(text: str) -> object:
        return statuses.decode_adapter_status(app_id, text)

    return Parser(f"{app_id} status", _text(read), (body.encode(),))


def _manifest() -> bytes:
    return describe_package("a", "1", "a", b"", _NOW).encode()


def _push(data: bytes) -> None:
    reader, half = EventReader(), len(data) // 2
    for chunk in (data[:half], data[half:]):
        list(reader.feed(chunk))


def _policies() -> tuple[Parser, ...]:
    mcs = seal(McsPolicy(message_relays=(MessageRelay("h"),)).encode())[1]
    sav = seal(SavPolicy(scheduled_scan=SavSchedule(days=("monday",))).encode())[1]
    device = seal(DevicePolicy(classes={"modem": "blocked"}).encode())[1]
    return (
        Parser("compliance", read_compliance, (mcs,)),
        Parser("MCS policy", decode_mcs_policy, (mcs,)),
        Parser(
            "ALC policy", decode_alc_policy, (seal(AlcPolicy(server_url="https://h").encode())[1],)
        ),
        Parser("SAV policy", decode_sav_policy, (sav,)),
        Parser(
            "tamper policy", decode_tamper_policy, (seal(TamperPolicy(enabled=True).encode())[1],)
        ),
        Parser("device policy", decode_device_policy, (device,)),
        Parser(
            "web policy",
            decode_web_policy,
            (seal(encode_web_policy(WebPolicy(group_ref="REF_A")))[1],),
        ),
    )


def _headers() -> tuple[Parser, ...]:
    answer = authorization.encode_registration_answer(
        authorization.EndpointCredentials("id", Secret("password"))
    )
    instants = (b"2026-11-20T23:20:17.250Z", b"2026-11-20T23:20:17+01:00")
    urls = (b"http://games.example/a?b=c#d", b"http://a.com\\@evil.com/", b"https://[::1]:443/")
    return (
        Parser("Basic", _text(authorization.decode_basic), (_BASIC.encode(),)),
        Parser("registration", _text(authorization.decode_registration), (_BASIC.encode(),)),
        Parser("Bearer", _text(authorization.decode_bearer), (b"Bearer a.b.c",)),
        Parser("registration answer", authorization.decode_registration_answer, (answer,)),
        Parser("timestamp", _text(timestamps.parse_timestamp), instants),
        Parser("server timestamp", _text(timestamps.parse_server_timestamp), instants),
        Parser("ttl", _text(timestamps.parse_ttl), (b"PT10000S", b"P1DT2H3M4.5S")),
        Parser("URL", _text(read_target), urls),
        Parser("ClientHello", read_client_hello, (_client_hello(),)),
    )


def _client_hello() -> bytes:
    name = b"games.example"
    entry = b"\x00" + len(name).to_bytes(2) + name
    names = len(entry).to_bytes(2) + entry
    extensions = b"\x00\x00" + len(names).to_bytes(2) + names
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += len(extensions).to_bytes(2) + extensions
    handshake = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + len(handshake).to_bytes(2) + handshake


def _link() -> tuple[Parser, ...]:
    policy = PolicyDocument(app_id="SWC", policy_type=190, revision="r", body=b"<a/>")
    groups = (GroupPolicies(ref="REF_A", name="A", policies=(policy,)),)
    changeset = Changeset(1, 1, True, "REF_A", groups)
    registration = Registration("utm-1", "", "T" * 17, 1, "https://localhost:4443/mcs", "")
    report = Report(1, "event", "E1", _NOW.isoformat(), {"app_id": "SWC", "body": _WEB.encode()})
    return (
        Parser("register", decode_register_request, (encode_document(RegisterRequest("c", "o")),)),
        Parser("registered", decode_registration, (encode_document(registration),)),
        Parser("changeset", decode_changeset, (encode_document(changeset),)),
        Parser("reports", decode_reports, (encode_reports((report,)),)),
        Parser(
            "certificate request",
            _text(read_request),
            (b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",),
        ),
        Parser("category question", decode_question, (encode_question(["games.example"]),)),
        Parser(
            "category answers",
            decode_answers,
            (
                b'{"version":1,"answers":{"a.example":{"category":{"ids":[1],"reputation":"neutral"},"ttl_s":60}}}',
            ),
        ),
    )


def _rest() -> tuple[Parser, ...]:
    content = {"name": "a", "members": ["REF_A"], "number": 1.5, "flag": True, "none": None}
    lab = {"schema": 1, "endpoint_protection": True, "computers": [{"name": "PC-01"}]}
    return (
        # Whoever calls it answers 400 to a ValueError.
        Parser("REST JSON", strict_json, (json.dumps(content).encode(),), (ValueError,)),
        Parser("lab file", read_lab, (json.dumps(lab).encode(),)),
    )


def _logs() -> tuple[Parser, ...]:
    epsecd = (
        b'2026:11:20-17:57:33 filter epsecd[5666]: I id="4212" severity="info" sys="System" '
        b'sub="epsecd" name="Acknowledging report(s)" reports="-1,-1"'
    )
    lines = (_LINE, epsecd)
    return (
        Parser("line", _text(lambda text: format_line(parse_line(text))), lines),
        Parser(
            "lint",
            lambda data: list(Linter().lint([RawLine(1, data, True)])),
            (*lines, b"<30>" + _LINE),
        ),
        Parser("fix", _text(fix_line), lines),
        Parser("web line", read_web_line, lines),
    )
