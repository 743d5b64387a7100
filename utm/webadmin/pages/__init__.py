"""The pages, one file each: `PAGE`, a `Page` with routes and classes of objects.

A page is in the menu when the menu knows its path (`menu.py`).
"""

from typing import Final

from utm.webadmin.page import Page
from utm.webadmin.pages import (
    dashboard,
    objects,
)

PAGES: Final[tuple[Page, ...]] = (
    dashboard.PAGE,
    objects.PAGE,
)
