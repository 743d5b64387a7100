"""The pages, one file each: `PAGE`, a `Page` with routes and classes of objects.

A page is in the menu when the menu knows its path (`menu.py`).
"""

from typing import Final

from utm.webadmin.page import Page
from utm.webadmin.pages import (
    advanced,
    antivirus,
    computer_management,
    computers,
    dashboard,
    device_control,
    groups,
    objects,
    web_control,
    webadmin_settings,
)

PAGES: Final[tuple[Page, ...]] = (
    dashboard.PAGE,
    webadmin_settings.PAGE,
    objects.PAGE,
    computer_management.PAGE,
    computers.PAGE,
    groups.PAGE,
    advanced.PAGE,
    antivirus.PAGE,
    device_control.PAGE,
    web_control.PAGE,
)
