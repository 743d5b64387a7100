"""What the installer file runs: reads the token from its own name and sets up a host.

- The file's name decides the UTM, its content the LiveConnect; both are checked before the host
  is touched.
- The services run as processes of their own and go on when setup has ended.
- What a person should know goes to stderr; the exit code is from the one table.

Provenance: the name is the seed's; the options are ours, since a host here is a folder.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from endpoint.bells import file_bells
from endpoint.composition import POLICIES_DEADLINE_S, Composition, EndpointOptions
from endpoint.computer_facts import load_computer, store_computer
from endpoint.host import HostFolder
from endpoint.products import InstalledProducts, Product
from endpoint.service_table import MCS_CLIENT, WEB_CONTROL
from endpoint.services import ProcessServices
from endpoint.setup.archive import Broker, InstallerIncompleteError, read_broker
from endpoint.setup.errors import SetupStoppedError
from endpoint.setup.exit_codes import ExitCode, table
from endpoint.setup.installer_name import InstallerNameMalformedError, token_of
from endpoint.setup.setup import Setup
from foundation.checkpoints import Checkpoints
from foundation.errors import DomainError
from foundation.redact import Secret


def main(argv: Sequence[str] | None = None, archive: Path | None = None) -> int:
    """Run setup and return its exit code.

    Args:
        argv: The command line; by default this process's.
        archive: The installer; by default the file that this process runs.
    """
    arguments = parser().parse_args(argv)
    installer = archive or Path(sys.argv[0])
    try:
        token, broker = token_of(installer.name), read_broker(installer)
    except InstallerNameMalformedError as error:
        return _stopped(ExitCode.NAME_MALFORMED, error)
    except InstallerIncompleteError as error:
        return _stopped(ExitCode.ARCHIVE_INCOMPLETE, error)
    try:
        asyncio.run(_set_up(arguments, token, broker))
    except SetupStoppedError as error:
        return _stopped(error.exit_code, error, error.cause_hint)
    except OSError as error:
        return _stopped(ExitCode.DISK_REFUSED, error)
    except DomainError as error:
        return _stopped(ExitCode.UNEXPECTED, error)
    return ExitCode.OK.value


def parser() -> argparse.ArgumentParser:
    """Return the installer's command line."""
    options = argparse.ArgumentParser(
        prog="SophosMCSEndpoint_<TOKEN>.exe",
        description="Installs an emulated endpoint into a host folder.",
        epilog=f"exit codes:\n{table()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--host", type=Path, required=True, help="the host folder")
    options.add_argument("--name", default="", help="the computer's name, if not the folder's")
    options.add_argument("--domain", default="", help="the computer's domain")
    options.add_argument(
        "--existing-product",
        action="append",
        default=[],
        metavar="NAME[=VERSION]",
        help="a product of the vendor that is there already",
    )
    options.add_argument(
        "--third-party-product",
        action="append",
        default=[],
        metavar="NAME[=VERSION]",
        help="another vendor's security product that is there already",
    )
    options.add_argument("--poll", type=float, metavar="S", help="the client's poll interval")
    options.add_argument("--proxy-port", type=int, metavar="N", help="Web Control's port")
    options.add_argument("--connect-to", type=Path, metavar="FILE", help="the lab's own internet")
    options.add_argument(
        "--service-arguments",
        action="append",
        default=[],
        type=_read_service_arguments,
        metavar="JSON",
        help='command-line arguments of a service: {"Sophos MCS Client": ["--poll", "5"]}',
    )
    options.add_argument(
        "--deadline",
        type=float,
        default=POLICIES_DEADLINE_S,
        metavar="S",
        help="how long step 4 waits for policies",
    )
    options.add_argument("--kill-at", metavar="NAME", help=argparse.SUPPRESS)
    return options


async def _set_up(arguments: argparse.Namespace, token: Secret, broker: Broker) -> None:
    host = HostFolder(arguments.host.absolute())
    _prepare(host, arguments)
    composition = Composition(
        host,
        bells=file_bells(host),
        options=EndpointOptions(policies_deadline_s=arguments.deadline),
        checkpoints=Checkpoints(arguments.kill_at),
    )
    services = ProcessServices(host, arguments=_service_arguments(arguments))
    await Setup(composition.bench(token, broker, services, _narrate)).run()


def _prepare(host: HostFolder, arguments: argparse.Namespace) -> None:
    """Put the emulated computer into the state that the command line describes."""
    if arguments.name or arguments.domain:
        computer = load_computer(host)
        name, domain = arguments.name or computer.name, arguments.domain or computer.domain
        user = f"{name}\\user"
        store_computer(host, replace(computer, name=name, domain=domain, last_logged_on_user=user))
    products = InstalledProducts(host)
    for text in arguments.existing_product:
        name, _, version = text.partition("=")
        products.add(Product(name=name, version=version, publisher="Sophos Limited"))
    for text in arguments.third_party_product:
        name, _, version = text.partition("=")
        products.add(Product(name=name, version=version, category="anti-virus"))


def _service_arguments(arguments: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    given: dict[str, tuple[str, ...]] = {}
    if arguments.poll is not None:
        given[MCS_CLIENT] = ("--poll", str(arguments.poll))
    if arguments.proxy_port is not None:
        given[WEB_CONTROL] = ("--proxy-port", str(arguments.proxy_port))
    if arguments.connect_to is not None:
        file = str(arguments.connect_to.absolute())
        given[WEB_CONTROL] = (*given.get(WEB_CONTROL, ()), "--connect-to", file)
    for more in arguments.service_arguments:
        for name, words in more.items():
            given[name] = (*given.get(name, ()), *words)
    return given


def _read_service_arguments(text: str) -> dict[str, tuple[str, ...]]:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("not an object of lists")  # noqa: TRY004 - argparse reports ValueError
    return {str(name): tuple(map(str, words)) for name, words in content.items()}


def _narrate(message: str) -> None:
    # Whoever listened may have gone (a closed pipe); the setup log has every line as well.
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{message}\n")


def _stopped(code: ExitCode, error: Exception, hint: str = "") -> int:
    hint = hint or (error.hint if isinstance(error, DomainError) else "")
    _narrate(f"Setup stopped ({code.value}): {error}\n{hint}")
    return code.value
