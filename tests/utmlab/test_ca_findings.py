"""What the doctor says of the CA."""

from datetime import UTC, datetime, timedelta

import pytest

from liveconnect.pki import CertificateAuthority
from liveconnect.roots import CA_LIFE
from utmlab.ca_findings import ca_findings

MADE = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path):
    return CertificateAuthority(tmp_path, now=lambda: MADE)


def said(folder, at=MADE):
    return [one.sentence for one in ca_findings(folder, at)]


def test_a_ca_at_rest_and_one_that_is_elsewhere_say_nothing(tmp_path, authority):
    assert said(tmp_path) == said(tmp_path / "nowhere") == []


def test_each_phase_names_the_step_that_comes_next(tmp_path, authority):
    authority.take_step("prepare")
    (prepared,) = said(tmp_path)
    authority.take_step("switch")
    (switched,) = said(tmp_path)
    authority.take_step("finish")
    assert "--rotate switch" in prepared
    assert "--rotate finish" in switched
    assert said(tmp_path) == []


def test_a_year_before_its_end_a_rotation_is_asked_for(tmp_path, authority):
    ends = MADE + CA_LIFE
    assert said(tmp_path, ends - timedelta(days=365)) == []
    (sentence,) = said(tmp_path, ends - timedelta(days=364))
    assert f"{ends:%Y-%m-%d}" in sentence
