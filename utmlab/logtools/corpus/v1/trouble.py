"""Endless streams of lines that show a known trouble; what is wrong with a line is said of it."""

from collections.abc import Iterator

from utmlab.logtools.corpus.v1 import mixes, words
from utmlab.logtools.corpus.v1.clock import DAY_S, Clock, offset_at, receiver_stamp, utm_stamp
from utmlab.logtools.corpus.v1.other import QUIC, ConfdLines, EpsecdLines, PacketLines
from utmlab.logtools.corpus.v1.other import hostile_values as drawn_hostile
from utmlab.logtools.corpus.v1.scene import SOUND, Pair, Scene, defect
from utmlab.logtools.corpus.v1.template import shown
from utmlab.logtools.corpus.v1.web import GAPS, PASSED, EndpointLines, WebLines

LONG = (300, 700, 1_500, 4_000, 9_000)


def priority_prefix(scene: Scene) -> Iterator[Pair]:
    """D1: the priority of remote syslog stands in front."""
    scene.dress = lambda clock: f"<30>{clock.stamp}"
    scene.usual = defect("D1", "priority_prefix", "UL017")
    return mixes.public(scene)


def no_number(scene: Scene) -> Iterator[Pair]:
    """D2: host and process run together where a process has no number."""
    scene.usual = defect("D2", "process_without_pid", "UL041")
    return mixes.without_numbers(scene)


def year_eaten(scene: Scene) -> Iterator[Pair]:
    """D3: an RFC 3164 receiver took the year for a tag."""

    def dress(clock: Clock) -> str:
        received = receiver_stamp(clock.local)
        return f"{received} localhost {clock.stamp[:5]} {clock.stamp[5:]}"

    scene.dress = dress
    scene.usual = defect("D3", "rewritten_by_receiver", "UL015")
    return mixes.public(scene)


def relayed(scene: Scene) -> Iterator[Pair]:
    """D4: a relay's header stands in front, and its host is taken for the UTM's."""
    scene.dress = lambda clock: f"{receiver_stamp(clock.local)} relay <30>{clock.stamp}"
    scene.usual = defect("D4", "relayed", "UL016")
    return mixes.public(scene)


def zone_offset(scene: Scene) -> Iterator[Pair]:
    """D5: the receiver's clock runs in UTC."""
    scene.dress = lambda clock: f"{receiver_stamp(clock.second)} relay <30>{clock.stamp}"
    scene.usual = defect("D5", "zone_offset", "UL016", "UL032")
    return mixes.public(scene)


def clock_change(scene: Scene) -> Iterator[Pair]:
    """D5: a night on which the clock is changed."""
    lines = WebLines(scene, scene.speaker("httpproxy"))
    while True:
        yield lines.any()
        scene.clock.advance(20 + scene.numbers.below(100))


def version_update(scene: Scene) -> Iterator[Pair]:
    """D6: the UTM is updated from 9.3 to 9.6 and 9.7; keys come and move."""
    speaker = scene.speaker("httpproxy")
    for profile in ("9.3", "9.6"):
        lines = WebLines(scene, speaker, profile)
        found = defect("D6", "version_changed", "UL055") if profile == "9.6" else SOUND
        yield lines.request(lines.passed, words.SITES[0], words.CLIENTS[1], found=found)
        for _ in range(29):
            scene.clock.advance(scene.numbers.below(3))
            yield lines.any()
        scene.clock.advance(600)
        speaker = speaker.restarted(scene.number_of_process())
    yield from mixes.web(scene)


def not_routed(scene: Scene) -> Iterator[Pair]:
    """D7: consumers that look at the process take only the header of these lines."""
    scene.usual = defect("D7", "not_routed", "UL060")
    epsecd, endpoints = EpsecdLines(scene), EndpointLines(scene, scene.speaker("eplog"))
    while True:
        scene.clock.advance(scene.numbers.below(20))
        yield scene.pair(epsecd.received)
        yield epsecd.acknowledge()
        for _ in range(scene.numbers.below(4)):
            yield endpoints.any()


def as_httpproxy(scene: Scene) -> Iterator[Pair]:
    """Endpoints' browsing under the web filter's name, whose id 0072 has fewer keys."""
    lines = EndpointLines(scene, scene.speaker("httpproxy"))
    lines.proceeded_found = defect("D7", "key_order", "UL052", "UL053")
    while True:
        scene.clock.advance(scene.numbers.below(10))
        yield lines.any()


def no_category(scene: Scene) -> Iterator[Pair]:
    """D8: an exception skipped the URL filter."""
    lines = WebLines(scene, scene.speaker("httpproxy"))
    gaps = ("srcip", "user", "url")
    skipped = {
        **PASSED,
        **dict.fromkeys(("dnstime", "cattime", "avscantime", "fullreqtime"), "0"),
        "dstip": "203.0.113.9",
        "size": "4711",
        "request": "0x0a1b2c3d",
        "exceptions": "ssl,certcheck,certdate,url_filter",
    }
    template = lines.template("web_access", skipped, gaps)
    found = defect("D8", "no_category", "UL070")
    while True:
        scene.clock.advance(scene.numbers.below(3))
        if scene.numbers.below(3):
            yield lines.any()
            continue
        client = scene.numbers.one_of(words.CLIENTS)
        url = f"http://{scene.numbers.one_of(words.SITES).host}/"
        values, told = (client.address, client.user, url), (client.address, client.shown, url)
        yield scene.pair(template, values, told, found)


def several_profiles(scene: Scene) -> Iterator[Pair]:
    """D9: the same person meets two profiles."""
    lines = WebLines(scene, scene.speaker("httpproxy"))
    guest = {"profile": "REF_HttProGuests (Guests)", "filteraction": "REF_HttCffGuests (Guests)"}
    templates = (lines.passed, lines.template("web_access", {**PASSED, **guest}))
    first: dict[str, int] = {}
    found = defect("D9", "several_profiles", "UL071")
    while True:
        scene.clock.advance(scene.numbers.below(5))
        client = words.CLIENTS[1 + scene.numbers.below(5)]
        which = int(scene.numbers.below(5) == 0)
        is_other = first.setdefault(client.address, which) != which
        site = scene.numbers.one_of(words.SITES)
        yield lines.request(templates[which], site, client, found=found if is_other else SOUND)


def exception_patterns(scene: Scene) -> Iterator[Pair]:
    """D10: exceptions whose patterns mean something else."""
    lines = ConfdLines(scene)
    good = tuple(lines.exception_change(pattern) for pattern in words.GOOD_PATTERNS)
    odd = tuple(lines.exception_change(pattern) for pattern in words.ODD_PATTERNS)
    found = defect("D10", "exception_pattern", "UL072")
    while True:
        scene.clock.advance(30 + scene.numbers.below(600))
        if scene.numbers.below(3) == 0:
            yield scene.pair(scene.numbers.one_of(good))
        else:
            yield scene.pair(scene.numbers.one_of(odd), (), None, found)


def https_warning(scene: Scene) -> Iterator[Pair]:
    """D11: a warning on HTTPS is not shown at an endpoint and logged as going on."""
    lines = EndpointLines(scene, scene.speaker("eplog"))
    found = defect("D11", "https_warning", "UL073")
    while True:
        scene.clock.advance(scene.numbers.below(30))
        if scene.numbers.below(3):
            yield lines.any()
            continue
        site, client = words.BLOCKED_SITES[0], scene.numbers.one_of(words.COMPUTERS)
        yield lines.browse(lines.proceeded, site, client, scheme="https", found=found)


def quota(scene: Scene) -> Iterator[Pair]:
    """D12: a quota acts as a warning on endpoints."""
    lines, confd = EndpointLines(scene, scene.speaker("eplog")), ConfdLines(scene)
    attributes = {"attr_sp_categories_quota": "REF_GamesGambles", "oldattr_sp_categories_quota": ""}
    change = confd.change("http", "cff_action", "REF_HttCffEndpoints", "Endpoints", attributes)
    found = defect("D12", "quota_as_warning", "UL074")
    while True:
        yield scene.pair(change, (), None, found)
        for _ in range(8):
            scene.clock.advance(1 + scene.numbers.below(60))
            if scene.numbers.below(2):
                client = scene.numbers.one_of(words.COMPUTERS)
                yield lines.browse(lines.quota, words.BLOCKED_SITES[0], client, found=found)
            else:
                yield lines.any()


def quic(scene: Scene) -> Iterator[Pair]:
    """D13: UDP 443 goes around the web filter."""
    lines = PacketLines(scene)
    while True:
        scene.clock.advance(scene.numbers.below(3))
        if scene.numbers.below(2):
            yield lines.packet(lines.quic, 443, QUIC)
        else:
            yield lines.any()


def changeset_unanswered(scene: Scene) -> Iterator[Pair]:
    """D14: a file that begins within a batch, and changesets that nothing follows."""
    lines = EpsecdLines(scene)
    below, clock = scene.numbers.below, scene.clock
    found = defect("D14", "ack_without_report", "UL081")
    while True:
        yield lines.acknowledge(found=found)
        found = SOUND
        clock.advance(120 + below(600))
        yield scene.pair(lines.sent)
        for _ in range(below(3)):
            clock.advance(20 + below(30))
            unanswered = defect("D14", "changeset_unanswered", "UL080")
            yield scene.pair(lines.sent, (), None, unanswered)
        clock.advance(1 + below(19))
        yield scene.pair(lines.received)


def registration_failed(scene: Scene) -> Iterator[Pair]:
    """D15: the UTM cannot register, so no computer appears."""
    lines = EpsecdLines(scene)
    below, clock = scene.numbers.below, scene.clock
    reasons = ("unknown_organization", "unreachable", "certificate_refused")
    found = defect("D15", "registration_failed", "UL082")
    while True:
        yield scene.pair(lines.switched_on)
        for _ in range(1 + below(3)):
            clock.advance(30 + below(60))
            yield scene.pair(lines.refused, (scene.numbers.one_of(reasons),), None, found)
        clock.advance(60)
        values = (f"{scene.numbers.draw():016x}", f"{scene.numbers.draw():016x}")
        yield scene.pair(lines.registered, values)
        clock.advance(60 + below(60))
        yield scene.pair(lines.changeset_refused, (1 + below(99),), None, found)
        clock.advance(3_600 + below(3_600))


def late_records(scene: Scene) -> Iterator[Pair]:
    """D16: browsing of a computer that was away, with its own time in `eventtime`."""
    lines = EndpointLines(scene, scene.speaker("eplog"))
    template = lines.of_endpoint("access", PASSED, ("eventtime",))
    found = defect("D16", "late_record", "UL033")
    below = scene.numbers.below
    while True:
        scene.clock.advance(below(60))
        for _ in range(below(4)):
            yield lines.any()
        happened = scene.clock.second - (2 + below(58)) * DAY_S - below(DAY_S)
        client = scene.numbers.one_of(words.COMPUTERS)
        for _ in range(1 + below(6)):
            happened += below(90)
            more = (utm_stamp(happened + offset_at(happened)),)
            site = scene.numbers.one_of(words.SITES)
            yield lines.browse(template, site, client, more=more, found=found)


def glued_records(scene: Scene) -> Iterator[Pair]:
    """D17: a daemon wrote a record without its line feed."""
    lines = ConfdLines(scene)
    methods = ("get_objects", "set_object")
    while True:
        scene.clock.advance(1 + scene.numbers.below(60))
        first = scene.pair(lines.login)
        turn = scene.numbers.below(3)
        method = scene.numbers.one_of(methods)
        if turn == 0:
            link = f"<31>{receiver_stamp(scene.clock.local)} "
            yield scene.glued(first, link, lines.debug, (method,))
        elif turn == 1:
            link = f"{scene.clock.stamp} {scene.host} "
            yield scene.glued(first, link, lines.debug, (method,))
        else:
            yield first
            yield lines.call()


def packets(scene: Scene) -> Iterator[Pair]:
    """D18: the packet filter's lines end in a space."""
    lines = PacketLines(scene)
    while True:
        scene.clock.advance(scene.numbers.below(2))
        yield lines.any()


def hostile_values(scene: Scene) -> Iterator[Pair]:
    """Values that a consumer may take for something else, or run."""
    lines = WebLines(scene, scene.speaker("httpproxy"))
    while True:
        scene.clock.advance(scene.numbers.below(3))
        plain, told = drawn_hostile(scene)
        yield _with(scene, lines, plain, told)


def long_values(scene: Scene) -> Iterator[Pair]:
    """Lines from one to ten thousand bytes, some of them not ASCII, for transports with limits."""
    lines = WebLines(scene, scene.speaker("httpproxy"))
    while True:
        scene.clock.advance(scene.numbers.below(3))
        url = f"http://www.example.com/{'long-path/' * (scene.numbers.one_of(LONG) // 10)}"
        client = scene.numbers.one_of(words.CLIENTS)
        plain = (url, client.user, words.AGENTS[0])
        yield _with(scene, lines, plain, (url, client.shown, shown(words.AGENTS[0])))


def _with(scene: Scene, lines: WebLines, plain: tuple[str, ...], told: tuple[str, ...]) -> Pair:
    size = scene.numbers.below(99_999)
    site = words.SITES[0]

    def values(url: str, user: str, agent: str) -> tuple[object, ...]:
        numbers = (size, f"0x{size:08x}", url, 0, 0, 0, size)
        return ("192.0.2.66", site.address, user, *numbers, agent, *site[3:])

    filled = values(*plain)
    assert len(filled) == len(GAPS)  # noqa: S101 - the order of gaps is one table's
    return scene.pair(lines.passed, filled, values(*told))
