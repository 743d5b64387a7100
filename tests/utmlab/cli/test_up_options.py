"""What `up` makes of its options."""

import click
import pytest

from utmlab.cli.up_options import UpOptions

NOTHING = dict.fromkeys(UpOptions.__slots__) | {
    "endpoints": 0,
    "processes": False,
    "no_journal": False,
    "push": False,
    "auto_utm": False,
    "clock": "real",
}
REMEMBERED = {"strict": True, "timezone": "Europe/Berlin", "workers": 2, "database": "postgresql:x"}


def test_what_is_left_out_is_as_it_was_before():
    settings = UpOptions(**NOTHING).lab_settings(REMEMBERED)
    assert (settings.strict, settings.timezone) == (True, "Europe/Berlin")
    assert (settings.mode, settings.workers, settings.database) == ("processes", 2, "postgresql:x")


def test_what_is_given_goes_before_what_is_remembered():
    options = UpOptions(**NOTHING | {"preset": "demo", "timezone": "UTC", "workers": 3})
    settings = options.lab_settings(REMEMBERED)
    assert (settings.strict, settings.timezone, settings.workers) == (False, "UTC", 3)


@pytest.mark.parametrize(
    "given",
    [{"auto_utm": True}]
    + [
        {"only": "liveconnect", **more}
        for more in ({"workers": 1}, {"processes": True}, {"preset": "demo"}, {"clock": "virtual"})
    ],
)
def test_what_does_not_fit_a_broker_alone_is_a_usage_error(given):
    options = UpOptions(**NOTHING | given)
    assert options.is_broker_alone
    with pytest.raises(click.UsageError):
        options.check_alone()


def test_a_database_needs_workers():
    with pytest.raises(click.UsageError):
        UpOptions(**NOTHING | {"database": "postgresql:x"}).lab_settings({})
