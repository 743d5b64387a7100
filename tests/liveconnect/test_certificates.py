"""What a rotation of the CA refuses."""

import pytest

from foundation.checkpoints import NO_CHECKPOINTS
from liveconnect.ca_steps import RotationStepUnknownError
from liveconnect.certificates import Certificates
from liveconnect.config import LiveConnectConfig
from liveconnect.pki import CertificateAuthority


def certificates(folder, clock, **settings):
    """The certificates of a LiveConnect, as far as refusing needs them."""
    config = LiveConnectConfig(data=folder, **settings)
    made = Certificates(config, sharing=None, checkpoints=NO_CHECKPOINTS, log=None, now=clock)
    made.open(CertificateAuthority(config.pki_folder, now=clock))
    return made


async def test_a_step_that_is_none_is_named(tmp_path, clock):
    with pytest.raises(RotationStepUnknownError, match="'drop'"):
        await certificates(tmp_path, clock).rotate("drop")
