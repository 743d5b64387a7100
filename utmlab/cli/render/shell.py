"""Shell variables: where everything of a lab is.

- Values are quoted for a POSIX shell; a name never holds anything but letters, digits and `_`.
- Secrets are in the answer only when asked for.

Provenance: ours.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from utmlab.places import DATA_VARIABLE, Places
from utmlab.settings import Ports

Variables = dict[str, str]


def lab_variables(
    places: Places, ports: Ports, *, mcs_url: str, webadmin_url: str, webadmin_ca: Path
) -> Variables:
    """Return the variables of a lab.

    Args:
        places: Its folders.
        ports: Its listeners.
        mcs_url: The MCS address that the UTM knows; empty before it is registered.
        webadmin_url: The UTM's WebAdmin, without a path.
        webadmin_ca: The CA file of its certificate.
    """
    return {
        DATA_VARIABLE: str(places.data),
        "UTMLAB_LOGS": str(places.logs),
        "UTMLAB_EPSECD_LOG": str(places.utm_logs / "epsecd.log"),
        "UTMLAB_EPLOG_LOG": str(places.utm_logs / "eplog.log"),
        "UTMLAB_CONFD_LOG": str(places.utm_logs / "confd.log"),
        "UTMLAB_MCS_URL": mcs_url or f"https://localhost:{ports.mcs}",
        "UTMLAB_LINK_URL": f"https://localhost:{ports.link}",
        "UTMLAB_CONTROL_URL": f"http://127.0.0.1:{ports.control}",
        "UTMLAB_WEBADMIN_URL": f"{webadmin_url}/",
        "UTMLAB_REST_URL": f"{webadmin_url}/api",
        "UTMLAB_WEBADMIN_CA_FILE": str(webadmin_ca),
        "UTMLAB_CA_FILE": str(places.liveconnect / "pki" / "ca.crt"),
        "UTMLAB_INTERNET_CA_FILE": str(places.data / "internet" / "ca.crt"),
    }


def broker_variables(broker: Mapping[str, Any]) -> Variables:
    """Return the variables of a LiveConnect that runs alone."""
    return {
        DATA_VARIABLE: str(broker["data"]),
        "UTMLAB_MCS_URL": str(broker["mcs_url"]),
        "UTMLAB_LINK_URL": str(broker["link_url"]),
        "UTMLAB_CA_FILE": str(broker["ca_file"]),
    }


def proxy_variables(proxies: Mapping[str, str]) -> Variables:
    """Return one variable per computer's Web Control proxy, as far as it ever ran."""
    return {f"UTMLAB_PROXY_{_word(name)}": url for name, url in proxies.items() if url}


def endpoint_variables(
    name: str, proxy_url: str, *, pac_url: str, folder: Path, client_log: Path, agent_log: Path
) -> Variables:
    """Return the variables of one computer: programs that heed them browse as it does."""
    return {
        "UTMLAB_ENDPOINT": name,
        "UTMLAB_HOST_FOLDER": str(folder),
        "UTMLAB_MCSCLIENT_LOG": str(client_log),
        "UTMLAB_MCSAGENT_LOG": str(agent_log),
        "http_proxy": proxy_url,
        "https_proxy": proxy_url,
        "UTMLAB_PAC_URL": pac_url,
    }


def as_exports(variables: Mapping[str, str]) -> str:
    """Return `export NAME=value` lines."""
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    return "".join(lines)


def _word(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
