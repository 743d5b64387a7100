from foundation.categories.names import CATEGORY_NAMES
from utm.confd import BASE_ACTION, BASE_PROFILE, BLOCK_ACTION, DEFAULT_GROUP
from utm.confd.classes import load_data, object_class


def test_the_built_ins_exist(appliance):
    for ref, full_type in (
        (BASE_PROFILE, "http/profile"),
        (BASE_ACTION, "http/cff_action"),
        (BLOCK_ACTION, "http/cff_action"),
        (DEFAULT_GROUP, "epp/endpoints_group"),
        ("REF_EppAvpAllow", "epp/av_policy"),
        ("REF_EppDcpAllow", "epp/dc_policy"),
        ("REF_NetworkAny", "network/any"),
    ):
        assert appliance.confd.get(ref).full_type == full_type
    assert appliance.confd.node("http.profiles") == (BASE_PROFILE,)
    assert appliance.confd.node("epp.default_endpoints_group") == DEFAULT_GROUP
    assert appliance.confd.get(BASE_PROFILE).text("default_cff_action") == BASE_ACTION


def test_the_default_group_and_action_have_the_class_defaults(appliance):
    for ref in (DEFAULT_GROUP, BASE_ACTION):
        stored = appliance.confd.get(ref)
        fields = object_class(stored.full_type).fields
        given = {"name", "mode"}
        assert {name: stored.attributes[name] for name in fields if name not in given} == {
            name: field.default for name, field in fields.items() if name not in given
        }


def test_every_category_id_has_a_subcategory(appliance):
    stored = {each.text("id"): each.name for each in appliance.confd.objects("http", "sp_subcat")}
    assert stored == {str(id_): name for id_, name in CATEGORY_NAMES.items()}
    assert len(stored) == 107


def test_every_category_is_in_one_super_category_except_uncategorized(appliance):
    members = [
        appliance.confd.get(ref).text("id")
        for each in appliance.confd.objects("http", "sp_category")
        for ref in each.texts("subcats")
    ]
    assert sorted(map(int, members)) == sorted(set(CATEGORY_NAMES) - {9998})


def test_the_four_public_super_categories_have_their_references(appliance):
    raw = load_data("super_categories")["super_categories"]
    assert {each["ref"]: each["name"] for each in raw if each["standing"] == "public"} == {
        "REF_CriminalActivities": "Criminal activities",
        "REF_Drugs": "Drugs",
        "REF_ExtremisticSites": "Extremistic sites",
        "REF_GamesGambles": "Games/Gambles",
    }
    assert appliance.confd.get("REF_GamesGambles").name == "Games/Gambles"


def test_seeding_is_change_one_and_happens_once(appliance, fixed_now):
    from utm.confd import seed

    assert appliance.confd.number == 1
    assert seed(appliance.db, at=fixed_now) is None
    assert appliance.confd.number == 1
