"""The routes of the UTM link.

Provenance: ours; no public source shows the wire format of this leg.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from foundation.protocol import link
from liveconnect.link_service.answers import AnswerCalls
from liveconnect.link_service.context import MOST_BYTES, LinkContext
from liveconnect.link_service.registration import RegistrationCalls
from liveconnect.link_service.syncing import SyncingCalls

CERTIFICATE_PATH = "/link/v1/certificate"
CA_PATH = "/link/v1/ca"
UTM_PATH = "/link/v1/utm"


class LinkService:
    """Answers UTMs."""

    def __init__(self, context: LinkContext) -> None:
        self._context = context

    def application(self, middlewares: Iterable[Any] = ()) -> web.Application:
        """Return the application to serve."""
        app = web.Application(middlewares=tuple(middlewares), client_max_size=MOST_BYTES)
        context = self._context
        registering, syncing = RegistrationCalls(context), SyncingCalls(context)
        answering = AnswerCalls(context)
        app.router.add_post(link.REGISTER_PATH, context.guarded("register", registering.register))
        endpoint = f"{link.ENDPOINTS_PATH}/{{endpoint}}"
        routes = (
            ("certificate", "POST", CERTIFICATE_PATH, registering.renew),
            ("ca", "GET", CA_PATH, registering.trusted_ca),
            ("remove", "DELETE", UTM_PATH, registering.remove),
            ("token", "POST", link.TOKEN_RESET_PATH, registering.reset_token),
            ("part", "PUT", f"{link.PARTS_PATH}/{{sha256}}", syncing.put_part),
            ("latest", "GET", link.LATEST_CHANGESET_PATH, syncing.latest_changeset),
            (
                "changeset",
                "PUT",
                f"{link.CHANGESETS_PATH}/{{epoch}}/{{number}}",
                syncing.put_changeset,
            ),
            ("reports", "GET", link.REPORTS_PATH, syncing.take_reports),
            ("ack", "POST", link.ACKNOWLEDGE_PATH, syncing.acknowledge_reports),
            ("endpoints", "GET", link.ENDPOINTS_PATH, syncing.endpoints),
            ("remove endpoint", "DELETE", endpoint, syncing.remove_endpoint),
            ("responses", "GET", f"{endpoint}/responses", answering.responses),
            ("feeds", "GET", f"{endpoint}/feeds", answering.feeds),
            ("restore endpoint", "POST", f"{endpoint}/restore", syncing.restore_endpoint),
        )
        for name, method, path, call in routes:
            app.router.add_route(method, path, context.of_utm(name, call))
        return app
