import json
from importlib import resources

import pytest

from utm.confd.classes import load_data, object_class, object_classes
from utm.confd.errors import UnknownClassError
from utm.confd.nodes import all_nodes


def test_every_public_class_has_its_fields_enums_and_defaults():
    for raw in load_data("utm_rest_classes").values():
        class_ = object_class(raw["path"].removeprefix("/api/objects/").strip("/"))
        assert class_.standing == "documented"
        assert {"_ref", "_type", "_locked", *class_.fields} == set(raw["fields"])
        for name, field in class_.fields.items():
            public = raw["fields"][name]
            assert list(field.words) == public.get("enum", [])
            if "default" in public:
                assert field.default == public["default"]
                assert not field.is_required


def test_the_packaged_data_has_thirty_classes_and_1231_nodes():
    assert len(load_data("utm_rest_classes")) == 30
    assert len(all_nodes()) == 1231


def test_classes_that_fields_refer_to_exist_and_are_marked_as_ours():
    for name in ("network/any", "network/host", "network/network", "aaa/user", "aaa/group"):
        assert object_class(name).standing == "ours"


def test_every_target_of_a_reference_is_a_class_that_exists():
    names = set(object_classes())
    rooms = {name.partition("/")[0] + "/*" for name in names}
    targets = {t for c in object_classes().values() for f in c.fields.values() for t in f.targets}
    assert targets <= names | rooms


def test_annotations_name_only_classes_fields_and_nodes_that_exist():
    annotations = load_data("annotations")
    for section in ("lists", "required", "secret_fields"):
        for name, fields in annotations[section].items():
            assert set(fields) <= set(object_class(name).fields), name
    assert set(annotations["nodes"]) <= set(all_nodes())


def test_single_references_are_checked_as_the_data_says():
    fields = object_class("epp/endpoints_group").fields
    assert fields["av_policy"].targets == ("epp/av_policy",)
    assert object_class("http/cff_profile").fields["time_event"].targets == ("time/*",)


def test_an_unknown_class_is_named():
    with pytest.raises(UnknownClassError, match="http/nothing"):
        object_class("http/nothing")


def test_the_data_files_are_found_as_package_resources():
    text = (resources.files("utm.confd") / "data/builtins.json").read_text("utf-8")
    assert json.loads(text)["nodes"]["http.port"] == 8080
