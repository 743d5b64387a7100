"""`/api/`: a page for people that leads through the definitions.

Provenance: that a page is there is public; the page is ours, without a script.
"""

from html import escape

from utm.confd.classes import object_classes
from utm.confd.nodes import all_nodes
from utm.restd.calls import Answer, Call
from utm.restd.definitions import EVERYTHING, NODES, VERSION

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>REST API</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884 }}
code {{ font-family: ui-monospace, monospace }}
</style>
</head>
<body>
<h1>REST API</h1>
<p>restd {restd} on UTM {utm}. Log in as an administrator, or as user <code>token</code> with an
API token. <a href="/api/definitions/{everything}">Everything as Swagger 2.0</a>,
<a href="/api/definitions">per class</a>, <a href="/api/nodes">all {count} nodes</a>
(<a href="/api/definitions/{nodes}">their types</a>).</p>
<table>
<thead><tr><th scope="col">Class</th><th scope="col">Objects</th><th scope="col">Standing</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
_ROW = (
    '<tr><td>{title}</td><td><a href="/api/objects/{path}/"><code>{path}</code></a></td>'
    "<td>{standing}</td></tr>"
)


async def read(_call: Call) -> Answer:
    """Return the page."""
    rows = [
        _ROW.format(
            title=escape(class_.title),
            path=escape(class_.full_type),
            standing=escape(class_.standing),
        )
        for class_ in sorted(object_classes().values(), key=lambda each: each.full_type)
    ]
    page = _PAGE.format(
        **VERSION,
        everything=EVERYTHING,
        nodes=NODES,
        count=len(all_nodes()),
        rows="\n".join(rows),
    )
    return Answer(page=page)
