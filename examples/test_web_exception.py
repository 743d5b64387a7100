"""The script beside this file, run as its head says: an exception from its making to its end."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.peer, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).with_name("web_exception.sh")
RUN = 'eval "$("$PYTHON" -m utmlab env --secrets)" && exec "$SCRIPT"'


async def test_plain_curl_calls_make_change_and_delete_an_exception(utmlab_stack):
    places = utmlab_stack.places
    environment = {"PYTHON": sys.executable, "SCRIPT": str(SCRIPT), "UTMLAB_DATA": str(places.data)}
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", RUN),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    said, errors = (text.decode() for text in await process.communicate())

    assert process.returncode == 0, said + errors
    lines = {line.split(":")[0]: line for line in said.splitlines() if ":" in line}
    assert '"_ref": "REF_UniversityExample"' in lines["create"]
    assert '"suggestion": "^https?://' in lines["refused"]
    assert '"skiplist": ["url_filter", "ssl_scanning"]' in lines["change"]
    assert '"nodes": ["http.exceptions"]' in lines["used by"]
    assert '["REF_UniversityExample"]' in lines["order"]
    assert "deleted:  0 left" in said
    await utmlab_stack.houses["utm"].service.quiesce()
    told = (places.utm_logs / "confd.log").read_text()
    for call in ("new_object", "change_object", "del_object"):
        assert f'call="{call}"' in told
    assert 'name="closing session" user="token"' in told
