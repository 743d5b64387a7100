"""The proxy as curl sees it."""

import re

from proxy_world import Origin, proxy_world, server_tls
from web_policies import one_action_policy

from foundation.webfilter.policy import FilterAction, SiteList, WebException

POLICY = one_action_policy(
    FilterAction(ref="REF_A", name="Rules", categories=(116,), warn_categories=(195,))
)


async def test_an_allowed_page_comes_through_and_leaves_an_activity():
    async with proxy_world(POLICY) as world:
        code, out, err = await world.curl("-e", "http://from.example/", "http://news.example/a?b=c")
        (activity,) = await world.wait_activities(1)

    assert (code, out, err) == (0, "hello from the origin", "")
    assert world.origin.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: news.example\r\n")
    assert activity.action == "allow"
    assert activity.status_code == 200
    assert activity.size == len(out)
    assert activity.content_type == "text/plain"
    assert activity.referer == "http://from.example/"
    assert activity.request.user_agent.startswith("curl/")
    assert activity.server_address == "127.0.0.1"
    assert activity.verdict.category_name == "General News"


async def test_uvloop_serves_the_same(tmp_path):
    import asyncio

    import uvloop

    tls, ca = server_tls(tmp_path)

    async def story():
        async with proxy_world(POLICY, tls=tls) as world:
            plain = await world.curl("http://news.example/")
            secure = await world.curl("--cacert", str(ca), "https://news.example/")
            blocked = await world.curl("http://games.example/")
            return plain[1], secure[1], blocked[1]

    def run():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(story())

    plain, secure, blocked = await asyncio.to_thread(run)
    assert (plain, secure) == ("hello from the origin", "hello from the origin")
    assert blocked.startswith("Blocked")


async def test_a_blocked_page_is_a_403_as_text_for_curl_and_as_html_for_a_browser():
    async with proxy_world(POLICY) as world:
        _, text, _ = await world.curl("-w", "%{http_code}", "http://www.games.example/")
        _, html, _ = await world.curl("-i", "-H", "Accept: text/html", "http://games.example/<b>")
        activities = await world.wait_activities(2)

    assert text.startswith("Blocked: Sites of this category are restricted.\n")
    assert text.endswith("403")
    assert "X-Web-Control: block; reason=category" in html
    assert "Content-Security-Policy: default-src 'none'" in html
    assert "<h1>Blocked</h1>" in html
    assert "<b>" not in html.partition("<body")[2]
    assert [activity.action for activity in activities] == ["block", "block"]
    assert world.origin.requests == []


async def test_keep_alive_to_two_hosts_has_a_verdict_for_each_request():
    async with proxy_world(POLICY) as world:
        code, out, _ = await world.curl(
            "-w", "[%{http_code} %{num_connects}]",
            "http://news.example/", "http://games.example/", "http://shop.example/",
        )  # fmt: skip
        activities = await world.wait_activities(3)

    assert code == 0
    assert re.findall(r"\[(\d+) (\d)\]", out) == [("200", "1"), ("403", "0"), ("200", "0")]
    assert [a.verdict.host for a in activities] == ["news.example", "games.example", "shop.example"]


async def test_the_origin_connection_is_used_again():
    async with proxy_world(POLICY) as world:
        await world.curl("http://news.example/1", "http://news.example/2")

        assert world.origin.connections == 1
        assert len(world.origin.requests) == 2


async def test_https_goes_through_a_tunnel_to_a_real_tls_origin(tmp_path):
    tls, ca = server_tls(tmp_path)
    async with proxy_world(POLICY, tls=tls) as world:
        code, out, err = await world.curl("--cacert", str(ca), "https://news.example/secret")
        (activity,) = await world.wait_activities(1)

    assert (code, out, err) == (0, "hello from the origin", "")
    assert activity.action == "allow"
    assert activity.request.method == "CONNECT"
    assert activity.verdict.url == "https://news.example/"
    assert activity.status_code == 200
    assert activity.size > len(out)


async def test_https_is_blocked_by_its_host_with_a_403_and_a_page():
    async with proxy_world(POLICY) as world:
        code, _, err = await world.curl("https://games.example/")
        answer = await world.raw(
            b"CONNECT games.example:443 HTTP/1.1\r\nHost: games.example:443\r\n\r\n"
        )

    assert code in {7, 56}
    assert "403" in err
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"Blocked: " in answer


async def test_an_https_warning_is_not_shown_and_counts_as_proceed(tmp_path):
    tls, ca = server_tls(tmp_path)
    async with proxy_world(POLICY, tls=tls) as world:
        code, out, _ = await world.curl("--cacert", str(ca), "https://social.example/")
        (activity,) = await world.wait_activities(1)

    assert (code, out) == (0, "hello from the origin")
    assert activity.action == "proceed"
    assert activity.verdict.action == "warn"


async def test_web_02_a_warned_user_goes_on_by_post_and_is_remembered():
    async with proxy_world(POLICY) as world:
        url = "http://social.example/wall?x=1"
        _, warning, _ = await world.curl("-H", "Accept: text/html", url)
        token = re.search(r'name="token" value="([^"]+)"', warning)[1]
        post = ["-i", "--data", f"token={token}", "http://social.example/.utmlab/proceed"]
        _, answer, _ = await world.curl(*post)
        _, page, _ = await world.curl(url)
        _, again, _ = await world.curl(*post)
        world.clock.advance(1801)
        _, later, _ = await world.curl(url)
        activities = await world.wait_activities(4)

    assert "<h1>Warning</h1>" in warning
    assert answer.startswith("HTTP/1.1 303 See Other\r\n")
    assert f"Location: {url}\r\n" in answer
    assert page == "hello from the origin"
    assert again.startswith("HTTP/1.1 403")
    assert later.startswith("Warning")
    assert [activity.action for activity in activities] == ["warn", "proceed", "allow", "warn"]


async def test_a_token_is_good_for_its_own_host_and_user_only():
    users = ["ann"]
    async with proxy_world(POLICY, user=lambda: users[0]) as world:
        _, warning, _ = await world.curl("http://social.example/")
        token = re.search(r"token=(\S+)", warning)[1]
        other_host = "http://www.social.example/.utmlab/proceed"
        _, answer, _ = await world.curl("--data", f"token={token}", other_host)
        users[0] = "bob"
        own_host = "http://social.example/.utmlab/proceed"
        _, for_bob, _ = await world.curl("--data", f"token={token}", own_host)

    assert "another computer, user or site" in answer
    assert "another computer, user or site" in for_bob


async def test_what_became_blocked_meanwhile_cannot_be_proceeded_to():
    async with proxy_world(POLICY) as world:
        _, warning, _ = await world.curl("http://social.example/")
        token = re.search(r"token=(\S+)", warning)[1]
        world.policy = one_action_policy(FilterAction(ref="REF_A", categories=(195,)))
        _, answer, _ = await world.curl(
            "--data", f"token={token}", "http://social.example/.utmlab/proceed"
        )

    assert answer.startswith("Blocked")


async def test_the_stylesheet_comes_from_the_reserved_path():
    async with proxy_world(POLICY) as world:
        _, css, _ = await world.curl("-i", "http://games.example/.utmlab/page.css")
        _, got, _ = await world.curl("-w", "%{http_code}", "http://x.example/.utmlab/proceed")
        _, none, _ = await world.curl("-w", "%{http_code}", "http://x.example/.utmlab/other")

    assert "Content-Type: text/css" in css
    assert got.endswith("405")
    assert none.endswith("404")


async def test_uploads_pass_with_a_length_and_in_chunks(tmp_path):
    big = tmp_path / "big"
    big.write_bytes(b"0123456789" * 200_000)
    async with proxy_world(POLICY) as world:
        await world.curl("--data-binary", f"@{big}", "http://news.example/1")
        await world.curl(
            "-H", "Transfer-Encoding: chunked", "--data-binary", f"@{big}", "http://news.example/2"
        )

        assert [len(body) for body in world.origin.bodies] == [2_000_000, 2_000_000]
        assert b"transfer-encoding: chunked" in world.origin.requests[1].lower()


async def test_a_blocked_upload_is_not_sent_anywhere(tmp_path):
    big = tmp_path / "big"
    big.write_bytes(b"x" * 3_000_000)
    async with proxy_world(POLICY) as world:
        _, out, _ = await world.curl("--data-binary", f"@{big}", "http://games.example/")

        assert out.startswith("Blocked")
        assert world.origin.connections == 0


async def test_chunked_and_endless_answers_arrive_whole():
    body = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body

    async def until_close(_head, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nto the end")
        return False

    async with proxy_world(POLICY, Origin(chunked)) as world:
        assert (await world.curl("http://news.example/"))[1] == "hello world"
        assert (await world.curl("--http1.0", "http://news.example/"))[1] == "hello world"
    async with proxy_world(POLICY, Origin(until_close)) as world:
        assert (await world.curl("http://news.example/", "http://news.example/"))[1] == (
            "to the endto the end"
        )


async def test_a_large_download_arrives_whole():
    size = 20_000_000

    async def large(_head, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(200):
            writer.write(b"y" * (size // 200))
            await writer.drain()
        return True

    async with proxy_world(POLICY, Origin(large)) as world:
        _, out, _ = await world.curl(
            "-o", "/dev/null", "-w", "%{size_download}", "http://a.example"
        )
        (activity,) = await world.wait_activities(1)

    assert out == str(size)
    assert activity.size == size


async def test_a_head_request_has_headers_only():
    async with proxy_world(POLICY) as world:
        _, out, _ = await world.curl("-I", "http://news.example/", "http://news.example/")

    assert out.count("HTTP/1.1 200 OK") == 2
    assert "Content-Length: 21" in out


async def test_a_content_type_is_blocked_after_the_head_and_nothing_leaks():
    policy = one_action_policy(FilterAction(ref="REF_A", content_types=("text/plain",)))
    async with proxy_world(policy) as world:
        _, out, _ = await world.curl("-w", "%{http_code}", "http://news.example/")
        (activity,) = await world.wait_activities(1)

    assert out.startswith("Blocked: Content of this kind")
    assert out.endswith("403")
    assert (activity.action, activity.verdict.reason.value) == ("block", "content_type")


async def test_web_05_an_excepted_user_passes_and_others_do_not():
    exception = WebException(
        ref="E",
        operator="AND",
        users=("ann",),
        domains=("^https?://games\\.example/",),
        skip=("url_filter",),
    )
    policy = one_action_policy(
        FilterAction(ref="REF_A", categories=(116,)), exceptions=(exception,)
    )
    users = ["LAB\\ann"]
    async with proxy_world(policy, user=lambda: users[0]) as world:
        _, for_ann, _ = await world.curl("http://games.example/")
        users[0] = "LAB\\bob"
        _, for_bob, _ = await world.curl("http://games.example/")

    assert for_ann == "hello from the origin"
    assert for_bob.startswith("Blocked")


async def test_a_new_policy_counts_from_the_next_request_on_an_open_connection():
    async with proxy_world(POLICY) as world:
        reader, writer = await world.connect()
        request = b"GET http://news.example/ HTTP/1.1\r\nHost: news.example\r\n\r\n"
        writer.write(request)
        assert (await reader.readuntil(b"the origin")).startswith(b"HTTP/1.1 200")
        world.policy = one_action_policy(
            FilterAction(ref="REF_A", url_blacklist=(SiteList(domains=("news.example",)),))
        )
        writer.write(request)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 403")
        writer.close()
