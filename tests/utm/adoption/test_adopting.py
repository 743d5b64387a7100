"""Hand-made dumps, as people fetch them with curl, on a factory-new configuration."""

import json
from datetime import UTC, datetime

import pytest

from foundation.categories.demo import demo_categories
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import WebRequest
from utm.adoption import DumpUnreadableError, NothingToAdoptError, adopt, read_dump
from utm.confd import BASE_PROFILE, DEFAULT_GROUP
from utm.web_policy import compile_group

BLOCK = {
    "_ref": "REF_HttCffBlock",
    "_type": "http/cff_action",
    "_locked": "",
    "name": "Block",
    "mode": "allow",
    "sp_categories": ["REF_GamesGambles"],
}


def profile(ref, **attributes):
    return {
        "_ref": ref,
        "_type": "http/profile",
        "_locked": "",
        "name": ref,
        "status": True,
        "default_cff_action": "REF_HttCffBlock",
        "endpoints_groups": [DEFAULT_GROUP],
        **attributes,
    }


@pytest.fixture
def bring(appliance, tmp_path):
    """Write files, read them and take them over; twice writes over what was there."""
    folder = tmp_path / "dump"
    folder.mkdir()

    def bring_in(**files):
        for name, value in files.items():
            text = value if isinstance(value, str) else json.dumps(value)
            (folder / name.replace("__", ".")).write_text(text)
        dump = read_dump(folder)
        with appliance.edit(is_import=True) as edit:
            report = adopt(edit, dump)
        return report, dump

    return bring_in


def test_an_array_one_object_and_a_flat_map_in_files_of_any_name(bring, appliance):
    report, dump = bring(
        x=[BLOCK, profile("REF_HttProB"), profile("REF_HttProA")],
        y__txt=profile("REF_HttProC"),
        everything__json={
            "http.profiles": ["REF_HttProA", "REF_HttProC", "REF_HttProB", BASE_PROFILE],
            "epp.city": "Ulm",
        },
    )
    assert (report.created, dump.files, dump.passed_over) == (4, 3, [])
    assert appliance.confd.node("http.profiles") == (
        "REF_HttProA",
        "REF_HttProC",
        "REF_HttProB",
        BASE_PROFILE,
    )
    assert appliance.confd.node("epp.city") == "Ulm"


def test_it_is_one_change_and_a_second_time_none(bring, appliance):
    before = appliance.confd.number
    files = {"a": [BLOCK, profile("REF_HttProA", networks=["REF_Gone"])], "b": {"epp.city": "Ulm"}}
    first, _ = bring(**files)
    assert appliance.confd.number == before + 1
    stored = appliance.stored()
    second, _ = bring(**files)
    assert appliance.stored() == stored
    assert (second.created, second.changed, second.nodes_set) == (0, 0, [])
    assert second.placeholders == first.placeholders


def test_without_the_node_the_order_is_that_of_the_file(bring, appliance):
    report, _ = bring(a=[BLOCK, profile("REF_HttProB"), profile("REF_HttProA")])
    assert appliance.confd.node("http.profiles") == ("REF_HttProB", "REF_HttProA", BASE_PROFILE)
    assert report.unordered == ["http.profiles"]


def test_an_object_that_its_node_does_not_list_is_not_listed(bring, appliance):
    exception = {"_ref": "REF_HttExcOff", "_type": "http/exception", "name": "off"}
    bring(a=[exception], b={"http.exceptions": []})
    assert appliance.confd.get("REF_HttExcOff").name == "off"
    assert appliance.confd.node("http.exceptions") == ()


def test_what_is_here_and_did_not_come_stays_behind(bring, appliance):
    ours = appliance.create(
        "http", "profile", name="ours", default_cff_action="REF_DefaultHTTPCFFAction"
    )
    bring(a=[BLOCK, profile("REF_HttProA")], b={"http.profiles": ["REF_HttProA", BASE_PROFILE]})
    assert appliance.confd.node("http.profiles") == ("REF_HttProA", ours, BASE_PROFILE)


def test_what_is_in_no_file_becomes_a_placeholder_that_decides_nothing(bring, appliance):
    report, _ = bring(
        a=[
            BLOCK,
            profile("REF_HttProA", cff_profiles=["REF_Policy"], networks=["REF_Net"]),
            {
                "_ref": "REF_HttExc",
                "_type": "http/exception",
                "name": "e",
                "status": True,
                "operator": "OR",
                "skiplist": ["url_filter"],
                "networks": ["REF_Net"],
                "aaa": ["REF_User"],
            },
        ]
    )
    made = {one.ref: one.type for one in report.placeholders}
    assert made == {
        "REF_Policy": "http/cff_profile",
        "REF_Net": "network/host",
        "REF_User": "aaa/group",
        "REF_PlaceholderNobody": "aaa/group",
    }
    used_by = {one.ref: one.used_by for one in report.placeholders}
    assert used_by["REF_Net"] == ("REF_HttProA networks", "REF_HttExc networks")
    assert verdict(appliance, "http://games.example/").action == "block"


def verdict(appliance, url):
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    appliance.change(DEFAULT_GROUP, web_control=True)
    policy, _ = compile_group(appliance.snapshot, DEFAULT_GROUP)
    request = WebRequest(url, "GET", at, user="DOM\\somebody", client_ip="192.0.2.7")
    return evaluate(policy, request, demo_categories())


def test_a_placeholder_becomes_what_a_later_import_brings(bring, appliance):
    bring(a=[BLOCK, profile("REF_HttProA", networks=["REF_Net"])])
    network = {"_ref": "REF_Net", "_type": "network/network", "name": "Office", "_locked": ""}
    report, _ = bring(b=[{**network, "address": "192.0.2.0", "netmask": "24"}])
    assert report.placeholders == []
    found = appliance.confd.get("REF_Net")
    assert (found.full_type, found.name, found.number("netmask")) == (
        "network/network",
        "Office",
        24,
    )


def test_a_required_reference_to_a_wrong_class_leaves_the_object_out(bring, appliance):
    report, _ = bring(a=[profile("REF_HttProA", default_cff_action="REF_NetworkAny")])
    assert appliance.confd.find("REF_HttProA") is None
    assert [one.where for one in report.refused][:1] == ["REF_HttProA"]


def test_objects_in_any_order_and_in_circles(bring, appliance):
    def group(ref, *members):
        return {"_ref": ref, "_type": "network/group", "name": ref, "members": list(members)}

    bring(
        a=[
            profile("REF_HttProA"),
            BLOCK,
            group("REF_A", "REF_B"),
            group("REF_B", "REF_C"),
            group("REF_C", "REF_A"),
        ]
    )
    assert [appliance.confd.get(ref).texts("members") for ref in ("REF_A", "REF_B", "REF_C")] == [
        ("REF_B",),
        ("REF_C",),
        ("REF_A",),
    ]


def test_unknown_keys_are_kept_and_survive_a_change(bring, appliance):
    report, _ = bring(a=[{**BLOCK, "tls_fingerprinting": {"mode": 2}}])
    appliance.change("REF_HttCffBlock", comment="later")
    document = appliance.confd.get("REF_HttCffBlock").document()
    assert document["tls_fingerprinting"] == {"mode": 2}
    assert document["comment"] == "later"
    assert report.unknown_keys == {"http/cff_action.tls_fingerprinting": 1}


def test_unknown_classes_are_counted_and_undescribed_ones_are_kept(bring, appliance):
    report, _ = bring(
        a=[
            {"_ref": "REF_X", "_type": "http/no_such_thing", "name": "x"},
            {"_ref": "REF_Y", "_type": "packetfilter/packetfilter", "name": "y", "action": "drop"},
        ]
    )
    assert report.unknown_classes == {"http/no_such_thing": 1}
    assert appliance.confd.get("REF_Y").document()["action"] == "drop"


def test_values_in_other_spellings(bring, appliance):
    bring(
        a=[
            {
                **BLOCK,
                "_locked": True,
                "av": 1,
                "pua": "0",
                "max_filesize": "20",
                "extensions": None,
                "quota_time": "",
            }
        ],
        b={"epp.status.av": 0, "http.proceed_cache_timeout": "60"},
    )
    found = appliance.confd.get("REF_HttCffBlock")
    assert (found.locked, found.is_on("av"), found.number("max_filesize")) == ("user", True, 20)
    assert appliance.confd.node("epp.status.av") is False
    assert appliance.confd.node("http.proceed_cache_timeout") == 60


@pytest.mark.parametrize(
    ("locked", "expected"), [(False, ""), (True, "user"), ("global", "global")]
)
def test_older_locks_are_true_and_false(bring, appliance, locked, expected):
    bring(a=[{**BLOCK, "_locked": locked}])
    assert appliance.confd.get("REF_HttCffBlock").locked == expected


def test_a_locked_object_is_brought_to_what_came_all_the_same(bring, appliance):
    bring(a=[{**BLOCK, "_locked": "global"}])
    report, _ = bring(a=[{**BLOCK, "_locked": "global", "comment": "newer"}])
    assert (report.changed, appliance.confd.get("REF_HttCffBlock").text("comment")) == (1, "newer")


def test_a_tree_of_nodes_is_found_by_its_keys(bring, appliance):
    report, dump = bring(
        a={"status": {"av": 1, "broker": 0, "dc": 0, "epp": 1, "wc": 1}, "city": "Ulm"},
        b={"epp": {"country": "de"}},
    )
    assert dump.passed_over == []
    assert (appliance.confd.node("epp.city"), appliance.confd.node("epp.country")) == ("Ulm", "de")
    assert appliance.confd.node("epp.status.dc") is False
    assert [one.where for one in report.kept_nodes] == ["epp.status.epp"]
    assert appliance.confd.node("epp.status.epp") is False


def test_patterns_that_re2_refuses_are_kept_and_told(bring, appliance):
    bad = {
        "_ref": "REF_HttExc",
        "_type": "http/exception",
        "name": "e",
        "domains": ["*.uni.example", "^https?://fine\\.example/"],
    }
    report, _ = bring(a=[bad])
    (told,) = report.inactive_patterns
    assert (told.ref, told.attribute, told.pattern) == ("REF_HttExc", "domains", "*.uni.example")
    assert appliance.confd.get("REF_HttExc").texts("domains") == tuple(bad["domains"])


def test_secrets_are_left_out(bring, appliance):
    proxy = {
        "_ref": "REF_Par",
        "_type": "http/parent_proxy",
        "name": "p",
        "pass": "hush-hush",
        "target": "REF_Host",
    }
    user = {"_ref": "REF_U", "_type": "aaa/user", "name": "u", "md5hash": "hush-hush"}
    report, _ = bring(a=[proxy, user], b={"epp.tamper_password": "hush-hush"})
    assert "hush-hush" not in json.dumps([str(row) for row in appliance.stored().values()])
    assert report.secrets == ["aaa/user.md5hash", "epp.tamper_password", "http/parent_proxy.pass"]


def test_what_this_appliance_acts_on_elsewhere_stays(bring, appliance):
    nodes = {"http.port": 3128, "remote_syslog.status": True, "webadmin.rest_api": False}
    report, _ = bring(a=nodes)
    assert sorted(one.where for one in report.kept_nodes) == sorted(nodes)
    assert appliance.confd.node("http.port") == 8080
    assert appliance.confd.node("remote_syslog.status") is False


def test_unknown_nodes_are_named(bring):
    report, _ = bring(a={"epp.city": "Ulm", "epp.brand_new": 1})
    assert report.unknown_nodes == ["epp.brand_new"]


def test_built_ins_are_merged(bring, appliance):
    base = {
        "_ref": "REF_DefaultHTTPCFFAction",
        "_type": "http/cff_action",
        "_locked": "",
        "name": "Default content filter action",
        "mode": "allow",
        "sp_categories": ["REF_GamesGambles"],
    }
    anything = {
        "_ref": "REF_NetworkAny",
        "_type": "network/any",
        "name": "Any",
        "_locked": "global",
    }
    report, _ = bring(a=[base, {**anything, "resolved": True}])
    assert (report.created, report.changed) == (0, 2)
    assert appliance.confd.get("REF_NetworkAny").locked == "global"
    assert verdict(appliance, "http://games.example/").action == "block"


def test_a_built_in_gives_way_to_its_twin_of_another_reference(bring, appliance):
    group = {"_ref": "REF_EppGroDefau", "_type": "epp/endpoints_group", "name": "Default"}
    drugs = {"_ref": "REF_Theirs", "_type": "http/sp_category", "name": "Drugs", "subcats": []}
    appliance.change("REF_DefaultHTTPCFFAction", sp_categories=["REF_Drugs"])
    report, _ = bring(a=[group, drugs])
    assert {one.where for one in report.superseded} == {DEFAULT_GROUP, "REF_Drugs"}
    assert appliance.confd.node("epp.default_endpoints_group") == "REF_EppGroDefau"
    action = appliance.confd.get("REF_DefaultHTTPCFFAction")
    assert action.texts("sp_categories") == ("REF_Theirs",)
    assert bring()[0].changed == 0


def test_a_broken_file_stops_everything_and_is_named(bring, appliance):
    before = appliance.stored()
    with pytest.raises(DumpUnreadableError) as caught:
        bring(good=[BLOCK], bad__json='[{"_ref": "REF_X",\n "name"', worse__json="")
    assert "bad.json: no JSON at line 2" in str(caught.value)
    assert "worse.json: no JSON" in str(caught.value)
    assert appliance.stored() == before


def test_what_is_no_answer_with_objects_is_passed_over_and_named(bring):
    _, dump = bring(
        a=[BLOCK],
        error__json=[{"msgtype": "AUTHENTICATION", "name": "No."}],
        leaf__json="true",
        notes__md="# fetched on Monday",
        swagger__json={"swagger": "2.0", "paths": {}},
        other__json={"hello": "world"},
        version__json={"utm": "9.7", "restd": "1.3.0"},
    )
    assert {one.where: one.why for one in dump.passed_over} == {
        "error.json": "is an error that the appliance answered with: No.",
        "leaf.json": "is a single value, which does not say of which node",
        "notes.md": "is no JSON",
        "other.json": "holds neither objects nor nodes",
        "swagger.json": "is a definition",
    }


def test_a_folder_with_nothing_in_it_says_so(bring):
    with pytest.raises(NothingToAdoptError, match=r"leaf\.json is a single value"):
        bring(leaf__json="true")


def test_computers_come_with_their_groups(bring, appliance):
    computer = {"_ref": "REF_Pc", "_type": "epp/endpoint", "name": "PC-77", "mcs_id": "abc"}
    group = {
        "_ref": "REF_Sales",
        "_type": "epp/endpoints_group",
        "name": "Sales",
        "endpoints": ["REF_Pc"],
    }
    bring(a=[group, computer])
    assert appliance.snapshot.group_of("REF_Pc") == "REF_Sales"


@pytest.mark.parametrize("value", [[[]], [1], {"_ref": 1, "_type": None}, {"_ref": "x"}, [None]])
def test_odd_shapes_are_passed_over(bring, value):
    _, dump = bring(a=[BLOCK], b__json=value)
    assert [one.where for one in dump.passed_over] == ["b.json"]


@pytest.mark.parametrize("value", [{}, [], {"a": 1}, 10**40, 1.5, "x" * 100_000, None, True])
@pytest.mark.parametrize("name", ["name", "mode", "sp_categories", "av", "max_filesize", "_locked"])
def test_odd_values_are_refused_one_by_one(bring, appliance, name, value):
    bring(a=[{**BLOCK, name: value}], b={"http.profiles": value, "epp.city": value})
    assert appliance.confd.node("http.profiles")[-1] == BASE_PROFILE


@pytest.mark.parametrize(
    "text",
    [
        '[{"_ref": "REF_X", "n": NaN}]',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        '{"a": ' + "[" * 17 + "]" * 17 + "}",
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
    ids=["nan", "infinite", "surrogate", "deep", "deeper", "huge"],
)
def test_json_that_no_configuration_can_hold_is_refused(bring, appliance, text):
    before = appliance.stored()
    with pytest.raises(DumpUnreadableError, match="odd: "):
        bring(odd=text)
    assert appliance.stored() == before


async def test_hostile_names_leave_the_log_well_formed(utm, tmp_path):
    names = ['a" id="9999', "b\nc", "\x1b[2J", "x" * 100_000]
    found = [
        {**BLOCK, "_ref": f"REF_H{number}", "name": name, "comment": name, name: name}
        for number, name in enumerate(names)
    ]
    (tmp_path / "d").mkdir()
    (tmp_path / "d/hostile.json").write_text(json.dumps(found))
    report = await utm.verbs["adopt"](folder=str(tmp_path / "d"))
    await utm.quiesce()
    lines = (utm.config.logs / "confd.log").read_text().splitlines()
    assert report["created"] == len(names)
    assert [line.count(' id="') for line in lines] == [1] * len(lines)
    assert len(lines) == len(names)
