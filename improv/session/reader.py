"""Reads the lines that `session.writer` writes: what was played, part by part, and the take of it.

    FILE.jsonl  ──read──>  Session  ──take_of_session──>  Take

A line that is damaged (the last one, where a process was killed while it wrote) is skipped and counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from improv import files
from improv.errors import InputFileError
from improv.json_values import finite, flag, text, whole
from improv.midi.messages import is_off, is_on
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.take import Take, Track
from improv.partner.heard import HeardNote
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer
from improv.performance.takes import Lineup, cut, from_bar, in_a_row, take_of, with_notes
from improv.session.header import with_tunes

_EVER_TICK = 1 << 60
PARTNER = "partner"
"""The name of the partner's track."""
LONGEST_LINE = 32_000_000
"""Bytes; a header with a set of thousands of tunes has some megabytes."""
_LONGEST_REST_TICK = 4_000_000
"""Between two lines: two thousand bars. More is damage, which would be music of a year where nothing was."""
_LATEST_TICK = 1 << 32
_MOST_LOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Steered:
    """What was changed at `tick`, when everything up to `planned_tick` had been worked out.

    `open_tick`: where who was muted fell silent; None: where nothing was worked out yet.
    """

    tick: int
    planned_tick: int
    steer: Steer
    open_tick: int | None = None


@dataclass(frozen=True, slots=True)
class HeardAt:
    """What the partner played, when everything up to `planned_tick` had been worked out.

    `open_tick`: what began before could not be taken back any more.
    """

    note: HeardNote
    planned_tick: int
    open_tick: int


@dataclass
class Part:
    """A tune, or the part of one that was played in one go."""

    number: int
    title: str
    start_tick: int
    start_ns: int
    """When tick 0 was, or would have been."""
    controls: dict[str, float]
    tempos: list[tuple[int, float]]
    """(tick, quarter notes a minute) as played, the first at `start_tick`."""
    config: int = 0
    """What was played: 0 is the header's, 1 that of the first reload, and so on."""
    end_tick: int | None = None
    """Where it ended; None where nobody could say any more."""
    whole_end_tick: int | None = None
    """Where the tune ends; None: never."""
    last_tick: int = 0
    """The last that is known to have been reached."""
    notes: list[PlayedNote] = field(default_factory=list)
    """What sounded, by the time of its end; `end_tick` is where it really ended."""
    dropped: list[PlayedNote] = field(default_factory=list)
    """What was too late to be heard; where it was to end is not known."""
    cut: set[int] = field(default_factory=set)
    """Numbers of the notes that were silenced before their end."""
    is_left: bool = False
    """Whether somebody chose to play something else."""
    events: list[Steered | HeardAt] = field(default_factory=list)
    """What was changed, and what was heard."""
    outages: list[tuple[int, int]] = field(default_factory=list)
    """(from, to) ticks in which notes may have been lost: a port had gone, or a sender had died."""

    @property
    def steers(self) -> list[Steered]:
        """What was changed."""
        return [event for event in self.events if isinstance(event, Steered)]

    @property
    def partner(self) -> list[HeardNote]:
        """What the partner played, each note as it was heard in the end."""
        kinds: dict[bool, list[HeardNote]] = {False: [], True: []}
        for event in self.events:
            if isinstance(event, HeardAt):
                of_kind = kinds[event.note.is_comping]
                if event.note.replaces and of_kind:
                    of_kind.pop()
                of_kind.append(event.note)
        return sorted((*kinds[False], *kinds[True]), key=lambda note: note.played_tick)

    @property
    def length_end_tick(self) -> int:
        """Where it ended, as far as is known."""
        return self.last_tick + 1 if self.end_tick is None else self.end_tick


@dataclass
class Session:
    """All of a log. `messages` counts its MIDI messages, `damaged` lines that say nothing, `lost` those that
    the log itself says are missing."""

    where: str
    header: dict[str, Any] = field(default_factory=dict)
    reloads: list[dict[str, Any]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    messages: int = 0
    damaged: int = 0
    lost: int = 0
    cut_short: bool = False
    """Whether the last line is damaged: it was being written when all ended."""
    why: str = ""

    @property
    def partner_channel(self) -> int:
        """Where the partner sounds, 0-15."""
        channel = self.header.get("partner_channel")
        return channel - 1 if isinstance(channel, int) and 1 <= channel <= 16 else 0

    def header_of(self, config: int) -> dict[str, Any]:
        """The header as it was after so many reloads."""
        header = self.header
        for reload in self.reloads[:config]:
            header = header | reload
        return header


def read_file(path: Path) -> Session:
    """The session of a log. Raises InputFileError, one sentence, for what is none."""
    where = str(path)
    try:
        with open(files.open_ordinary(path), "rb") as stream:
            session = read(lines_of(stream), where)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputFileError(
            f"Cannot read the log {where!r}: {reason}; expected a file that `--log` has left."
        ) from error
    if not session.header:
        raise InputFileError(
            f"{where!r} is not the log of a session: expected a file written by `--log`."
        )
    return session


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one that is too long in pieces, which say nothing."""
    while line := stream.readline(LONGEST_LINE):
        yield line


def read(lines: Iterable[bytes], where: str) -> Session:
    """The session of the lines of a log; empty where they are none."""
    reader = _Reader(where)
    for line in lines:
        reader.take(line)
    return reader.finish()


class _Reader:
    def __init__(self, where: str) -> None:
        self._session = Session(where)
        self._header: dict[str, Any] = {}
        """As it is after the reloads so far."""
        self._open: dict[int, tuple[int, PlayedNote]] = {}
        """What sounds, and the number of the part it was begun in."""
        self._first = True
        self._out_from: int | None = None
        """Since when nothing may have been sent."""
        self._is_out = False
        self._latest_tick = 0
        """Of all that was read so far, as its part counts."""

    def take(self, line: bytes) -> None:
        """Read one line."""
        session, first = self._session, self._first
        if not line.strip():
            return
        self._first = False
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise TypeError
            session.cut_short = False
            if first and "jazz_improv" in value:
                session.header = self._header = value
            elif "bytes" in value:
                self._message(value)
            else:
                self._event(value)
        except (
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            ArithmeticError,
            RecursionError,
        ):
            session.damaged += 1
            session.cut_short = True

    def _event(self, value: dict[str, Any]) -> None:
        session = self._session
        if "tune" in value:
            if self._out_from is not None and session.parts:
                session.parts[-1].outages.append((self._out_from, _EVER_TICK))
                self._out_from = -TICKS_PER_BEAT
            part = _part(value, len(session.reloads), self._tick(value["start_tick"]))
            session.parts.append(part)
            self._latest_tick = part.start_tick
        elif "reload" in value:
            reload = with_tunes(self._header, value["reload"])
            session.reloads.append(reload)
            self._header = self._header | reload
        elif "lost" in value:
            session.lost += whole(value["lost"], 0, _MOST_LOST)
        elif session.parts:
            part = session.parts[-1]
            if value.get("clock") == "stop":
                self._stopped(self._tick(value["tick"]))
            elif "ended" in value:
                part.end_tick = self._tick(value["ended"])
                session.why = str(value.get("why", ""))
            elif "switch" in value:
                part.is_left = True
            elif "tempo_bpm" in value:
                tick = max(part.start_tick, self._tick(value["tick"]))
                bpm = _bpm(value["tempo_bpm"])
                part.tempos = [row for row in part.tempos if row[0] < tick]
                part.tempos.append((tick, bpm))
            elif "steer" in value:
                tick = self._tick(value["tick"])
                planned_tick = self._tick(value.get("planned_tick", tick))
                open_tick = self._tick(value["open_tick"]) if "open_tick" in value else None
                steer = _steer(value["steer"])
                part.events.append(Steered(tick, planned_tick, steer, open_tick))
                if open_tick is not None and open_tick < part.start_tick:
                    self._stopped(open_tick, with_this=False)
            elif "heard" in value:
                note = HeardNote(**value["heard"] | {"under": tuple(value["heard"]["under"])})
                self._check(note)
                ticks = self._tick(value["planned_tick"]), self._tick(value["open_tick"])
                part.events.append(HeardAt(note, *ticks))
            elif value.get("port") == "out" or ("said" in value and value.get("problem")):
                if self._out_from is None:
                    self._out_from = part.last_tick - TICKS_PER_BEAT
                self._is_out = not value.get("there", True)

    def _check(self, note: HeardNote) -> None:
        for tick in (note.onset_tick, note.played_tick, note.end_tick):
            if tick is not None:
                self._tick(tick)
        for value in (note.pitch, note.velocity, *note.under):
            whole(value, 0, 127)
        flag(note.replaces)

    def _stopped(self, tick: int, *, with_this: bool = True) -> None:
        """What was still to come of the parts before this one was taken back, and of this one."""
        parts = self._session.parts
        for number in range(len(parts) - 1, -1, -1):
            if with_this or number < len(parts) - 1:
                parts[number].outages.append((tick - TICKS_PER_BEAT, _EVER_TICK))
            if tick >= parts[number].start_tick or not number:
                break
            tick += parts[number - 1].length_end_tick - parts[number].start_tick

    def _over(self, part: Part, tick: int) -> None:
        """Notes are sent again, if they were not."""
        if self._out_from is not None and not self._is_out:
            part.outages.append((self._out_from, tick + TICKS_PER_BEAT))
            self._out_from = None

    def _message(self, value: dict[str, Any]) -> None:
        session = self._session
        data, tick, note_id = (
            bytes.fromhex(value["bytes"]),
            self._tick(value["tick"]),
            value["note"],
        )
        if note_id is not None:
            whole(note_id, 1, _LATEST_TICK)
        if not data or data[0] < 0x80 or any(byte > 0x7F for byte in data[1:]):
            raise ValueError("no MIDI message")
        session.messages += 1
        if not session.parts:
            return
        part, number = session.parts[-1], len(session.parts) - 1
        back = int(tick < part.start_tick)
        if "back" in value:
            back = whole(value["back"], 0, _LATEST_TICK)
        back = min(number, back)
        self._latest_tick = max(self._latest_tick, tick)
        if part.end_tick is None and not back:
            part.last_tick = max(part.last_tick, tick)
        if note_id is None:
            return
        self._over(part, tick)
        if is_on(data):
            # Told late: it was sent before this part began.
            note = _note(value, note_id, tick, data, self._in(number - back, tick) - tick)
            if value.get("dropped"):
                session.parts[number - back].dropped.append(note)
            else:
                self._open[note_id] = number - back, note
        elif is_off(data) and note_id in self._open:
            at, note = self._open.pop(note_id)
            begun_in = session.parts[at]
            if value.get("cut"):
                begun_in.cut.add(note_id)
            if at != number:
                tick = self._in(at, tick)
                if tick > begun_in.length_end_tick:  # another part has begun meanwhile
                    tick = begun_in.length_end_tick
                    begun_in.cut.add(note_id)
            begun_in.notes.append(_ended(note, tick))

    def _tick(self, value: Any) -> int:
        """Ticks that may be; ValueError, TypeError for others."""
        return whole(value, -_LONGEST_REST_TICK, self._latest_tick + _LONGEST_REST_TICK)

    def _in(self, number: int, tick: int) -> int:
        """A tick of the part that is played now, counted in an earlier one, its `number`."""
        parts = self._session.parts
        for now, before in zip(parts[:number:-1], parts[-2::-1], strict=False):
            tick += before.length_end_tick - now.start_tick
        return tick

    def finish(self) -> Session:
        """What was still sounding ends where the part ends."""
        for number, note in self._open.values():
            part = self._session.parts[number]
            part.cut.add(note.note_id)
            part.notes.append(_ended(note, part.length_end_tick))
        self._open.clear()
        self._is_out = False
        if self._session.parts:
            self._over(self._session.parts[-1], _EVER_TICK)
        return self._session


def _part(value: Mapping[str, Any], config: int, start_tick: int) -> Part:
    tempos = [(whole(tick, 0, _LATEST_TICK), _bpm(bpm)) for tick, bpm in value["tempos"]]
    if not tempos or start_tick < 0:
        raise ValueError("no tempo, or a start before the beginning")
    return Part(
        number=whole(value["tune"], 0, _LATEST_TICK),
        title=text(value["title"]),
        start_tick=start_tick,
        start_ns=whole(value["start_ns"], -(1 << 62), 1 << 62),
        controls={str(name): float(finite(each)) for name, each in value["controls"].items()},
        tempos=sorted(tempos, key=lambda row: row[0]),
        config=config,
        whole_end_tick=None
        if value["end_tick"] is None
        else whole(value["end_tick"], 0, _LATEST_TICK),
        last_tick=start_tick - 1,
    )


def _note(
    value: Mapping[str, Any], note_id: int, tick: int, data: bytes, by_tick: int
) -> PlayedNote:
    """The note, its ticks moved by `by_tick`."""
    written = value.get("written")
    if written is not None:
        onset_tick, duration_tick = written
        written = Note(
            whole(onset_tick, -_LONGEST_REST_TICK, _LATEST_TICK) + by_tick,
            whole(duration_tick, 0, _LONGEST_REST_TICK),
            data[1],
            data[2],
        )
    tick += by_tick
    if tick < 0:
        raise ValueError("before the beginning")
    return PlayedNote(
        note_id,
        tick,
        tick + 1,
        data[1],
        data[2],
        data[0] & 0x0F,
        text(value["player"]),
        text(value.get("token") or ""),
        written,
    )


def _bpm(value: Any) -> float:
    return float(finite(value, 1.0, 10_000.0))


def _steer(value: Any) -> Steer:
    """What was changed, as `Steer.as_json` has it."""
    steer = Steer(**value)
    if steer.solo is not None:
        steer = replace(steer, solo=tuple(map(text, steer.solo)))
    for name, volume in steer.volumes.items():
        text(name), finite(volume)
    for name, mute in steer.mutes.items():
        text(name), flag(mute)
    if steer.player is not None:
        for name, share in steer.player.items():
            text(name), finite(share)
    for name, value in steer.controls.items():
        text(name), value is None or finite(value)
    text(steer.style or "")
    text(steer.soloist)
    text(steer.faster)
    whole(steer.over_bars, 0, _LONGEST_REST_TICK)
    return steer


def _ended(note: PlayedNote, tick: int) -> PlayedNote:
    return replace(note, end_tick=max(note.onset_tick + 1, tick))


def take_of_session(
    session: Session, performances: Sequence[Performance], lineup: Lineup
) -> Take | None:
    """All that was heard, one part after the other; None where nothing was.

    `performances` are those of the session's parts. A part that begins within a bar is put at its place
    in that bar; it ends where it ended.
    """
    takes = []
    lineup = (*lineup, *_others(session, lineup))
    if any(part.partner for part in session.parts):
        lineup = (*lineup, Track(PARTNER, session.partner_channel, None, (), ()))
    for part, performance in zip(session.parts, performances, strict=True):
        end_tick = part.length_end_tick
        if end_tick <= part.start_tick:
            continue
        notes = [*part.notes, *partner_notes(part, session.partner_channel)]
        take = take_of(performance, notes, lineup, part.tempos)
        take = cut(take, end_tick)
        takes.append(from_bar(take, take.chart.bar_of(part.start_tick)))
    if not takes:
        return None
    if len(takes) > 1:
        takes = [_clipped(take) for take in takes]
    return in_a_row(takes)


def partner_notes(part: Part, channel: int) -> Iterator[PlayedNote]:
    """What the partner played, as notes without a number."""
    for note in part.partner:
        end_tick = part.length_end_tick if note.end_tick is None else note.end_tick
        ticks = max(1, end_tick - note.onset_tick)
        for pitch in (*note.under, note.pitch):
            written = Note(note.onset_tick, ticks, pitch, note.velocity)
            yield PlayedNote(
                0,
                note.played_tick,
                note.played_tick + ticks,
                pitch,
                note.velocity,
                channel,
                PARTNER,
                "",
                written if pitch == note.pitch and not note.is_comping else None,
            )


def _others(session: Session, lineup: Lineup) -> Lineup:
    """Musicians that were there before, or after, a reload."""
    known = {track.name for track in lineup}
    others = []
    for at in range(len(session.reloads) + 1):
        header = session.header_of(at)
        soloists = [(each["name"], each, ()) for each in header.get("soloists", ())]
        band = [(each["instrument"], each, None) for each in header.get("band", ())]
        for name, each, written in (*soloists, *band):
            if name not in known:
                known.add(name)
                others.append(Track(name, each["channel"] - 1, each["program"], (), written))
    return others


def _clipped(take: Take) -> Take:
    """Nothing sounds on into the next part."""
    end_tick = take.chart.length_tick

    def clipped(note: Note) -> Note:
        over = note.end_tick - end_tick
        return note if over <= 0 else replace(note, duration_tick=note.duration_tick - over)

    def all_clipped(notes: Sequence[Note]) -> tuple[Note, ...]:
        return tuple(map(clipped, notes))

    return replace(take, tracks=tuple(with_notes(track, all_clipped) for track in take.tracks))
