"""What a rotation of the CA refuses."""

import asyncio
import errno

import pytest

from foundation.checkpoints import NO_CHECKPOINTS
from foundation.protocol.names import MCS
from foundation.protocol.policies import read_compliance
from foundation.protocol.reasons import Reason
from liveconnect import certificates as of_listeners
from liveconnect.ca_steps import RotationOutOfStepError, RotationStepUnknownError
from liveconnect.certificates import Certificates, RotationTooEarlyError
from liveconnect.config import LiveConnectConfig
from liveconnect.pki import CertificateAuthority
from liveconnect.refusals import StoreFailedError

GUARD_S = 60


def certificates(folder, clock, **settings):
    """The certificates of a LiveConnect, as far as refusing needs them."""
    config = LiveConnectConfig(data=folder, **settings)
    made = Certificates(config, sharing=None, checkpoints=NO_CHECKPOINTS, log=None, now=clock)
    made.open(CertificateAuthority(config.pki_folder, now=clock))
    return made


async def test_a_step_that_is_none_is_named(tmp_path, clock):
    with pytest.raises(RotationStepUnknownError, match="'drop'"):
        await certificates(tmp_path, clock).rotate("drop")


async def up_to_date(lab):
    """The name of an endpoint whose MCS policy is in force."""
    endpoint = await lab.enrolled(await lab.utm())
    policy = (await endpoint.take_policies())[MCS]
    await endpoint.put_status(MCS, read_compliance(policy).rev_id)
    assert (await lab.service.verbs["ca"]())["endpoints_behind"] == []
    return endpoint.endpoint_id


async def test_a_step_that_nobody_could_be_told_of_is_not_taken(lab, monkeypatch):
    endpoint_id = await up_to_date(lab)
    ca, rotate = lab.service.verbs["ca"], lab.service.verbs["ca_rotate"]

    async def refuse(*_arguments):
        raise StoreFailedError(Reason.DISK_FULL, "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(lab.service._sharing.store, "replace_trust", refuse)
        with pytest.raises(StoreFailedError):
            await rotate("prepare")
    assert (await ca())["phase"] == "stable"
    with pytest.raises(RotationOutOfStepError):
        await rotate("switch")
    assert (await rotate("prepare"))["endpoints_behind"] == [endpoint_id]
    with pytest.raises(RotationTooEarlyError):
        await rotate("switch")


async def test_a_step_whose_files_are_not_written_is_repeated(lab, monkeypatch):
    endpoint_id = await up_to_date(lab)
    rotate = lab.service.verbs["ca_rotate"]

    def refuse(*_arguments):
        raise OSError(errno.ENOSPC, "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(of_listeners, "write_changes", refuse)
        with pytest.raises(OSError, match="full"):
            await rotate("prepare")
    assert (await rotate("prepare"))["phase"] == "prepared"
    with pytest.raises(RotationTooEarlyError, match=endpoint_id):
        await rotate("switch")


async def test_a_step_waits_until_the_one_before_it_is_told(lab, monkeypatch):
    endpoint_id = await up_to_date(lab)
    store, rotate = lab.service._sharing.store, lab.service.verbs["ca_rotate"]
    replace, reached, gate = store.replace_trust, asyncio.Event(), asyncio.Event()

    async def slowly(*arguments):
        reached.set()
        await gate.wait()
        return await replace(*arguments)

    monkeypatch.setattr(store, "replace_trust", slowly)
    preparing = asyncio.create_task(rotate("prepare"))
    async with asyncio.timeout(GUARD_S):
        await reached.wait()
    switching = asyncio.create_task(rotate("switch"))
    await lab.service.verbs["ca"]()  # as long as it asks who is behind
    gate.set()
    assert (await preparing)["endpoints_behind"] == [endpoint_id]
    with pytest.raises(RotationTooEarlyError):
        await switching


async def test_a_step_that_was_written_and_not_used_is_used_when_it_is_repeated(lab, monkeypatch):
    certificates, rotate = lab.service._certificates, lab.service.verbs["ca_rotate"]
    authority = certificates._opened()
    await rotate("prepare")
    before = authority.signer

    def refuse():
        raise OSError(errno.EIO, "the disk does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(authority, "load", refuse)
        with pytest.raises(OSError, match="does not answer"):
            await rotate("switch")
    assert authority.signer == before
    with pytest.raises(RotationOutOfStepError, match="is switched"):
        await rotate("switch", force=True)
    assert authority.signer != before
