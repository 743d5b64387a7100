"""The phases of a rotation on disk: one step at a time, and every kill leaves one of them."""

from datetime import UTC, datetime, timedelta

import pytest

from liveconnect import key_files
from liveconnect.ca_phase import RotationPhase, phase_of, publish
from liveconnect.ca_steps import RotationOutOfStepError
from liveconnect.key_files import read_files
from liveconnect.pki import CertificateAuthority


def now():
    return datetime(2026, 11, 20, tzinfo=UTC)


def opened(folder):
    return CertificateAuthority(folder, now=now)


def test_the_steps_in_their_order_over_restarts(tmp_path):
    first = opened(tmp_path)
    old = first.ca_pem
    assert first.trust_to_tell == ""
    first.take_step("prepare")
    prepared = opened(tmp_path)
    assert prepared.phase is RotationPhase.PREPARED
    assert prepared.trust_to_tell == prepared.ca_pem
    assert prepared.ca_pem.startswith(old)
    assert opened(tmp_path).ca_pem.count("BEGIN") == 2
    prepared.take_step("switch")
    switched = opened(tmp_path)
    assert switched.phase is RotationPhase.SWITCHED
    assert switched.ca_pem.endswith(old)
    switched.take_step("finish")
    done = opened(tmp_path)
    assert (done.phase, done.ca_pem.count("BEGIN")) == (RotationPhase.STABLE, 1)
    assert old not in done.ca_pem


def test_a_step_out_of_its_order_changes_nothing(tmp_path):
    authority = opened(tmp_path)
    for step in ("switch", "finish"):
        with pytest.raises(RotationOutOfStepError):
            authority.take_step(step)
    authority.take_step("prepare")
    with pytest.raises(RotationOutOfStepError):
        authority.take_step("prepare")
    assert opened(tmp_path).phase is RotationPhase.PREPARED


def test_the_server_certificate_is_made_anew_by_the_new_signer_only_then(tmp_path):
    authority = opened(tmp_path)
    first = authority.server_files("localhost")[0].read_bytes()
    authority.take_step("prepare")
    assert authority.server_files("localhost")[0].read_bytes() == first
    authority.take_step("switch")
    assert authority.server_files("localhost")[0].read_bytes() != first


def killed_at(name):
    """What writes files until it comes to this one."""

    def write(path, content):
        if path.name == name:
            raise KeyboardInterrupt
        path.write_bytes(content)

    return write


@pytest.mark.parametrize(
    ("writer", "name"),
    [("write_atomic", "rotated"), ("write_secret", "next.key"), ("write_atomic", "ca.crt")],
)
def test_a_kill_in_the_first_step_leaves_it_to_be_repeated(tmp_path, monkeypatch, writer, name):
    authority = opened(tmp_path)
    before = authority.ca_pem
    with monkeypatch.context() as patched:
        patched.setattr(key_files, writer, killed_at(name))
        with pytest.raises(KeyboardInterrupt):
            authority.take_step("prepare")
    again = opened(tmp_path)
    assert (again.phase, again.ca_pem) == (RotationPhase.STABLE, before)
    again.take_step("prepare")
    assert opened(tmp_path).phase is RotationPhase.PREPARED
    again.take_step("switch")
    assert opened(tmp_path).phase is RotationPhase.SWITCHED


def test_a_kill_in_the_second_step_leaves_it_done(tmp_path, monkeypatch):
    authority = opened(tmp_path)
    first = authority.signer
    authority.take_step("prepare")

    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(key_files, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            authority.take_step("switch")
    again = opened(tmp_path)
    assert again.phase is RotationPhase.SWITCHED
    assert again.signer != first
    again.take_step("finish")
    assert not (tmp_path / "next.key").exists()


def test_what_workers_publish_tells_the_phase_without_a_key(tmp_path):
    authority, public = opened(tmp_path / "own"), tmp_path / "public"
    for step in ("prepare", "switch", "finish"):
        authority.take_step(step)
        publish(public, read_files(tmp_path / "own"))
        assert phase_of(public) is authority.phase
    assert {path.name for path in public.iterdir()} == {"ca.crt", "phase"}


def test_the_signer_signs_since_the_switch_not_since_it_was_made(tmp_path):
    at = now()
    authority = CertificateAuthority(tmp_path, now=lambda: at)
    first = authority.signer
    authority.take_step("prepare")
    at += timedelta(days=3)  # what the old one signs until then is the old one's
    assert (authority.signing_since, authority.signer) == (now(), first)
    authority.take_step("switch")
    again = CertificateAuthority(tmp_path, now=now)
    assert again.signing_since == at
    assert again.signer == authority.signer != first
