"""The CA is rotated under several workers: each step at one of them is a step of all."""

import asyncio
import errno
import json
import ssl

import pytest

from foundation.net.tls import client_context
from foundation.protocol.names import MCS
from foundation.protocol.policies import read_compliance
from foundation.protocol.push import PushKind
from liveconnect.ca_phase import phase_of
from liveconnect.certificates import RotationTooEarlyError
from tests.liveconnect.mcs_service.test_pushing import Listener
from tests.liveconnect.pair import until


class Held:
    """A connection that is open since before the rotation."""

    async def open(self, worker, ca):
        context = client_context(ca=ca, now=worker.clock)
        self.reader, self.writer = await asyncio.open_connection(
            "localhost", worker.service.mcs_port, ssl=context
        )
        return self

    async def is_answered(self):
        self.writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = head.split(b"content-length: ")[1].split(b"\r\n")[0]
        await self.reader.readexactly(int(length))
        return head.startswith(b"http/1.1 ")


def is_in(worker, phase):
    async def is_so():
        return (await worker.service.verbs["ca"]())["phase"] == phase

    return is_so


def hold_back(worker):
    """Have a worker hear of new keys only when the event is set that is returned."""
    memory, gate = worker.service._sharing._memory, asyncio.Event()
    take = memory.take_keys

    async def take_then(files):
        await gate.wait()
        await take(files)

    memory.take_keys = take_then
    return gate


async def trusts(ca, worker):
    """Whether who trusts the certificates of this file accepts what the worker shows now."""
    try:
        connection = await Held().open(worker, ca)
    except ssl.SSLCertVerificationError:
        return False
    connection.writer.close()
    return True


async def take_trust(endpoint):
    """Do what an endpoint does about its MCS policy; return it."""
    policy = (await endpoint.take_policies())[MCS]
    await endpoint.put_status(MCS, read_compliance(policy).rev_id)
    return policy.decode()


async def test_each_step_at_one_is_a_step_of_all_and_connections_stay_open(
    workers, make_csr, tmp_path
):
    one, two = workers
    utm = await one.utm()
    here = await one.enrolled(utm)
    await here.take_policies()
    there, utm_there = await two.visited_by(here), await two.visited_by_utm(utm)
    old, new = tmp_path / "old.crt", one.config.public_pki_folder / "ca.crt"
    old.write_bytes(new.read_bytes())
    held = [await Held().open(each, old) for each in workers]
    gate = hold_back(two)
    listener = Listener(await there.listen())

    async def step(worker, name, phase):
        await worker.service.verbs["ca_rotate"](name)
        # A worker that has not heard of it does not tell what was true a moment ago.
        asking = asyncio.create_task(utm_there.request("GET", "/link/v1/ca"))
        await asyncio.wait({asking}, timeout=0.0 if gate.is_set() else 0.3)
        gate.set()
        told = (await asking).json()["ca_pem"]
        assert told.count("BEGIN CERTIFICATE") == 1 + (name != "finish")
        for each in workers:
            await until(is_in(each, phase))
            assert await held[workers.index(each)].is_answered()
        assert phase_of(new.parent) == phase
        assert (await listener.next()).kind is PushKind.COMMANDS
        return told

    told = await step(one, "prepare", "prepared")
    assert told in await take_trust(there)
    assert [await trusts(old, each) for each in workers] == [True, True]

    told = await step(two, "switch", "switched")
    assert told in await take_trust(here)
    assert [await trusts(old, each) for each in workers] == [False, False]
    status = await one.service.verbs["ca"]()
    assert (status["endpoints_behind"], status["utms_behind"]) == ([], (utm.registration.utm_id,))
    body = json.dumps({"csr_pem": make_csr(utm.key)}).encode()
    assert (await utm_there.request("POST", "/link/v1/certificate", body)).status == 200

    told = await step(one, "finish", "stable")
    assert told == new.read_text() != old.read_text()
    assert told in await take_trust(there)
    assert [await trusts(new, each) for each in workers] == [True, True]
    assert one.service.ca_file.read_bytes() == two.service.ca_file.read_bytes()
    for each in workers:
        assert "keys_taken" in each.config.operations_log_file.read_text()


async def test_a_worker_that_has_not_heard_of_the_switch_does_not_finish_it(workers):
    one, two = workers
    utm = await one.utm()
    await one.service.verbs["ca_rotate"]("prepare")
    await until(is_in(two, "prepared"))
    gate = hold_back(two)
    await one.service.verbs["ca_rotate"]("switch")
    finishing = asyncio.create_task(two.service.verbs["ca_rotate"]("finish"))
    await asyncio.wait({finishing}, timeout=0.3)  # it is seen to go through if it does not wait
    gate.set()
    with pytest.raises(RotationTooEarlyError, match=utm.registration.utm_id):
        await finishing
    assert (await two.service.verbs["ca"]())["phase"] == "switched"


async def test_keys_that_could_not_be_taken_over_are_taken_to_the_end(
    workers, tmp_path, monkeypatch
):
    one, two = workers
    old = tmp_path / "old.crt"
    old.write_bytes(one.service.ca_file.read_bytes())
    await one.service.verbs["ca_rotate"]("prepare")
    await until(is_in(two, "prepared"))
    certificates = two.service._certificates
    publish, failed = certificates._publish, []

    def fail_once():
        if not failed:
            failed.append(True)
            raise OSError(errno.ENOSPC, "the disk is full")
        publish()

    monkeypatch.setattr(certificates, "_publish", fail_once)
    await one.service.verbs["ca_rotate"]("switch")

    async def is_shown():
        return bool(failed) and not await trusts(old, two)

    await until(is_shown)
    log = two.config.operations_log_file.read_text()
    assert "the disk is full" in log
    assert [word for word in ("keys_not_taken", "database_lost") if word in log] == [
        "keys_not_taken"
    ]
