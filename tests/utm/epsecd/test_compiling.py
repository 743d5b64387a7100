"""The next changeset: made with its change, only when endpoints are concerned."""

from datetime import UTC, datetime

import pytest

from foundation.protocol.link import Registration, decode_changeset
from foundation.protocol.policies import read_compliance, revision_of
from utm.confd import DEFAULT_GROUP, transaction
from utm.epsecd import changesets
from utm.epsecd.compiling import prepare
from utm.epsecd.registration import store_registration

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)


def edit(db, key, value):
    with transaction(db, at=AT, user="admin", summary="test") as transaction_:
        transaction_.set_node(key, value)


def test_before_registration_there_is_no_changeset(db):
    assert prepare(db, AT) is None


def test_the_first_changeset_holds_five_policies_of_the_default_group(registered):
    assert prepare(registered, AT).number == 1

    document = decode_changeset(changesets.document(registered, 1, 1))
    assert document.default_group == DEFAULT_GROUP
    apps = sorted(policy.app_id for policy in document.groups[0].policies)
    assert apps == ["ALC", "DEVCTL", "SAV", "SWC", "TPROT"]


def test_every_policy_is_sealed_with_the_hash_of_its_bytes(registered):
    prepare(registered, AT)

    for policy in decode_changeset(changesets.document(registered, 1, 1)).groups[0].policies:
        compliance = read_compliance(policy.body)
        assert compliance.rev_id == policy.revision
        blank = policy.body.replace(policy.revision.encode(), b"")
        assert revision_of(blank) == policy.revision


def test_a_change_without_effect_on_endpoints_makes_no_changeset(registered):
    prepare(registered, AT)
    edit(registered, "epp.city", "York")

    assert prepare(registered, AT) is None


def test_a_newer_changeset_supersedes_what_was_never_confirmed(registered):
    prepare(registered, AT)
    edit(registered, "epp.status.epp", True)
    prepare(registered, AT)

    first, second = changesets.all_changesets(registered)
    assert (first.superseded_by, second.is_waiting) == (2, True)


def test_a_confirmed_changeset_is_not_superseded(registered):
    prepare(registered, AT)
    changesets.mark_sent(registered, 1, 1, AT)
    changesets.mark_committed(registered, 1, 1, AT)
    edit(registered, "epp.status.epp", True)
    prepare(registered, AT)

    assert changesets.find(registered, 1).superseded_by is None


def test_log_04_a_changeset_is_marked_sent_once(registered):
    prepare(registered, AT)

    assert changesets.mark_sent(registered, 1, 1, AT)
    assert not changesets.mark_sent(registered, 1, 1, AT)


def registered_again(db, epoch):
    registration = Registration("utm-2", "", "T" * 17, epoch, "https://localhost:4443/mcs", "")
    store_registration(db, registration, AT.isoformat())


def test_the_epoch_rises_also_with_a_liveconnect_that_counts_from_one_again(registered):
    prepare(registered, AT)
    registered_again(registered, epoch=1)

    assert prepare(registered, AT).number == 1
    assert changesets.newest(registered).epoch == 2


def test_a_new_epoch_supersedes_what_waited_in_the_one_before(registered):
    prepare(registered, AT)
    registered_again(registered, epoch=2)
    prepare(registered, AT)

    assert [one.is_waiting for one in changesets.all_changesets(registered)] == [False, True]


def test_the_documents_of_the_last_ten_are_kept_and_every_row_stays(registered):
    for number in range(14):
        edit(registered, "http.proceed_cache_timeout", 100 + number)
        edit(registered, "epp.status.epp", bool(number % 2))
        assert prepare(registered, AT) is not None

    assert [one.number for one in changesets.all_changesets(registered)] == list(range(1, 15))
    for number in range(1, 5):
        with pytest.raises(changesets.ChangesetForgottenError):
            changesets.document(registered, 1, number)
        assert changesets.wanted(registered, 1, number).groups
    for number in range(5, 15):
        assert decode_changeset(changesets.document(registered, 1, number)).number == number
