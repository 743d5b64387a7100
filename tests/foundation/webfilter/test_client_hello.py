"""The server name in a ClientHello."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.webfilter.client_hello import Hello, read_client_hello


def real_hello(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def extension(kind, content):
    return kind.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content


def server_name(*names):
    entries = b"".join(b"\0" + len(name).to_bytes(2, "big") + name for name in names)
    return extension(0, len(entries).to_bytes(2, "big") + entries)


def hello(*extensions, record_bytes=16_000, tail=b""):
    body = b"\x03\x03" + b"r" * 32 + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    if extensions:
        joined = b"".join(extensions)
        body += len(joined).to_bytes(2, "big") + joined
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    pieces = [handshake[at : at + record_bytes] for at in range(0, len(handshake), record_bytes)]
    return b"".join(b"\x16\x03\x01" + len(p).to_bytes(2, "big") + p for p in pieces) + tail


def test_the_name_of_a_real_client_is_read():
    assert read_client_hello(real_hello("news.example")) == Hello(("news.example",), is_tls=True)


def test_a_real_client_without_a_name_asks_for_nobody():
    assert read_client_hello(real_hello(None)) == Hello(is_tls=True)


@given(st.integers(0, 600))
def test_every_beginning_of_a_hello_needs_more(count):
    data = real_hello("news.example")

    assert read_client_hello(data[: min(count, len(data) - 1)]) is None


@given(st.integers(1, 80))
def test_a_hello_over_several_records_is_one(record_bytes):
    data = hello(server_name(b"games.example"), record_bytes=record_bytes, tail=b"more")

    assert read_client_hello(data) == Hello(("games.example",), is_tls=True)


def test_grease_and_encrypted_hellos_are_passed_over():
    data = hello(
        extension(0x0A0A, b""), extension(0xFE0D, b"x" * 200), server_name(b"public.example")
    )

    assert read_client_hello(data) == Hello(("public.example",), is_tls=True, is_encrypted=True)


def test_all_names_are_told():
    data = hello(server_name(b"news.example", b"games.example"))

    assert read_client_hello(data).server_names == ("news.example", "games.example")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x04\x01\x00\x05",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
        b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03",
        hello(extension(0, b"\x00\xff\x00")),
        hello(server_name(b"n\xc3\xa4me.example")),
    ],
)
def test_what_cannot_be_read_asks_for_nobody(data):
    assert read_client_hello(data) == Hello()


def test_an_old_hello_without_extensions_is_tls():
    assert read_client_hello(hello()) == Hello(is_tls=True)


@given(st.binary(max_size=400) | st.binary(max_size=300).map(b"\x16\x03\x01\x01\x00\x01".__add__))
def test_no_bytes_break_the_reader(data):
    found = read_client_hello(data)

    assert found is None or isinstance(found, Hello)


@given(st.data())
def test_no_damage_breaks_the_reader(data):
    bytes_ = bytearray(hello(server_name(b"games.example")))
    for _ in range(data.draw(st.integers(1, 4))):
        bytes_[data.draw(st.integers(0, len(bytes_) - 1))] = data.draw(st.integers(0, 255))

    found = read_client_hello(bytes(bytes_))

    assert found is None or isinstance(found, Hello)
