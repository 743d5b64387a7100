"""`doctor --bundle`: one file about a lab, to be handed to somebody who shall help.

- `secrets.py` knows what must not be in it, `content.py` what is, `writing.py` makes the file.
"""

from utmlab.bundle.writing import Bundled, write_bundle

__all__ = ["Bundled", "write_bundle"]
