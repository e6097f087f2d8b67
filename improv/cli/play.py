"""Play in time: what `jazz-improv` without a command does."""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from improv.api.engine import make_cell_of
from improv.cli.folding import columns, folded
from improv.cli.logs import LOG, logging_to
from improv.cli.options import PROGRAM, EndWithStatus, emphasise, harmless, use_one_thread
from improv.cli.reread import Rereader
from improv.config import Config
from improv.errors import ImprovError
from improv.live.diary import Diary
from improv.loopback import LOOPBACK
from improv.midi.events import Reload, Said, StandStill, Stop
from improv.version import __version__

if TYPE_CHECKING:
    from improv.cli.prompt import PromptLine
    from improv.cli.steering import SteeringLines
    from improv.health.health import Health
    from improv.live.daemon import Opening, Summary
    from improv.live.performer import Listener
    from improv.midi.bindings import Binding
    from improv.originality.quote import Quote
    from improv.osc.endpoint import Host, Osc
    from improv.page.page_process import PageOptions, PageProcess
    from improv.partner.heard import HeardNote
    from improv.performance.steering import Answer, Steer


_UNREAD = "nobody reads the output"

_UNREAD_LINES = 10_000
"""How many texts are kept for a terminal that does not read (Ctrl-S); more are dropped."""


class Printer:
    """Writes text in a thread of its own, because a terminal that blocks must not stop the music, or its end.

    `closed` is called once when nobody can read any more (`| head`). What cannot be written for any other
    reason (a full disk, a terminal that is gone) is lost, and `failed` is why stdout was.
    """

    failed: OSError | None = None
    prompt: PromptLine | None = None
    """The line to type into, where there is one; to be set before anything is printed without a line end."""

    def __init__(self, closed: Callable[[], None]) -> None:
        self._closed = closed
        self._texts: queue.SimpleQueue[tuple[str, bool, bool] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __call__(self, text: str, err: bool = False, aside: bool = False) -> None:
        """Have `text` written to stdout or stderr, without waiting.

        `aside`: whole lines that are not part of the line that is being written.
        """
        if self._texts.qsize() < _UNREAD_LINES:
            self._texts.put((text, err, aside))

    def _run(self) -> None:
        while (item := self._texts.get()) is not None:
            text, err, aside = item
            if text.endswith("\n"):
                text = folded(text, columns(err))
            try:
                if self.prompt is None or (err and not _is_terminal(2)):
                    click.echo(harmless(text), nl=False, err=err)
                else:
                    self.prompt.write(harmless(text), err, aside=aside or err)
            except BrokenPipeError:
                self._closed()
                return
            except OSError as error:
                if not err:
                    self.failed = error
                _lead_nowhere(sys.stderr if err else sys.stdout)

    def close(self) -> bool:
        """Write the rest, and return whether it was read within a second."""
        self._texts.put(None)
        self._thread.join(1.0)
        if self.prompt is not None:
            self.prompt.put_back()
        return not self._thread.is_alive()


def _lead_nowhere(stream: IO[str]) -> None:
    """Have a stream that cannot be written to take everything from now on, and what it holds still."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@dataclass(frozen=True)
class Manner:
    """How a session behaves towards its user."""

    quiet: bool = False
    """Show only errors."""
    steer: bool | None = None
    """Whether lines on standard input change how it plays; None: if that is a terminal."""
    log_level: str | None = None
    page: PageOptions | None = None
    """Where the page is served, if it is."""
    synth: bool = False
    """Whether FluidSynth is started to be played to."""
    config_file: str | None = None
    """As --config names it; where what is learned is kept."""
    osc: Host | None = None
    """Where OSC comes in."""
    osc_to: Host | None = None
    """Where OSC goes to."""


def play(config: Config, manner: Manner, reload: Callable[[], Config]) -> None:
    """Play `config` to its end or until told to stop. Raises ImprovError.

    `reload` returns what to play after SIGHUP.
    """
    use_one_thread()
    from improv.cli.terminal import TerminalView
    from improv.clock import MonotonicClock
    from improv.health.health import HealthServer
    from improv.live import daemon
    from improv.live.inbox import Inbox

    inbox = Inbox()
    printer = Printer(lambda: inbox.put(Stop(_UNREAD)))
    view = TerminalView(printer, emphasise, many_tunes=len(config.tunes) > 1, columns=columns)
    health = HealthServer()
    osc = None
    if manner.osc or manner.osc_to:
        from improv.osc.endpoint import Osc

        osc = Osc(inbox, manner.osc, manner.osc_to)
    status, quiet = 1, manner.quiet
    lines: SteeringLines | None = None
    synth = page = None
    if manner.synth:
        from improv.live.synth import Synth

        synth = Synth(config.backend)
        config = replace(config, port=synth.request.name, backend=synth.request.backend)
    if manner.page is not None:
        from improv.page.page_process import PageProcess

        page = PageProcess(manner.page, inbox, MonotonicClock())

    def opened(opening: Opening) -> None:
        nonlocal lines
        from improv.cli import steering  # not before the sender is started

        if manner.steer if manner.steer is not None else steering.is_terminal():
            lines = steering.SteeringLines(inbox, names=_names(config, opening))
            printer.prompt = lines.prompt
        address = None
        if page is not None:
            address = page.address()
            page.opened(config, opening.model, opening.port.backend != "none")
        _greet(config, opening, quiet, printer, lines is not None, address)
        if address is not None:
            _open_browser(address)
        if osc is not None:
            _greet_osc(manner, quiet, printer)
            osc.start()
        if lines is not None:
            lines.start()
        if why := health.start():
            LOG.warning(why)
        if not gc.isenabled():
            gc.freeze()  # what is loaded by now stays: no collection looks at it while it plays
            gc.enable()

    surfaces: list[Osc | PageProcess] = [each for each in (osc, page) if each is not None]
    listeners: list[Listener] = [*([] if quiet else [view]), *surfaces]
    diary = Diary()
    if config.input is not None or page is not None:  # both can be played on
        listeners.append(diary)
    begun = _Begun(lambda: printer.prompt.begin() if printer.prompt is not None else None)

    def answer(given: Answer) -> None:
        for surface in surfaces:
            surface.said(given)
        if (given.problem or not quiet) and printer.prompt is None:
            view.interrupt(at_line_start=lines is not None and lines.typed_here)
        if given.problem:
            LOG.warning(given.text)
        elif not quiet:
            text = given.text if given.steer is None else f"({given.text})"
            printer(f"{'':>8}{text}\n", aside=True)
        if lines is not None:
            lines.answered()

    def partner(note: HeardNote) -> None:
        diary.partner(note)
        if page is not None:
            page.partner(note)

    def put_back() -> None:
        if printer.prompt is not None:
            printer.prompt.put_back()

    def publish(now: Health) -> None:
        health.publish(now)
        view.published(now)
        for surface in surfaces:
            surface.published(now)

    def steered(steer: Steer) -> None:
        for surface in surfaces:
            surface.steered(steer)

    def keep(bindings: tuple[Binding, ...]) -> None:
        from improv.cli.settings import BINDINGS
        from improv.settings import keep_table

        def write() -> None:
            try:
                rows = {one.key: one.line for one in bindings}
                path = keep_table(manner.config_file, BINDINGS, rows)
            except (ImprovError, OSError, ValueError) as error:
                inbox.put(Said(f"It is not kept for the next time: {error}", problem=True))
            else:
                inbox.put(Said(f"It is kept in {str(path)!r}."))

        # A thread of its own: a disk that hangs holds up no music.
        threading.Thread(target=write, name="keep", daemon=True).start()

    rereader = Rereader(reload, lambda: inbox.put(Reload()))

    def put(item: Any) -> None:
        if isinstance(item, Reload):
            rereader.ask()
        else:
            inbox.put(item)

    try:
        with (
            logging_to(lambda line: printer(line, err=True), manner.log_level),
            signals_to(put, put_back),
        ):
            try:
                summary = daemon.play(
                    config,
                    MonotonicClock(),
                    inbox,
                    make_cell=make_cell_of(config.engine),
                    listeners=[begun, *listeners],
                    opened=opened,
                    answer=answer,
                    partner=partner,
                    health=publish,
                    watcher=page,
                    reload=rereader.take,
                    keep=keep,
                    steered=steered,
                    reloaded=page.reloaded if page is not None else lambda config, model: None,
                )
            finally:
                if printer.prompt is not None:
                    printer.prompt.end()
                view.close()
                health.close()
                for surface in surfaces:
                    surface.close()
                if synth is not None:
                    synth.close()
            status = _say_goodbye(config, summary, view.longest_quote, diary, quiet, printer)
    finally:
        if not printer.close():
            # Its thread holds the lock of a stream that nobody reads, and a normal exit would wait for it.
            os._exit(status)
    if printer.failed is not None:
        raise printer.failed
    if status:
        raise EndWithStatus(status)


def _names(config: Config, opening: Opening) -> dict[str, Sequence[str]]:
    """What may follow the words that are typed."""
    from improv.charts.built_in import BUILT_IN

    labels = opening.model.card.extra.get("labels", {})
    return {
        "musician": config.musicians,
        "chart": [*BUILT_IN],
        "player": labels.get("players", ()),
        "style": labels.get("styles", ()),
    }


class _Begun:
    """A listener that says when the first message is out."""

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell: Callable[[], object] | None = tell

    def heard(self, report: Any, note: Any, tick: int) -> None:
        """Something is out."""
        if self._tell is not None:
            self._tell()
            self._tell = None

    def tune(self, performance: Any) -> None:
        """Nothing is heard yet."""

    def bar(self, bar: int) -> None:
        """Nor then."""

    def tempo(self, tick: int, bpm: float) -> None:
        """Nor then."""


@contextmanager
def signals_to(put: Callable[[Any], None], at_once: Callable[[], object] = bool) -> Iterator[None]:
    """Turn signals into messages for the performer's inbox; the handlers do no more than put them there.

    The second Ctrl-C ends the program at once, after `at_once`, and the sender, which notices, releases what
    sounds.
    SIGHUP asks for a reload, as with other daemons; but if the terminal has gone, it ends the program.
    Ctrl-Z stops it when it is silent.
    """
    known = ("SIGINT", "SIGTERM", "SIGHUP", "SIGTSTP", "SIGBREAK")
    names = [name for name in known if hasattr(signal, name)]
    if "SIGHUP" in names and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        names.remove("SIGHUP")  # nohup: it plays on when the terminal goes
    terminals = [fd for fd in (0, 1, 2) if _is_terminal(fd)]
    asked = reloads = 0

    def handle(signum: int, frame: object) -> None:
        nonlocal asked, reloads
        name = signal.Signals(signum).name
        if name == "SIGHUP" and all(map(_is_terminal, terminals)):
            reloads += 1
            put(Reload())
            return
        if name == "SIGTSTP":
            put(StandStill(lambda: _stand_still(signum)))
            return
        if name == "SIGINT":
            asked += 1
            if asked > 1:
                at_once()
                os._exit(128 + signum)
        put(Stop(name))

    previous = {name: signal.signal(getattr(signal, name), handle) for name in names}
    try:
        yield
    finally:
        for name, handler in previous.items():
            # Who asks for reloads again and again may do so while the program ends.
            late = name == "SIGHUP" and reloads
            signal.signal(getattr(signal, name), signal.SIG_IGN if late else handler)


def _stand_still(signum: int) -> None:
    """Stop as without a handler (where nobody could wake it the system leaves it running) until SIGCONT."""
    handler = signal.signal(signum, signal.SIG_DFL)  # the prompt line's, where there is one
    os.kill(os.getpid(), signum)
    signal.signal(signum, handler)


def _is_terminal(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False


def _greet_osc(manner: Manner, quiet: bool, printer: Printer) -> None:
    where = {"comes in at": manner.osc, "goes to": manner.osc_to}
    said = [f"{how} {host[0]}:{host[1]}" for how, host in where.items() if host is not None]
    if manner.osc is not None and manner.osc[0] not in LOOPBACK:
        LOG.warning(f"OSC at {manner.osc[0]}:{manner.osc[1]} is open to everybody in this network.")
    if not quiet:
        printer(f"OSC {' and '.join(said)}.\n\n")


_CONNECT = {
    "jack": "connect it to a synth: jack_connect '{client}:{name}' SYNTH:PORT",
    "alsa": "connect it to a synth: aconnect '{client}' SYNTH",
    "coremidi": "choose it as the MIDI input of your DAW or synth",
}
_PLAY_INTO = {
    "jack": "; connect your keyboard to it: jack_connect KEYBOARD:PORT '{client}:{name}'",
    "alsa": "; connect your keyboard to it: aconnect KEYBOARD '{client}'",
}


def _open_browser(address: str) -> None:
    """Show the page, where somebody sits at a screen."""
    has_screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_screen and _is_terminal(1):
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _greet(
    config: Config,
    opening: Opening,
    quiet: bool,
    printer: Printer,
    steered: bool,
    address: str | None,
) -> None:
    from improv.soloist.rehearsal import cannot_rehearse, is_asked, rehearses

    for warning in opening.warnings:
        LOG.warning(warning)
    model = opening.model
    can = rehearses(model.path)
    asked = [*(tune.controls for tune in config.tunes), *(one.controls for one in config.soloists)]
    if not can and any(map(is_asked, asked)):
        LOG.warning(cannot_rehearse(model.card.name))
    port = opening.port
    if port.why:
        LOG.warning(port.why)
    if not opening.realtime.granted and opening.realtime.why:
        LOG.info(opening.realtime.why)
    LOG.info("Playing %s on port %r.", _what(config), port.name)
    if quiet:
        if address is not None:  # without it nobody could open the page
            printer(f"{address}\n")
        return
    band = ", ".join(musician.instrument for musician in config.band)
    with_band = f" with {band}," if band else ""
    printer(
        f"{PROGRAM} {__version__}: the cell {opening.model.card.name!r} plays {_what(config)},{with_band} "
        f"seed {config.seed}\n"
    )
    versions = config.tunes[0].controls_at_start().rehearse
    if can and is_asked({"rehearse": versions}):
        printer(
            f"It rehearses: it tries {versions:g} versions of every two bars in silence and plays one of "
            "them ('rehearse 0' turns this off).\n"
        )
    if port.backend == "none":
        left = f", and it is saved in {opening.record}" if opening.record else ""
        printer(f"No MIDI port: you see here what is played{left}.\n")
        if address is None:
            printer(f"To hear it, start '{PROGRAM} page' and click once in the browser.\n")
    elif port.virtual:
        if port.near:
            printer(f"No MIDI output is named {port.name!r}: did you mean {port.near!r}?\n")
        how = _CONNECT.get(port.backend, "connect it to a synth")
        printer(
            f"Virtual port {port.name!r} ({port.backend}) is open; "
            f"{how.format(client=port.client, name=port.name)}\n"
        )
    else:
        printer(f"Port {port.name!r} ({port.backend}) is open.\n")
    if address is not None:
        printer(f"Hear and see it in a browser: {address}\n")
        if urlsplit(address).hostname not in LOOPBACK:
            printer(
                "This page is open to the network: whoever has its address, token and all, sees and changes "
                "what is played. It sounds there only over HTTPS (--page-cert).\n"
            )
    if opening.partner_in is not None:
        heard = opening.partner_in
        if heard.near:
            printer(f"No MIDI input is named {heard.name!r}: did you mean {heard.near!r}?\n")
        what = "virtual input" if heard.virtual else "input"
        how = _PLAY_INTO.get(heard.backend, "") if heard.virtual else ""
        how = how.format(client=heard.client, name=heard.name)
        printer(f"Listening to the {what} {heard.name!r} ({heard.backend}){how}.\n")
    elif config.mode != "solo" and address is None:
        printer(
            f"It hears nobody, so in {config.mode!r} its partner is silent: --input names the port on which "
            "you play.\n"
        )
    if opening.clock_in is not None:
        clock_in = opening.clock_in
        if clock_in.near:
            printer(f"No MIDI input is named {clock_in.name!r}: did you mean {clock_in.near!r}?\n")
        what = "Virtual input" if clock_in.virtual else "Input"
        printer(
            f"{what} {clock_in.name!r} is open for the clock; the music begins with its Start.\n"
        )
    elif config.clock == "link":
        printer("Joined the Link session of this network; the music begins with its next bar.\n")
    if steered:
        printer(
            "Type a line such as 'density 0.5' to change how it plays; 'help' lists what you can change.\n"
        )
    printer("\n")


def _what(config: Config) -> str:
    """The tune, or how many."""
    if len(config.tunes) > 1:
        return f"{len(config.tunes)} tunes"
    tune = config.tunes[0]
    choruses = tune.plan.choruses
    until = "1 chorus" if choruses == 1 else f"{choruses} choruses" if choruses else "until Ctrl-C"
    tempo_bpm = tune.controls_at_start().tempo_bpm
    return f"{tune.chart.title!r}, {tempo_bpm:g} bpm, {until}"


def _say_goodbye(
    config: Config,
    summary: Summary,
    longest: Quote | None,
    diary: Diary,
    quiet: bool,
    printer: Printer,
) -> int:
    """Say what was played and saved, then make the audio, which takes a while; the exit status."""
    for warning in filter(None, (*summary.warnings, summary.remark)):
        LOG.warning(warning)
    LOG.info("Ended (%s): %s.", summary.why, _tally(summary))
    quiet = quiet or summary.why == _UNREAD
    if not quiet:
        ended = "Finished" if summary.why == "finished" else f"Stopped ({summary.why})"
        bars = "1 bar" if summary.bars == 1 else f"{summary.bars} bars"
        printer(f"\n{ended}: {bars}, {_tally(summary)}.\n")
        if longest is not None:
            printer(f"Longest quote: {longest.notes} notes, {longest.source} ({longest.place}).\n")
        if config.input is not None or diary.has_notes:
            from improv.partner.report import report

            for line in report(diary.played()).lines():
                printer(f"{line}\n")
        if summary.record is not None:
            printer(f"Saved {summary.record}.\n")
    if summary.record is not None and config.record is None:
        wav = _session_audio(summary.record, printer)
        if wav is not None and not quiet:
            printer(f"Saved {wav}.\n")
    return 8 if summary.warnings else 0


def _tally(summary: Summary) -> str:
    """What was sent, and how well."""
    counters = summary.counters
    words = [f"{counters.get('ons', 0):,} notes"]
    for name, text in (
        ("late", "late"),
        ("dropped_ons", "dropped because they were too late"),
        ("unheard", "not heard because the port was gone"),
        ("reconnects", "reconnect{s}"),
        ("restarts", "restart{s} of the sender"),
    ):
        if count := counters.get(name):
            words.append(f"{count:,} {text.format(s='s' * (count > 1))}")
    speed = summary.steps / summary.seconds if summary.seconds > 1 else 0.0
    return ", ".join(words) + (f"; {speed:.1f} tokens a second" if speed else "")


def _session_audio(record: Path, printer: Printer) -> Path | None:
    """Render the session, which nobody could hear, if [audio] is installed; the file, or None.

    Ctrl-C skips it.
    """
    from improv import audio

    if not audio.available():
        return None
    wav = record.with_suffix(".wav")
    try:
        audio.render(record.read_bytes(), wav)
    except ImprovError as error:
        LOG.warning(f"No audio was saved: {error}")
        return None
    except KeyboardInterrupt:
        return None
    return wav
