"""The gateway's own web filter: a proxy that decides by confd and writes http.log."""

from utm.web_filter.options import WebFilterOptions
from utm.web_filter.service import WebFilter

__all__ = ["WebFilter", "WebFilterOptions"]
