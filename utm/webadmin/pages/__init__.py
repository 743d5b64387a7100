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
    log_changes,
    log_files,
    log_lines,
    log_live,
    log_messages,
    log_report,
    log_search,
    log_settings,
    objects,
    sync,
    web_actions,
    web_control,
    web_filtering,
    web_options,
    web_policy_check,
    web_policy_test,
    web_profiles,
    web_wizard,
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
    sync.PAGE,
    log_changes.PAGE,
    log_files.PAGE,
    log_lines.PAGE,
    log_live.PAGE,
    log_messages.PAGE,
    log_report.PAGE,
    log_search.PAGE,
    log_settings.PAGE,
    web_filtering.PAGE,
    web_wizard.PAGE,
    web_profiles.PAGE,
    web_actions.PAGE,
    web_options.PAGE,
    web_policy_test.PAGE,
    web_policy_check.PAGE,
)
