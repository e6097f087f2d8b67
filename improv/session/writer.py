"""What is left of a session: a log line for every message, and a recording of what was heard.

    listener calls ──> SessionLog ──> a line of JSON each ──> Journal (a thread) ──> FILE.jsonl
                       Recording  ──> the same lines      ──> Journal ──> state folder/sessions/*.jsonl
                                                                  └─ at the end ──> FILE.mid

The lines of both are read by `session.reader`. Nothing of what was played stays in memory.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import files
from improv.errors import OutputFileError
from improv.midi.events import Report
from improv.midi.messages import PULSE, is_off, is_on
from improv.music.take import Take
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer
from improv.session.journal import (
    BESIDE_SUFFIX,
    SUFFIX,
    Claim,
    Journal,
    Lines,
    Memory,
    open_held,
    state_folder,
)

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.config import Config
    from improv.partner.heard import HeardNote
    from improv.performance.takes import Lineup
    from improv.session.reader import Session

_KEPT_TEMPOS = 64
_KEPT_PARTS = 4096
"""So many parts ago a message may have been meant that is reported now: hundreds where reloads come in a
storm, while the bar before them is played to its end."""


class SessionLog:
    """One JSON line per message, written as it is sent, after one header line (session.header); a
    line with "tune" begins each tune, and each part of a tune that is played from another place.

    {"planned_ns", "sent_ns", "bytes", "tick", "player", "token", "note", "written"?, "cut"?, "dropped"?}:
    times from the monotonic clock, `tick` as performed and counted from the `start_ns` of the line that began
    the tune, `token` null for what no token asked for, `written` [tick, ticks] of the soloist's note on
    paper, `cut` where a note was silenced before its end. The clock's pulses are left out.
    {"tune", "title", "start_ns", "start_tick", "tempos": [[tick, bpm], ...], ...} and, when it is over,
    {"ended": tick, "why"?}.
    {"steer": {"player"?, "style"?, "controls"?}, "tick", "planned_tick", "open_tick"?}: what was changed
    when (performance.steering); it holds for what was not worked out, which is what comes after
    `planned_tick`, and for who is heard from `open_tick` on.
    {"heard": {"onset_tick", "end_tick", "pitch", ...}, "planned_tick", "open_tick"}: what the partner played
    (partner.heard), when all was worked out up to `planned_tick` and nothing before `open_tick` could be
    taken back any more.
    {"tempo_bpm", "tick"}: from this tick on; it replaces what was said of later ticks.
    {"switch": "chart" | "next" | "start", "tick"}: what was chosen is played from there on.
    {"clock": "seek" | "stop", "tick"}, {"port": role, "name", "there"}, {"said", "problem"?}: what
    came in, and what the user was told. {"reload": {...}}: from the next tune line on this is played;
    "tunes_at" in it: only the tunes with these numbers have changed.
    Before a note that quotes somebody: {"quote": "quoting Clifford Brown, Joy Spring, 9 notes",
    "performer", "title", "notes", "place", "tick", "note"}, once a note as the quote grows.
    Before a note that begins a phrase with a plan: {"phrase": "about 14 notes, eighths, to E5", and what a
    PhrasePlan holds, "tick", "note"}.
    {"lost": n}: here n lines are missing. "back" in a line of a note: it belongs to what was played n "tune"
    lines before the last; one before its "start_tick" to the one before without saying so.
    A disk that fills up ends the log, not the music: `failed` then says so.
    """

    _closes_s = 2.0

    def __init__(self, path: Path | None, *, lines: Lines | None = None) -> None:
        """A log at `path`; or to `lines`. Raises OutputFileError.

        While another session writes `path`, the log has another name, and `warning` says which.
        """
        self.warning = ""
        if lines is None and path is not None:
            wanted, (fd, path) = path, files.open_to_write(path)
            lines = Journal(fd)
            if path != wanted:
                log, other = str(wanted), str(path)
                self.warning = f"Another session writes the log {log!r}; this one writes {other!r}."
        self.path = path
        self._lines = lines or Memory()
        self._performance: Performance | None = None
        self._has_ended = True
        self._bar = 0
        self._first_ids: deque[int] = deque(maxlen=_KEPT_PARTS)
        self._tempos: list[tuple[int, float]] = []
        """As the reader of the log knows them: what is so anyway is not written."""
        self._closed = False

    @property
    def failed(self) -> str:
        """Why the log is not whole, in a sentence; empty while nothing is known to be missing."""
        problem = self._lines.problem()
        return f"The log {str(self.path)!r} is incomplete: {problem}." if problem else ""

    def start(self, header: Mapping[str, Any]) -> None:
        """Write the header line: what is played, and through what."""
        self._write(header)

    # -- a listener of the performer

    def tune(self, performance: Performance) -> None:
        """Write what is played now, from which tick on, and when its tick 0 is."""
        start_tick = performance.start_tick
        tempo = performance.tempo
        if self._performance is not None:
            self.ended(self._end_of(self._performance, tempo.ns_at(start_tick)))
        self._performance, self._has_ended = performance, False
        self._bar = performance.arrangement.chart.bar_of(start_tick)
        self._first_ids.append(performance.first_id)
        self._tempos = [(start_tick, tempo.bpm_at(start_tick)), *tempo.changes_after(start_tick)]
        chart, arrangement = performance.arrangement.chart, performance.arrangement
        self._write(
            {
                "tune": performance.number,
                "title": chart.title,
                "start_ns": tempo.ns_at(0),
                "start_tick": start_tick,
                "solo_tick": arrangement.solo_tick,
                "end_tick": arrangement.end_tick,
                "meter": str(chart.meter),
                "feel": chart.feel,
                "keys": [list(row) for row in arrangement.keys],
                "controls": asdict(performance.controls),
                "tempos": [list(row) for row in self._tempos],
            }
        )

    def _end_of(self, performance: Performance, ns: int) -> int:
        """Where a part has ended when another begins at `ns`; a clock that is followed may have stood."""
        next_bar_tick = performance.arrangement.chart.bar_tick(self._bar + 1)
        return min(performance.tempo.tick_at(ns), next_bar_tick)

    def bar(self, bar: int) -> None:
        """Nothing is written: bars can be told from the ticks."""
        self._bar = bar

    def heard(self, report: Report, note: PlayedNote | None, tick: int) -> None:
        """Write one line, and one more before it where a phrase begins or a quote is heard."""
        data = report.data
        if data[0] == PULSE:
            return
        begins = sounds(report)
        if note is not None and is_off(data):
            tick = min(tick, note.end_tick)  # a sender that died is made up for late
        if note is not None and note.quote is not None and begins:
            self._write(
                {
                    "quote": str(note.quote),
                    **asdict(note.quote),
                    "tick": note.onset_tick,
                    "note": note.note_id,
                }
            )
        if note is not None and note.plan is not None and begins:
            plan = note.plan._asdict()
            del plan["begin_tick"]  # that is its note's
            self._write(
                {
                    "phrase": str(note.plan),
                    **plan,
                    "tick": note.onset_tick,
                    "note": note.note_id,
                }
            )
        line: dict[str, Any] = {
            "planned_ns": report.planned_ns,
            "sent_ns": report.sent_ns,
            "bytes": data.hex(" "),
            "tick": tick,
            "player": note.player if note else None,
            "token": (note.token or None) if note else None,
            "note": report.note_id or None,
        }
        if note is not None:
            if is_on(data) and (back := self._parts_back(note, tick)):
                line["back"] = back
            if begins and note.written is not None:
                line["written"] = [note.written.onset_tick, note.written.duration_tick]
            elif is_off(data) and tick < note.end_tick:
                line["cut"] = True
        if report.dropped:
            line["dropped"] = True
        self._write(line)

    def _parts_back(self, note: PlayedNote, tick: int) -> int:
        """To which part before the last a note belongs; 0 where its tick tells."""
        back = len(self._first_ids) - bisect_right(self._first_ids, note.note_id)
        start_tick = self._performance.start_tick if self._performance is not None else 0
        return 0 if back == (tick < start_tick) else back

    def tempo(self, tick: int, bpm: float) -> None:
        """Write that from `tick` on it is played at `bpm`; nothing where that is known."""
        known = [row for row in self._tempos if row[0] <= tick][-1:]
        if known and known[0][1] == bpm:
            return
        self._tempos = [*(row for row in self._tempos if row[0] < tick), (tick, bpm)][
            -_KEPT_TEMPOS:
        ]
        self._write({"tempo_bpm": bpm, "tick": tick})

    # -- told by the daemon

    def steered(
        self, steer: Steer, tick: int, planned_tick: int | None = None, open_tick: int | None = None
    ) -> None:
        """Write what was changed while it plays, and up to which tick all was worked out by then."""
        ticks = {"tick": tick, "planned_tick": planned_tick, "open_tick": open_tick}
        line = {name: value for name, value in ticks.items() if value is not None}
        self._write({"steer": steer.as_json(), **line})

    def switched(self, what: str, tick: int) -> None:
        """Write that from `tick` on something else is played: a chart, the next tune, this one once more."""
        self._write({"switch": what, "tick": tick})

    def partner(self, note: HeardNote, planned_tick: int, open_tick: int) -> None:
        """Write what the partner played, as it was heard."""
        line = {"heard": asdict(note), "planned_tick": planned_tick, "open_tick": open_tick}
        self._write(line)

    def clock(self, what: str, tick: int) -> None:
        """Write what the clock that is followed did: "seek"; "stop" where it ended before it began."""
        self._write({"clock": what, "tick": tick})

    def port(self, role: str, name: str, there: bool) -> None:
        """Write that a port has gone, or is there again."""
        self._write({"port": role, "name": name, "there": there})

    def said(self, text: str, problem: bool = False) -> None:
        """Write what the user was told."""
        self._write({"said": text, "problem": True} if problem else {"said": text})

    def reloaded(self, config: Config, model: Model | None = None) -> None:
        """Write what is played from the next tune line on: chart and configuration were read again.

        `model`: another than before is.
        """
        from improv.session.header import model_of, what_is_played

        named = model_of(model) if model is not None else {}
        whole = {
            "mode": config.mode,
            "volumes": dict(config.mixer.volumes),
        }  # of a header only some
        self._write({"reload": {**named, **whole, **what_is_played(config)}})

    def tune_changed(self, config: Config, number: int) -> None:
        """The same where only this tune and the seed have changed."""
        from improv.session.header import tune_changed

        self._write({"reload": tune_changed(config, number)})

    def ended(self, tick: int, why: str = "") -> None:
        """Write where what the last tune line began has ended; once."""
        if not self._has_ended:
            self._has_ended = True
            self._write({"ended": tick, "why": why} if why else {"ended": tick})

    def close(self, end_tick: int | None = None, why: str = "") -> None:
        """Write where and why it ended, and close the file. Safe to call twice."""
        if not self._closed:
            if end_tick is not None:
                self.ended(end_tick, why)
            self._closed = True
            self._lines.close(self._closes_s)

    def _write(self, line: Mapping[str, Any]) -> None:
        if not self._closed:
            text = json.dumps(line, ensure_ascii=False) + "\n"
            self._lines.write(text.encode("utf-8", "backslashreplace"))


def _lays_out_as(one: Performance, other: Performance) -> bool:
    """Whether a take is made of both alike: what was played from where, when and how fast, the lines say."""
    return one.arrangement == other.arrangement and one.controls == other.controls


def sounds(report: Report) -> bool:
    """Whether a note begins to sound with this message: not where it was dropped."""
    return is_on(report.data) and not report.dropped


class Recording(SessionLog):
    """The notes that were really sounded, at the ticks they were planned for (the same bytes every time).

    They are on disk as they are heard: in a journal that becomes the .mid at the end, or on the next start
    where this process was killed (session.recovery). A note cut short by the end of the session ends where it
    was silenced.
    """

    _closes_s = 10.0  # it is worth more than a log

    def __init__(self, target: Path | None = None) -> None:
        """A recording that is to become the file `target`; None: kept in memory, to be asked for."""
        self._journal_path: Path | None = None
        self._claim: Claim | None = None
        lines: Lines = Memory()
        warnings = []
        if target is not None:
            asked, (target, self._claim) = target, _claimed(target)
            if target != asked:
                warnings.append(
                    f"Another session records {str(asked)!r}; this one will be saved as {str(target)!r}."
                )
            try:
                fd, self._journal_path = _open_journal(target)
                lines = Journal(fd, keeps=True)
            except OSError as error:
                warnings.append(
                    f"The recording {str(target)!r} is kept in memory until the end and would be lost in a "
                    f"crash: {error.strerror or error}: {error.filename or str(target)!r}."
                )
        super().__init__(None, lines=lines)
        self.target = target
        """What it is to become; once it is written, what it has become."""
        self._before = None if target is None else files.state_of(target)
        self.warning = " ".join(warnings)
        self._performances: list[Performance] = []

    @property
    def failed(self) -> str:
        """Why the recording is not whole, in a sentence; what a full disk refused was kept in memory."""
        problem = self._lines.problem()
        if not problem or (isinstance(self._lines, Journal) and not self._lines.lost):
            return ""
        return f"The recording {str(self.target)!r} is incomplete: {problem}."

    def start(self, header: Mapping[str, Any]) -> None:
        """Write the header line, with what is to become of the journal if this process dies."""
        target = None if self.target is None else os.path.abspath(self.target)
        self._write({**header, "recording": {"target": target, "pid": os.getpid()}})

    def tune(self, performance: Performance) -> None:
        """Begin another tune, or another part of it."""
        super().tune(performance)
        before = self._performances[-1:]
        if before and _lays_out_as(before[0], performance):
            performance = before[0]  # a clock that is followed may seek a million times
        self._performances.append(performance)

    def take(self, end_tick: int, lineup: Lineup, why: str = "") -> Take | None:
        """All that was heard, the last tune cut at `end_tick`; None if nothing was begun.

        `lineup` names the tracks, in their order. Closes the journal.
        """
        super().close(end_tick, why)
        if not self._performances:
            return None
        from improv.session import reader  # here, because nothing is read before the end

        session = self._read()
        return reader.take_of_session(session, self._performances, lineup)

    def leave(self, end_tick: int, lineup: Lineup, why: str = "") -> Take | None:
        """Write the .mid of what was heard and remove the journal; the take, None if nothing was begun.

        Where another program has written that file meanwhile, it has another name, and `warning` says which.
        Raises OutputFileError; the journal stays then, and is tried again on the next start.
        """
        self.warning = ""
        take = self.take(end_tick, lineup, why)
        if take is not None and self.target is not None:
            from improv import smf  # here, because it brings a library that playing does not need

            written = files.write_unless_changed(self.target, smf.midi_bytes(take), self._before)
            if written != self.target:
                self.warning = (
                    f"Another program has written {str(self.target)!r} meanwhile; the recording is saved as "
                    f"{str(written)!r}."
                )
                self.target = written
        self.remove()
        return take

    def close(self, end_tick: int | None = None, why: str = "") -> None:
        """Close the journal, and remove it where nothing was begun; else it is recovered later."""
        super().close(end_tick, why)
        if not self._performances:
            self.remove()
        if self._claim is not None:
            self._claim.close()

    def remove(self) -> None:
        """Remove the journal, if there is one; the name of the file is free again."""
        if self._claim is not None:
            self._claim.close()
        if self._journal_path is not None:
            with suppress(OSError):
                self._journal_path.unlink(missing_ok=True)

    def _read(self) -> Session:
        from improv.session import reader

        where = str(self.target)
        if isinstance(self._lines, Memory):
            return reader.read(self._lines.lines, where)
        path = self._journal_path or Path()
        kept = self._lines.kept if isinstance(self._lines, Journal) else b""
        try:
            with path.open("rb") as stream:
                if not kept:
                    return reader.read(stream, where)
                return reader.read((stream.read() + kept).split(b"\n"), where)
        except OSError as error:
            raise OutputFileError(
                f"The recording {where!r} is lost: its journal {str(path)!r} cannot be read "
                f"({error.strerror or error})."
            ) from error


def _claimed(target: Path) -> tuple[Path, Claim | None]:
    """`target`, or the first name like it that no session records and nothing has; and that name, held."""
    name, number = target, 1
    while True:
        try:
            return name, Claim(name)
        except FileExistsError:
            number += 1
            name = files.first_free(target.with_name(f"{target.stem}-{number}{target.suffix}"))
        except OSError:
            return (
                name,
                None,
            )  # there is no state folder: what is there at the end is never replaced


def _open_journal(target: Path) -> tuple[int, Path]:
    """In the state folder, or where that cannot be written beside the target. Raises OSError."""
    try:
        return open_held(journals_folder(), f"{target.stem[:40]}-", SUFFIX)
    except OSError:
        beside = Path(os.path.abspath(target)).parent
        return open_held(beside, f".{target.stem[:40]}-", BESIDE_SUFFIX)


def journals_folder() -> Path:
    """Where the journals of recordings are."""
    return state_folder() / "sessions"
