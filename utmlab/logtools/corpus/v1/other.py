"""Lines of epsecd, confd and the packet filter."""

from collections.abc import Mapping

from utmlab.logtools.corpus.v1 import words
from utmlab.logtools.corpus.v1.scene import SOUND, Pair, Scene, defect
from utmlab.logtools.corpus.v1.template import Template, line_of, shown

TRAILING = defect("D18", "trailing_space", "UL020")
QUIC = defect("D13", "quic_passes", "UL020", "UL075")


class EpsecdLines:
    """What epsecd says."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        speaker = scene.speaker("epsecd")
        self.sent = line_of(speaker, "changeset_sent", {})
        self.received = line_of(speaker, "reports_received", {})
        self.acknowledged = line_of(speaker, "reports_acknowledged", {}, ("reports",))
        self.refused = line_of(speaker, "registration_failed", {}, ("reason",))
        self.changeset_refused = line_of(
            speaker, "changeset_refused", {"reason": "epoch"}, ("changeset",)
        )
        self.registered = line_of(speaker, "registered", {}, ("utm", "serial"))
        self.switched_on = line_of(speaker, "switched_on", {})

    def acknowledge(self, most: int = 4, found: str = SOUND) -> Pair:
        """Acknowledge one to `most` reports, as the only public line does: -1 for each."""
        reports = ",".join(["-1"] * (1 + self.scene.numbers.below(most)))
        return self.scene.pair(self.acknowledged, (reports,), None, found)


class ConfdLines:
    """What confd says."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.speaker = scene.speaker("confd")
        session = {"sid": words.SESSION, "facility": "webadmin", "client": "webadmin.plx"}
        at = {"user": "admin", "srcip": "192.0.2.10", **session}
        login = {**at, "call": "new"}
        self.login = line_of(self.speaker, "authenticated", login)
        self.debug = line_of(
            self.speaker,
            "external_call",
            {**at, "lock": "none"},
            ("method",),
            caller="sys::AUTOLOAD:307()",
        )
        self.closed = line_of(
            self.speaker, "session_closed", {**at, "call": "logout", "function": "logout"}
        )

    def change(
        self, class_: str, type_: str, ref: str, name: str, attributes: Mapping[str, str]
    ) -> Template:
        """Make a line about a changed object; `attributes` are `attr_X` and `oldattr_X`."""
        named = {"class": class_, "type": type_, "ref": ref, "objname": name}
        by = {"user": "admin", "srcip": "192.0.2.10", "sid": words.SESSION}
        way = {"facility": "webadmin", "client": "webadmin.plx", "call": "set_object"}
        return line_of(
            self.speaker, "object_changed", {**named, **by, **way, "count": "1", **attributes}
        )

    def exception_change(self, pattern: str) -> Template:
        """Make a line about a web exception with one pattern."""
        attributes = {"attr_domains": f"['{pattern}']", "oldattr_domains": "[]"}
        return self.change("http", "exception", "REF_HttExcPatterns", "Patterns", attributes)

    def call(self) -> Pair:
        """Write one call of a method, for debugging."""
        methods = ("get_objects", "get_object", "set_object", "lock_object", "commit")
        return self.scene.pair(self.debug, (self.scene.numbers.one_of(methods),))


class PacketLines:
    """What the packet filter says; its lines end in a space."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        speaker = scene.speaker("ulogd")
        gaps = ("fwrule", "srcip", "dstip", "length", "ttl", "srcport", "dstport")
        way = {"initf": "eth0", "outitf": "eth1", "tos": "0x00", "prec": "0x00"}
        tcp = {**way, "proto": "6", "tcpflags": "SYN"}
        udp = {**way, "proto": "17"}
        taken = {"action": "accept"}
        self.dropped = line_of(speaker, "packet_dropped", {**tcp, "action": "drop"}, gaps, end=" ")
        self.accepted = line_of(speaker, "packet_accepted", {**tcp, **taken}, gaps, end=" ")
        self.quic = line_of(speaker, "packet_accepted", {**udp, **taken}, gaps, end=" ")
        macs = {"srcmac": "02:00:5e:10:00:01", "dstmac": "02:00:5e:10:00:02"}
        self.with_macs = line_of(
            speaker, "packet_dropped", {**tcp, **macs, "action": "drop"}, gaps, end=" "
        )

    def packet(self, template: Template, port: int | None = None, found: str = TRAILING) -> Pair:
        """Write one packet."""
        one = self.scene.numbers.draw()
        ports = (443, 80, 22, 3389, 25, 53, 445, 8443)
        values = (
            60_000 + (one & 0x3F),
            f"192.0.2.{one >> 6 & 0x7F}",
            f"203.0.113.{one >> 13 & 0x7F}",
            40 + (one >> 20 & 0x3FF),
            32 + (one >> 30 & 0x1F),
            1_024 + (one >> 35 & 0x7FFF),
            ports[one >> 50 & 7] if port is None else port,
        )
        return self.scene.pair(template, values, None, found)

    def any(self) -> Pair:
        """Write one packet of the usual mix."""
        return self.packet(self.scene.numbers.one_of((self.dropped, self.accepted, self.with_macs)))


def hostile_values(scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Draw an URL, a user and an agent that a consumer may stumble over, twice: as JSON too."""
    drawn = tuple(
        scene.numbers.one_of(choices)
        for choices in (words.HOSTILE, words.HOSTILE_USERS, words.HOSTILE_AGENTS)
    )
    return drawn, tuple(map(shown, drawn))
