"""A lab file is read whole or refused with the place that is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utmlab.lab_file import LabDocument, LabFileRefusedError, read_lab
from utmlab.lab_file.document import ComputerWanted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True)
DOCUMENTS = st.builds(
    LabDocument,
    settings=st.fixed_dictionaries(
        {}, optional={"timezone": TEXTS, "strict": st.booleans(), "log_profile": st.just("9.7")}
    ),
    endpoint_protection=st.none() | st.booleans(),
    objects=st.lists(
        st.fixed_dictionaries({"_ref": TEXTS, "_type": TEXTS, "name": TEXTS}), max_size=2
    ).map(tuple),
    nodes=st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS, max_size=2), max_size=2),
    computers=st.lists(
        st.builds(
            ComputerWanted,
            name=NAMES,
            group=TEXTS,
            location=st.sampled_from(["", "office", "roaming"]),
            products=st.lists(TEXTS.filter(bool), max_size=2).map(tuple),
        ),
        max_size=3,
        unique_by=lambda one: one.name,
    ).map(tuple),
)


@given(document=DOCUMENTS)
def test_what_is_written_is_read_again(document):
    assert read_lab(json.dumps(document.as_record()).encode()) == document


def test_parts_may_be_missing():
    assert read_lab(b'{"schema": 1}') == LabDocument()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "line 1, column 1"),
        (b"[]", "the file is no object"),
        (b'{"schema": 2}', "schema is 2"),
        (b'{"schema": 1, "computer": []}', "'computer'"),
        (b'{"schema": 1, "settings": {"poll": 1}}', "'poll'"),
        (b'{"schema": 1, "settings": {"log_profile": "1"}}', "settings.log_profile"),
        (b'{"schema": 1, "endpoint_protection": 1}', "endpoint_protection"),
        (b'{"schema": 1, "configuration": {"objects": [{}]}}', "configuration.objects[0]"),
        (b'{"schema": 1, "computers": [{"name": "../x"}]}', "computers[0].name"),
        (b'{"schema": 1, "computers": [{"name": "A"}, {"name": "A"}]}', "computers[1].name"),
        (b'{"schema": 1, "computers": [{"name": "A", "location": "home"}]}', "[0].location"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(body, place):
    with pytest.raises(LabFileRefusedError) as refused:
        read_lab(body)
    assert place in str(refused.value)


@given(body=st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(body):
    with pytest.raises(LabFileRefusedError):
        read_lab(b"{" + body)
