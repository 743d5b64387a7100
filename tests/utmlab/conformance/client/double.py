"""A small MCS client that is right in everything but the faults it is told to have."""

import asyncio
import base64
import contextlib
import json
import random
import re
from html import unescape
from urllib.parse import urlsplit

APPS = "AGENT;APPSPROXY;MCS"
REALM = 'Basic realm="register"'
XML = "http://www.sophos.com/xml/mcs"


class Failed(Exception):  # noqa: N818  # how a call ends
    def __init__(self, status=0, realm=""):
        self.status = status
        self.realm = realm


class Wire:
    """One connection at a time; a request gives status, headers and body, or raises Failed."""

    def __init__(self, url, context, faults):
        self.parts = urlsplit(url)
        self.context = context
        self.faults = faults
        self.streams = None

    def close(self):
        if self.streams:
            self.streams[1].close()
        self.streams = None

    async def open(self):
        if self.streams is None:
            host = (self.parts.hostname, self.parts.port)
            self.streams = await asyncio.open_connection(*host, ssl=self.context)
        return self.streams

    async def send(self, method, path, headers, body=b""):
        _, writer = await self.open()
        version = "HTTP/1.0" if "http-1.0" in self.faults else "HTTP/1.1"
        lines = [f"{method} {self.parts.path}{path} {version}", "Host: localhost"]
        lines.append(f"Accept-Encoding: {'gzip' if 'gzip' in self.faults else 'identity'}")
        if body or "no-length" not in self.faults:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def head(self):
        reader, _ = await self.open()
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        if not first.startswith("HTTP/"):
            raise Failed
        return int(first.split(" ")[1]), [line.split(": ", 1) for line in lines]

    async def request(self, *call):
        try:
            await self.send(*call)
            status, headers = await self.head()
            length = int(dict(headers).get("Content-Length", "0"))
            body = await self.streams[0].readexactly(length)
        except (OSError, EOFError) as error:
            raise Failed from error
        if "reconnects" in self.faults:
            self.close()
        return status, headers, body


class ClientDouble:
    def __init__(self, url, context, clock, token, *faults):
        self.faults = set(faults)
        self.url, self.context, self.clock, self.token = url, context, clock, token
        self.wire = Wire(url, context, self.faults)
        self.rng = random.Random(1)
        self.identity = ("", "")
        self.cookies = {}
        self.interval = 20.0
        self.failures = 0
        self.access = {}
        self.expires_at = 0.0
        self.policy = {}
        self.told = ""
        self.work = []
        self.done = set()
        self.push_task = None
        self.wake = asyncio.Event()
        self.pushed = []
        self.has_flags = False
        self.registrations = 0

    def has(self, fault):
        return fault in self.faults

    # ---- calls

    async def call(self, method, path, body=b"", *, authorization="", headers=None):
        sent = {"Authorization": authorization or self.basic()}
        agent = (
            "curl/8" if self.has("agent") else "Sophos MCS Client/1.2.3.4 Linux sessions regToken"
        )
        sent |= {"User-Agent": agent} | (headers or {})
        if self.cookies and not self.has("no-cookies"):
            sent["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        if path == "" and not self.has("base-auth"):
            del sent["Authorization"]
        status, answered, answer = await self.wire.request(method, path, sent, body)
        if status == 200 or self.has("poison"):
            for name, value in answered:
                if name == "Set-Cookie":
                    key, _, cookie = value.partition(";")[0].partition("=")
                    self.cookies[key] = cookie
        if status != 200:
            raise Failed(status, dict(answered).get("WWW-Authenticate", ""))
        return answer

    def basic(self, *parts):
        text = ":".join(parts or self.identity)
        return "Basic " + base64.b64encode(text.encode()).decode()

    async def register(self):
        if not self.has("cookie-on-register"):
            self.cookies.clear()
        old = ("", "") if self.has("forgets-identity") else self.identity
        if not self.identity[0] and self.has("register-id"):
            old = ("old", "old")
        body = "<computer/>" if self.has("plain-register") else computer_status()
        answer = await self.call(
            "POST", "/register", body.encode(), authorization=self.basic(*old, self.token)
        )
        new = tuple(base64.b64decode(answer).decode().split(":"))
        if not (self.registrations and self.has("old-password")):
            self.identity = new
        if self.registrations == 0 or not self.has("no-statuses-again"):
            self.told = ""
        self.registrations += 1

    # ---- the loop

    async def run(self):
        await self.call("GET", "")
        await self.register()
        if self.has("stray"):
            with contextlib.suppress(Failed):
                await self.call("GET", "/nothing")
        if self.has("parallel"):
            self.push_task = asyncio.create_task(self.beside())
        must_register = False
        while True:
            began = asyncio.get_running_loop().time()
            try:
                if must_register:
                    await self.register()
                    must_register = False
                await self.round()
                if not self.has("never-resets"):
                    self.failures = 0
                wait = began + self.interval * (0.5 if self.has("hasty") else 1)
                wait -= asyncio.get_running_loop().time()
            except Failed as failed:
                wait = self.react(failed)
                wanted = failed.realm == REALM and not self.has("never-registers")
                must_register = wanted or (self.has("registers-always") and failed.status != 0)
                if self.has("chatty"):
                    with contextlib.suppress(Failed):
                        await self.call("GET", f"/flags/endpoint/{self.identity[0]}")
            await self.pause(wait)

    def react(self, failed):
        self.failures += 1
        if failed.status not in (401, 504):
            if not self.has("keeps-cookies"):
                self.cookies.clear()
            if not self.has("keeps-connection") or failed.status == 0:
                self.wire.close()
        elif self.has("forgets-cookies"):
            self.cookies.clear()
        base = self.interval * (2 if failed.status in (400, 401, 503) else 1)
        longest = base if self.has("never-grows") else base * 2 ** (self.failures - 1)
        if self.has("no-back-off"):
            return 0.0
        if self.has("never-grows"):
            return max(longest / 2, self.interval)
        return max(self.rng.uniform(longest / 2, longest), self.interval)

    async def pause(self, wait):
        self.wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(wait, 0.01)):
                await self.wake.wait()

    async def round(self):
        apps = "AGENT" if self.has("no-mcs-app") else APPS
        answer = await self.call(
            "GET", f"/commands/applications/{apps}/endpoint/{self.identity[0]}"
        )
        self.take(answer.decode())
        for document in self.pushed:
            await self.take_pushed(document)
        self.pushed.clear()
        await self.do_work()
        await self.authenticate()
        await self.rest()

    def take(self, text):
        if not text.strip().endswith("</ns:commands>"):
            if self.has("strict-xml"):
                raise Failed
            return
        if "<!DOCTYPE" in text and not self.has("entities"):
            return
        found = [
            dict(re.findall(r"<(\w+)>(.*?)</\1>", one, re.DOTALL))
            for one in re.findall(r"<command>(.*?)</command>", text, re.DOTALL)
        ]
        if not all("appId" in one for one in found):
            if not self.has("lenient"):
                return
            found = [one for one in found if "appId" in one]
        if self.has("sorted-by-seq"):
            found.sort(key=lambda one: one["seq"])
        self.work += found

    async def do_work(self):
        while self.work:
            one = self.work[0]
            await self.work_off(one)
            self.work.pop(0)
            self.done.add(one["id"])

    async def work_off(self, one):
        body = unescape(one["body"])
        if self.has("fetch-first"):
            await self.fetch(body)
        known = one["id"] in self.done and self.has("dedups")
        silent = one["appId"] == "EXAMPLE" and self.has("unknown-unacked")
        unacked = one["appId"] == "APPSPROXY" and self.has("no-ack")
        if not (known or silent or unacked or one.get("acked")):
            path = f"/commands/endpoint/{self.identity[0]}/{one['id']}"
            await self.call("DELETE", path)
            one["acked"] = True
        if not self.has("fetch-first"):
            await self.fetch(body)

    async def fetch(self, body):
        pieces = [
            (int(seq), await self.call("GET", f"/policy/fragment/application/MCS/{name}"))
            for seq, name in re.findall(r'seq="(\d+)" id="(\w+)"', body)[
                : 1 if self.has("one-fragment") else None
            ]
        ]
        if not self.has("as-listed"):
            pieces.sort()
        document = b"".join(piece for _, piece in pieces).decode()
        for policy_id in re.findall(r"<policyId>(.*?)</policyId>", body):
            try:
                document = (await self.call("GET", f"/policy/application/MCS/{policy_id}")).decode()
            except Failed:
                if self.has("gives-up"):
                    return
                raise
        rev_id = re.search(r'RevID="(\w*)"', document)
        whole = document.startswith("<?xml") and document.endswith("</policy>") and rev_id
        if whole and (rev_id[1] or self.has("takes-any")):
            self.apply(document, rev_id[1])

    def apply(self, document, rev_id):
        names = ("deviceId", "pushServer")
        self.policy = {n: (re.findall(rf"<{n}>(.*?)</{n}>", document) or [""])[0] for n in names}
        self.policy["rev"] = rev_id
        self.interval = float(re.search(r'commandPollingDelay default="(\d+)"', document)[1])

    async def authenticate(self):
        now = asyncio.get_running_loop().time()
        other = self.access.get("device_id") != self.policy.get("deviceId", "")
        wanted = (
            not self.access
            or (other and not self.has("ignores-device"))
            or (self.expires_at - now < 600 and not self.has("ignores-expiry"))
            or self.has("auth-always")
        )
        if wanted and not self.has("no-auth"):
            path = f"/authenticate/endpoint/{self.identity[0]}/role/endpoint"
            answer = await self.call("POST", path, b"x" if self.has("auth-body") else b"")
            self.access = json.loads(answer)
            self.expires_at = now + self.access["expires_in"]

    async def rest(self):
        own = self.identity[0]
        if not self.has_flags and not self.has("no-flags"):
            if self.has("wrong-password"):
                with contextlib.suppress(Failed):
                    await self.call(
                        "GET", f"/flags/endpoint/{own}", authorization=self.basic("a", "b")
                    )
            await self.call("GET", f"/flags/endpoint/{own}")
            self.has_flags = True
            if self.has("event-root"):
                await self.call("POST", f"/events/endpoint/{own}", b"<events/>")
        rev_id = self.policy.get("rev", "")
        if self.told != rev_id and not self.has("no-status"):
            root = "statuses" if self.has("status-root") else "ns:statuses"
            text = f'<{root} xmlns:ns="{XML}/statuses">Res="Same" RevID="{rev_id}"</{root}>'
            await self.call("PUT", f"/statuses/endpoint/{own}", text.encode())
            self.told = rev_id
        is_down = self.push_task is None or self.push_task.done()
        again = self.push_task is None or not self.has("no-reconnect")
        if self.policy.get("pushServer") and is_down and again:
            self.push_task = asyncio.create_task(self.listen())

    async def beside(self):
        """Ask for the base again and again, whatever else is under way."""
        other = Wire(self.url, self.context, self.faults)
        while True:
            await asyncio.sleep(0.7)
            await other.request("GET", "", {})

    # ---- push

    def bearer(self):
        headers = {"X-Device-ID": self.access["device_id"], "X-Tenant-ID": self.access["tenant_id"]}
        if self.has("no-tenant"):
            del headers["X-Tenant-ID"]
        return f"Bearer {self.access['access_token']}", headers

    async def listen(self):
        wire = Wire(self.url, self.context, self.faults)
        authorization, headers = self.bearer()
        headers |= {"Authorization": authorization, "Cache-Control": "no-cache"}
        headers |= {"Accept": "*/*" if self.has("push-accept") else "text/event-stream"}
        headers["x-sophos-capabilities"] = "cloneDetectionV2,terminate"
        try:
            await wire.send("GET", f"/v2/push/device/{self.access['device_id']}", headers)
            await wire.head()
            while line := await wire.streams[0].readline():
                if line.startswith(b"data: ") and not self.has("deaf"):
                    if b"<ns:commands" in line:
                        self.pushed.append(line[6:].decode())
                    self.wake.set()
        finally:
            wire.close()
            if not self.has("slow-drop"):
                self.wake.set()

    async def take_pushed(self, text):
        if "clone_challenge" not in text:
            self.take(text)
            return
        command_id = re.search(r"<id>(.*?)</id>", text)[1]
        authorization, headers = self.bearer()
        path = f"/v2/responses/device/{self.access['device_id']}/app_id/APPSPROXY"
        body = b"{}" if self.has("no-dedup-id") else b'{"dedup_id": "1"}'
        path += f"/correlation_id/{command_id}"
        await self.call("POST", path, body, authorization=authorization, headers=headers)


def computer_status():
    return f'<ns:computerStatus xmlns:ns="{XML}/computerstatus"></ns:computerStatus>'
