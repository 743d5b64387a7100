"""Where the category in a verdict comes from: what the computer would use, from stored state."""

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from endpoint.web_control.category_cache import answers_at, cache_file
from foundation.categories.category import Category
from foundation.categories.category_set import CategorySet
from foundation.categories.lookup_document import Answer, encode_answer
from foundation.durable.folder import DataFolder
from foundation.webfilter.policy import LocalSite, WebPolicy
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest
from tests.utmlab.cli import schemas
from utmlab.cli.site_knowledge import LOOK_UP, Origins, SiteKnowledge
from utmlab.places import Places

NOW = datetime.now(UTC)


@pytest.fixture
def own(lab, tmp_path):
    """A copy of the demo's lab, to be changed."""
    data = tmp_path / "lab"
    shutil.copytree(lab.data, data, symlinks=True)
    return type(lab)(data)


def told(own, host, category, *, at=NOW, ttl_s=3600.0):
    file = cache_file(next((own.data / "hosts" / "PC-01").rglob("Web Control")))
    document = {"host": host, "at": at.isoformat()} | encode_answer(Answer(category, ttl_s))
    with file.open("ab") as opened:
        opened.write(b"\n" + json.dumps(document).encode())


def import_games(own, tmp_path, *hosts):
    folder = tmp_path / "lists" / "games"
    folder.mkdir(parents=True)
    (folder / "domains").write_text("".join(f"{host}\n" for host in hosts))
    assert own.run("categories", "import", str(folder.parent)).exit_code == 0


def asked(own, host, *words):
    answer = own.json("policy", "test", f"http://{host}/", *words)
    return answer["verdict"]["action"], answer["category_source"]


PC = ("--endpoint", "PC-01")


def test_the_demo_set_and_what_nobody_knows(own):
    assert asked(own, "games.example", *PC) == ("block", "demo set")
    assert asked(own, "nobody.invalid", *PC) == ("allow", "unknown")
    assert asked(own, "nobody.invalid", *PC, "--offline") == ("allow", "unknown offline")


def test_the_imported_list_is_what_liveconnect_would_say(own, tmp_path):
    import_games(own, tmp_path, "played.invalid")
    assert asked(own, "www.played.invalid", *PC) == ("block", "imported set")
    assert asked(own, "www.played.invalid", *PC, "--offline") == ("allow", "unknown offline")
    assert asked(own, "www.played.invalid", "--group", "Default") == ("block", "imported set")
    assert asked(own, "www.played.invalid", "--policy", "gateway")[1] == "unknown"


def test_while_liveconnect_runs_it_is_its_look_up(own, tmp_path):
    import_games(own, tmp_path, "played.invalid")
    folder = Places.of(own.data).liveconnect
    with closing(DataFolder.open(folder, component="a test", version=99)):
        assert asked(own, "played.invalid", *PC) == ("block", LOOK_UP)


def test_what_the_computer_was_told_comes_before_the_list_until_it_expires(own, tmp_path):
    import_games(own, tmp_path, "a.invalid", "b.invalid", "c.invalid")
    told(own, "a.invalid", Category((105,)))
    told(own, "b.invalid", None)
    told(own, "c.invalid", Category((105,)), at=NOW - timedelta(hours=2))
    told(own, "d.invalid", Category((116,)), at=NOW + timedelta(hours=1))
    assert asked(own, "a.invalid", *PC) == ("allow", "endpoint's cache")
    assert asked(own, "b.invalid", *PC) == ("allow", "endpoint's cache")
    assert asked(own, "c.invalid", *PC) == ("block", "imported set")
    assert asked(own, "d.invalid", *PC, "--offline") == ("allow", "unknown offline")
    assert asked(own, "a.invalid", "--endpoint", "PC-02")[1] == "imported set"


def test_reading_what_was_told_writes_nothing(own):
    told(own, "a.invalid", Category((105,)), ttl_s=0.0)
    file = cache_file(next((own.data / "hosts" / "PC-01").rglob("Web Control")))
    before = file.read_bytes()
    assert answers_at(file, NOW) == {}
    asked(own, "a.invalid", *PC)
    assert file.read_bytes() == before


def test_a_list_names_its_sources_and_diff_uses_them(own, tmp_path):
    import_games(own, tmp_path, "played.invalid")
    told(own, "played.invalid", Category((105,)))
    urls = tmp_path / "urls"
    urls.write_text("http://played.invalid/\n")
    rows = own.text("policy", "test", "--urls", str(urls), "--csv", *PC).splitlines()
    assert "endpoint's cache" in rows[1].split(",")
    changed = own.text("policy", "diff", "endpoint:PC-01", "group:Default", "--urls", str(urls))
    assert changed.startswith("ALLOW -> BLOCK  http://played.invalid/")


def test_what_an_import_and_the_map_answer_is_as_their_schemas_say(own, tmp_path):
    folder = tmp_path / "lists" / "games"
    folder.mkdir(parents=True)
    (folder / "domains").write_text("a.invalid\n*.b.invalid\n")
    (folder / "urls").write_text("a.invalid/path\n")
    (folder.parent / "odd").mkdir()
    (folder.parent / "odd" / "domains").write_text("c.invalid\n")
    answer = own.json("categories", "import", str(folder.parent))
    assert schemas.problems(answer, schemas.schema("categories-import")) == []
    assert (answer["sites"], answer["bad"], answer["paths"]) == (1, 1, 1)
    assert answer["unknown"] == ["odd"]
    known = own.json("categories", "map")
    assert schemas.problems(known, schemas.schema("categories-map")) == []
    assert known["directories"]["games"] == [116]


def test_an_imported_list_that_is_damaged_is_told_and_left_out(own, tmp_path):
    import_games(own, tmp_path, "played.invalid")
    for file in Places.of(own.data).liveconnect.rglob("*"):
        if file.is_file() and file.read_bytes()[-8:] == b"utmlcats":
            file.write_bytes(b"x" * 100)
    result = own.run("policy", "test", "http://played.invalid/", *PC)
    assert result.exit_code == 0
    assert "is no category file" in result.stderr


@pytest.mark.parametrize(
    ("sites", "url", "source"),
    [
        ((LocalSite(site="games.example", category=105),), "http://games.example/", True),
        ((LocalSite(site="games.example", category=105),), "http://www.games.example/", False),
        ((LocalSite(site="games.example/a", category=105),), "http://games.example/b", False),
        ((LocalSite(site="games.example", reputation="trusted"),), "http://games.example/", False),
        (
            (LocalSite(site="example", include_subdomains=True, category=105),),
            "http://games.example/",
            True,
        ),
    ],
)
def test_the_local_site_list_is_named_when_it_set_the_category(sites, url, source):
    known = SiteKnowledge({}, CategorySet({}))
    request = WebRequest(url, "GET", NOW)
    verdict = Verdict(
        action="allow",
        reason=VerdictReason.DEFAULT,
        url=url,
        host=url.split("/")[2],
        category_ids=(105,),
    )
    origins = Origins(WebPolicy(group_ref="G", local_sites=sites), known)
    assert origins.of(request, verdict) == ("local site list" if source else "demo set")
