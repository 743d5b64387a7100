"""What the gateway's profile does with HTTPS counts for `policy test` too."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from foundation.durable.database import open_database
from utm.confd import seed, transaction
from utm.storage import DATABASE, SCHEMAS

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BASE = "REF_DefaultHTTPProfile"
LISTED = "https://shop.example/private/"


@pytest.fixture
def gateway(tmp_path, run):
    """Ask the gateway of a stored lab whose base profile treats HTTPS in one way."""

    def configure(edit, option):
        path = edit.create(
            "http",
            "domain_regex",
            {"name": "Path", "mode": "Regex", "regexps": ["^https?://shop\\.example/private/"]},
        )
        games = {"url_blacklist": [path], "sp_categories": ["REF_GamesGambles"]}
        edit.change("REF_DefaultHTTPCFFAction", games)
        chosen = {"scan_ssl_opt": option, "selective_scan_cat": ["REF_GamesGambles"]}
        edit.change(BASE, chosen)

    def ask(option, *words):
        path = tmp_path / "lab" / "utm" / DATABASE
        with closing(open_database(path, SCHEMAS)) as db:
            seed(db, at=AT)
            with transaction(db, at=AT, user="admin", summary=option) as edit:
                configure(edit, option)
        asked = ("--policy", "gateway", "--at", AT.isoformat(), "--json")
        result = run("--data", str(tmp_path / "lab"), "policy", "test", *words, *asked)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return ask


@pytest.mark.parametrize(
    ("option", "games", "listed"),
    [
        ("no_https_filtering", "allow", "allow"),
        ("simple_https_filtering", "block", "allow"),
        ("selective_https_scanning", "block", "allow"),
        ("full_https_scanning", "block", "block"),
    ],
)
def test_https_is_decided_as_the_gateway_would(gateway, tmp_path, option, games, listed):
    urls = tmp_path / "urls"
    urls.write_text(f"https://games.example/\n{LISTED}\nhttp://games.example/\n")
    answer = gateway(option, "--urls", str(urls))
    assert [one["action"] for one in answer["results"]] == [games, listed, "block"]


def test_what_is_not_filtered_says_so_and_nothing_would_turn_it(gateway):
    answer = gateway("no_https_filtering", "https://games.example/")
    assert answer["verdict"]["action"] == "allow"
    assert answer["verdict"]["reason"] == "https_unfiltered"
    assert answer["would_change_if"] == []
