"""`utmlab env`: where everything is, for `eval "$(utmlab env)"`."""

import json
from contextlib import closing
from pathlib import Path

import click

from endpoint.reading import EndpointArchive
from endpoint.web_control.pac import pac_url
from foundation.net.control import CONTROL_FILE
from utmlab.broker import stored_broker
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import emit
from utmlab.cli.render.shell import (
    Variables,
    as_exports,
    broker_variables,
    endpoint_variables,
    lab_variables,
    proxy_variables,
)
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.stored_names import archive_of
from utmlab.filtering import gateway_of
from utmlab.places import Places
from utmlab.settings import Ports, recall
from utmlab.stored import open_utm, stored_token, webadmin_port

_SECRET_NAMES = {
    "admin": "UTMLAB_ADMIN_PASSWORD",
    "auditor": "UTMLAB_AUDITOR_PASSWORD",
    "token": "UTMLAB_API_TOKEN",
}


@click.command(cls=LabCommand)
@click.option(
    "--endpoint",
    metavar="NAME",
    shell_complete=endpoint_names,
    help="Add a computer's proxy as http_proxy and https_proxy, its PAC file, and its logs.",
)
@click.option("--secrets", is_flag=True, help="Add passwords and tokens.")
@click.pass_obj
def env(session: Session, endpoint: str | None, secrets: bool) -> None:
    """Print where everything is, as shell variables.

    URLs, the CA files, the proxies of the computers and the log files, from stored state. Use it
    as: eval "$(utmlab env)".
    """
    places = session.places
    broker = stored_broker(places.data)
    if broker is not None and not places.utm.exists():
        variables = broker_variables(broker)
        if secrets and broker["token_file"]:
            variables["UTMLAB_TOKEN"] = Path(broker["token_file"]).read_text()
        emit(session, {"variables": variables}, lambda: as_exports(variables))
        return
    with closing(open_utm(places)) as utm:
        mcs_url = utm.status()["mcs_url"]
        ports = Ports(**recall(places.settings).get("ports", {}))
        variables = lab_variables(
            places,
            ports,
            mcs_url=mcs_url,
            webadmin_url=f"https://localhost:{webadmin_port(utm, ports)}",
            webadmin_ca=utm.webadmin_certificate,
        )
    proxies = {name: EndpointArchive(places.host(name)).proxy_url for name in places.host_names()}
    variables |= proxy_variables(proxies)
    variables["UTMLAB_GATEWAY_URL"] = gateway_of(places)["url"]
    variables["UTMLAB_SCANNING_CA_FILE"] = str(places.scanning_ca / "ca.crt")
    if endpoint is not None:
        one = archive_of(places, endpoint)
        variables |= endpoint_variables(
            one.name,
            one.proxy_url,
            pac_url=pac_url(one.proxy_url),
            folder=one.host.root,
            client_log=one.logs.client,
            agent_log=one.logs.agent,
        )
    if secrets:
        variables |= _secrets(places)
    emit(session, {"variables": variables}, lambda: as_exports(variables))


def _secrets(places: Places) -> Variables:
    with closing(open_utm(places)) as utm:
        passwords = utm.first_passwords()
    found = {_SECRET_NAMES[user]: password for user, password in passwords.items()}
    found["UTMLAB_TOKEN"] = stored_token(places)
    control = places.data / CONTROL_FILE
    if control.exists():
        found["UTMLAB_CONTROL_TOKEN"] = json.loads(control.read_text())["token"]
    return found
