"""config.xml: with its root, as printed in the article, and as garbage."""

import stat
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint.config import (
    ConfigRefusedError,
    McsAgentSettings,
    McsClientSettings,
    McsConfig,
    decode_config,
    encode_config,
    read_config,
    write_config,
)
from foundation.redact import Secret

ARTICLE = b"""<McsClient>
<logLevel>0</logLevel>
</McsClient>
<McsAgent>
<logLevel>4</logLevel>
</McsAgent>
"""
CONFIG = McsConfig(
    client=McsClientSettings(
        log_level="1",
        servers=("https://localhost:4443/sophos/management/ep",),
        registration_token=Secret("FIHHKTHE8O9YTc9c9"),
        message_relays=("relay & co",),
        use_direct=False,
        command_polling_interval_s=60,
    ),
    agent=McsAgentSettings(log_level="5"),
)


@pytest.mark.parametrize(
    "data",
    [
        ARTICLE,
        b'<?xml version="1.0"?>\n' + ARTICLE,
        b"\xef\xbb\xbf" + ARTICLE,
        b"<Configuration>" + ARTICLE + b"</Configuration>",
        b"<!-- edited by hand -->\n<Configuration>" + ARTICLE + b"</Configuration>",
        b"<!-- edited by hand -->" + ARTICLE,
    ],
)
def test_log_07_levels_are_read_with_and_without_a_root(data):
    config = decode_config(data)
    assert (config.client.log_level, config.agent.log_level) == ("0", "4")


def test_one_section_is_enough():
    config = decode_config(b"<McsAgent><logLevel>3</logLevel></McsAgent>")
    assert (config.client.log_level, config.agent.log_level) == ("", "3")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"garbage",
        b"<McsClient>",
        b"<Configuration><Other/></Configuration>",
        b"<Configuration>text</Configuration>",
        b"<html><McsClient/></html>",
        b"\xff\xfe\x00",
        b"<!DOCTYPE x><Configuration><McsClient/></Configuration>",
        b"<McsClient/><McsClient/>",
        b"<McsClient>text</McsClient>",
        b"<McsClient><logLevel>1</logLevel><logLevel>2</logLevel></McsClient>",
        b"<McsClient><useDirect>maybe</useDirect></McsClient>",
        b"<McsClient><commandPollingInterval>-5</commandPollingInterval></McsClient>",
        b"<a>" * 200_000,
        b"<McsClient>" + b" " * 2_000_000 + b"</McsClient>",
    ],
)
def test_garbage_is_refused(data):
    with pytest.raises(ConfigRefusedError):
        decode_config(data)


def test_bad_level_does_not_make_the_rest_unreadable():
    config = decode_config(
        b"<McsClient><logLevel>verbose</logLevel><servers><server>a</server></servers></McsClient>"
    )
    assert (config.client.log_level, config.client.servers) == ("verbose", ("a",))


def test_written_file_is_read_back_equal_and_is_secret(tmp_path):
    path = tmp_path / "Config" / "config.xml"
    write_config(path, CONFIG)
    assert read_config(path) == CONFIG
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["config.xml"]


def test_missing_file_is_an_empty_configuration(tmp_path):
    assert read_config(tmp_path / "config.xml") == McsConfig()


def test_elements_that_are_not_known_are_kept():
    config = decode_config(b"<McsClient><hand_made>yes</hand_made><servers/></McsClient>")
    changed = replace(config, client=replace(config.client, servers=("b",)))
    again = decode_config(encode_config(changed))
    assert again.client.extra == (("hand_made", "yes"),)
    assert again.client.servers == ("b",)


def test_token_does_not_show_itself():
    assert "FIHHKTHE8O9YTc9c9" not in repr(CONFIG)


words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xD7FF), max_size=20)


@given(
    st.builds(
        McsClientSettings,
        log_level=st.sampled_from(["", "0", "5", "verbose"]),
        servers=st.lists(words.filter(str.strip)).map(lambda each: tuple(map(str.strip, each))),
        registration_token=words.map(str.strip).map(Secret),
        customer_id=words.map(str.strip),
        use_direct=st.booleans(),
        command_polling_interval_s=st.integers(0, 10**8),
    )
)
def test_round_trip(client):
    config = McsConfig(client=client)
    assert decode_config(encode_config(config)) == config
