"""Who is recorded to comply when a changeset has been sent."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.protocol.link import Changeset, GroupPolicies, PolicyDocument, Report
from utm.epsecd import changesets, compliance, endpoints

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)
APPS = ("ALC", "SWC")
ENDPOINTS = ("E1", "E2", "E3")
revisions = st.sampled_from(("a" * 64, "b" * 64))


def sent_changeset(db, groups, membership):
    changeset = Changeset(
        epoch=1,
        number=1,
        enabled=True,
        default_group="one",
        groups=tuple(
            GroupPolicies(
                ref, ref, tuple(PolicyDocument(app, 1, rev, b"") for app, rev in wanted.items())
            )
            for ref, wanted in groups.items()
        ),
        membership=membership,
    )
    changesets.add(db, changeset, parts={}, change_number=1, digest="", at=AT)
    changesets.mark_sent(db, 1, 1, AT)


def record(db, number, endpoint, app, said):
    res, revision = said
    enrolled = Report(1, "enrolled", endpoint, AT.isoformat(), {})
    body = {"app_id": app, "res": res, "revision": revision, "created_at": AT.isoformat()}
    endpoints.enrol(db, enrolled, ref="REF_X", name=endpoint)
    status = Report(number, "status", endpoint, AT.isoformat(), body)
    endpoints.record_status(db, status, AT.isoformat())


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # rolled back after each
)
@given(
    groups=st.fixed_dictionaries(
        {ref: st.dictionaries(st.sampled_from(APPS), revisions) for ref in ("one", "two")}
    ),
    membership=st.dictionaries(st.sampled_from(ENDPOINTS), st.sampled_from(("one", "two"))),
    said=st.dictionaries(
        st.tuples(st.sampled_from(ENDPOINTS), st.sampled_from(APPS)),
        st.tuples(st.sampled_from(("Same", "Diff")), revisions),
    ),
)
def test_looking_at_all_finds_what_looking_at_each_does(db, groups, membership, said):
    found = []
    for look in (compliance.settle_all, lambda db: compliance.settle(db, ENDPOINTS)):
        db.execute("SAVEPOINT example")
        sent_changeset(db, groups, membership)
        for number, ((endpoint, app), status) in enumerate(said.items(), 1):
            record(db, number, endpoint, app, status)
        look(db)
        found.append(compliance.since(db, 1, 1))
        db.execute("ROLLBACK TO example")
        db.execute("RELEASE example")

    assert found[0] == found[1]


def test_an_endpoint_that_reports_what_is_wanted_complies_at_once(db):
    sent_changeset(db, {"one": {"SWC": "a" * 64}}, {})
    record(db, 1, "E1", "SWC", ("Same", "a" * 64))
    record(db, 2, "E2", "SWC", ("Same", "b" * 64))

    compliance.settle_all(db)

    assert set(compliance.since(db, 1, 1)) == {"E1"}
