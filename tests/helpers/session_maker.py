"""Sessions by hand: what a performer would tell the log and the recording, without playing anything."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

from improv.charts.library import load_chart
from improv.config import Config, Musician, Plan, Tune
from improv.midi.events import Report
from improv.music.note import Note
from improv.performance.arrangement import arrange, with_rest
from improv.performance.assemble import make_performance
from improv.performance.played import PlayedNote
from improv.session.header import header_of
from improv.session.writer import Recording, journals_folder

BAR = 1920
FOUR_BARS = "Title: Four bars\nTempo: 120\nKey: C\n| Dm7 | G7 | Cmaj7 | % |"
THREE_FOUR = "Title: Waltz\nTempo: 180\nKey: G\n3/4 | G6 | D7 |"
MODEL = SimpleNamespace(
    card=SimpleNamespace(name="bebop", weights_sha256="ab" * 32), path=Path("/nowhere/bebop")
)


BASS = (Musician("bass", 1, 32),)


def config_of(*charts, band=BASS, plan=None, **more):
    tunes = tuple(Tune(load_chart(text), plan or Plan()) for text in charts or (FOUR_BARS,))
    return Config(tunes, band=band, **more)


def header(config):
    return header_of(config, MODEL)


def performance_of(config, number=0, start_tick=0, start_ns=1_000):
    tune = config.tunes[number]
    arrangement = arrange(tune.chart, tune.plan)
    if number + 1 < len(config.tunes):
        arrangement = with_rest(arrangement)
    return make_performance(tune, arrangement, start_ns, number, start_tick=start_tick)


def note_at(note_id, onset_tick, ticks=240, pitch=60, player="solo", channel=0):
    written = Note(onset_tick, ticks, pitch, 90) if player.startswith("solo") else None
    return PlayedNote(
        note_id, onset_tick, onset_tick + ticks, pitch, 90, channel, player, "1^:6", written
    )


def strike(writers, performance, note, *, dropped=False):
    """Its note-on is sent."""
    ns = performance.tempo.ns_at(note.onset_tick)
    data = bytes((0x90 | note.channel, note.pitch, note.velocity))
    for writer in writers:
        writer.heard(Report(note.note_id, ns, ns, data, dropped), note, note.onset_tick)


def release(writers, performance, note, tick=None):
    """Its note-off is sent, at its end or (silence) at `tick`."""
    tick = note.end_tick if tick is None else tick
    ns = performance.tempo.ns_at(tick)
    data = bytes((0x80 | note.channel, note.pitch, 64))
    for writer in writers:
        writer.heard(Report(note.note_id, ns, ns, data), note, tick)


def sound(writers, performance, *notes):
    """Every note is played from its beginning to its end."""
    for note in notes:
        strike(writers, performance, note)
        release(writers, performance, note)


def journals():
    """The journals that are left."""
    folder = journals_folder()
    return sorted(folder.iterdir()) if folder.exists() else []


def begun(target, config=None, **more):
    """A recording that has begun, and what is played."""
    config = config or config_of()
    recording = Recording(target)
    recording.start(header(config))
    performance = performance_of(config, **more)
    recording.tune(performance)
    return recording, performance


def rows(take, track=0):
    """(onset, end, pitch) of the notes of a track."""
    return [(n.onset_tick, n.end_tick, n.pitch) for n in take.tracks[track].notes]


def killed(recording):
    """As a kill -9 leaves it: what was handed over is there, nothing was said of an end, nothing is held."""
    recording._lines.close(20.0)
    if recording._claim is not None:
        os.close(recording._claim._fd)
        recording._claim = None
