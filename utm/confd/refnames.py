"""The names of references: `REF_`, three letters of class and type, a trimmed camel-case name.

- `lowbird.com` as http/domain_regex is `REF_HttDomLowbirdcom`; `Mailserver in DE` as network/host
  is `REF_NetHosMailseInDe`; `External (WAN)` is `REF_IntEthExternaWan` (all public).
- Ten characters of the name stay: the longest word loses a letter until they fit (inferred from
  the public references; which of several longest is ours: the last).
- A name that is taken gets a number after it (ours).
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

NAME_LENGTH: Final = 10
_WELL_FORMED: Final = re.compile(r"REF_[A-Za-z0-9_]{1,64}")


def is_well_formed(ref: str) -> bool:
    """Tell whether a text could be a reference."""
    return _WELL_FORMED.fullmatch(ref) is not None


def reference_for(full_type: str, name: str, is_taken: Callable[[str], bool]) -> str:
    """Return a new reference for an object of that class and name."""
    class_, _, type_ = full_type.partition("/")
    stem = f"REF_{_letters(class_)}{_letters(type_)}{_trimmed(name)}"
    if not is_taken(stem):
        return stem
    number = 2
    while is_taken(f"{stem}{number}"):
        number += 1
    return f"{stem}{number}"


def _letters(word: str) -> str:
    return word.replace("_", "")[:3].capitalize()


def _trimmed(name: str) -> str:
    words = [word for word in (_plain(part) for part in name.split()) if word][:NAME_LENGTH]
    while sum(map(len, words)) > NAME_LENGTH:
        longest = max(range(len(words)), key=lambda index: (len(words[index]), index))
        words[longest] = words[longest][:-1]
    return "".join(word.capitalize() for word in words)


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())
