"""Texts from outside as a page shows them: nothing is hidden, and nothing turns what follows.

- Bytes that are not UTF-8, control characters, and characters that turn or hide text are shown by
  their number; every other letter stands as it is, and so does a line feed.
"""

import unicodedata
from typing import Final

from markupsafe import Markup, escape

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def harmless(text: str) -> Markup:
    """Return a text with its odd letters shown by number; lone surrogates are bytes."""
    if text.isascii() and text.isprintable():
        return escape(text)
    return Markup("").join(_letter(letter) for letter in text)


def with_code(text: str) -> Markup:
    """Return a text of ours in which what stands between backticks is code."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(one) if number % 2 else escape(one)
        for number, one in enumerate(pieces)
    )


def _letter(letter: str) -> Markup:
    if letter == "\n" or unicodedata.category(letter) not in _HIDDEN:
        return escape(letter)
    number = ord(letter)
    is_byte = 0xDC80 <= number <= 0xDCFF
    shown = f"\\x{number - 0xDC00:02x}" if is_byte else f"U+{number:04X}"
    return Markup('<span class="log-odd">{}</span>').format(shown)
