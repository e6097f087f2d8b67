"""The page's server, in this process: files, the socket, and who is let in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import replace

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from improv.page.protocol import LARGEST_HELLO, LARGEST_MESSAGE, Serving
from improv.page.server import MOST_PAGES, UNREAD_BYTES, PageServer

TOKEN = "a-token"


@contextlib.asynccontextmanager
async def served(host="127.0.0.1", **more):
    said = []
    with tempfile.NamedTemporaryFile() as kept:
        serving = Serving(host, 0, TOKEN, 0, **{"kept": kept.name, **more})
        server = PageServer(serving, lambda *values: said.append(list(values)))
        listening = await server.open()
        try:
            yield server, said
        finally:
            listening.close()
            await listening.wait_closed()


async def request(server, path="/", host=None, method="GET", more=""):
    """Status, headers and body of one request, raw: a library would mend what is wrong with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    host = f"127.0.0.1:{server.port}" if host is None else host
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode())
    try:
        answer = await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:  # it had read enough
        answer = b""
    writer.close()
    with contextlib.suppress(ConnectionResetError):
        await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(status.split(" ")[1]) if status else 0, headers, body


def socket(server, origin=None, host=None, **more):
    place = f"127.0.0.1:{server.port}"
    headers = {"Host": host} if host else None
    origin = f"http://{place}" if origin is None else origin or None
    return connect(
        f"ws://{place}/socket", origin=origin, additional_headers=headers, proxy=None, **more
    )


async def page(server, token=TOKEN):
    opened = await socket(server)
    await opened.send(json.dumps({"type": "hello", "token": token}))
    return opened


async def pinged(opened):
    """What the page was told before its ping was answered."""
    await opened.send('{"type": "ping", "t": 7}')
    told = []
    while True:
        message = json.loads(await asyncio.wait_for(opened.recv(), 10))
        if message["type"] == "pong":
            assert message["t"] == 7
            return told
        told.append(message)


def test_files_are_served_with_a_policy_that_lets_nothing_else_in():
    async def run():
        async with served() as (server, _):
            status, headers, body = await request(server, "/?token=x&view=stage")
            assert status == 200 and headers["Content-Type"] == "text/html"
            assert b"<script" in body
            policy = headers["Content-Security-Policy"]
            assert (
                "default-src 'none'" in policy and "script-src 'self' 'wasm-unsafe-eval';" in policy
            )
            assert "unsafe-inline" not in policy and "http" not in policy
            status, headers, _ = await request(server, "/js/sound.mjs")
            assert status == 200 and headers["Content-Type"] == "text/javascript"
            for path in ("/../server.py", "/js/../../server.py", "/js", "//", "/%2e%2e/server.py"):
                assert (await request(server, path))[0] == 404, path

    asyncio.run(run())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "a@localhost:{}"])
def test_a_request_for_another_host_is_refused(host):
    async def run():
        async with served() as (server, _):
            assert (await request(server, host=host.format(server.port)))[0] in (0, 400, 421)
            assert (await request(server, host=f"localhost:{server.port}"))[0] == 200

    asyncio.run(run())


def test_open_to_the_network_it_answers_to_addresses_and_to_no_strangers_name():
    async def run():
        async with served("0.0.0.0") as (server, _):
            for name in ("192.168.1.7", "[fe80::1]", "stand", "stand.local"):
                assert (await request(server, host=f"{name}:{server.port}"))[0] == 200
            assert (await request(server, host=f"evil.example:{server.port}"))[0] == 421

    asyncio.run(run())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_with_a_certificate_it_is_served_over_https_alone(tmp_path):
    cert = tmp_path / "page.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
    files = ["-keyout", str(cert), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command, "/CN=localhost", *files], check=True, capture_output=True)
    cert.write_text(cert.read_text() + (tmp_path / "cert.pem").read_text())
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))

    async def run():
        async with served(cert=str(cert)) as (server, _):
            with pytest.raises(Exception, match=r"did not receive|connection closed|invalid"):
                await socket(server)
            url = f"wss://localhost:{server.port}/socket"
            origin = f"https://localhost:{server.port}"
            async with connect(url, origin=origin, ssl=trusting, proxy=None) as opened:
                await opened.send(json.dumps({"type": "hello", "token": TOKEN}))
                assert await pinged(opened) == []

    asyncio.run(run())


def test_only_a_page_from_here_opens_a_socket():
    async def run():
        async with served() as (server, _):
            for origin in ("http://evil.example", f"https://127.0.0.1:{server.port}", ""):
                with pytest.raises(InvalidStatus):
                    await socket(server, origin=origin)

    asyncio.run(run())


def test_the_token_comes_first_or_the_socket_closes():
    async def run():
        async with served() as (server, _):
            server.tell({"type": "welcome", "version": "1"})
            for first in (
                json.dumps({"type": "hello", "token": "wrong"}),
                '{"type": "line", "text": "density 1"}',
                json.dumps({"type": "hello", "token": "x" * LARGEST_HELLO}),
                "nonsense",
            ):
                opened = await socket(server)
                await opened.send(first)
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(opened.recv(), 10)
                assert opened.close_code in (4001, 4002)

    asyncio.run(run())


def test_pages_are_told_alike_and_what_they_ask_is_passed_on():
    async def run():
        async with served() as (server, said):
            server.tell({"type": "welcome", "version": "1"})
            one = await page(server)
            assert await pinged(one) == [{"type": "welcome", "version": "1"}]
            server.tell({"type": "tune", "title": "Blues", "chart": "not for browsers"})
            two = await page(server)
            tune = {"type": "tune", "title": "Blues"}
            assert await pinged(one) == [tune]
            assert await pinged(two) == [{"type": "welcome", "version": "1"}, tune]
            await two.send('{"type": "line", "text": "density 0.5"}')
            ms = server.now_ms()
            await two.send(json.dumps({"type": "midi", "ms": ms, "data": [144, 60, 90]}))
            await two.send(json.dumps({"type": "midi", "ms": ms + 1e6, "data": [128, 60, 0]}))
            await pinged(two)
            assert said[0] == ["line", "density 0.5"]
            assert said[1] == ["midi", round(ms * 1e6), "903c5a"]
            assert said[2][1] <= round(server.now_ms() * 1e6), "nobody plays in the future"
            await one.close()
            await two.close()

    asyncio.run(run())


def test_the_set_list_is_the_server_s_and_of_two_that_ask_for_the_next_tune_one_is_obeyed():
    async def run():
        async with served() as (server, said):
            one, two = await page(server), await page(server)
            tunes = [{"title": t, "say": t.lower(), "choruses": 1} for t in ("A", "B", "C")]
            setlist = {"type": "setlist", "tunes": tunes, "place": 0}
            await one.send(json.dumps(setlist))
            assert await pinged(one) == await pinged(two) == [setlist]
            for each in (one, two):
                await each.send('{"type": "go", "from": 0, "to": 1, "now": false}')
            assert await pinged(one) == await pinged(two) == [setlist | {"place": 1}]
            await one.send('{"type": "go", "from": 1, "to": 3, "now": false}')
            await one.send('{"type": "go", "from": 1, "to": 2, "now": true}')
            assert await pinged(one) == [setlist | {"place": 2}]
            assert said == [["line", "chart b"], ["line", "chart c now"]]
            other = PageServer(server._serving, print)  # who takes over has it from the file
            assert other._board.messages() == [setlist | {"place": 2}]
            await one.close()
            await two.close()

    asyncio.run(run())


def test_a_page_that_says_what_no_page_says_is_closed_and_the_others_are_not():
    async def run():
        async with served() as (server, _):
            good, bad = await page(server), await page(server)
            await bad.send('{"type": "tune"}')
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(bad.recv(), 10)
            huge = await page(server)
            await huge.send("x" * (LARGEST_MESSAGE + 1))
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(huge.recv(), 10)
            assert await pinged(good) == []
            await good.close()

    asyncio.run(run())


def test_too_many_lines_are_answered_so_and_not_passed_on():
    async def run():
        async with served() as (server, said):
            opened = await page(server)
            for _ in range(500):
                await opened.send('{"type": "line", "text": "tap"}')
            told = await pinged(opened)
            assert 0 < len(said) < 500
            assert told[-1] == {"type": "said", "text": "Not so fast.", "problem": True}
            await opened.close()

    asyncio.run(run())


def test_only_so_many_pages_are_open_at_once():
    async def run():
        async with served() as (server, _):
            pages = [await page(server) for _ in range(MOST_PAGES)]
            for opened in pages:
                await pinged(opened)
            with pytest.raises(InvalidStatus):
                await socket(server)
            await pages.pop().close()
            while True:
                try:
                    pages.append(await page(server))
                    break
                except InvalidStatus:
                    await asyncio.sleep(0)
            await pinged(pages[-1])
            for opened in pages:
                await opened.close()

    asyncio.run(run())


def test_a_page_that_does_not_read_is_let_go_and_holds_up_nobody():
    async def run():
        async with served() as (server, _):
            deaf, good = await page(server), await page(server)
            await pinged(deaf)
            await pinged(good)
            deaf.transport.pause_reading()
            text = "x" * 100_000
            told = 0
            for _ in range(40 + 8 * UNREAD_BYTES // len(text)):
                server.tell({"type": "said", "text": text, "problem": False})
                told += 1
                await pinged(good)
            assert len(server._pages) == 1
            deaf.transport.abort()
            await good.close()

    asyncio.run(run())


def test_a_thousand_rogue_requests_change_nothing():
    async def run():
        async with served() as (server, said):
            good = await page(server)
            await pinged(good)

            async def rogue(number):
                kinds = (
                    dict(path="/" + "a" * 5_000),
                    dict(path="/", method="POST", more="Content-Length: 10\r\n"),
                    dict(path="/socket"),
                    dict(path="/socket", host="evil.example"),
                    dict(path="/../../etc/passwd"),
                    dict(path="/", more="X: y\r\n" * 500),
                    dict(path="\x00\xff", host="\x01"),
                    dict(path="/socket", more="Upgrade: websocket\r\nConnection: Upgrade\r\n"),
                )
                status, _, _ = await request(server, **kinds[number % len(kinds)])
                return status

            statuses = []
            for start in range(0, 1_000, 50):
                statuses += await asyncio.gather(*(rogue(n) for n in range(start, start + 50)))
            assert len(statuses) == 1_000 and not {200, 101} & set(statuses[:5])
            assert await pinged(good) == [] and said == []
            await good.close()

    asyncio.run(run())


def test_a_port_that_is_taken_is_said_or_another_is_taken():
    async def run():
        async with served() as (server, _):
            taken = replace(server._serving, port=server.port)
            with pytest.raises(OSError):
                await PageServer(taken, print).open()
            other = PageServer(replace(taken, or_any=True), print)
            listening = await other.open()
            assert other.port != server.port
            listening.close()
            await listening.wait_closed()

    asyncio.run(run())
