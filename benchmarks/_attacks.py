"""The attacks of torture.py. Each is a row of its table: what is attacked, how often, and the attempts.

    python benchmarks/_attacks.py NAME COUNT SEED     carry one out: one JSON line

An attempt is a function without arguments. It returns WELL or SAID (a sentence and a status), or what went
wrong; an ImprovError is a sentence too; whatever else it raises is a traceback that a user would have seen.
It is stopped after 10 s. Attacks run in a process of their own, whose memory is part of the row.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import queue
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))

WELL, SAID, STUCK, ASTRAY, HANG, TRACEBACK = "well", "said", "stuck", "astray", "hang", "traceback"
"""It played or was read; it was refused in a sentence; a note sounds on; the place in the form is wrong; it
took more than 10 s; a fault of the program."""
LIMIT_S = 10
ROOT = Path(__file__).resolve().parent.parent

Attempt = Callable[[], str]
Attempts = Callable[[int, random.Random, Path], Iterator[Attempt]]


# What is read.

CHORD_BITS = (
    *(
        "C",
        "Db",
        "F#",
        "B♭",
        "H",
        "c",
        "m",
        "min",
        "-",
        "maj",
        "M",
        "^",
        "Δ",
        "7",
        "9",
        "11",
        "13",
        "69",
        "6",
    ),
    *(
        "b5",
        "#9",
        "♯11",
        "alt",
        "sus",
        "sus4",
        "add9",
        "no3",
        "omit5",
        "dim",
        "o",
        "ø",
        "h",
        "+",
        "aug",
        "/",
    ),
    *(
        "(",
        ")",
        "[",
        ",",
        " ",
        "/G",
        "\\",
        "N.C.",
        "%",
        "b",
        "#",
        "é",
        "\0",
        "\x1b[2J",
        "9" * 300,
        "♭♭",
    ),
)


def chord_symbols(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Chord symbols put together at random from the pieces of real ones, and from rubbish."""
    from improv.music.chord import parse_chord

    def read(text: str) -> str:
        parse_chord(text)
        return WELL

    for _ in range(count):
        yield partial(
            read, "".join([dice.choice("CDEFGAB"), *dice.choices(CHORD_BITS, k=dice.randint(0, 5))])
        )


def charts(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Charts as text, iReal Pro links, MusicXML (packed too) and MIDI, damaged in up to five places."""
    from mutations import WHOLE

    from improv.charts.library import open_book
    from improv.charts.page import chart_page

    def read(path: Path) -> str:
        for entry in open_book(str(path)).entries[:2]:
            chart_page(entry.chart())
        return WELL

    for ending, whole in WHOLE.items():
        yield from _damaged(whole, count // len(WHOLE), dice, folder / f"tune.{ending}", read)


def set_lists(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Set lists, damaged; with strange tunes and settings."""
    from improv.api.form import Form
    from improv.cli.tunes import tunes_of

    whole = (
        b'blues x3 key=Eb\n"rhythm" feel=ballad tempo=60\n'
        b"| Dm7 | G7 | x2 ending=none\nwaltz swing=1.5 arc=wave\n"
    )

    def read(path: Path) -> str:
        tunes_of(None, path, Form(1), say=lambda text: None)
        return WELL

    yield from _damaged(whole, count, dice, folder / "set.txt", read)


def solos(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """MIDI files and JSON lines to learn from, damaged."""
    from improv.corpus.sources import find_source, read_tasks

    kinds = {
        "solo.mid": (ROOT / "tests/fixtures/four_bars.mid").read_bytes(),
        "solo.jsonl": _events(folder),
    }

    def read(path: Path) -> str:
        source = find_source(path)
        problems = [
            problem
            for reading in (
                source.problems,
                *(result.reading for result in read_tasks(source.tasks)),
            )
            for problem in reading.dropped
        ]
        for problem in problems:
            text = str(problem)
            if any(
                f"{kind}Error (" in text
                for kind in ("Type", "Value", "Key", "Index", "Attribute", "Overflow")
            ):
                raise RuntimeError(
                    text
                )  # reading goes on after a fault of ours; it is one all the same
        return SAID if problems else WELL

    for name, whole in kinds.items():
        yield from _damaged(whole, count // len(kinds), dice, folder / name, read)


def models(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Model folders: the card, the weights and the feel, damaged."""
    from pair_maker import write_pair_model

    from improv.cell.load import load_model

    whole = write_pair_model(folder / "whole")

    def read(path: Path) -> str:
        load_model(path.parent)
        return WELL

    files = [path for path in sorted(whole.iterdir()) if path.is_file()]
    for path in files:
        copy = folder / f"damaged-{path.name}"
        shutil.copytree(whole, copy)
        yield from _damaged(path.read_bytes(), count // len(files), dice, copy / path.name, read)


def configurations(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Config files, damaged."""
    from improv.cli import cli
    from improv.cli.settings import load

    whole = (
        b'tempo = 160\nplayer = "Charlie Parker"\nband = "piano,bass"\n'
        b"[generate]\nchoruses = 3\n[train]\nseed = 4\n"
    )

    def read(path: Path) -> str:
        load(cli, str(path))
        return WELL

    yield from _damaged(whole, count, dice, folder / "config.toml", read)


def logs(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Logs of sessions, damaged: read, and taken apart as `replay` does."""
    from improv.session.reader import read_file
    from improv.session.restore import take_of

    def read(path: Path) -> str:
        take_of(read_file(path))
        return WELL

    yield from _damaged(_log(folder), count, dice, folder / "damaged.jsonl", read)


def journals(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """What a killed session leaves of its recording, damaged: the next start recovers it or sets it aside."""
    import session_maker as maker

    from improv.session.recovery import recover_sessions

    os.environ["JAZZ_IMPROV_STATE"] = str(folder / "state")
    recording, performance = maker.begun(folder / "gig.mid")
    maker.sound([recording], performance, *(maker.note_at(n, n * 480) for n in range(1, 20)))
    maker.killed(recording)
    (journal,) = maker.journals()
    whole = journal.read_bytes()

    def read(path: Path) -> str:
        said = recover_sessions()
        again = [text for text in recover_sessions() if "Cannot write" not in text]
        if again:  # but where its folder is not there, which may come back
            raise RuntimeError(f"said on every start: {again[0]}")
        return WELL if any("is recovered" in text for text in said) else SAID

    yield from _damaged(whole, count, dice, journal, read)


def typed_lines(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Lines typed while it plays."""
    from improv.performance.steering import parse_steer

    words = (
        "density",
        "tempo",
        "swing",
        "player",
        "style",
        "@solo2",
        "over",
        "help",
        "tap",
        "0.5",
        "-1",
        "nan",
    )
    words += (
        "1e999",
        "auto",
        "=",
        ":",
        "Charlie Parker",
        "é",
        "\0",
        "\x1b[31m",
        "9" * 400,
        "status",
        ",",
        "--",
    )

    def read(text: str) -> str:
        parse_steer(text, 1)
        return WELL

    for _ in range(count):
        yield partial(read, " ".join(dice.choices(words, k=dice.randint(0, 6))))


COMMANDS: dict[str, tuple[str, ...]] = {
    "chart show": ("--key", "--strict", "--json"),
    "chart convert": ("--out", "--key"),
    "generate": (
        "--choruses",
        "--tempo",
        "--seed",
        "--feel",
        "--band",
        "--player",
        "--out",
        "--key-cycle",
    ),
    "trace": ("--melody", "--json"),
    "models": ("--json",),
    "corpus show": ("--json",),
    "replay": ("--take", "--out"),
    "config": ("--path", "--example", "--config"),
    "status": ("--json",),
    "panic": ("--backend", "--port"),
    "ports": ("--backend",),
}
WORDS = (
    *(
        "",
        "-1",
        "0",
        "1",
        "blues",
        "nan",
        "1e400",
        "9" * 400,
        "a" * 300,
        "é",
        "\x1b[2J",
        "/",
        "/dev/null",
        "none",
    ),
    *(
        "| C7 |",
        "| C7",
        "x.mid",
        "x.png",
        "x",
        "tune.mid",
        "bebop",
        "medium swing",
        "piano=9/9",
        "Eb",
        "+3",
        "8-2",
    ),
    *(
        "folder",
        "empty",
        "noise.mid",
        "pipe",
        "Charlie Parker:nan",
        "rhythm",
        "fast",
        "1,2,3",
        "irealb://%FF",
    ),
)


def command_lines(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Commands with options and arguments taken at random from what exists and from rubbish."""
    from improv.cli import main

    os.chdir(folder)
    (folder / "folder").mkdir()
    (folder / "empty").touch()
    (folder / "noise.mid").write_bytes(bytes(range(256)) * 4)
    os.mkfifo(folder / "pipe")

    def run(argv: list[str]) -> str:
        out, err = io.StringIO(), io.StringIO()
        stdin, sys.stdin = sys.stdin, io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = main(argv)
        finally:
            sys.stdin = stdin
        if status and not err.getvalue().strip():
            raise RuntimeError(f"status {status}, and not a word: {argv}")
        if "Traceback" in err.getvalue() or (status == 1 and argv[0] != "status"):
            raise RuntimeError(f"{argv}: {err.getvalue()[-300:]}")
        if "\x1b[2J" in out.getvalue() + err.getvalue():
            raise RuntimeError(f"an escape sequence reached the terminal: {argv}")
        return SAID if status else WELL

    for _ in range(count):
        command = dice.choice(list(COMMANDS))
        argv = command.split()
        if command == "generate":
            argv += ["--choruses", "1", "--no-band", "--chart", "| Dm7 | G7 |"]
        for _ in range(dice.randint(0, 3)):
            if dice.random() < 0.7:
                argv.append(dice.choice(COMMANDS[command]))
            argv.append(dice.choice(WORDS))
        yield partial(run, argv)


# What comes in, in time that nobody waits for.

BEAT_NS = 500_000_000


def clocks(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """A followed clock of 120 bpm with stalls of up to two bars, pulses late or lost, bursts and storms; then
    it is sane again, and the place may be a beat off at the most."""
    for _ in range(count):
        yield partial(_follow, random.Random(dice.random()))


def _follow(dice: random.Random) -> str:
    from improv.midi.events import ClockMessage
    from improv.sync.midi_clock import ClockFollower, Follows, Says

    pulse_ns = BEAT_NS / 24
    times = [n * pulse_ns for n in range(24 * 40)]
    from_ns, long_ns = dice.uniform(4e9, 8e9), dice.uniform(0.05e9, 4e9)
    kind = dice.choice(("late", "lost", "half", "storm"))
    rolled = [
        (from_ns + long_ns if kind != "storm" and from_ns <= ns < from_ns + long_ns else ns)
        for ns in times
        if not (
            from_ns <= ns < from_ns + long_ns
            and (kind == "lost" or (kind == "half" and dice.random() < 0.5))
        )
    ]
    if kind == "storm":
        rolled += [from_ns + n * dice.uniform(2e5, 2e6) for n in range(1000)]
    follower, moves = ClockFollower("'DAW'", BEAT_NS), []
    follower.hear(ClockMessage(0, b"\xfa"))
    for ns in sorted(rolled):
        while (wake_ns := follower.wake_ns()) is not None and wake_ns < ns:
            moves += follower.look(wake_ns)
            if follower.wake_ns() == wake_ns:
                break
        moves += follower.hear(ClockMessage(round(ns), b"\xf8"))
    last = [move for move in moves if isinstance(move, Follows)][-1]
    place = last.tick + (20e9 - last.ns) * 480 / last.beat_ns
    if sum(isinstance(move, Says) for move in moves) > 20:
        raise RuntimeError("it says more than a sentence a bar")
    return WELL if abs(place - 20 * 960) < 480 else ASTRAY


def sent_notes(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Notes and plans made anew in any order, with wakes at any time: what is heard ends in silence."""
    for _ in range(count):
        yield partial(_send, random.Random(dice.random()))


def _send(dice: random.Random) -> str:
    from improv.midi.send_queue import Planned, SendQueue

    queue, now_ns, sounding = SendQueue(), 0, set()

    def hear(messages: Any) -> None:
        for due in messages:
            kind, key = due.data[0] & 0xF0, (due.data[0] & 0x0F, due.data[1])
            if not due.dropped and kind == 0x90 and due.data[2]:
                sounding.add(key)
            elif not due.dropped and kind in (0x80, 0x90):
                sounding.discard(key)

    for note_id in range(1, 400):
        channel, pitch, at_ns = (
            dice.randrange(3),
            dice.randrange(60, 66),
            now_ns + dice.randrange(0, 10**9),
        )
        queue.plan(Planned(note_id, at_ns, bytes((0x90 | channel, pitch, dice.randrange(1, 128)))))
        if dice.random() < 0.95:
            queue.plan(
                Planned(
                    note_id, at_ns + dice.randrange(1, 10**9), bytes((0x80 | channel, pitch, 0))
                )
            )
        if dice.random() < 0.05:
            queue.replan(now_ns + dice.randrange(0, 10**9), [])
        if dice.random() < 0.3:
            now_ns += dice.randrange(0, 5 * 10**8)
            hear(queue.due(now_ns))
    hear(queue.silence(now_ns))
    return STUCK if sounding else WELL


# The whole program, heard through JACK.


def sessions(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """The whole program with its band through JACK: processes killed or stopped at any moment, storms of
    signals, of song positions and of typed lines; then an end of any kind. No note may be left."""
    import jack
    from _soak_parts import JackServer

    if why := jack.missing():
        raise SystemExit(why)
    server = JackServer(f"torture{os.getpid()}")
    os.environ.update(server.environment)
    try:
        for number in range(count):
            yield partial(
                _session, random.Random(dice.random()), folder / str(number), f"ear{number}"
            )
    finally:
        server.stop()


def _signal(name: str, times: int = 1, role: str = "performer") -> Callable[[_Stage], None]:
    def deed(stage: _Stage) -> None:
        for _ in range(times):
            stage.signal(getattr(signal, name), role)
            if times > 1:
                time.sleep(0.02)

    return deed


def _lines(stage: _Stage) -> None:
    for text in (
        "density 9",
        "tempo 90 over 2",
        "\x1b[2J",
        "player Nobody",
        "9" * 5000,
        "swing auto",
    ) * 5:
        stage.type(text)


def _positions(stage: _Stage) -> None:
    for _ in range(100):
        place = stage.dice.randrange(200)
        stage.daw.send(
            bytes((0xF2, place & 127, place >> 7)), stage.dice.choice((b"\xfa", b"\xfc", b"\xfb"))
        )
        time.sleep(0.005)
    stage.daw.send(b"\xfb")


DEEDS: dict[str, Callable[[_Stage], None]] = {
    "kill -9 of the sender": _signal("SIGKILL", role="sender"),
    "kill -9 of the receiver": _signal("SIGKILL", role="receiver"),
    "the sender stopped": _signal("SIGSTOP", role="sender"),
    "50 SIGHUPs": _signal("SIGHUP", times=50),
    "lines of rubbish": _lines,
    "storms of song positions": _positions,
    "nothing": lambda stage: None,
}
ENDS: dict[str, Callable[[_Stage], None]] = {
    "SIGINT": _signal("SIGINT"),
    "SIGTERM": _signal("SIGTERM"),
    "SIGINT twice": _signal("SIGINT", times=2),
    "kill -9": _signal("SIGKILL"),
    "kill -9 of the sender, then of the performer": lambda stage: (
        stage.signal(signal.SIGKILL, "sender"),
        stage.signal(signal.SIGKILL, "performer"),
    ),
}  # fmt: skip


class _Stage:
    """The program, its listener and the clock it follows."""

    def __init__(self, dice: random.Random, folder: Path, name: str) -> None:
        import jack
        from _soak_parts import Synth

        folder.mkdir()
        self.started: set[int] = set()
        self.dice, self.ear, self.stopped = dice, Synth(name, {}), threading.Event()
        self.daw = jack.ClockSource({}, f"daw-{name}")
        self._pulses = threading.Thread(target=self._beat, daemon=True)
        self.errors = (folder / "err.txt").open("w+")
        self.program = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "improv",
                    "--config",
                    "none",
                    "--backend",
                    "jack",
                    "--port",
                    name,
                ),
                *(
                    "--chart",
                    "rhythm",
                    "--tempo",
                    "200",
                    "--seed",
                    str(dice.randrange(99)),
                    "--steer",
                ),
                *("--record", str(folder / "take.mid"), "--log", str(folder / "log.jsonl")),
                *(
                    ("--clock", "midi", "--clock-in", self.daw.client)
                    if dice.random() < 0.5
                    else ()
                ),
            ],
            env=os.environ
            | {"JAZZ_IMPROV_STATE": str(folder), "JAZZ_IMPROV_RUNTIME": str(folder / "run")},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
        self._pulses.start()

    def _beat(self) -> None:
        next_s = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            while not self.stopped.is_set():
                self.daw.send(b"\xf8")
                next_s += 60 / 200 / 24
                time.sleep(max(0.0, next_s - time.monotonic()))

    def wait_for_music(self) -> None:
        """Until the first note is heard; Start is sent until there is somebody who hears it."""
        for _ in range(20):
            self.daw.send(b"\xfa")
            with contextlib.suppress(queue.Empty):
                self.ear.first_on_ns(2)
                return
        raise RuntimeError("it does not begin to play")

    def signal(self, number: int, role: str) -> None:
        from _soak_parts import processes

        found = processes(self.program.pid)
        self.started |= set(found.values())
        pid = found.get(role)
        if pid is not None and self.program.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def type(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.program.stdin.write(f"{text}\n")
            self.program.stdin.flush()

    def close(self) -> None:
        self.stopped.set()
        for pid in {self.program.pid, *self.started}:  # one that was stopped would stay for ever
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.program.wait()
        with contextlib.suppress(OSError):
            self.program.stdin.close()
        self.daw.close()
        self._pulses.join(5)
        self.ear.close()
        self.errors.close()


def _session(dice: random.Random, folder: Path, name: str) -> str:
    stage = _Stage(dice, folder, name)
    deeds = [dice.choice(list(DEEDS)) for _ in range(dice.randint(1, 3))]
    end = dice.choice(list(ENDS))
    try:
        stage.wait_for_music()
        time.sleep(1)  # the receiver comes after the first note
        for deed in deeds:
            DEEDS[deed](stage)
            time.sleep(dice.uniform(0, 1.5))
        ENDS[end](stage)
        try:
            stage.program.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            print(f"hang: {deeds}, {end}", file=sys.stderr)
            return HANG
        until_s = time.monotonic() + LIMIT_S
        while not stage.ear.notes.silent and time.monotonic() < until_s:
            time.sleep(0.05)
        stage.errors.seek(0)
        if "Traceback" in (said := stage.errors.read()):
            raise RuntimeError(f"{deeds}, {end}: {said[-2000:]}")
        if not stage.ear.notes.silent:
            print(f"stuck: {deeds}, {end}: {stage.ear.notes.sounding}", file=sys.stderr)
            return STUCK
        return WELL if stage.program.returncode in (0, -signal.SIGKILL) else SAID
    finally:
        stage.close()


# What the attacks need.


def _damaged(
    whole: bytes, count: int, dice: random.Random, path: Path, read: Callable[[Path], str]
) -> Iterator[Attempt]:
    from mutations import mutations

    def attempt(content: bytes) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return read(path)

    rng = np.random.default_rng(dice.getrandbits(32))
    for content in mutations(whole, count, rng):
        yield partial(attempt, content)


def _events(folder: Path) -> bytes:
    from solo_maker import write_solos

    return write_solos(folder / "whole.jsonl", ("One",), choruses=1).read_bytes()


def _log(folder: Path) -> bytes:
    import session_stage

    from improv.charts.library import load_chart
    from improv.config import Plan, Tune

    tune = Tune(load_chart("| Dm7 | G7 |"), Plan(choruses=1), {"tempo_bpm": 200.0})
    return session_stage.perform(folder, (tune,)).log.read_bytes()


@dataclass(frozen=True)
class Attack:
    """A row: how many attempts usually, and how long one may take."""

    attempts: Attempts
    count: int
    limit_s: int = LIMIT_S

    @property
    def what(self) -> str:
        return " ".join((self.attempts.__doc__ or "").split())


ATTACKS = {
    "chord symbols": Attack(chord_symbols, 200_000),
    "charts": Attack(charts, 12_000),
    "set lists": Attack(set_lists, 3_000),
    "solos": Attack(solos, 6_000),
    "models": Attack(models, 3_000),
    "configurations": Attack(configurations, 6_000),
    "logs": Attack(logs, 6_000),
    "journals": Attack(journals, 2_000),
    "typed lines": Attack(typed_lines, 100_000),
    "command lines": Attack(command_lines, 2_000),
    "clocks": Attack(clocks, 2_000),
    "sent notes": Attack(sent_notes, 5_000),
    "sessions": Attack(sessions, 40, limit_s=90),
}


class _TooLongError(BaseException):
    """Not an Exception: nothing that is attacked may swallow it."""


def _too_long(signum: int, frame: object) -> None:
    raise _TooLongError


def carry_out(name: str, count: int, seed: int) -> dict[str, Any]:
    """Every attempt of an attack: how often what came out, the slowest in s, the most memory in MB."""
    from improv.errors import ImprovError

    attack, found, slowest_s, faults = ATTACKS[name], Counter(), 0.0, []
    signal.signal(signal.SIGALRM, _too_long)
    with tempfile.TemporaryDirectory(prefix="jazz-improv-torture-") as folder:
        os.environ |= {"JAZZ_IMPROV_CONFIG": "none", "JAZZ_IMPROV_STATE": f"{folder}/state"}
        os.environ["JAZZ_IMPROV_RUNTIME"] = f"{folder}/run"
        for attempt in attack.attempts(count, random.Random(f"{name} {seed}"), Path(folder)):
            began_s = time.monotonic()
            faulthandler.dump_traceback_later(
                2 * attack.limit_s, exit=True
            )  # where no signal gets through
            signal.alarm(attack.limit_s)
            try:
                came_out = attempt()
            except ImprovError as error:
                came_out = SAID if "\n" not in str(error) else TRACEBACK
            except _TooLongError:
                came_out = HANG
                faults.append(f"longer than {attack.limit_s} s: {attempt!r:.300}")
            except Exception:
                came_out = TRACEBACK
                faults.append(traceback.format_exc(limit=-3))
            finally:
                signal.alarm(0)
                faulthandler.cancel_dump_traceback_later()
            found[came_out] += 1
            slowest_s = max(slowest_s, time.monotonic() - began_s)
        os.chdir(ROOT)
    for fault in list(dict.fromkeys(faults))[:5]:
        print(f"{name}: {fault}", file=sys.stderr)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {
        "attack": name,
        **found,
        "slowest_s": round(slowest_s, 2),
        "memory_mb": round(memory_mb),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(json.dumps(carry_out(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
