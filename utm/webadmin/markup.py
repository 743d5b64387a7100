"""Small pieces of HTML made in Python, where a template cannot reach: cells of a list."""

from markupsafe import Markup

from utm.webadmin.filters import shortened


def pill(text: str, kind: str = "off") -> Markup:
    """Return a coloured word: ok, warning, error, info or off."""
    return Markup('<span class="pill pill-{}">{}</span>').format(kind, text)


def yes_no(value: bool) -> Markup:
    """Return on or off."""
    return pill("on", "ok") if value else pill("off")


def link(path: str, text: str) -> Markup:
    """Return a link."""
    return Markup('<a href="{}">{}</a>').format(path, shortened(text))
