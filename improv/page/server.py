"""The page's own process: serves the files and the socket, and passes on what is told and what is asked.

    python -m improv.page.server      (started by page_process; lines of JSON on standard input and output)

Input -> output:  ["start", {...}], ["tell", message]  ->  ["open", port], ["line", text], ["midi", ns, hex]
Thread:           asyncio's; one more reads standard input

It is closed to strangers: a request must name this host, a socket must come from a page that was served here,
and its first message must hold the token. It never waits for a page: one that does not read is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import mimetypes
import os
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets import Headers
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from improv.clock import MonotonicClock
from improv.loopback import LOOPBACK
from improv.midi.pipe import Reader, Writer, to_whoever_started_this
from improv.page.kept import Kept
from improv.page.protocol import (
    LARGEST_HELLO,
    LARGEST_MESSAGE,
    Allowance,
    Board,
    Message,
    ProtocolError,
    Serving,
    read,
)

ASSETS = Path(__file__).parent / "assets"
MOST_PAGES = 16
"""Connections at once; more are refused."""
HELLO_S = 5.0
"""How long a page may take to say its token."""
UNREAD_BYTES = 2_000_000
"""Of what a page has not read; then it is let go, and may come again."""
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' data: blob:; worker-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_TYPES = {".mjs": "text/javascript", ".sf3": "application/octet-stream"}
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PageServer:
    """The pages that are open, and what they are told."""

    def __init__(self, serving: Serving, say: Callable[..., None]) -> None:
        self._serving, self._say, self.port = serving, say, serving.port
        self._clock = MonotonicClock()
        self._board = Board()
        self._kept = Kept(Path(serving.kept))
        self._setlist = self._kept.setlist or {"type": "setlist", "tunes": [], "place": -1}
        if self._setlist["tunes"]:
            self._board.take(self._setlist)
        self._tasks: set[asyncio.Task[None]] = set()
        self._pages: set[ServerConnection] = set()
        self._connections = 0
        self._files = {
            f"/{path.relative_to(ASSETS).as_posix()}": path
            for path in ASSETS.rglob("*")
            if path.is_file()
        }

    def now_ms(self) -> float:
        """Milliseconds since the session's start."""
        return round((self._clock.now_ns() - self._serving.epoch_ns) / 1e6, 3)

    async def open(self) -> Server:
        """Begin to listen. Raises OSError, also for a certificate that cannot be read."""
        context = None
        if self._serving.cert is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            try:
                context.load_cert_chain(self._serving.cert)
            except ssl.SSLError:
                raise OSError(
                    f"{self._serving.cert!r} is not a certificate with its key, both as PEM"
                ) from None
        try:
            server = await self._listen(self.port, context)
        except OSError:
            if not self._serving.or_any:
                raise
            server = await self._listen(0, context)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> Server:
        return await serve(
            self._page,
            self._serving.host,
            port,
            process_request=self._request,
            max_size=LARGEST_MESSAGE,
            max_queue=4,
            compression=None,  # over loopback it costs more than it saves
            open_timeout=HELLO_S,
            close_timeout=1,
            server_header=None,
            ssl=context,
        )

    # -- files

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for a file; None lets a socket be opened."""
        host = request.headers.get("Host", "")
        if not self._is_ours(host):
            return _response(HTTPStatus.MISDIRECTED_REQUEST, b"This host is not served here.\n")
        url = urlsplit(request.path)
        if url.path == "/socket":
            origin = urlsplit(request.headers.get("Origin", ""))
            scheme = "https" if self._serving.cert else "http"
            if origin.netloc != host or origin.scheme != scheme:
                return _response(HTTPStatus.FORBIDDEN, b"Only the page itself may open this.\n")
            if self._connections >= MOST_PAGES:
                return _response(HTTPStatus.SERVICE_UNAVAILABLE, b"Too many pages are open.\n")
            return None
        path = self._files.get("/index.html" if url.path == "/" else url.path)
        if path is None:
            return _response(HTTPStatus.NOT_FOUND, b"There is no such file.\n")
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        return _response(HTTPStatus.OK, path.read_bytes(), kind or "application/octet-stream")

    def _is_ours(self, host: str) -> bool:
        """Whether a Host names this server: a page elsewhere whose name was made to lead here does not.

        Where it is open to the network, any address may be ours, but no name that somebody else may own.
        """
        try:
            url = urlsplit(f"//{host}")
            name, port = url.hostname or "", url.port
        except ValueError:
            return False
        standard = 443 if self._serving.cert else 80
        if (port or standard) != self.port or url.username is not None:
            return False
        if name in LOOPBACK or name == self._serving.host:
            return True
        if self._serving.host in LOOPBACK:
            return False
        with contextlib.suppress(ValueError):
            return ip_address(name) is not None
        return name.endswith(".local") or "." not in name

    # -- the socket

    async def _page(self, page: ServerConnection) -> None:
        if self._connections >= MOST_PAGES:
            return
        self._connections += 1
        try:
            text = await asyncio.wait_for(page.recv(), HELLO_S)
            hello = read(text) if len(text) <= LARGEST_HELLO else {"type": "too long"}
            if hello["type"] != "hello" or not self._is_token(hello["token"]):
                await page.close(4001, "the token is wrong")
                return
            for message in self._board.messages():
                await page.send(_text(message))
            self._pages.add(page)
            allowance = Allowance()
            async for text in page:
                self._heard(page, read(text), allowance)
        except ProtocolError as error:
            await page.close(4002, str(error))
        except (ConnectionClosed, TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            self._pages.discard(page)
            self._connections -= 1

    def _is_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._serving.token.encode())

    def _heard(self, page: ServerConnection, message: Message, allowance: Allowance) -> None:
        kind = message["type"]
        if not allowance.take(kind, self._clock.now_ns()):
            if kind != "midi" and kind != "ping":
                self._tell(page, {"type": "said", "text": "Not so fast.", "problem": True})
            return
        if kind == "ping":
            self._tell(page, {"type": "pong", "t": message["t"], "ms": self.now_ms()})
        elif kind == "line":
            self._say("line", message["text"])
        elif kind in ("document", "download"):
            task = asyncio.create_task(self._file(page, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif kind == "setlist":
            self._put(message["tunes"], message["place"])
        elif kind == "go":
            if message["from"] == self._setlist["place"]:
                self._go(message["to"], message["now"])
        elif kind == "midi":
            ns = self._serving.epoch_ns + round(message["ms"] * 1e6)
            now_ns = self._clock.now_ns()
            self._say(
                "midi", max(now_ns - 1_000_000_000, min(ns, now_ns)), bytes(message["data"]).hex()
            )

    async def _file(self, page: ServerConnection, message: Message) -> None:
        """Read what was dropped, or make a file to be taken home; the music does not wait for it."""
        from improv.page import documents  # the readers: only where they are needed

        now_ms = self.now_ms()

        def work() -> Message:
            if message["type"] == "document":
                return documents.read(message)
            return documents.file_of(self._kept.until(now_ms), message["what"], message["as"])

        self._tell(page, await asyncio.to_thread(work))

    def _put(self, tunes: list[Message], place: int) -> None:
        """The set list as somebody has it now; all pages are told."""
        place = min(place, len(tunes) - 1)
        self._setlist = {"type": "setlist", "tunes": tunes, "place": place}
        self.tell(self._setlist)

    def _go(self, place: int, now: bool) -> None:
        """To a tune of the set list."""
        tunes = self._setlist["tunes"]
        if place < len(tunes):
            self._put(tunes, place)
            self._say("line", f"chart {tunes[place]['say']}{' now' if now else ''}")

    # -- what is told

    def tell(self, message: Message) -> None:
        """Tell all pages."""
        self._board.take(message)
        self._kept.take(message)
        self._board.forget(self.now_ms() - 1_000)
        if self._pages:
            text = _text(message)
            for page in list(self._pages):
                self._send(page, text)

    def _tell(self, page: ServerConnection, message: Message) -> None:
        self._send(page, _text(message))

    def _send(self, page: ServerConnection, text: str) -> None:
        """Without waiting."""
        if page.transport.get_write_buffer_size() > UNREAD_BYTES:
            page.transport.abort()
            self._pages.discard(page)
            return
        broadcast([page], text)


def _text(message: Message) -> str:
    """As browsers get it: of a tune they do without the chart, which is for the files made here."""
    if message["type"] == "tune":
        message = {key: value for key, value in message.items() if key != "chart"}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def _response(status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> Response:
    headers = Headers(_HEADERS)
    headers["Content-Type"] = kind
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    return Response(status.value, status.phrase, headers, body)


class _Process:
    """What the process does with the lines that it is given."""

    def __init__(self, lines: Writer) -> None:
        self._lines = lines
        self._server: PageServer | None = None
        self._listening: Server | None = None
        self._ended = asyncio.Event()

    def _say(self, *values: Any) -> None:
        self._lines.put(*values)
        self._lines.flush()

    async def run(self) -> None:
        """Serve until standard input ends."""
        loop = asyncio.get_running_loop()

        def listen() -> None:
            reader = Reader(lambda until_ns: os.read(0, 65536))
            while (lines := reader.read()) is not None:
                loop.call_soon_threadsafe(self._take, lines)
            loop.call_soon_threadsafe(self._ended.set)

        threading.Thread(target=listen, daemon=True).start()
        await self._ended.wait()
        if self._server is not None:
            self._server.tell({"type": "ended", "why": "The session has ended."})
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()

    def _take(self, lines: list[list[Any]]) -> None:
        for kind, value in lines:
            if kind == "start":
                self._server = PageServer(Serving(**value), self._say)
                self._opening = asyncio.ensure_future(self._open(self._server))
            elif self._server is not None:
                self._server.tell(value)

    async def _open(self, server: PageServer) -> None:
        try:
            self._listening = await server.open()
        except OSError as error:  # an ssl.SSLError is one
            self._say("failed", error.strerror or str(error))
            self._ended.set()
            return
        self._say("open", server.port)


async def _run(lines: Writer) -> None:
    await _Process(lines).run()


def main() -> None:
    """Serve until standard input ends."""
    lines = to_whoever_started_this(most_lines=1000)
    # Whoever sends rubbish is not to fill a disk with what is said of it.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    asyncio.run(_run(lines))
    lines.finish()


if __name__ == "__main__":
    main()
