"""SVG elements as text: everything from outside is escaped, numbers are short.

A picture is a tree of `Element`. In a page it has classes; `PRINTED` gives each class its colours
as presentation attributes instead, which a content security policy without inline style allows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import Final

Palette = Mapping[str, Mapping[str, str]]
_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""
_LONGEST: Final = 1_000
_NARROW: Final = frozenset(" 0123456789.,:;()-'|!")
SMALL_LETTER: Final = 0.58
LARGE_LETTER: Final = 0.76
"""Widths of letters of a sans-serif face, in its own height: enough for most of them."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element; `kinds` are its classes."""

    tag: str
    kinds: str = ""
    attributes: Mapping[str, str | float] = field(default_factory=dict)
    children: "tuple[Element | str, ...]" = ()


def group(children: Iterable[Element], *, kinds: str = "", title: str = "") -> Element:
    """Return several elements as one, with a text that shows when pointed at."""
    told = (Element("title", children=(title,)),) if title else ()
    return Element("g", kinds, children=(*told, *children))


def rect(x: float, y: float, width: float, height: float, kinds: str, **more: float) -> Element:
    """Return a rectangle."""
    place = {"x": x, "y": y, "width": max(width, 0.0), "height": height}
    return Element("rect", kinds, {**place, **more})


def line(x1: float, y1: float, x2: float, y2: float, kinds: str) -> Element:
    """Return a line."""
    return Element("line", kinds, {"x1": x1, "y1": y1, "x2": x2, "y2": y2})


def circle(x: float, y: float, radius: float, kinds: str) -> Element:
    """Return a circle."""
    return Element("circle", kinds, {"cx": x, "cy": y, "r": radius})


def path(steps: str, kinds: str) -> Element:
    """Return a path."""
    return Element("path", kinds, {"d": steps})


def text(x: float, y: float, words: str, kinds: str = "p-text", anchor: str = "start") -> Element:
    """Return a line of text; `y` is its base line."""
    attributes: dict[str, str | float] = {"x": x, "y": y}
    if anchor != "start":
        attributes["text-anchor"] = anchor
    return Element("text", kinds, attributes, (words,))


def fitted(words: str, width: float, size: float = 12.0) -> str:
    """Return a text cut to what fits a width, in units of the picture."""
    if breadth(words, size) <= width:
        return words
    words = words[:_LONGEST]
    while words and breadth(words, size) + size > width:
        words = words[:-1]
    return f"{words}…"


def breadth(words: str, size: float = 12.0) -> float:
    """Return how wide a text is at most, as far as can be told without its face."""
    small = sum(letter.islower() or letter in _NARROW for letter in words[:_LONGEST])
    return size * (small * SMALL_LETTER + (len(words) - small) * LARGE_LETTER)


def picture(
    width: float,
    height: float,
    children: Iterable[Element],
    *,
    label: str,
    palette: Palette | None = None,
) -> str:
    """Return a whole picture.

    Args:
        width: In units; the picture scales to the space that it is given.
        height: In units.
        children: What it shows.
        label: What it is, for those who do not see it.
        palette: Class to presentation attributes, for a picture that stands alone.
    """
    attributes: dict[str, str | float] = {
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-label": label,
    }
    ground: tuple[Element, ...] = ()
    if palette is not None:
        attributes["xmlns"] = "http://www.w3.org/2000/svg"
        attributes |= {"font-family": "system-ui, sans-serif", "font-size": 12}
        ground = (rect(0, 0, width, height, "p-ground"),)
    return render(Element("svg", "picture", attributes, (*ground, *children)), palette)


def render(element: Element | str, palette: Palette | None = None) -> str:
    """Return an element as text."""
    if isinstance(element, str):
        return _escaped(element)
    attributes = dict(element.attributes)
    if palette is None:
        attributes = {**({"class": element.kinds} if element.kinds else {}), **attributes}
    else:
        for kind in element.kinds.split():
            attributes = {**palette.get(kind, {}), **attributes}
    told = "".join(f' {name}="{_value(value)}"' for name, value in attributes.items())
    inside = "".join(render(child, palette) for child in element.children)
    return f"<{element.tag}{told}>{inside}</{element.tag}>" if inside else f"<{element.tag}{told}/>"


def number(value: float) -> str:
    """Return a number with at most two digits behind the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def _value(value: str | float) -> str:
    return _escaped(value) if isinstance(value, str) else number(value)


def _escaped(words: str) -> str:
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", words))


def _ink(colour: str, **more: str) -> Mapping[str, str]:
    return {"fill": colour, **more}


def _drawn(colour: str, width: str = "1", **more: str) -> Mapping[str, str]:
    return {"fill": "none", "stroke": colour, "stroke-width": width, **more}


PRINTED: Final[Palette] = MappingProxyType(
    {
        "p-ground": _ink("#ffffff"),
        "p-text": _ink("#16212a"),
        "p-strong": _ink("#16212a", **{"font-weight": "600"}),
        "p-muted": _ink("#56646d"),
        "p-small": {"font-size": "11"},
        "p-title": _ink("#16212a", **{"font-weight": "600", "font-size": "15"}),
        "p-grid": _drawn("#e6eaeb"),
        "p-edge": _drawn("#7d8a90"),
        "p-poll": _ink("#fbf6e8"),
        "p-poll-head": _ink("#f3ead2"),
        "p-poll-edge": _drawn("#d2b36a", **{"stroke-dasharray": "3 3"}),
        "p-send": _ink("#2f87b5"),
        "p-wait": _ink("#e0b04f"),
        "p-work": _ink("#1d8a76"),
        "p-report": _ink("#7a6bb5"),
        "p-open": _ink("#faf3e2", stroke="#b98a2c", **{"stroke-dasharray": "4 3"}),
        "p-range": _drawn("#7d8a90"),
        "p-box": _ink("#9fc6bd"),
        "p-median": _drawn("#0f6b5f", "2.5"),
        "p-mean": _ink("#ffffff", stroke="#0f6b5f", **{"stroke-width": "1.5"}),
        "p-done": _ink("#1d6b38", stroke="#ffffff", **{"stroke-width": "1.5"}),
        "p-hop": _drawn("#16212a", "1.5"),
        "p-wrong": _drawn("#a3211b", "2"),
        "p-error": _ink("#a3211b"),
        "p-warning": _ink("#7d4f00"),
        "p-now": _drawn("#a3211b", **{"stroke-dasharray": "2 3"}),
    }
)
"""The colours of a picture that stands alone, on white."""
