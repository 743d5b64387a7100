"""The endpoint's own logs: six levels, re-read while running, five files."""

# ruff: noqa: PLE1205 - these are not the standard library's loggers

import os
import re
from datetime import UTC, datetime

import pytest

from endpoint.logs import (
    ConfigLevel,
    EndpointLog,
    FixedLevel,
    Level,
    LevelRefusedError,
    parse_level,
)

AT = datetime(2026, 11, 20, 12, 34, 56, 789_012, tzinfo=UTC)
SHOWN = ("trace", "debug", "information", "warning", "error", "fatal")


def make_log(tmp_path, source=None):
    return EndpointLog(
        tmp_path / "Endpoint" / "Logs" / "MCSClient.log",
        source or FixedLevel(),
        lambda: AT,
        thread=lambda: 4711,
    )


def messages(log):
    return [line.split("::")[1] for line in log.path.read_text().splitlines()]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.xml"

    def write(level: str, section: str = "McsClient") -> None:
        path.write_text(f"<{section}><logLevel>{level}</logLevel></{section}>")

    write("2")
    write.path = path
    return write


@pytest.mark.parametrize("level", list(Level))
def test_log_08_each_level_shows_itself_and_what_is_more_severe(tmp_path, level):
    log = make_log(tmp_path, FixedLevel(level))
    for name in SHOWN:
        getattr(log, name)("Test", name)
    assert messages(log) == list(SHOWN[level:])


def test_log_08_default_level_is_information(tmp_path):
    log = make_log(tmp_path)
    for name in SHOWN:
        getattr(log, name)("Test", name)
    assert messages(log) == list(SHOWN[2:])


def test_mcs_10_line_is_time_thread_severity_and_component(tmp_path):
    log = make_log(tmp_path)
    log.information("Connection", "polled\nonce")
    assert log.path.read_text() == (
        "2026-11-20T12:34:56.789Z [  4711] INFORMATION Connection::polled once\n"
    )


@pytest.mark.parametrize("text", ["6", "-1", "verbose", "1.0", "\u0661", "00"])
def test_level_that_is_none_of_the_six_is_refused(text):
    with pytest.raises(LevelRefusedError):
        parse_level(text)


def test_log_07_next_line_obeys_a_changed_level(tmp_path, config):
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    log.debug("Test", "hidden")
    config("0")
    log.trace("Test", "shown")
    config("5")
    log.error("Test", "hidden again")
    assert messages(log) == ["shown"]


def test_log_07_each_process_has_its_own_level(tmp_path, config):
    config("0", "McsAgent")
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    log.debug("Test", "hidden")
    assert not log.path.exists()


def test_log_07_bad_value_keeps_the_level_with_exactly_one_warning(tmp_path, config):
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    config("4")
    log.error("Test", "one")
    config("verbose")
    log.warning("Test", "hidden")
    log.error("Test", "two")
    os.utime(config.path, (1, 1))
    log.error("Test", "three")
    one, warning, two, three = messages(log)
    assert (one, two, three) == ("one", "two", "three")
    assert "verbose" in warning
    assert "level 4 stays" in warning


def test_log_07_garbage_keeps_the_level_and_a_good_file_ends_it(tmp_path, config):
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    for content in ("garbage", "<McsClient>"):
        config.path.write_text(content)
        log.information("Test", "line")
    config("1")
    log.debug("Test", "debug")
    config.path.write_text("garbage")
    log.debug("Test", "again")
    text = log.path.read_text()
    assert len(re.findall("WARNING", text)) == 3
    assert messages(log)[-1] == "again"


def test_missing_config_means_the_default(tmp_path, config):
    config("0")
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    log.trace("Test", "shown")
    config.path.unlink()
    log.debug("Test", "hidden")
    assert messages(log) == ["shown"]


def test_log_07_edits_within_one_tick_of_the_file_clock_are_seen(tmp_path, config, monkeypatch):
    tick = int(AT.timestamp()) * 10**9
    monkeypatch.setattr("endpoint.logs.utc_now", lambda: datetime.fromtimestamp(tick / 1e9, UTC))
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    for level, message in (("0", "shown"), ("5", "hidden"), ("0", "shown again")):
        config(level)
        os.utime(config.path, ns=(tick, tick))
        log.write(Level.TRACE, "Test", message)
    assert messages(log) == ["shown", "shown again"]


def test_unchanged_config_is_not_read_again(tmp_path, config, monkeypatch):
    os.utime(config.path, (1, 1))
    log = make_log(tmp_path, ConfigLevel(config.path, "McsClient"))
    log.information("Test", "one")
    monkeypatch.setattr("endpoint.logs.read_config", lambda _: pytest.fail("read again"))
    log.information("Test", "two")
    assert messages(log) == ["one", "two"]


def test_five_files_of_one_megabyte(tmp_path):
    log = make_log(tmp_path)
    for number in range(65):
        log.information("Test", f"{number:03}" + "x" * 99_900)
    names = sorted(path.name for path in log.path.parent.iterdir())
    assert names == ["MCSClient.log", *(f"MCSClient.log.{number}" for number in range(1, 5))]
    assert all(path.stat().st_size <= 1_000_000 for path in log.path.parent.iterdir())
    assert messages(log)[-1].startswith("064")
    oldest = (log.path.parent / "MCSClient.log.4").read_text()
    assert "Test::020x" in oldest


def test_log_is_appended_across_restarts(tmp_path):
    make_log(tmp_path).information("Test", "before")
    log = make_log(tmp_path)
    log.information("Test", "after")
    assert messages(log) == ["before", "after"]


def test_full_disk_does_not_stop_the_process_and_is_told_later(tmp_path, monkeypatch):
    log = make_log(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space")))
        log.information("Test", "lost")
        log.information("Test", "lost")
    log.information("Test", "kept")
    assert messages(log) == ["2 lines could not be written", "kept"]
    assert log.lost == 0
