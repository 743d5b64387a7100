"""A customer's appliance, exported over HTTPS and taken over by an empty lab, decides the same."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from foundation.net.tls import client_context
from utm.access import stored_secrets
from utmlab.cli.root import root
from utmlab.stack import UTM, Stack

from .conftest import settled, utm_lines

NEWS = "http://news.example/"
URLS = (
    "url,user,at\n"
    "http://games.example/,,\n"
    "http://games.example/,DOM\\anna,\n"
    "http://games.example/,,2026-11-20T12:30\n"
    "https://games.example/,,\n"
    "http://shop.example/a.exe,,\n"
    "http://news.example/,,\n"
    "http://local.example/,,\n"
    "http://uni.games.example/course,,\n"
    "http://unheard-of.example/,,\n"
)
OBJECTS = (
    ("network/network", "REF_Office", {"name": "Office", "address": "127.77.0.0", "netmask": 16}),
    ("aaa/user", "REF_Anna", {"name": "anna"}),
    ("aaa/group", "REF_Teachers", {"name": "Teachers", "members": ["REF_Anna"]}),
    (
        "time/recurring",
        "REF_Noon",
        {
            "name": "Noon",
            "start_time": "12:00",
            "end_time": "13:00",
            "weekdays": ["mon", "tue", "wed", "thu", "fri"],
        },
    ),
    ("epp/endpoints_group", "REF_Pupils", {"name": "Pupils", "web_control": True}),
    ("http/lsl_tag", "REF_Tag", {"name": "Tagged"}),
    ("http/local_site", "REF_Local", {"site": "local.example", "name": "l", "tags": ["REF_Tag"]}),
    (
        "http/domain_regex",
        "REF_Shops",
        {"name": "Shops", "mode": "Domain", "domain": ["shop.example"]},
    ),
    (
        "http/cff_action",
        "REF_Strict",
        {
            "name": "Strict",
            "mode": "allow",
            "sp_categories": ["REF_GamesGambles"],
            "url_blacklist": ["REF_Shops"],
            "block_tags": ["REF_Tag"],
            "uncategorized_websites": "warn",
            "log_access": True,
            "log_blocked": True,
        },
    ),
    ("http/cff_action", "REF_Lax", {"name": "Lax", "mode": "allow"}),
    (
        "http/cff_profile",
        "REF_ForTeachers",
        {"name": "t", "cff_profile_name": "t", "aaa": ["REF_Teachers"], "action": "REF_Lax"},
    ),
    (
        "http/cff_profile",
        "REF_AtNoon",
        {"name": "n", "cff_profile_name": "n", "time_event": "REF_Noon", "action": "REF_Lax"},
    ),
    (
        "http/profile",
        "REF_School",
        {
            "name": "School",
            "status": True,
            "networks": ["REF_Office"],
            "endpoints_groups": ["REF_Pupils"],
            "cff_profiles": ["REF_ForTeachers", "REF_AtNoon"],
            "ordered_cff_profiles": ["REF_AtNoon", "REF_ForTeachers"],
            "default_cff_action": "REF_Strict",
        },
    ),
    (
        "http/exception",
        "REF_Courses",
        {
            "name": "Courses",
            "status": True,
            "operator": "AND",
            "domains": ["^https?://uni\\.games\\.example/"],
            "endpoints_groups": ["REF_Pupils"],
            "skiplist": ["url_filter"],
        },
    ),
    (
        "http/parent_proxy",
        "REF_Parent",
        {"name": "p", "user": "proxy", "pass": "hush-hush", "target": "REF_Upstream", "port": 3128},
    ),
)


@pytest.fixture
async def customer(utmlab_stack):
    """Another lab, configured by REST; its address, certificate and token."""
    lab = utmlab_stack
    trusted = lab.places.utm / "webadmin/webadmin.crt"
    token = stored_secrets(lab.places.utm / "webadmin")["token"]
    url = (await lab.call(UTM, "webadmin"))["url"].rstrip("/")
    connector = aiohttp.TCPConnector(ssl=client_context(ca=trusted, now=lab.now))
    login = {"Authorization": aiohttp.encode_basic_auth("token", token)}
    async with aiohttp.ClientSession(connector=connector, headers=login) as session:
        upstream = ("network/host", "REF_Upstream", {"name": "up", "address": "192.0.2.9"})
        for full_type, ref, attributes in (upstream, *OBJECTS):
            async with session.put(
                f"{url}/api/objects/{full_type}/{ref}", json=attributes
            ) as reply:
                assert reply.status == 201, await reply.text()
    return Customer(lab, url, trusted, token)


@dataclass
class Customer:
    lab: Stack
    url: str
    trusted: Path
    token: str

    async def run(self, *words, data=None, token=None):
        """Run a command beside the lab; it has the customer's token in its environment."""
        chosen = ["--data", str(data or self.lab.places.data), *map(str, words)]
        env = {"UTM_API_TOKEN": self.token if token is None else token}
        result = await asyncio.to_thread(CliRunner().invoke, root, chosen, env=env)
        assert self.token not in result.output
        return result

    async def export(self, folder):
        result = await self.run("utm", "export", self.url, "--out", folder, "--ca", self.trusted)
        assert result.exit_code == 0, result.output
        return folder


async def answers(customer, urls, data, *policy):
    result = await customer.run("policy", "test", "--urls", urls, *policy, "--json", data=data)
    assert result.exit_code == 0, result.output
    return [
        {key: one[key] for key in ("url", "action", "reason", "filter_action_ref", "rule_ref")}
        for one in json.loads(result.stdout)["results"]
    ]


async def test_a_customers_appliance_decides_the_same_in_an_empty_lab(customer, tmp_path):
    urls = tmp_path / "urls.csv"
    urls.write_text(URLS)
    dump, empty = await customer.export(tmp_path / "dump"), tmp_path / "empty"
    taken = await customer.run("utm", "import", dump, "--json", data=empty)
    assert taken.exit_code == 0, taken.output
    report = json.loads(taken.stdout)
    assert (report["refused"], report["placeholders"], report["unknown_keys"]) == ([], [], {})

    for policy in (("--group", "Pupils"), ("--group", "Default"), ("--policy", "gateway:Pupils")):
        theirs = await answers(customer, urls, customer.lab.places.data, *policy)
        assert await answers(customer, urls, empty, *policy) == theirs
    pupils = await answers(customer, urls, empty, "--group", "Pupils")
    assert {one["action"] for one in pupils} == {"allow", "warn", "block"}


async def test_diff_and_replay_answer_for_a_customers_appliance_too(customer, tmp_path):
    lab, empty = customer.lab, tmp_path / "empty"
    await lab.install("PC-01")
    await lab.wait_compliant()
    await lab.move("PC-01", "office")
    pages = [await lab.browse("PC-01", url) for url in ("http://games.example/", NEWS)]
    assert [page.status for page in pages] == [403, 200]
    await settled(lab)
    dump = await customer.export(tmp_path / "dump")
    assert (await customer.run("utm", "import", dump, data=empty)).exit_code == 0

    log = lab.places.utm_logs / "http.log"
    words = ("policy", "replay", log, "--policy", "gateway", "--min-agreement", 100, "--json")
    replayed = await customer.run(*words, data=empty)
    assert replayed.exit_code == 0, replayed.output
    (tmp_path / "urls").write_text("http://games.example/\nhttp://news.example/\n")
    words = ("policy", "diff", "group:Pupils", "group:Default", "--urls", tmp_path / "urls")
    theirs, ours = await customer.run(*words), await customer.run(*words, data=empty)
    assert (ours.exit_code, ours.stdout) == (theirs.exit_code, theirs.stdout)
    assert "games.example" in ours.stdout


async def test_nothing_secret_is_in_the_export_or_in_a_log(customer, tmp_path):
    dump = await customer.export(tmp_path / "dump")
    await settled(customer.lab)
    written = "".join(path.read_text() for path in dump.rglob("*") if path.is_file())
    logs = "".join(path.read_text() for path in customer.lab.places.utm_logs.glob("*.log"))
    manifest = json.loads((dump / "export.json").read_text())

    assert customer.token not in written + logs
    assert "hush-hush" not in written
    assert "PRIVATE" not in written
    assert "epp.registration_token" not in json.loads((dump / "nodes.json").read_text())
    assert "epp.certificate" in manifest["left_out"]


async def test_an_export_only_reads(customer, tmp_path):
    before = (await customer.lab.call(UTM, "status"))["change"]
    await customer.export(tmp_path / "dump")
    assert (await customer.lab.call(UTM, "status"))["change"] == before


async def test_a_second_export_takes_the_place_of_the_first(customer, tmp_path):
    dump = await customer.export(tmp_path / "dump")
    (dump / "objects/http/forgotten.json").write_text("[]")
    await customer.export(dump)
    assert not (dump / "objects/http/forgotten.json").exists()
    assert [path.name for path in tmp_path.iterdir() if "dump" in path.name] == ["dump"]


async def test_a_running_lab_takes_it_over_as_one_change_and_a_changeset(customer, tmp_path):
    dump = await customer.export(tmp_path / "dump")
    nodes = json.loads((dump / "nodes.json").read_text())
    nodes["http.proceed_cache_timeout"] = 7
    (dump / "nodes.json").write_text(json.dumps(nodes))
    before = (await customer.lab.call(UTM, "status"))["change"]

    rehearsed = await customer.lab.call(UTM, "adopt", folder=str(dump), dry_run=True)
    assert rehearsed["nodes_set"] == ["http.proceed_cache_timeout"]
    assert (await customer.lab.call(UTM, "status"))["change"] == before
    done = await customer.lab.call(UTM, "adopt", folder=str(dump))
    assert (done["change"], done["nodes_set"]) == (before + 1, rehearsed["nodes_set"])
    assert done["changeset"] is not None
    again = await customer.lab.call(UTM, "adopt", folder=str(dump))
    assert (again["change"], again["nodes_set"]) == (None, [])


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 1, "certificate verify failed"),
        (("--fingerprint", "ab" * 32), 1, "has the fingerprint"),
        (("--fingerprint", "beef"), 1, "no SHA-256"),
        (("--insecure", "--fingerprint", "ab" * 32), 2, "one of --ca"),
    ],
)
async def test_whom_it_does_not_know_it_tells_nothing(customer, tmp_path, options, code, said):
    result = await customer.run("utm", "export", customer.url, "--out", tmp_path / "d", *options)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert not (tmp_path / "d").exists()
    assert "4297" not in "".join(utm_lines(customer.lab, "confd"))


async def test_the_right_fingerprint_is_enough(customer, tmp_path):
    certificate = x509.load_pem_x509_certificate(customer.trusted.read_bytes())
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    words = ("utm", "export", customer.url, "--out", tmp_path / "d", "--fingerprint", fingerprint)
    assert (await customer.run(*words)).exit_code == 0


async def test_a_wrong_token_is_refused_and_leaves_the_earlier_export(customer, tmp_path):
    dump = await customer.export(tmp_path / "dump")
    words = ("utm", "export", customer.url, "--out", dump, "--ca", customer.trusted)
    result = await customer.run(*words, token="wrong")
    assert (result.exit_code, "the token is not accepted" in result.stderr) == (1, True)
    assert (dump / "nodes.json").exists()
    assert (await customer.run(*words, token="")).exit_code == 2


async def test_a_folder_of_somebody_else_is_left_alone(customer, tmp_path):
    (tmp_path / "mine").write_text("precious")
    words = ("utm", "export", customer.url, "--out", tmp_path, "--ca", customer.trusted)
    result = await customer.run(*words)
    assert (result.exit_code, "no export" in result.stderr) == (1, True)
    assert (tmp_path / "mine").read_text() == "precious"


async def test_only_https_is_spoken(customer, tmp_path):
    for url in ("http://localhost:4444", "localhost:4444", "https://token:x@localhost:4444"):
        result = await customer.run("utm", "export", url, "--out", tmp_path / "d")
        assert (result.exit_code, "address" in result.stderr) == (1, True), url
