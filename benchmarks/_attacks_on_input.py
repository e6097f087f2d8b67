"""The attacks on what is read, typed or sent, within one process. See _attacks.py."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import random
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _outcomes import ASTRAY, ROOT, SAID, STUCK, WELL, Attempt

# What is read.

CHORD_BITS = [
    *"Db F# B♭ H c m min - maj M ^ Δ 7 9 11 13 69 6 b5 #9 ♯11 alt sus sus4 add9 no3 omit5 dim".split(),
    *"o ø h + aug / ( ) [ , /G \\ N.C. % b # é ♭♭".split(),
    *(" ", "\0", "\x1b[2J", "9" * 300),
]


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
        again = recover_sessions()
        if again:
            raise RuntimeError(f"said on every start: {again[0]}")
        return WELL if any("is recovered" in text for text in said) else SAID

    yield from _damaged(whole, count, dice, journal, read)


def typed_lines(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """Lines typed while it plays."""
    from improv.performance.steering import parse_steer

    words = [
        *"density tempo swing player style @solo2 over help tap 0.5 -1 nan 1e999 auto = : é status ,".split(),
        *("Charlie Parker", "\0", "\x1b[31m", "9" * 400),
    ]

    def read(text: str) -> str:
        parse_steer(text, 1)
        return WELL

    for _ in range(count):
        yield partial(read, " ".join(dice.choices(words, k=dice.randint(0, 6))))


COMMANDS = (
    "chart show blues --key Eb --strict --json",
    "chart convert rhythm --key -3 --out tune.txt",
    "generate --choruses 1 --no-band --chart '| Dm7 | G7 |' --tempo 180 --seed 3 --feel bossa --out x.mid",
    "generate --choruses 1 --band bass --player 'Charlie Parker' --key-cycle fourths --out tune.mid",
    "trace noise.mid --json",
    "models bebop --json",
    "corpus show empty --json",
    "replay empty --take 1-2 --out tune.mid",
    "config --path",
    "config --example",
    "status --json",
    "panic --backend none --port nowhere",
    "ports --backend none",
)
"""Each is tried with words left out, doubled, and rubbish in the place of others."""
WORDS = [
    *"-1 0 1 blues nan 1e400 é / /dev/null none x.mid x.png x tune.mid bebop piano=9/9 Eb +3 8-2".split(),
    *"folder empty noise.mid pipe rhythm fast 1,2,3 irealb://%FF --json --key --out --seed".split(),
    *("", "\x1b[2J", "9" * 400, "a" * 300, "| C7 |", "| C7", "medium swing", "Charlie Parker:nan"),
]


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
        nobody = status == 1 and argv[0] == "status"  # no session is running: that is its answer
        if status and not nobody and not err.getvalue().strip():
            raise RuntimeError(f"status {status}, and not a word: {argv}")
        if "Traceback" in err.getvalue() or (status == 1 and not nobody):
            raise RuntimeError(f"{argv}: {err.getvalue()[-300:]}")
        if "\x1b[2J" in out.getvalue() + err.getvalue():
            raise RuntimeError(f"an escape sequence reached the terminal: {argv}")
        return SAID if status else WELL

    for _ in range(count):
        argv = shlex.split(dice.choice(COMMANDS))
        for _ in range(dice.randint(0, 2)):
            at = dice.randrange(1, len(argv) + 1)
            argv[at : at + 1] = dice.choice(([], argv[at : at + 1] * 2, dice.choices(WORDS, k=1)))
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


def osc_packets(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """OSC packets and bundles, damaged, up to the typed line that each stands for."""
    from pythonosc.osc_message_builder import OscMessageBuilder

    logging.getLogger().addHandler(logging.NullHandler())  # python-osc warns of each, as root
    names = ["density", "tempo", "player", "mode", "chart", "chord", "line", "mute", "", "x" * 300]
    values = [
        0.5,
        -1.0,
        7,
        "Dm7",
        "trade 4",
        "| C7 |",
        "/etc/passwd",
        "\0",
        True,
        b"\xff",
        "9" * 400,
    ]
    for _ in range(count):
        builder = OscMessageBuilder("/improv/" + dice.choice(names))
        for value in dice.choices(values, k=dice.randint(0, 4)):
            builder.add_arg(value)
        data = bytearray(builder.build().dgram)
        for _ in range(dice.choice((0, 0, 1, 4))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        yield partial(_obey, bytes(data[: dice.choice((len(data), dice.randint(0, len(data))))]))


def _obey(data: bytes) -> str:
    from pythonosc.osc_packet import OscPacket, ParseError

    from improv.osc.language import line_of
    from improv.performance.steering import asked_of

    try:
        messages = OscPacket(data).messages
    except (
        ParseError,
        Exception,
    ):  # it raises more than its own errors; the endpoint says a sentence
        return SAID
    for _, message in messages:
        try:
            line = line_of(message.address, message.params)
        except ValueError:
            return SAID
        asked_of(line, 1, files=False)
    return WELL


def page_messages(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """What a page's socket may be sent, damaged, and the lines in it."""
    from improv.page.protocol import ASKED

    values = [
        0,
        -1,
        1e400,
        None,
        True,
        "",
        "density 0.5",
        "\0" * 9,
        "9" * 400,
        [144, 60, 90],
        [],
        {},
        [[]],
    ]
    for _ in range(count):
        kind = dice.choice([*ASKED, "x", ""])
        names = [*(ASKED[kind].fields if kind in ASKED else ()), "y"]
        message = {"type": kind} | {
            name: dice.choice(values) for name in names if dice.random() < 0.8
        }
        text = json.dumps(message)
        yield partial(
            _read_message, text[: dice.choice((len(text), len(text), dice.randint(0, 40)))]
        )


def _read_message(text: str) -> str:
    from improv.page.protocol import ProtocolError, read
    from improv.performance.steering import asked_of

    try:
        message = read(text)
    except ProtocolError:
        return SAID
    if message["type"] == "line":
        asked_of(message["text"], 1, files=False)
    return WELL


def partners(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """What comes in at an input: keys that come up never or twice, pedals, floods on sixteen channels."""
    for _ in range(count):
        yield partial(_listen, random.Random(dice.random()))


def _listen(dice: random.Random) -> str:
    from improv.music.tempo import TempoMap
    from improv.partner.ears import Ears

    tempo, ears, ns = TempoMap(dice.choice((40.0, 120.0, 300.0))), Ears(), 0
    ears.begin(tempo, 0, dice.choice((1.0, 2.0)))
    open_now: dict[bool, bool] = {}
    for _ in range(dice.choice((50, 400))):
        ns += dice.choice((0, 0, 10**6, 10**8, 2 * 10**9))
        kind = dice.choice((0x80, 0x90, 0x90, 0x90, 0xB0, 0xC0))
        channel, first, second = (
            dice.randrange(16),
            dice.choice((60, 62, 64, 127)),
            dice.randrange(128),
        )
        ears.hear(ns, bytes((kind | channel, first, second)[: 2 if kind == 0xC0 else 3]))
        if dice.random() < 0.3:
            open_now |= {note.is_comping: note.end_tick is None for note in ears.heard(ns)}
    ears.let_go(ns + 1)
    open_now |= {note.is_comping: note.end_tick is None for note in ears.heard(ns + 10**9)}
    return STUCK if any(open_now.values()) else WELL
