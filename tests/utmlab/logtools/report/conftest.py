"""Lines as a UTM writes them, and a report on them."""

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from utmlab.logtools.reading import read_lines
from utmlab.logtools.report.names import Names
from utmlab.logtools.report.record import report_record
from utmlab.logtools.report.reporting import Report, Window
from utmlab.logtools.report.sources import choose

SENT, RECEIVED, ACKNOWLEDGED = (
    ("4233", "Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset"),
    ("4211", "Received report(s) from Sophos LiveConnect"),
    ("4212", "Acknowledging report(s)"),
)


class Lines:
    """What the tests write."""

    sent, received, acknowledged = SENT, RECEIVED, ACKNOWLEDGED

    @staticmethod
    def epsecd(stamp: str, message: tuple[str, str], *, pid: int = 5666, more: str = "") -> str:
        message_id, name = message
        more = more or (' reports="-1"' if message_id == "4212" else "")
        return (
            f'{stamp} utm epsecd[{pid}]: I id="{message_id}" severity="info" sys="System" '
            f'sub="epsecd" name="{name}"{more}'
        )

    @staticmethod
    def web(
        stamp: str,
        *,
        process: str = "eplog",
        action: str = "pass",
        user: str = "ACME\\mlee",
        address: str = "192.168.7.20",
        url: str = "http://www.shop.example/a/b?c=d",
        host: str = "utm",
        profile: str = "REF_A",
        more: str = "",
    ) -> str:
        message_id, name = {
            "pass": ("0001", "http access"),
            "block": ("0060", "web request blocked, forbidden category detected"),
        }[action]
        return (
            f'{stamp} {host} {process}[77]: id="{message_id}" severity="info" sys="SecureWeb" '
            f'sub="http" name="{name}" action="{action}" method="GET" srcip="{address}" '
            f'user="{user}" group="" ad_domain="" statuscode="200" cached="0" profile="{profile}" '
            f'filteraction="REF_B" size="1" request="0x1" url="{url}" referer="" error="" '
            f'authtime="0" exceptions="" category="105" reputation="neutral" '
            f'categoryname="Business"{more}'
        )


@pytest.fixture
def lines() -> type[Lines]:
    return Lines


@pytest.fixture
def reported(tmp_path: Path) -> Callable[..., dict]:
    """Write files below a folder, read them, and return the record."""

    def report(files: Mapping[str, list[str] | bytes], *, tz=None, window=None, naming=None):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else _joined(content)
            is_packed = name.endswith(".gz") and not isinstance(content, bytes)
            path.write_bytes(gzip.compress(data) if is_packed else data)
        made = Report(window or Window(), ZoneInfo(tz) if tz else None)
        chosen = choose([tmp_path])
        for source in chosen.sources:
            made.feed(source, read_lines(source.path))
        made.finish()
        return report_record(made, naming or Names(), chosen.skipped)

    return report


def _joined(content: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in content).encode("utf-8", "surrogateescape")
