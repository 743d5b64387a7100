"""What nine consumers of UTM logs do with a line, by their own documented rules.

Each module restates one consumer's rules as data, with a small interpreter that ends in an
`Outcome`: fields by the consumer's names, or the first character where it stops and why. Nothing is
copied from any of them; what their sources leave open is said in the module.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from utmlab.logtools.consumers import (
    beats,
    elastic,
    exabeam,
    graylog,
    ossec,
    ossim,
    secops,
    sumo,
    twibow,
)
from utmlab.logtools.consumers.outcome import Outcome

Read = Callable[[str], Outcome]

CONSUMERS: Final[Mapping[str, Read]] = MappingProxyType(
    {
        "elastic": elastic.read,
        "beats": beats.read,
        "graylog": graylog.read,
        "exabeam": exabeam.read,
        "sumo": sumo.read,
        "twibow": twibow.read,
        "ossim": ossim.read,
        "ossec": ossec.read,
        "secops": secops.read,
    }
)
"""By the name of `--as`. A reader takes the text as the consumer receives it."""
