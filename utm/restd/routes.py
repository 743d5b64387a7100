"""Which path and method lead where.

- Further slashes count for nothing: `//api//nodes/` is `/api/nodes`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from utm.restd import definitions, nodes, objects, start_page
from utm.restd.calls import Answer, Call
from utm.restd.errors import NOT_FOUND, refusal

Work = Callable[..., Awaitable[Answer]]
READING: Final = frozenset({"GET", "HEAD"})

_ANY: Final = "*"
_ROUTES: Final[Mapping[tuple[str, ...], Mapping[str, Work]]] = {
    (): {"GET": start_page.read},
    ("status", "version"): {"GET": definitions.read_version},
    ("definitions",): {"GET": definitions.read_list},
    ("definitions", _ANY): {"GET": definitions.read_one},
    ("nodes",): {"GET": nodes.read_nodes},
    ("nodes", _ANY): {"GET": nodes.read_node, "PUT": nodes.put_node},
    ("objects", _ANY, _ANY): {"GET": objects.list_objects, "POST": objects.create_object},
    ("objects", _ANY, _ANY, _ANY): {
        "DELETE": objects.delete_object,
        "GET": objects.read_object,
        "PATCH": objects.patch_object,
        "PUT": objects.put_object,
    },
    ("objects", _ANY, _ANY, _ANY, "usedby"): {"GET": objects.read_users},
}


def find(method: str, path: str) -> Callable[[Call], Awaitable[Answer]]:
    """Return what answers a request.

    Raises:
        RequestRefusedError: If nothing is there, or it does not take that method.
    """
    parts = [part for part in path.split("/") if part]
    for route, works in _ROUTES.items():
        if len(route) == len(parts) and all(map(_fits, route, parts)):
            work = works.get("GET" if method == "HEAD" else method)
            if work is None:
                allowed = ", ".join(sorted(works))
                sentence = f"This takes {allowed}."
                raise refusal(405, "METHOD_NOT_ALLOWED", sentence, {"Allow": allowed})
            names = [part for word, part in zip(route, parts, strict=True) if word == _ANY]
            return lambda call: work(call, *names)
    raise refusal(NOT_FOUND, "NOT_FOUND", "There is nothing at this path.")


def _fits(word: str, part: str) -> bool:
    return word in (_ANY, part)
