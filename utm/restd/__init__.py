"""The appliance's REST API."""

from utm.restd.handler import make_handler

__all__ = ["make_handler"]
