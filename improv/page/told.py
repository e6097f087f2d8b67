"""What the performer tells the page, as messages of `protocol.TOLD`: pure, from what is played.

Input -> output:  Config, Opening, Performance, PlayedNote  ->  messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from improv.config import Config
from improv.controls.table import ROWS, flag_of
from improv.music.chart import Chart
from improv.page.protocol import Message
from improv.partner.turns import KINDS, TRADED_BARS
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer, players_text
from improv.version import __version__

if TYPE_CHECKING:
    from improv.cell.load import Model


def welcome(config: Config, model: Model, has_port: bool) -> Message:
    """What there is to choose from, and who plays."""
    from improv.charts.built_in import BUILT_IN
    from improv.charts.formats import titled

    labels = model.card.extra.get("labels")
    known = labels if isinstance(labels, Mapping) else {}
    return {
        "type": "welcome",
        "version": __version__,
        "model": model.card.name,
        "ports": has_port,
        "controls": [
            {
                "name": flag_of(name),
                "low": row.low,
                "high": row.high,
                "unit": row.unit,
                "help": row.help,
                "automatic": row.automatic,
                "of_soloist": row.of_soloist,
            }
            for name, row in ROWS.items()
        ],
        "musicians": [
            {"name": name, "channel": channel, "program": program, "solo": solo}
            for name, channel, program, solo in (
                *((one.name, one.channel, one.program, True) for one in config.soloists),
                *((one.instrument, one.channel, one.program, False) for one in config.band),
            )
        ],
        "players": list(known.get("players") or ()),
        "styles": list(known.get("styles") or ()),
        "modes": _modes(),
        "charts": [[name, titled(text)] for name, text in BUILT_IN.items()],
    }


def _modes() -> list[list[str]]:
    """The modes, as they are typed, and what they are."""
    trades = [f"trade {bars}" for bars in (*TRADED_BARS, "chorus")]
    several = {"trade": trades, "back": ["back", "back riffs"]}
    rows = {kind: several.get(kind, [kind]) for kind in KINDS}
    return [[mode, KINDS[kind]] for kind, modes in rows.items() for mode in modes]


def tempo(performance: Performance, from_tick: int, ms_of: Callable[[int], float]) -> Message:
    """When each tick sounds from `from_tick` on: rows of (tick, ms, bpm), the last holding to the end."""
    tempo = performance.tempo
    rows = [(from_tick, tempo.bpm_at(from_tick)), *tempo.changes_after(from_tick)]
    return {
        "type": "tempo",
        "number": performance.number,
        "map": [[tick, ms_of(tempo.ns_at(tick)), bpm] for tick, bpm in rows],
    }


def note(note: PlayedNote, chart: Chart, on_ms: float, off_ms: float) -> list[Any]:
    """A note as the page has it; see `protocol`."""
    return [
        note.note_id,
        on_ms,
        off_ms,
        note.onset_tick,
        note.end_tick,
        note.pitch,
        note.velocity,
        note.channel,
        note.player,
        _class_of(note, chart),
        str(note.quote) if note.quote is not None else None,
        note.written.onset_tick if note.written is not None else None,
        note.written.end_tick if note.written is not None else None,
        _plan(note),
    ]


def _plan(note: PlayedNote) -> list[Any] | None:
    """Where the phrase that begins with a note is to end, and what is said of it."""
    if note.plan is None or note.written is None:
        return None
    end_tick = note.written.onset_tick + note.plan.end_tick - note.plan.begin_tick
    return [end_tick, note.plan.target_pitch, str(note.plan)]


def _class_of(note: PlayedNote, chart: Chart) -> str:
    chord = chart.chord_at(note.written.onset_tick) if note.written is not None else None
    if chord is None:
        return ""
    pitch_class = note.pitch % 12
    return "t" if pitch_class in chord.tone_pcs else "s" if pitch_class in chord.scale_pcs else "o"


class Values:
    """What is set now, by whoever set it."""

    def __init__(self, config: Config) -> None:
        self._controls: dict[str, float] = {}
        self._automatic: set[str] = set()
        self._set: set[str] = set()
        self._soloists: dict[str, dict[str, Any]] = {}
        self.reloaded(config)

    def reloaded(self, config: Config) -> None:
        """Other tunes and soloists; what was said of those who stay still holds, and is in `config`."""
        self._config, self._mixer, self._mode = config, config.mixer, config.mode
        self._soloists = {
            each.name: self._soloists.get(each.name, {"player": each.player, "style": each.style})
            for each in config.soloists
        }

    def begin(self, performance: Performance) -> None:
        """A tune begins, with these controls."""
        self._controls = {name: getattr(performance.controls, name) for name in ROWS}
        # A set that was read again may have more tunes.
        tunes = self._config.tunes[performance.number :][:1]
        set_ones = self._set.union(*(tune.controls for tune in tunes))
        self._automatic = {n for n, row in ROWS.items() if row.automatic and n not in set_ones}

    def steered(self, steer: Steer) -> None:
        """Somebody has changed something."""
        for name, value in steer.controls.items():
            if steer.soloist:
                known = self._soloists.setdefault(steer.soloist, {})
                known.setdefault("controls", {})[flag_of(name)] = value
            elif value is None:
                self._automatic.add(name)
                self._set.discard(name)
            else:
                self._automatic.discard(name)
                self._set.add(name)
                self._controls[name] = value
        self._mode = steer.mode or self._mode
        self._mixer = self._mixer.then(steer.volumes, steer.mutes, steer.solo)
        for name, known in self._soloists.items():
            if steer.soloist in ("", name):
                if steer.player is not None:
                    known["player"] = players_text(steer.player)
                if steer.style is not None:
                    known["style"] = steer.style

    def message(self, *, playing: bool = True) -> Message:
        """All of it."""
        first = next(iter(self._soloists.values()), {})
        return {
            "type": "values",
            "controls": {flag_of(name): value for name, value in self._controls.items()},
            "automatic": sorted(map(flag_of, self._automatic)),
            "player": first.get("player", ""),
            "style": first.get("style", ""),
            "soloists": self._soloists,
            "mixer": {
                "volumes": dict(self._mixer.volumes),
                "muted": sorted(self._mixer.muted),
                "solo": sorted(self._mixer.solo),
            },
            "mode": self._mode,
            "playing": playing,
        }
