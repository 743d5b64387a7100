"""What a lab's folders tell, whether anything runs or not."""

from contextlib import closing

from liveconnect.reading import LiveConnectArchive
from utm.reading import UtmArchive
from utm.verbs import NoSuchGroupError
from utmlab.errors import NoSuchChangesetError, NothingStoredError, NoTokenError
from utmlab.places import Places
from utmlab.settings import USUAL_PORTS, Ports
from utmlab.trace import ChangesetTrace, trace_changeset


def open_utm(places: Places) -> UtmArchive:
    """Open the UTM's stored state.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    try:
        return UtmArchive(places.utm)
    except FileNotFoundError:
        raise NothingStoredError(f"{places.data} holds no lab") from None


def open_liveconnect(places: Places) -> LiveConnectArchive:
    """Open LiveConnect's stored state.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    try:
        return LiveConnectArchive(places.liveconnect)
    except FileNotFoundError:
        raise NothingStoredError(f"{places.data} holds no lab") from None


def stored_trace(places: Places, number: int | None = None) -> ChangesetTrace:
    """Return the timeline of a changeset, the newest by default.

    Raises:
        NothingStoredError: If the data folder holds no lab.
        NoSuchChangesetError: If there is none of that number.
    """
    with closing(open_utm(places)) as utm, closing(open_liveconnect(places)) as broker:
        view = utm.changeset(number)
        if view is None:
            wanted = "no changeset yet" if number is None else f"no changeset {number}"
            raise NoSuchChangesetError(f"there is {wanted}")
        tenant = utm.status()["utm_id"]
        assigned = broker.timeline(tenant, view["epoch"], view["number"])
    return trace_changeset(view, assigned)


def poll_interval_s(places: Places) -> float | None:
    """Return the poll interval that LiveConnect told the UTM, None if it never did.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    with closing(open_utm(places)) as utm:
        return utm.poll_interval_s()


def stored_token(places: Places) -> str:
    """Return the registration token of endpoints.

    Raises:
        NothingStoredError: If the data folder holds no lab.
        NoTokenError: If the UTM is off or has none.
    """
    with closing(open_utm(places)) as utm:
        status, snapshot = utm.status(), utm.snapshot()
    if not (status["enabled"] and status["registered"]):
        raise NoTokenError("Endpoint Protection is off, so there is no registration token")
    return str(snapshot.node("epp.registration_token"))


def webadmin_port(utm: UtmArchive, ports: Ports) -> int:
    """Return where WebAdmin and the REST API listen: as the UTM's node says, or as was given."""
    if ports.webadmin in {0, USUAL_PORTS.webadmin}:
        return int(utm.snapshot().node("webadmin.port"))
    return ports.webadmin


def group_named(utm: UtmArchive, wanted: str) -> str:
    """Return the reference of an endpoint group, the default one for an empty name.

    Raises:
        NoSuchGroupError: If there is none of that name or reference.
    """
    for one in utm.groups():
        if wanted in {one["name"], one["ref"]} or (not wanted and one["default"]):
            return str(one["ref"])
    raise NoSuchGroupError(f"there is no endpoint group {wanted!r}")
