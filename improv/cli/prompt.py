"""A line of its own to type into, under what is printed, so that the two do not mix.

    Printer ── write ──> PromptLine ── whole lines above, the open one and the prompt below ──> the terminal
    keys ── the application, in a thread of its own ──> lines ──> SteeringLines

It is drawn from the first note on (`begin`) while the program is in the foreground; before and otherwise
text is written as it comes. Nothing of the music waits for it. Whatever ends this process, the terminal is
put back: by the process itself, and where it was killed by a shell that waits for its end.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    import asyncio

    from prompt_toolkit.application import Application

_Handler = Callable[[int, Any], None]

_BEGIN_S = 2.0
"""How long the first note is waited for, at the most: where a clock starts the music it may take for ever."""
_LOOK_S = 0.25
"""How often it is looked whether the program is back in the foreground."""
_END_S = 0.5
_MOST_TYPED = 1_000
"""Lines that wait to be asked for; more are not taken."""
_PAUSE = "pause"

_GUARD = """
trap '' HUP INT QUIT TERM TSTP TTIN TTOU
exec 3<&1
before=$(stty -g <&3); echo >&2; read -r _ || exit; ours=$(stty -g <&3); read -r _
[ "$(stty -g <&3)" != "$ours" ] || { stty "$before" <&3; printf '\\r\\033[J\\033[?7h\\033[?25h'; }
"""
"""Puts the terminal, its output, back when its input ends, unless somebody else has changed it since we did.

It says a line when it knows how the terminal was, and is told one when the settings are ours.
"""


def can_prompt(fd: int = 0) -> bool:
    """Whether lines are typed into the terminal that is written to, and it can be drawn on."""
    if sys.platform == "win32" or os.environ.get("TERM", "dumb") == "dumb":
        return False
    try:
        return os.isatty(fd) and sys.stdout.isatty() and os.path.samefile(fd, sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return False


class PromptLine:
    """Draws the prompt line, and gives what is typed there (`lines`)."""

    def __init__(
        self,
        in_foreground: Callable[[], bool],
        fd: int = 0,
        complete: Callable[[str], list[str]] = lambda line: [],
    ) -> None:
        """`complete` gives what the last words of a line may become, for the Tab key."""
        self._in_foreground, self._fd, self._complete = in_foreground, fd, complete
        self._lock = threading.Lock()
        self._open = ""
        """What was printed since the last line end."""
        self._above: list[str] = []
        self._drawn = threading.Event()
        self._app: Application[str] | None = None
        """While it is drawn."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._modes: tuple[Any, Any] | None = None
        """The terminal's settings, before and while it is drawn."""
        self._typed: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._begun, self._never = threading.Event(), threading.Event()
        self._ended = False
        self.failed = False
        """Whether it cannot be drawn; lines come as the terminal gives them then."""
        self._thread = threading.Thread(target=self._run, daemon=True)

    # -- for the main thread

    def start(self) -> None:
        """Be ready to draw. Call this from the main thread."""
        if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
            stop = self._handler_of_stop(signal.getsignal(signal.SIGTSTP))
            signal.signal(signal.SIGTSTP, stop)
            going_on = signal.getsignal(signal.SIGCONT)
            signal.signal(signal.SIGCONT, self._handler_of_going_on(going_on, stop))
        self._thread.start()

    def begin(self) -> None:
        """The first note is out: from now on it may be drawn."""
        self._begun.set()

    def end(self) -> None:
        """Draw no more, and put the terminal back, even where it cannot be written to."""
        self._ended = True
        self._begun.set()
        self._leave(_PAUSE)
        if self._thread.is_alive():
            self._thread.join(_END_S)
        self.put_back()

    def put_back(self) -> None:
        """Give the terminal back the settings that it had, at once."""
        import termios

        modes = self._modes
        if modes is not None and self._in_foreground():
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, modes[0])

    def _handler_of_stop(self, before: Any) -> _Handler:
        """Give the terminal back, and then do what was done before."""

        def handle(signum: int, frame: Any) -> None:
            self.put_back()
            if callable(before):
                before(signum, frame)
            else:
                signal.signal(signum, signal.SIG_DFL)
                os.kill(os.getpid(), signum)  # here it is stopped, and goes on
                signal.signal(signum, handle)

        return handle

    def _handler_of_going_on(self, before: Any, stop: _Handler) -> _Handler:
        """Do what was done before, and take the terminal again."""

        def handle(signum: int, frame: Any) -> None:
            signal.signal(signal.SIGTSTP, stop)  # before anybody sees that it goes on
            if callable(before):
                before(signum, frame)
            if (loop := self._loop) is not None:
                with contextlib.suppress(RuntimeError):  # it has just ended
                    loop.call_soon_threadsafe(self._resume)

        return handle

    # -- for who prints

    def write(self, text: str, err: bool = False, aside: bool = False) -> None:
        """Print; `aside`: whole lines that do not belong to the open one, which goes on below them."""
        with self._lock:
            lines = text
            if not aside:
                lines, end, rest = (self._open + text).rpartition("\n")
                lines, self._open = lines + end, rest
            app, loop = self._app, self._loop
            if app is None or loop is None:
                if aside and self._open:
                    lines = f"\n{text}{self._open}"
                elif not aside:
                    lines = text
                click.echo(lines, nl=False, err=err)
                return
            self._above.append(lines)
            self._drawn.clear()
            loop.call_soon_threadsafe(self._flush, app)
        self._drawn.wait()

    def lines(self) -> Iterator[bytes]:
        """The lines that are typed, until Ctrl-D."""
        while (line := self._typed.get()) is not None:
            yield line

    # -- in its own thread

    def _run(self) -> None:
        self._begun.wait(_BEGIN_S)
        try:
            import asyncio  # with what it needs, it would hold up the first note

            from improv.cli.prompt_app import EOF

            while not self._ended:
                if not self._in_foreground():
                    self._never.wait(_LOOK_S)
                elif asyncio.run(self._draw()) == EOF:
                    break
        except ImportError:
            self.failed = True
        except (OSError, EOFError, ValueError):
            pass  # there is no terminal any more: nobody types
        finally:
            self._typed.put(None)

    async def _draw(self) -> str:
        """Draw it until Ctrl-D, or until it is told to leave; which of them."""
        import asyncio
        import termios

        from improv.cli.prompt_app import make_app

        app = make_app(lambda: self._open, self._take, self._complete)
        before = termios.tcgetattr(self._fd)
        with self._guard() as is_ours:

            def drawn() -> None:
                self._modes = before, termios.tcgetattr(self._fd)
                is_ours()
                if self._ended:
                    app.exit(result=_PAUSE)

            def draw() -> None:
                with self._lock:
                    self._loop = asyncio.get_running_loop()
                    self._app = app
                    app.output.write_raw("\r\x1b[K")  # the open line is drawn anew
                self._loop.call_soon(drawn)

            try:
                return await app.run_async(
                    pre_run=draw, handle_sigint=False, set_exception_handler=False
                )
            finally:
                with self._lock:
                    self._app = self._loop = None
                    rest, self._above = "".join(self._above), []
                    self._drawn.set()
                    termios.tcsetattr(self._fd, termios.TCSANOW, before)
                    self._modes = None
                    click.echo(rest + self._open, nl=False)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[Callable[[], None]]:
        """A process that puts the terminal back if this one is killed; call it when the settings are ours."""
        process = subprocess.Popen(
            ["sh", "-c", _GUARD],
            stdin=subprocess.PIPE,
            stdout=self._fd,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        told, known = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stderr)
        with told, known:
            known.readline()

            def is_ours() -> None:
                with contextlib.suppress(OSError):
                    os.write(told.fileno(), b"ours\n")

            try:
                yield is_ours
            finally:
                told.close()
                process.wait()

    def _take(self, text: str) -> None:
        if self._typed.qsize() < _MOST_TYPED:
            self._typed.put(text.encode())

    def _flush(self, app: Application[str]) -> None:
        with self._lock:
            lines, self._above = "".join(self._above), []
        if lines:
            app.renderer.erase()
            app.output.write_raw(lines)
            app.output.flush()
        app.invalidate()
        self._drawn.set()

    def _leave(self, why: str) -> None:
        app, loop = self._app, self._loop
        if app is None or loop is None:
            return

        def leave() -> None:
            if app.is_running and not app.is_done:
                app.exit(result=why)

        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(leave)

    def _resume(self) -> None:
        """After it was stopped: draw it anew, or leave the terminal to who has it now."""
        import termios

        app, modes = self._app, self._modes
        if app is None or modes is None:
            return
        if not self._in_foreground():
            app.exit(result=_PAUSE)
            return
        termios.tcsetattr(self._fd, termios.TCSANOW, modes[1])
        app.renderer.reset()
        app.invalidate()
