"""What a UTM is told when it starts."""

from dataclasses import dataclass, field
from pathlib import Path

from utm.epsecd.voice import ReportIds
from utm.logs.catalogue import EplogProcess, LogProfile
from utm.web_filter.options import WebFilterOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class UtmConfig:
    """The settings of one UTM.

    Attributes:
        data: Its folder: database, link credentials, installers.
        logs: Where epsecd.log and the others are written.
        liveconnect_url: The link listener of LiveConnect, `https://host:port`.
        liveconnect_ca: The CA that LiveConnect's certificate is checked against.
        enrolment_secret: A file with LiveConnect's enrolment secret, which registering needs from
            another machine (there `pki/enrolment.secret`).
        host_name: As it stands in every log line; short, without underscore.
        timezone: IANA name; stamps in logs are local time.
        organization: Sent with the registration.
        extra_lines: Whether epsecd.log may hold ids of our own (4280 to 4299).
        report_ids: What `reports=` of 4212 shows.
        log_profile: The version whose keys and order web lines have.
        eplog_process: The process in eplog.log; `httpproxy` is for consumers that look at it.
        web_filter: The gateway's own filter.
        webadmin_port: Where WebAdmin and the REST API listen; 0 takes a free port, None that of
            node webadmin.port.
    """

    data: Path
    logs: Path
    liveconnect_url: str
    liveconnect_ca: Path
    enrolment_secret: Path | None = None
    host_name: str = "utm"
    timezone: str = "UTC"
    organization: str = "utmlab"
    extra_lines: bool = True
    report_ids: ReportIds = "unnumbered"
    log_profile: LogProfile = "9.7"
    eplog_process: EplogProcess = "eplog"
    web_filter: WebFilterOptions = field(default_factory=WebFilterOptions)
    webadmin_port: int | None = 0

    @property
    def operations_log_file(self) -> Path:
        """The log of what this UTM did, apart from the emulated logs."""
        return operations_log_file(self.data)


def operations_log_file(data: Path) -> Path:
    """Return the operations log inside a data folder."""
    return data / "utm.log"
