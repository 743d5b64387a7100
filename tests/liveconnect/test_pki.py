"""The CA, its files, and what it refuses to sign."""

import stat
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from liveconnect.pki import CertificateAuthority, CertificateRequestInvalidError


def test_it_is_made_once_and_its_keys_are_private(tmp_path, clock):
    first = CertificateAuthority(tmp_path / "pki", now=clock)
    certificate, key = first.server_files("localhost")
    before = certificate.read_bytes(), first.ca_pem
    again = CertificateAuthority(tmp_path / "pki", now=clock)
    assert (again.server_files("localhost")[0].read_bytes(), again.ca_pem) == before
    for private in (key, tmp_path / "pki" / "ca.key"):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_the_server_certificate_names_every_local_name_and_is_signed_with_sha384(tmp_path, clock):
    certificate, _ = CertificateAuthority(tmp_path, now=clock).server_files("broker.example")
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "broker.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == [
        "127.0.0.1",
        "::1",
    ]
    assert isinstance(loaded.signature_hash_algorithm, hashes.SHA384)
    assert isinstance(loaded.public_key().curve, ec.SECP256R1)


def test_the_server_certificate_is_renewed_before_it_ends_and_for_another_name(tmp_path, clock):
    authority = CertificateAuthority(tmp_path, now=clock)
    old = authority.server_files("localhost")[0].read_bytes()
    named = authority.server_files("broker.example")[0].read_bytes()
    assert named != old
    clock.at += timedelta(days=1800)
    assert authority.server_files("broker.example")[0].read_bytes() != named


def test_utm_03_two_utms_get_different_certificates(tmp_path, clock, make_csr):
    authority = CertificateAuthority(tmp_path, now=clock)
    issued = [
        authority.sign_utm(make_csr(ec.generate_private_key(ec.SECP256R1())), f"utm-{n}")
        for n in range(2)
    ]
    assert issued[0].serial != issued[1].serial
    assert issued[0].public_key_digest != issued[1].public_key_digest
    leaf, root = x509.load_pem_x509_certificates(issued[0].chain_pem.encode())
    leaf.verify_directly_issued_by(root)
    assert leaf.subject.rfc4514_string() == "CN=utm-0"


@pytest.mark.parametrize("kind", ["garbage", "rsa", "p384", "forged"])
def test_what_is_no_request_of_a_p256_key_is_not_signed(tmp_path, clock, make_csr, kind):
    if kind == "garbage":
        csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    elif kind == "rsa":
        csr = make_csr(rsa.generate_private_key(65537, 2048))
    elif kind == "p384":
        csr = make_csr(ec.generate_private_key(ec.SECP384R1()))
    else:
        import base64

        text = make_csr(ec.generate_private_key(ec.SECP256R1()))
        der = bytearray(base64.b64decode("".join(text.splitlines()[1:-1])))
        der[-1] ^= 1
        body = base64.encodebytes(bytes(der)).decode()
        csr = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(CertificateRequestInvalidError):
        CertificateAuthority(tmp_path, now=clock).sign_utm(csr, "utm")


def test_a_key_whose_certificate_never_came_gets_a_new_pair(tmp_path, clock):
    authority = CertificateAuthority(tmp_path, now=clock)
    certificate, key = authority.server_files("localhost")
    old = certificate.read_bytes()
    # What a kill between the two writes leaves behind: the key of a certificate to come.
    other, foreign = CertificateAuthority(tmp_path / "other", now=clock).server_files("localhost")
    key.write_bytes(foreign.read_bytes())

    assert authority.server_files("localhost")[0].read_bytes() not in (old, other.read_bytes())
