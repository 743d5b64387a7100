"""How a UTM gets its identity, and who is refused without one."""

import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from foundation.protocol import link
from liveconnect.pki import CertificateAuthority

ALL = [
    ("PUT", f"{link.CHANGESETS_PATH}/1/1"),
    ("PUT", f"{link.PARTS_PATH}/{'0' * 64}"),
    ("GET", link.LATEST_CHANGESET_PATH),
    ("GET", link.REPORTS_PATH),
    ("POST", link.ACKNOWLEDGE_PATH),
    ("GET", link.ENDPOINTS_PATH),
    ("DELETE", f"{link.ENDPOINTS_PATH}/e"),
    ("POST", f"{link.ENDPOINTS_PATH}/e/restore"),
    ("POST", link.TOKEN_RESET_PATH),
    ("POST", "/link/v1/certificate"),
    ("DELETE", "/link/v1/utm"),
]


async def test_utm_03_registration_gives_id_chain_token_and_address(lab):
    utm = await lab.utm()
    registration = utm.registration
    leaf, root = x509.load_pem_x509_certificates(registration.certificate_chain_pem.encode())
    leaf.verify_directly_issued_by(root)
    assert leaf.subject.rfc4514_string() == f"CN={registration.utm_id}"
    assert len(registration.registration_token) == 17
    assert registration.mcs_url == lab.service.mcs_url
    assert registration.mcs_ca_pem == lab.service.ca_file.read_text()
    assert registration.epoch == 1


async def test_utm_03_two_utms_get_distinct_ids_and_tokens(lab):
    one, two = await lab.utm(), await lab.utm()
    assert one.registration.utm_id != two.registration.utm_id
    assert one.registration.registration_token != two.registration.registration_token


async def test_the_same_key_is_the_same_utm_in_a_higher_epoch(lab):
    key = ec.generate_private_key(ec.SECP256R1())
    first, second = await lab.utm(key), await lab.utm(key)
    assert first.registration.utm_id == second.registration.utm_id
    assert first.registration.registration_token == second.registration.registration_token
    assert (first.registration.epoch, second.registration.epoch) == (1, 2)
    assert len((await lab.service.verbs["status"]())["utms"]) == 1


@pytest.mark.parametrize(("method", "path"), ALL)
async def test_utm_04_without_a_certificate_only_registering_works(lab, method, path):
    stranger = await lab.stranger()
    answer = await stranger.request(method, path, b"{}")
    assert (answer.status, answer.json()["reason"]) == (403, "certificate_missing")


async def test_utm_04_a_certificate_of_another_ca_is_refused(lab, tmp_path, make_csr):
    import aiohttp

    key = ec.generate_private_key(ec.SECP256R1())
    other = CertificateAuthority(tmp_path / "other", now=lab.clock)
    utm = await lab.utm()
    files = lab._write(other.sign_utm(make_csr(key), utm.registration.utm_id).chain_pem, key)
    session = await lab.session(*files)
    with pytest.raises(aiohttp.ClientError):
        async with session.get(lab.service.link_url + link.REPORTS_PATH) as answer:
            await answer.read()


async def test_a_certificate_of_our_ca_that_was_not_issued_to_a_utm_is_refused(lab, make_csr):
    key = ec.generate_private_key(ec.SECP256R1())
    authority = CertificateAuthority(lab.config.pki_folder, now=lab.clock)
    session = await lab.session(*lab._write(authority.sign_utm(make_csr(key), "x").chain_pem, key))
    async with session.get(lab.service.link_url + link.REPORTS_PATH) as answer:
        assert answer.status == 403
        assert (await answer.json())["reason"] == "certificate_unknown"


async def test_a_revocation_works_at_once_on_an_open_connection(lab):
    utm = await lab.utm()
    await utm.reports()
    leaf = x509.load_pem_x509_certificate(utm.registration.certificate_chain_pem.encode())
    await lab.service.verbs["revoke_certificate"](serial=f"{leaf.serial_number:x}")
    answer = await utm.request("GET", link.REPORTS_PATH)
    assert (answer.status, answer.json()["reason"]) == (403, "certificate_revoked")


async def test_a_certificate_ends_with_the_injected_clock_on_an_open_connection(lab, clock):
    utm = await lab.utm()
    await utm.reports()
    clock.advance(1825 * 86_400 + 1)
    answer = await utm.request("GET", link.REPORTS_PATH)
    assert (answer.status, answer.json()["reason"]) == (403, "certificate_revoked")


async def test_a_certificate_is_renewed_with_a_new_key(lab, make_csr):
    utm = await lab.utm()
    key = ec.generate_private_key(ec.SECP256R1())
    body = json.dumps({"csr_pem": make_csr(key)}).encode()
    answer = await utm.request("POST", "/link/v1/certificate", body)
    files = lab._write(answer.json()["certificate_chain_pem"], key)
    session = await lab.session(*files)
    async with session.get(lab.service.link_url + link.LATEST_CHANGESET_PATH) as latest:
        assert latest.status == 200
    assert (await lab.utm(key)).registration.utm_id == utm.registration.utm_id


async def test_a_removed_utm_is_out_and_its_key_stays_out(lab):
    utm = await lab.utm()
    assert (await utm.request("DELETE", "/link/v1/utm")).status == 200
    answer = await utm.request("GET", link.REPORTS_PATH)
    assert (answer.status, answer.json()["reason"]) == (403, "utm_removed")
    wanted = link.RegisterRequest(registration_csr(utm), "Acme")
    again = await (await lab.stranger()).request(
        "POST", link.REGISTER_PATH, link.encode_document(wanted)
    )
    assert (again.status, again.json()["reason"]) == (403, "utm_removed")


def registration_csr(utm):
    from cryptography.hazmat.primitives import hashes, serialization

    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return request.sign(utm.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "field_missing"),
        (b"[]", "field_missing"),
        (b'{"organization": "Acme"}', "field_missing"),
        (b'{"csr_pem": 5, "organization": "Acme"}', "field_missing"),
        (b'{"csr_pem": "garbage", "organization": "\\ud800"}', "field_missing"),
        (b'{"csr_pem": "garbage", "organization": "Acme"}', "csr_invalid"),
    ],
)
async def test_a_bad_registration_is_refused_and_makes_no_utm(lab, body, reason):
    answer = await (await lab.stranger()).request("POST", link.REGISTER_PATH, body)
    assert (answer.status, answer.json()["reason"]) == (400, reason)
    assert (await lab.service.verbs["status"]())["utms"] == []


async def test_from_another_machine_the_enrolment_secret_is_needed(lab, monkeypatch):
    monkeypatch.setattr(
        "liveconnect.link_service.registration._is_loopback", lambda _address: False
    )
    stranger = await lab.stranger()
    csr = registration_csr(type("Key", (), {"key": ec.generate_private_key(ec.SECP256R1())}))
    secret = (lab.config.pki_folder / "enrolment.secret").read_text()

    async def register(shown):
        document = link.encode_document(link.RegisterRequest(csr, "Acme", shown))
        return await stranger.request("POST", link.REGISTER_PATH, document)

    refused = await register("")
    assert (refused.status, refused.json()["reason"]) == (403, "enrolment_secret_wrong")
    assert (await register(secret)).status == 200


async def test_utm_04_openssl_sees_that_the_link_asks_for_a_certificate(lab):
    import asyncio

    process = await asyncio.create_subprocess_exec(
        "openssl",
        "s_client",
        "-connect",
        f"127.0.0.1:{lab.service.link_port}",
        "-CAfile",
        str(lab.service.ca_file),
        "-verify_return_error",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    text = out.decode()
    assert "Requested Signature Algorithms" in text
    assert "TLSv1.3" in text
