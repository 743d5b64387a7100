"""The page holds what logs say as text, and needs nothing from anywhere."""

import re
from html.parser import HTMLParser

from utmlab.logtools.report.page import pictures, report_page

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>'&amp;"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text += data


def parsed(record):
    tags = Tags()
    tags.feed(report_page(record))
    return tags


def hostile_record(reported, lines):
    stamp = "2026:11:20-06:00:0"
    content = [
        lines.web(f"{stamp}0", action="block", user=HOSTILE, url=f"http://{HOSTILE}/"),
        lines.web(f"{stamp}1", process="<script>", host="<b>host</b>", address=HOSTILE),
        lines.epsecd(f"{stamp}2", lines.sent),
        lines.epsecd(f"{stamp}2", ("4289", "x"), more=f' changeset="1" reason="{HOSTILE}"'),
        f"<script>{HOSTILE} no line",
    ]
    return reported({"<script>.log": content})


def test_hostile_values_are_text(reported, lines):
    page = parsed(hostile_record(reported, lines))
    assert not {"script", "img", "b'"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert HOSTILE in page.text


def test_page_asks_nobody_for_anything(reported, lines):
    page = parsed(hostile_record(reported, lines))
    assert not {"link", "script", "img", "iframe", "object", "base", "form"} & set(page.tags)
    wanted = [value for name, value in page.attributes if name in {"href", "src", "xlink:href"}]
    assert all(value.startswith("#") for value in wanted)
    style = (report_page({**hostile_record(reported, lines)})).partition("</style>")[0]
    assert not re.search(r"url\(|@import", style)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_each_log_has_a_picture_with_its_gaps(reported, lines):
    record = reported(
        {
            "epsecd.log": [
                lines.epsecd("2026:11:20-06:00:00", lines.sent),
                lines.epsecd("2026:11:20-12:00:00", lines.received),
            ],
            "eplog.log": [lines.web("2026:11:21-06:00:00")],
        }
    )
    shown = {one.title: one for one in pictures(record)}
    assert set(shown) == {"epsecd on utm", "eplog on utm"}
    one = shown["epsecd on utm"]
    assert [bar.x for bar in one.bars] == [90.0, 180.0]
    assert [(mark.kind, mark.x) for mark in one.marks] == [("gap", 180.0)]


def test_page_of_nothing_is_a_page(reported):
    assert "None was seen" in report_page(reported({}))
