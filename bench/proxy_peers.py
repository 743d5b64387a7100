"""The programs around a proxy benchmark: an origin, and the proxies that ours is compared with.

- Each runs from a configuration of its own in a temporary folder, on a free port of 127.0.0.1,
  as one process without a cache and with its access log on, as far as it can keep one.
- CPU time is the process's own, all threads, by /proc: ticks of 10 ms.
- A peer that is not installed is left out; `apt-get install squid tinyproxy privoxy nginx-light`.
"""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SITE = "news.example"
READY_S = 20.0
PAGE = "<!DOCTYPE html><title>news</title>" + "<p>Nothing happened today.</p>" * 30


@dataclass(frozen=True, slots=True)
class Program:
    """A running program; `site` is the host that requests name in their URLs."""

    name: str
    port: int
    pid: int
    site: str = "127.0.0.1"
    keeps_alive: bool = True

    def cpu_s(self) -> float:
        """Return the CPU time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _binary(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextlib.asynccontextmanager
async def _running(
    command: list[str], port: int, *, stop: int = 15
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program until the block ends; the block begins when its port answers."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(READY_S):
            while not await _answers(port):
                if process.returncode is not None:
                    raise RuntimeError(f"{command[0]} ended with {process.returncode}")
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(stop)
            await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@contextlib.asynccontextmanager
async def nginx_origin(folder: Path) -> AsyncIterator[int]:
    """Run the origin; give its port."""
    binary, port = _binary("nginx"), free_port()
    if binary is None:
        raise RuntimeError("nginx is not installed: apt-get install nginx-light")
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;\n"
        "worker_rlimit_nofile 10000; events { worker_connections 4096; }\n"
        "http { access_log off; keepalive_requests 10000000; keepalive_timeout 600;\n"
        f" client_body_temp_path {folder}; proxy_temp_path {folder};\n"
        f" fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n"
        f" server {{ listen 127.0.0.1:{port}; default_type text/html;\n"
        f"  location / {{ return 200 '{PAGE}'; }} }} }}\n"
    )
    async with _running([binary, "-c", str(config), "-e", str(folder / "nginx.err")], port):
        yield port


@contextlib.asynccontextmanager
async def squid(folder: Path) -> AsyncIterator[Program | None]:
    """Run squid, cache off, one list of blocked domains, access log on."""
    binary = _binary("squid")
    if binary is None:
        yield None
        return
    folder.chmod(0o755)
    folder = folder / "squid"
    folder.mkdir()
    folder.chmod(0o777)  # as root, it becomes another user
    port, config, hosts = free_port(), folder / "squid.conf", folder / "squid.hosts"
    hosts.write_text(f"127.0.0.1 {SITE}\n")
    blocked = folder / "squid.blocked"
    blocked.write_text("".join(f".blocked-{number}.example\n" for number in range(200)))
    config.write_text(
        f"http_port 127.0.0.1:{port}\ncache deny all\ncache_mem 8 MB\nhosts_file {hosts}\n"
        f'acl blocked dstdomain "{blocked}"\nhttp_access deny blocked\nhttp_access allow all\n'
        f"access_log stdio:{folder}/squid.log squid\ncache_log {folder}/squid.cache\n"
        f"pid_filename {folder}/squid.pid\ncoredump_dir {folder}\npinger_enable off\n"
        "max_filedescriptors 4096\nshutdown_lifetime 0 seconds\nbuffered_logs on\n"
    )
    async with _running([binary, "-N", "-n", f"bench{port}", "-f", str(config)], port) as process:
        yield Program("squid", port, process.pid, site=SITE)


@contextlib.asynccontextmanager
async def tinyproxy(folder: Path) -> AsyncIterator[Program | None]:
    """Run tinyproxy; it closes the connection after each answer."""
    binary = _binary("tinyproxy")
    if binary is None:
        yield None
        return
    port, config = free_port(), folder / "tinyproxy.conf"
    config.write_text(
        f'Port {port}\nListen 127.0.0.1\nLogFile "{folder}/tinyproxy.log"\nLogLevel Connect\n'
        f'PidFile "{folder}/tinyproxy.pid"\nMaxClients 200\nTimeout 600\nAllow 127.0.0.1\n'
    )
    async with _running([binary, "-d", "-c", str(config)], port) as process:
        yield Program("tinyproxy", port, process.pid, keeps_alive=False)


@contextlib.asynccontextmanager
async def privoxy(folder: Path) -> AsyncIterator[Program | None]:
    """Run privoxy without filters, its request log on."""
    binary = _binary("privoxy")
    if binary is None:
        yield None
        return
    port, config = free_port(), folder / "privoxy.conf"
    config.write_text(
        f"listen-address 127.0.0.1:{port}\nlogdir {folder}\nlogfile privoxy.log\ndebug 512\n"
        "keep-alive-timeout 600\ntolerate-pipelining 1\nsocket-timeout 600\n"
        f"confdir {folder}\ntoggle 0\nmax-client-connections 200\nconnection-sharing 1\n"
    )
    async with _running([binary, "--no-daemon", str(config)], port) as process:
        yield Program("privoxy", port, process.pid)
