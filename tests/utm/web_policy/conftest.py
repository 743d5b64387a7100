"""An appliance with two groups of computers, and questions to the compiled policies."""

from datetime import UTC, datetime

import pytest

from foundation.categories.demo import demo_categories
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import WebRequest
from utm.web_policy import compile_group

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


class Lab:
    """An appliance on which web control is on for the default group and for Sales."""

    def __init__(self, appliance) -> None:
        self.appliance = appliance
        self.create = appliance.create
        self.change = appliance.change
        self.set_node = appliance.set_node
        self.default = "REF_EppEndDefault"
        self.change(self.default, web_control=True)
        self.sales = self.create("epp", "endpoints_group", name="Sales", web_control=True)

    def action(self, name, **attributes):
        return self.create("http", "cff_action", **{"name": name, "mode": "allow", **attributes})

    def profile(self, name, action, *groups, **attributes):
        wanted = {"status": True, "endpoints_groups": list(groups), "default_cff_action": action}
        return self.create("http", "profile", name=name, **{**wanted, **attributes})

    def policy(self, name, action, **attributes):
        return self.create("http", "cff_profile", name=name, action=action, **attributes)

    def compile(self, group):
        return compile_group(self.appliance.snapshot, group)[0]

    def warnings(self, group):
        return [(w.ref, w.code) for w in compile_group(self.appliance.snapshot, group)[1]]

    def verdict(self, group, url, **request):
        wanted = WebRequest(**{"url": url, "method": "GET", "at": NOON, **request})
        return evaluate(self.compile(group), wanted, demo_categories())


@pytest.fixture
def lab(appliance):
    return Lab(appliance)
