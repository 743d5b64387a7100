"""Endless streams of lines that several scenarios share: pure functions of a scene."""

from collections.abc import Iterator

from utmlab.logtools.corpus.v1 import words
from utmlab.logtools.corpus.v1.other import ConfdLines, EpsecdLines
from utmlab.logtools.corpus.v1.scene import Pair, Scene
from utmlab.logtools.corpus.v1.template import Speaker, text_of
from utmlab.logtools.corpus.v1.web import EndpointLines, WebLines

POLL_S = 20


def web(scene: Scene, profile: str = "9.7") -> Iterator[Pair]:
    """Yield lines of the web filter, two or three a second."""
    lines = WebLines(scene, scene.speaker("httpproxy"), profile)
    draw, clock = scene.numbers.draw, scene.clock
    while True:
        dice = draw()
        for _ in range(16):  # one number serves sixteen lines
            clock.advance(1 if dice & 0xF < 6 else 0)
            dice >>= 4
            yield lines.any()


def browsing(scene: Scene, process: str = "eplog") -> Iterator[Pair]:
    """Yield browsing of endpoints; a report brings several lines at once."""
    lines = EndpointLines(scene, scene.speaker(process))
    while True:
        scene.clock.advance(1 + scene.numbers.below(POLL_S))
        for _ in range(1 + scene.numbers.below(12)):
            yield lines.any()


def sync(scene: Scene) -> Iterator[Pair]:
    """Yield changesets and reports in their distances."""
    lines = EpsecdLines(scene)
    clock, below = scene.clock, scene.numbers.below
    while True:
        yield scene.pair(lines.sent)
        for _ in range(1 + below(5)):  # endpoints answer within one poll of each other
            clock.advance(1 + below(POLL_S - 1))
            yield scene.pair(lines.received)
            yield lines.acknowledge()
        clock.advance(60 + below(600))


def configuring(scene: Scene) -> Iterator[Pair]:
    """Yield sessions of an administrator, with calls and changes."""
    lines = ConfdLines(scene)
    clock, below = scene.clock, scene.numbers.below
    actions = ("allow", "warn", "block")
    while True:
        yield scene.pair(lines.login)
        for _ in range(1 + below(3)):
            clock.advance(below(4))
            yield lines.call()
        for _ in range(1 + below(3)):
            clock.advance(5 + below(60))
            new, old = scene.numbers.one_of(actions), scene.numbers.one_of(actions)
            attributes = {"attr_uncategorized_websites": new, "oldattr_uncategorized_websites": old}
            name = f"Filter action {below(9)}"
            change = lines.change("http", "cff_action", "REF_HttCffAction", name, attributes)
            yield scene.pair(change)
        clock.advance(1 + below(20))
        yield scene.pair(lines.closed)
        clock.advance(120 + below(3_600))


def mixed(scene: Scene) -> Iterator[Pair]:
    """Yield what a receiver gets of all logs together: mostly web, some of the others."""
    epsecd, confd = EpsecdLines(scene), ConfdLines(scene)
    gateway = WebLines(scene, scene.speaker("httpproxy"))
    endpoints = EndpointLines(scene, scene.speaker("eplog"))
    clock, below = scene.clock, scene.numbers.below
    while True:
        turn = below(16)
        clock.advance(below(4))
        if turn == 0:
            yield scene.pair(confd.login)
            clock.advance(1 + below(30))
            yield scene.pair(confd.closed)
        elif turn == 1:
            yield scene.pair(epsecd.sent)
            clock.advance(1 + below(POLL_S - 1))
            yield scene.pair(epsecd.received)
            yield epsecd.acknowledge()
        elif turn < 5:
            yield scene.pair(epsecd.received)
            yield epsecd.acknowledge()
            for _ in range(1 + below(6)):
                yield endpoints.any()
        else:
            yield gateway.any()


def public(scene: Scene) -> Iterator[Pair]:
    """Yield lines of epsecd and the web filter, all of public forms."""
    epsecd, gateway = EpsecdLines(scene), WebLines(scene, scene.speaker("httpproxy"))
    while True:
        scene.clock.advance(scene.numbers.below(4))
        if scene.numbers.below(4) == 0:
            yield scene.pair(epsecd.received)
            yield epsecd.acknowledge()
        else:
            yield gateway.any()


def restarts(scene: Scene) -> Iterator[Pair]:
    """Yield the web filter's and epsecd's lines; now and then both go on under new numbers."""
    below = scene.numbers.below
    while True:
        gateway = WebLines(scene, scene.speaker("httpproxy"))
        epsecd = EpsecdLines(scene)
        established = "Syslog connection established; fd='34', server='AF_INET(192.0.2.5:514)'"
        yield scene.pair(text_of(scene.speaker("syslog-ng"), established, "public"))
        hourly = "(root) CMD (/usr/local/bin/reporter/hourly.pl)"
        yield scene.pair(text_of(scene.speaker("/usr/sbin/cron"), hourly, "public"))
        for number in range(40 + below(40)):
            scene.clock.advance(below(3))
            if number % 8 == 0:
                yield scene.pair(epsecd.received)
                yield epsecd.acknowledge()
            else:
                yield gateway.any()
        scene.clock.advance(5 + below(85))


def without_numbers(scene: Scene) -> Iterator[Pair]:
    """Yield lines of processes that write no number."""
    below = scene.numbers.below
    httpd, dhcpd = (Speaker(scene.host, name, None) for name in ("httpd", "dhcpd"))
    while True:
        scene.clock.advance(1 + below(30))
        address = f"192.0.2.{below(250)}"
        if below(3) == 0:
            text = f"DHCPACK on {address} to 02:00:5e:10:00:{below(90) + 10} via eth0"
            yield scene.pair(text_of(dhcpd, text, "documented"))
        else:
            agent = words.AGENTS[below(4)]
            text = f'{address} - - "GET /login HTTP/1.1" 200 {below(9_000)} "-" "{agent}"'
            yield scene.pair(text_of(httpd, text, "public"))
