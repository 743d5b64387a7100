"""Who may uninstall: the password against the policy in force."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.tamper_protection import tamper_protection_file
from endpoint.setup.journal import progress_of
from endpoint.setup.log import SetupLog, setup_log_file
from endpoint.setup.uninstall import TamperProtectedError, begin_uninstalling, check_may_uninstall
from foundation.redact import Secret

HASH = hashlib.sha256(b"open sesame").hexdigest()


@pytest.fixture
def protected(tmp_path):
    def make(content):
        host = HostFolder(tmp_path / "pc")
        file = tamper_protection_file(host)
        file.parent.mkdir(parents=True)
        file.write_text(content)
        return host

    return make


def settings(**changes):
    return json.dumps({"enabled": True, "password_sha256": HASH, **changes})


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (settings(), ""),
        (settings(), "open Sesame"),
        (settings(password_sha256=""), ""),
        ("{", "open sesame"),
    ],
)
def test_tamper_protection_refuses(protected, content, password):
    with pytest.raises(TamperProtectedError):
        check_may_uninstall(protected(content), Secret(password))


@pytest.mark.parametrize("content", [settings(), settings(enabled=False)])
def test_the_password_lifts_it_and_off_is_off(protected, content):
    check_may_uninstall(protected(content), Secret("open sesame"))


def test_without_a_policy_nothing_is_protected(tmp_path):
    check_may_uninstall(HostFolder(tmp_path / "pc"), Secret(""))


def now():
    return datetime(2026, 11, 20, tzinfo=UTC)


def test_a_refusal_is_one_line_without_the_password_and_changes_nothing_else(protected):
    host = protected(settings())
    with pytest.raises(TamperProtectedError):
        begin_uninstalling(host, Secret("guessed"), SetupLog(host, now))
    (line,) = setup_log_file(host).read_text().splitlines()
    assert "refused" in line
    assert "guessed" not in line
    assert progress_of(host) is None


def test_a_removal_that_begins_is_written_down_so_that_the_next_setup_finishes_it(protected):
    host = protected(settings())
    begin_uninstalling(host, Secret("open sesame"), SetupLog(host, now))
    assert progress_of(host).is_removing
