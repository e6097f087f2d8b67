"""Changing who plays, and how, while it plays.

    "player Charlie Parker:0.7, John Coltrane:0.3", "@solo2 density 0.5"
        │ parse_steer
        ▼
    Steer ──> the performer's inbox ──> Ensemble.steer      what is planned, a beat ahead at the most, stays
                                            │
                                            ▼
                                        Answer              for the user to read, and for the log

Whatever turns the knobs (lines that are typed, later MIDI CC, OSC, a page) puts a Steer into the inbox.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from improv.config import Config, SoloistConfig, Tune
from improv.controls.table import ROWS, Controls, flag_of
from improv.errors import SteeringError
from improv.grammar.line.labels import parse_players
from improv.midi.events import Ask

STEERED = tuple(ROWS)
_MOST_BARS = 64
"""The most bars over which a tempo may change gradually."""
_WORDS = {flag_of(name): name for name in ROWS} | {name: name for name in ROWS}
_LONGEST_QUOTED = 60


@dataclass(frozen=True)
class Steer:
    """What is to change; what is not named stays.

    `player`: shares by name, empty for nobody in particular; `style`: empty for none; a control that is None
    is automatic again.
    """

    player: Mapping[str, float] | None = None
    style: str | None = None
    controls: Mapping[str, float | None] = field(default_factory=dict)
    over_bars: int = 0
    """Over how many bars the tempo changes; 0: at the next beat."""
    soloist: str = ""
    """The name of the one soloist that is meant; empty: everybody."""

    def then(self, later: Steer) -> Steer:
        """This one and then the other, as one steer of the same soloist."""
        return Steer(
            self.player if later.player is None else later.player,
            self.style if later.style is None else later.style,
            {**self.controls, **later.controls},
            soloist=self.soloist,
        )

    def as_json(self) -> dict[str, Any]:
        """What is named, for the log; `Steer(**this)` is the same again."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values = {name: value for name, value in values.items() if value != _NOTHING[name]}
        if self.player is not None:
            values["player"] = dict(self.player)
        return values

    def __str__(self) -> str:
        said = []
        if self.player is not None:
            said.append(f"player {players_text(self.player) or 'nobody in particular'}")
        if self.style is not None:
            said.append(f"style {self.style or 'none in particular'}")
        said += [
            f"{flag_of(name)} {'auto' if value is None else f'{value:g}'}"
            for name, value in self.controls.items()
        ]
        bars = "1 bar" if self.over_bars == 1 else f"{self.over_bars} bars"
        whom = f"@{self.soloist} " if self.soloist else ""
        return whom + "; ".join(said) + (f" over {bars}" if self.over_bars else "")


_NOTHING = {each.name: getattr(Steer(), each.name) for each in fields(Steer)}
"""The value of each part that is not named."""


@dataclass(frozen=True)
class Held:
    """All changes so far that still hold in what is played next."""

    everybody: Steer = field(default_factory=Steer)
    alone: Mapping[str, Steer] = field(default_factory=dict)
    """By the name of the soloist."""

    def then(self, later: Steer) -> Held:
        """With one more change. A change for everybody also replaces what single soloists were told
        before."""
        if later.soloist:
            before = self.alone.get(later.soloist, Steer(soloist=later.soloist))
            return replace(self, alone={**self.alone, later.soloist: before.then(later)})
        alone = {name: _without(steer, later) for name, steer in self.alone.items()}
        return Held(self.everybody.then(later), alone)

    def in_the_next_tune(self) -> Held:
        """What still holds in the next tune: all but a tempo, which belongs to its tune."""
        controls = self.everybody.controls.items()
        kept = {name: value for name, value in controls if name != "tempo_bpm"}
        return replace(self, everybody=replace(self.everybody, controls=kept))

    def applied(self, config: Config, tune: Tune) -> tuple[Config, Tune]:
        """The config and tune with these changes."""
        soloists = (self._applied(soloist) for soloist in config.soloists)
        controls = {**tune.controls, **self.everybody.controls}
        set_ones = {name: value for name, value in controls.items() if value is not None}
        return replace(config, soloists=tuple(soloists)), replace(tune, controls=set_ones)

    def _applied(self, soloist: SoloistConfig) -> SoloistConfig:
        alone = self.alone.get(soloist.name, Steer())
        own = {n: v for n, v in soloist.controls.items() if n not in self.everybody.controls}
        own.update((name, value) for name, value in alone.controls.items() if value is not None)
        soloist = replace(soloist, controls=own)
        for steer in (self.everybody, alone):
            if steer.player is not None:
                soloist = replace(soloist, player=players_text(steer.player))
            if steer.style is not None:
                soloist = replace(soloist, style=steer.style)
        return soloist


def _without(steer: Steer, other: Steer) -> Steer:
    """The part of a steer that another one does not name."""
    return replace(
        steer,
        player=steer.player if other.player is None else None,
        style=steer.style if other.style is None else None,
        controls={n: v for n, v in steer.controls.items() if n not in other.controls},
    )


@dataclass(frozen=True)
class Tap:
    """Somebody taps the beat, at `ns`."""

    ns: int


@dataclass(frozen=True)
class Answer:
    """What the user is told. `steer` is what was done, from `tick` on; None where nothing was.

    `planned_tick` is how far the players had been stepped: what was before it is not changed.
    """

    text: str
    problem: bool = False
    steer: Steer | None = None
    tick: int = 0
    planned_tick: int = 0


def players_text(players: Mapping[str, float]) -> str:
    """Shares as `parse_players` reads them."""
    if len(players) == 1:
        return next(iter(players))
    return ", ".join(f"{name}:{share!r}" for name, share in players.items())


def check_alone(steer: Steer, soloists: Sequence[str]) -> None:
    """Raises SteeringError if the soloist is none of `soloists`, or a control cannot be changed for one
    alone."""
    if steer.soloist not in soloists:
        raise SteeringError(
            f"There is no soloist {_short(steer.soloist)!r}: expected "
            f"{' or '.join(soloists) or 'none: the band plays alone'}."
        )
    for name in steer.controls:
        _check_name(name)
        if not ROWS[name].of_soloist:
            raise SteeringError(
                f"{flag_of(name)} holds for everybody: give it without '@{_short(steer.soloist)}'."
            )


def steered(controls: Controls, changes: Mapping[str, float | None], auto_swing: float) -> Controls:
    """The controls with some changed. Raises SteeringError, which says what was expected."""
    values = {}
    for name, value in changes.items():
        _check_name(name)
        if value is None and not ROWS[name].automatic:
            raise SteeringError(f"{flag_of(name)} cannot be automatic: expected {range_of(name)}.")
        values[name] = auto_swing if value is None else _checked(name, value, f"{value:g}")
    return controls.with_values(**values)


def parse_steer(line: str, tap_ns: int = 0) -> Steer | Tap | Ask | Answer | None:
    """What a line asks for: a Steer, a Tap (at `tap_ns`), an Ask, or the answer to `help`; None for an empty
    line.

    Raises SteeringError, one sentence that quotes what cannot be read and says what was expected.
    """
    line = line.strip()
    if line.startswith("@"):
        return _parse_alone(line)
    word, _, rest = line.replace("=", " ", 1).partition(" ")
    word, rest = word.lower().lstrip("-"), rest.strip()
    if not line:
        return None
    if word == "help":
        return Answer(_help(rest.lower()))
    if word in ("tap", "t"):
        return Tap(tap_ns)
    if word == "status":
        return Ask()
    if word == "player":
        try:
            return Steer(player=parse_players(rest) if rest else {})
        except ValueError as error:
            raise SteeringError(f"{error}.") from None
    if word == "style":
        return Steer(style=rest)
    name = _WORDS.get(word)
    if name is None:
        raise _unknown(word or line)
    if ROWS[name].automatic and rest == "auto":
        return Steer(controls={name: None})
    over_bars = 0
    if name == "tempo_bpm":
        rest, over_bars = _over_bars(rest)
    try:
        value = float(rest)
    except ValueError:
        value = math.nan
    value = _checked(name, value, repr(_short(rest)) if rest else "nothing")
    return Steer(controls={name: value}, over_bars=over_bars)


def _parse_alone(line: str) -> Steer:
    """ "@solo2 density 0.5" is for the soloist of that name. Raises SteeringError."""
    name, _, rest = line.removeprefix("@").partition(" ")
    asked = parse_steer(rest)
    if not isinstance(asked, Steer) or not name or asked.soloist:
        raise SteeringError(
            f"Cannot read {_short(line)!r}: after the name of a soloist, 'player', 'style' or one of its "
            "controls is expected, as in '@solo2 density 0.5'."
        )
    return replace(asked, soloist=name)


def _over_bars(text: str) -> tuple[str, int]:
    """ "90 over 4" or "90 over 4 bars" is ("90", 4). Raises SteeringError."""
    tempo, over, bars = text.partition(" over ")
    if not over:
        return text, 0
    number = bars.strip().removesuffix("bars").removesuffix("bar").strip()
    if not number.isdecimal() or not 1 <= int(number) <= _MOST_BARS:
        raise SteeringError(
            f"A tempo cannot go over {_short(bars.strip())!r}: expected a number of bars from 1 to "
            f"{_MOST_BARS}, as in 'tempo 90 over 4'."
        )
    return tempo.strip(), int(number)


def range_of(name: str) -> str:
    """The values of a control, as the end of a sentence."""
    row = ROWS[name]
    unit = f" {row.unit}" if row.unit not in ("", "ratio") else ""
    return f"a number from {row.low:g} to {row.high:g}{unit}" + (
        ", or auto" if row.automatic else ""
    )


def _checked(name: str, value: float, text: str) -> float:
    if not ROWS[name].low <= value <= ROWS[name].high:
        example = f"{flag_of(name)} {ROWS[name].example:g}"
        raise SteeringError(
            f"{flag_of(name)} cannot be {text}: expected {range_of(name)}, as in {example!r}."
        )
    return value


def _check_name(name: str) -> None:
    if name not in ROWS:
        raise _unknown(name)


def _choices() -> str:
    return ", ".join(["player", "style", "tap", *map(flag_of, STEERED)])


def _unknown(word: str) -> SteeringError:
    words = ["player", "style", "help", "tap", "status", *map(flag_of, STEERED)]
    near = difflib.get_close_matches(word.lower(), words, n=1)
    hint = f"perhaps {near[0]!r} was meant; " if near else ""
    return SteeringError(
        f"There is no {_short(word)!r} to change: {hint}expected one of {_choices()}; Ctrl-C stops."
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTED else f"{text[: _LONGEST_QUOTED - 3]}..."


def _help(word: str) -> str:
    name = _WORDS.get(word)
    if name == "tempo_bpm":
        return (
            f"tempo: {range_of(name)}; 'tempo 90 over 4' goes there over 4 bars; 'tap' three times"
        )
    if name in STEERED:
        return f"{flag_of(name)}: {range_of(name)}; {ROWS[name].help}"
    rows = [f"{flag_of(name)} {ROWS[name].low:g} to {ROWS[name].high:g}" for name in STEERED]
    what = ["player NAME[:SHARE], ...", "style NAME", "tap", "status", *rows]
    return f"Type one of: {'; '.join(what)}. '@NAME ...' is for the soloist of that name alone."
