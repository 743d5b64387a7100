"""Pictures are exact: places are times, nothing overlaps, and no name gets out of its text."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utm.drawing.axis import MOST_TICKS, Scale, clock_words, seconds_words
from utm.drawing.frame import MOST_POLLS, horizon_s
from utm.drawing.hops import HOPS, Lane, Timeline, hop_statistics, statistics
from utm.drawing.overview import MOST_LANES, RIGHT, draw_overview, shown_lanes
from utm.drawing.plots import Point, Stack, count_ticks, draw_bars, draw_latency, draw_stacks
from utm.drawing.svg import PRINTED, fitted
from utm.drawing.waterfall import draw_waterfall

AT = datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)
STEPS = {
    "edited": 0.0,
    "4233": 0.008,
    "broker": 0.041,
    "polled": 0.0,
    "fetched": 0.02,
    "applied": 0.11,
    "reported": 0.18,
    "4211": 0.21,
    "4212": 0.21,
}
SVG = "{http://www.w3.org/2000/svg}"


def lane(name="PC-01", polled=10.0, upto="4212", **more):
    hops = {}
    for hop, seconds in STEPS.items():
        later = polled if HOPS.index(hop) >= HOPS.index("polled") else 0.0
        hops[hop] = AT + timedelta(seconds=seconds + later)
        if hop == upto:
            break
    return Lane(name=name, hops=hops, **more)


def timeline(lanes, now=None):
    return Timeline(
        title="Changeset 7: block games",
        edited_at=AT,
        committed_at=AT + timedelta(seconds=0.041),
        now=now,
        poll_s=20.0,
        zone=UTC,
        lanes=lanes,
    )


def parsed(svg):
    return ET.fromstring(svg)


def overview(lanes, now=None):
    return parsed(draw_overview(timeline(lanes, now), palette=PRINTED))


def titled(root, start):
    """The group whose text when pointed at begins so."""
    for one in root.iter(f"{SVG}g"):
        title = one.find(f"{SVG}title")
        if title is not None and title.text.startswith(start):
            return one
    raise AssertionError(f"nothing is called {start}")


def tick_places(root):
    """Seconds to places, as the ticks of the axis say."""
    found = {}
    for one in root.iter(f"{SVG}text"):
        match = re.fullmatch(r"(\d+)(?: s)?", one.text or "")
        if match and one.get("text-anchor") == "middle":
            found[int(match[1])] = float(one.get("x"))
    return found


@pytest.mark.parametrize("polled", [0.5, 10.0, 19.9])
def test_a_computer_s_dot_stands_where_the_axis_says_its_seconds_are(polled):
    root = overview([lane(polled=polled), lane("PC-02", polled=19.95)])
    ticks = tick_places(root)
    expected = ticks[0] + (polled + 0.11) * (ticks[10] - ticks[0]) / 10

    dot = titled(root, "PC-01:").find(f"{SVG}circle")
    assert float(dot.get("cx")) == pytest.approx(expected, abs=0.02)


def test_a_waterfall_has_a_bar_from_each_hop_to_the_next():
    root = parsed(draw_waterfall(timeline([lane()]), lane(), palette=PRINTED))
    bars = {hop: titled(root, f"{hop}:").find(f"{SVG}rect") for hop in HOPS[1:]}
    ends = {hop: float(bar.get("x")) + float(bar.get("width")) for hop, bar in bars.items()}

    for before, after in pairwise(HOPS[1:]):
        assert float(bars[after].get("x")) == pytest.approx(ends[before], abs=0.02)


def test_the_poll_interval_is_drawn_as_long_as_it_is():
    root = overview([lane(), lane("PC-02")])
    ticks = tick_places(root)
    unit = (ticks[20] - ticks[0]) / 20
    heads = [one for one in root.iter(f"{SVG}rect") if one.get("height") == "20"]

    assert float(heads[0].get("width")) == pytest.approx(20 * unit, abs=0.02)
    assert float(heads[0].get("x")) == pytest.approx(ticks[0] + 0.041 * unit, abs=0.02)


def texts(root):
    return [
        (float(one.get("y")), float(one.get("x")), one.get("text-anchor", "start"), one.text)
        for one in root.iter(f"{SVG}text")
    ]


def extents(root):
    """Of each text its line and from where to where it goes, by a generous measure."""
    for y, x, anchor, words in texts(root):
        width = len(words) * 5.6
        left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
        yield y, left, left + width, words


LONG = "SOMEBODY'S VERY LONG COMPUTER NAME, LONGER THAN ANY PLACE"
NOW = AT + timedelta(seconds=52)


@pytest.mark.parametrize(
    "lanes",
    [
        [lane(), lane("PC-02", polled=3.0)],
        [lane(LONG), lane(upto="broker", state="warning", note="2 polls late")],
        [lane(f"PC-{number}", polled=number / 2) for number in range(40)],
        [lane(upto="broker", state="error", note="refused because of what nobody would think of")],
    ],
)
@pytest.mark.parametrize("now", [None, NOW])
def test_no_text_stands_on_another(lanes, now):
    found = sorted(extents(overview(lanes, now)))
    on_one_line = [
        (one, other)
        for index, one in enumerate(found)
        for other in found[index + 1 :]
        if abs(one[0] - other[0]) < 9 and one[1] < other[2] and other[1] < one[2]
    ]

    assert on_one_line == []


def test_what_is_said_of_a_computer_stands_beside_the_lanes_not_in_them():
    note = "refused because of what nobody would think of"
    root = overview([lane(), lane("B", upto="broker", state="error", note=note)], NOW)
    said = [one for one in extents(root) if one[3].startswith("refused")]

    assert [one[1] > RIGHT for one in said] == [True]


def test_a_name_in_capitals_is_cut_before_the_lanes_begin():
    root = overview([lane(LONG), lane("B")])
    (name,) = [words for _, _, _, words in texts(root) if words.startswith("SOMEBODY")]

    assert 8 <= len(name) <= (tick_places(root)[0] - 16) / 8.5


def test_lanes_have_a_row_each_in_the_order_of_enforcement():
    lanes = [lane("late", polled=9.0), lane("waits", upto="broker"), lane("early", polled=1.0)]
    names = [one.name for one in shown_lanes(lanes)]
    ys = [y for y, _, _, words in texts(overview(lanes)) if words in names]

    assert names == ["early", "late", "waits"]
    assert all(after - before >= 16 for before, after in pairwise(ys))


def test_of_too_many_lanes_the_last_ones_are_drawn_and_all_are_counted():
    lanes = [lane(f"PC-{number}", polled=number / 100) for number in range(1000)]

    assert [one.name for one in shown_lanes(lanes)][-1] == "PC-999"
    words = [one[3] for one in texts(overview(lanes))]
    assert f"The last {MOST_LANES} of 1,000 computers" in words
    assert any("1,000 of 1,000 computers enforce it" in one for one in words)


def test_who_waits_for_hours_is_an_arrow_at_the_end_and_squeezes_nobody():
    now = AT + timedelta(hours=5)
    waits = lane("away", upto="broker", state="warning", note="900 polls late")
    root = overview([lane(), waits], now)

    assert horizon_s(timeline([lane(), waits], now)) < 1.05 * (0.041 + MOST_POLLS * 20)
    assert titled(root, "away:").find(f"{SVG}path") is not None


def test_a_clock_that_is_wrong_draws_no_bar_of_negative_width():
    wrong = lane()
    hops = {**wrong.hops, "applied": AT - timedelta(seconds=300)}
    root = overview([Lane(name="PC-01", hops=hops), lane("PC-02")])

    assert all(float(one.get("width")) >= 0 for one in root.iter(f"{SVG}rect"))


HOSTILE = "</text><script>alert(1)</script>\"' onload='x' & \x00\x1b\ud800 ]]>"


@settings(max_examples=60)
@given(st.one_of(st.just(HOSTILE), st.text(max_size=60)))
def test_no_name_gets_out_of_its_text(name):
    one = lane(name, upto="broker", state="error", note=name)
    pictures = (
        draw_overview(timeline([one, lane()]), palette=PRINTED),
        draw_waterfall(timeline([one]), one, palette=PRINTED),
        draw_overview(timeline([one, lane()])).replace(
            "<svg", '<svg xmlns="http://www.w3.org/2000/svg"'
        ),
    )
    for svg in pictures:
        root = parsed(svg.encode("utf-8"))
        assert {part.tag for part in root.iter()} <= {
            f"{SVG}{tag}" for tag in ("svg", "g", "title", "rect", "line", "circle", "path", "text")
        }
        assert not [name for part in root.iter() for name in part.attrib if name.startswith("on")]


def test_a_picture_alone_needs_no_style_sheet_and_one_in_a_page_has_no_colours():
    alone, inside = (
        draw_overview(timeline([lane(), lane("B")]), palette=one) for one in (PRINTED, None)
    )

    assert "class=" not in alone
    assert "style" not in alone + inside
    assert "fill=" not in inside


def test_statistics_are_values_that_occurred():
    found = statistics([4.0, 1.0, 3.0, 2.0])
    assert (found.count, found.first, found.mean, found.p50, found.last) == (4, 1, 2.5, 2, 4)
    assert statistics(range(1, 101)).p95 == 95
    assert statistics(range(1, 101)).p99 == 99
    assert statistics([]) is None


def test_a_hop_counts_those_that_reached_it():
    found = hop_statistics([lane(polled=10.0), lane("B", upto="broker")])
    assert (found["broker"].count, found["applied"].count) == (2, 1)
    assert found["applied"].last == pytest.approx(10.11)


@given(st.floats(0.001, 1e8), st.floats(0, 1e8))
def test_a_scale_keeps_order_and_its_ticks_are_few(end, seconds):
    scale = Scale(end, 100, 900)
    assert 100 <= scale.place(seconds) <= 900
    places = [scale.place(tick) for tick in scale.ticks]
    assert places == sorted(places)
    assert 1 <= len(places) <= MOST_TICKS + 1


@given(st.integers(0, 10**9))
def test_a_scale_of_counts_goes_just_beyond_the_largest(most):
    ticks = count_ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most
    assert len(ticks) <= 7


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.000 s"),
        (13.2449, "13.245 s"),
        (-0.5, "-0.500 s"),
        (184, "3 min 04 s"),
        (7_500, "2 h 05 min"),
    ],
)
def test_spans_are_told_to_the_millisecond_while_that_matters(seconds, words):
    assert seconds_words(seconds) == words


def test_times_of_day_have_milliseconds():
    assert clock_words(AT) == "12:00:00.123"


@given(st.text(max_size=200), st.floats(20, 400))
def test_a_cut_text_is_never_longer_than_the_text(words, width):
    assert len(fitted(words, width)) <= max(len(words), 1)


def test_plots_draw_something_of_nothing_and_heights_are_values():
    for svg in (
        draw_stacks([], [], [], label="x"),
        draw_latency([], label="x"),
        draw_bars([], [], [], label="x"),
    ):
        assert svg.startswith("<svg")
    plot = parsed(draw_stacks([Stack("10:00", (10, 30))], ["a", "b"], ["p-c0", "p-c1"], label="x"))
    low, high = (float(one.get("height")) for one in plot.iter("rect"))
    assert high == pytest.approx(3 * low, rel=0.01)
    line = parsed(draw_latency([Point("1", 1, 2), Point("2", 4, 8)], label="x"))
    assert len(list(line.iter("circle"))) == 4
