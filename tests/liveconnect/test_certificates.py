"""What a rotation of the CA refuses."""

import pytest

from liveconnect.certificates import (
    Certificates,
    RotationStepUnknownError,
    RotationUnsupportedError,
)
from liveconnect.config import LiveConnectConfig
from liveconnect.pki import CertificateAuthority


def certificates(folder, clock, **settings):
    """The certificates of a LiveConnect, as far as refusing needs them."""
    config = LiveConnectConfig(data=folder, **settings)
    made = Certificates(config, store=None, roster=None, log=None, now=clock)
    made.open(CertificateAuthority(config.pki_folder, now=clock))
    return made


async def test_a_ca_that_lies_in_a_database_is_not_rotated(tmp_path, clock):
    shared = certificates(tmp_path, clock, database="postgresql:///lab")
    before = shared._opened().ca_file.read_bytes()
    with pytest.raises(RotationUnsupportedError, match="database"):
        await shared.rotate("prepare", force=True)
    assert shared._opened().ca_file.read_bytes() == before


async def test_a_step_that_is_none_is_named(tmp_path, clock):
    with pytest.raises(RotationStepUnknownError, match="'drop'"):
        await certificates(tmp_path, clock).rotate("drop")
