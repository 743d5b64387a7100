"""`utmlab ca`: the certificates that clients of the lab must trust."""

from pathlib import Path
from typing import Any

import click

from liveconnect.ca_phase import phase_of
from utmlab.cli.asking import ask
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, Session
from utmlab.errors import NothingStoredError
from utmlab.places import Places


@click.command(cls=LabCommand)
@click.option("--path", "only_path", is_flag=True, help="Print the file's path instead.")
@click.option(
    "--scanning",
    is_flag=True,
    help="The CA of HTTPS scanning, which browsers must trust where HTTPS is looked into.",
)
@click.option(
    "--rotate",
    type=click.Choice(["prepare", "switch", "finish"]),
    help="Do a step of the rotation of LiveConnect's CA, in a running lab.",
)
@click.option("--force", is_flag=True, help="Do the step though somebody would lose contact.")
@click.pass_obj
def ca(session: Session, only_path: bool, scanning: bool, rotate: str | None, force: bool) -> None:
    """Print the certificate of LiveConnect's CA.

    With --scanning that of the CA for HTTPS scanning. It is PEM, as curl --cacert, every MCS client
    and every browser take it; nothing needs to run. With --rotate: first a new CA is trusted
    everywhere, then it signs, then the old one is dropped. No connection is closed, and a step is
    refused until everybody has taken the one before. Meanwhile both certificates are printed;
    `phase` of --json and `utmlab doctor` tell how far it is.
    """
    if rotate is not None:
        done = ask(session, "ca_rotate", step=rotate, force=force)
        behind = len(done["endpoints_behind"]) + len(done["utms_behind"])
        text = f"the rotation is {done['phase']}; {behind} still have to take this step"
        emit(session, done, lambda: text)
        return
    file = (scanning_ca_file if scanning else ca_file)(session.places)
    document = _certificate(file)
    if not scanning:
        document["phase"] = phase_of(file.parent).value
    key = "path" if only_path else "pem"
    emit(session, document, lambda: str(document[key]))


def ca_file(places: Places) -> Path:
    """Return the file of LiveConnect's CA.

    Raises:
        NothingStoredError: If the data folder holds none.
    """
    return _existing(places, places.liveconnect / "pki" / "ca.crt")


def scanning_ca_file(places: Places) -> Path:
    """Return the file of the CA of HTTPS scanning.

    Raises:
        NothingStoredError: If the data folder holds none.
    """
    return _existing(places, places.scanning_ca / "ca.crt")


def _existing(places: Places, path: Path) -> Path:
    if not path.exists():
        raise NothingStoredError(f"{places.data} holds no lab")
    return path


def _certificate(path: Path) -> dict[str, Any]:
    from cryptography import x509  # noqa: PLC0415 - slow to load, and --path needs none of it
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    pem = path.read_text()
    read = x509.load_pem_x509_certificate(pem.encode())
    return {
        "path": str(path),
        "subject": read.subject.rfc4514_string(),
        "serial": f"{read.serial_number:x}",
        "sha256": read.fingerprint(SHA256()).hex(),
        "not_after": read.not_valid_after_utc.isoformat(),
        "pem": pem,
    }
