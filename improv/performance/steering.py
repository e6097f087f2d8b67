"""Changing who plays, and how, while it plays.

    "player Charlie Parker:0.7, John Coltrane:0.3", "@solo2 density 0.5", "mute piano", "next"
        │ parse_steer, by the table WORDS
        ▼
    Steer  ──> the performer's inbox ──> Ensemble.steer     what is planned, a beat ahead at the most, stays
    Switch ──> the performer's inbox ──> another stretch    at the next chorus
                                            │
                                            ▼
                                        Answer              for the user to read, and for the log

Whatever turns the knobs (typed lines, MIDI controllers, OSC, a page) says such a line (`asked_of`).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from improv.config import Config, SoloistConfig, Tune
from improv.controls.mixer import Mixer, find_musician, read_volume
from improv.controls.table import ROWS, Controls, flag_of
from improv.errors import ImprovError, SteeringError
from improv.grammar.line.labels import parse_players
from improv.midi.bindings import PROGRAM_WORD, target_of
from improv.midi.events import Ask
from improv.partner.turns import KINDS, parse_mode
from improv.performance.loop import parse_faster, parse_loop

if TYPE_CHECKING:
    from improv.music.chart import Chart

STEERED = tuple(ROWS)
LONGEST_LINE = 4000
"""Characters of a line: enough for a chart."""
_MOST_BARS = 64
"""The most bars over which a tempo may change gradually."""
_MOST_TUNES = 10_000
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
    volumes: Mapping[str, float] = field(default_factory=dict)
    mutes: Mapping[str, bool] = field(default_factory=dict)
    solo: tuple[str, ...] | None = None
    """Of the mixer (controls.mixer), by the musicians' names: `solo` empty is everybody again."""
    reward: str = ""
    """"good": what was just played is likelier in what follows; "again": it is played again, changed."""
    mode: str = ""
    """How machine and partner share the time, as improv.partner.turns writes it."""
    faster: str = ""
    """With each pass, as `parse_faster` reads it; "off": no more."""
    by: Mapping[str, float] = field(default_factory=dict)
    """How far controls go up or down from what holds; `from_here` makes values of them."""

    def from_here(self, controls: Controls) -> Steer:
        """With values for what goes up or down, where these hold; none leaves its range."""
        if not self.by:
            return self
        values = dict(self.controls)
        for name, by in self.by.items():
            row = ROWS[name]
            values[name] = round(min(row.high, max(row.low, getattr(controls, name) + by)), 3)
        return replace(self, controls=values, by={})

    def pressed_again(self, mixer: Mixer) -> Steer:
        """As a key says it: where all it mutes, or has play alone, is so already, the other way round."""
        if self.mutes and mixer.then({}, self.mutes, None) == mixer:
            return replace(self, mutes={name: not mute for name, mute in self.mutes.items()})
        if self.solo and mixer.solo == frozenset(self.solo):
            return replace(self, solo=())
        return self

    def then(self, later: Steer) -> Steer:
        """This one and then the other, as one steer of the same soloist."""
        return Steer(
            self.player if later.player is None else later.player,
            self.style if later.style is None else later.style,
            {**self.controls, **later.controls},
            soloist=self.soloist,
            volumes={**self.volumes, **later.volumes},
            mutes={**self.mutes, **later.mutes},
            solo=self.solo if later.solo is None else later.solo,
            mode=later.mode or self.mode,
            faster=later.faster or self.faster,
        )

    @property
    def mixed(self) -> tuple[str, ...]:
        """Whom the mixer is told something about."""
        return (*self.volumes, *self.mutes, *(self.solo or ()))

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
        said += [f"volume {name} {volume:g}" for name, volume in self.volumes.items()]
        said += [f"{'mute' if mute else 'unmute'} {name}" for name, mute in self.mutes.items()]
        if self.solo is not None:
            said.append(f"solo {', '.join(self.solo) or 'off'}")
        said += [f"{flag_of(name)} {by:+g}" for name, by in self.by.items()]
        said += [word for word in (self.mode, self.reward) if word]
        if self.faster:
            said.append(f"faster {self.faster}{' with each pass' * (self.faster != 'off')}")
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
        """What still holds in the next tune: all but its tempo, which belongs to it."""
        controls = self.everybody.controls.items()
        kept = {name: value for name, value in controls if name != "tempo_bpm"}
        return replace(self, everybody=replace(self.everybody, controls=kept, faster=""))

    def applied(self, config: Config, tune: Tune) -> tuple[Config, Tune]:
        """The config and tune with these changes."""
        soloists = (self._applied(soloist) for soloist in config.soloists)
        controls = {**tune.controls, **self.everybody.controls}
        set_ones = {name: value for name, value in controls.items() if value is not None}
        everybody = self.everybody
        mixer = config.mixer.then(everybody.volumes, everybody.mutes, everybody.solo)
        config = replace(
            config, soloists=tuple(soloists), mixer=mixer, mode=everybody.mode or config.mode
        )
        plan = tune.plan
        if everybody.faster:
            plan = replace(plan, faster="" if everybody.faster == "off" else everybody.faster)
        return config, replace(tune, controls=set_ones, plan=plan)

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
class Switch:
    """Something else is to be played: `what` is "next" (the next tune of the set), "tune" (that with a
    number), "chart" (another chart in place of this tune), "loop" (some bars of it over and over), "stop"
    (silence), "start" (after that, this tune from its top) or "panic" (what sounds is silenced, and it goes
    on).

    It holds from the next chorus on, or with `at_once` from the next bar on; a loop from the next pass
    or bar on.
    """

    what: str
    chart: Chart | None = field(default=None, repr=False)
    keeps_tempo: bool = False
    """The chart is played in the tempo of the moment, not in its own."""
    at_once: bool = False
    number: int = 0
    """Of the tune in the set, from 1."""
    loop: str = ""
    """Bars of the chorus, such as "9-16"; none: the whole form again."""

    def __str__(self) -> str:
        if self.what in ("stop", "start", "panic"):
            return self.what
        if self.what == "loop":
            return f"loop {self.loop or 'off'} from the next {'bar' if self.at_once else 'pass'} on"
        named = f"tune {self.number}" if self.number else "the next tune"
        named = named if self.chart is None else repr(self.chart.title)
        return f"{named} from the next {'bar' if self.at_once else 'chorus'} on"


@dataclass(frozen=True)
class Turned:
    """One of the many values that a knob goes through: what it was set to is said when it rests."""

    steer: Steer

    @property
    def knob(self) -> tuple[str, ...]:
        """What tells this knob from others."""
        steer = self.steer
        return (steer.soloist, *steer.controls, *steer.volumes)


@dataclass(frozen=True)
class Learn:
    """What is turned or pressed next is to say `line`; empty: no more. `forget`: nothing is to say it."""

    line: str
    forget: bool = False


@dataclass(frozen=True)
class Tap:
    """Somebody taps the beat, at `ns`."""

    ns: int


@dataclass(frozen=True)
class Answer:
    """What the user is told. `steer` is what was done, from `tick` on; None where nothing was.

    `planned_tick` is how far the players had been stepped: what was before it is not changed. But who is
    muted is silent, and who is not any more is heard, from `open_tick` on.
    """

    text: str
    problem: bool = False
    steer: Steer | None = None
    tick: int = 0
    planned_tick: int = 0
    open_tick: int | None = None


def players_text(players: Mapping[str, float]) -> str:
    """Shares as `parse_players` reads them."""
    if len(players) == 1:
        return next(iter(players))
    return ", ".join(f"{name}:{share!r}" for name, share in players.items())


def check_musicians(steer: Steer, musicians: Sequence[str]) -> Steer:
    """The steer with the names that it tells the mixer, as the musicians have them. Raises SteeringError."""

    def found(name: str) -> str:
        try:
            return find_musician(name, musicians)
        except ValueError as error:
            raise SteeringError(str(error)) from None

    return replace(
        steer,
        volumes={found(name): volume for name, volume in steer.volumes.items()},
        mutes={found(name): mute for name, mute in steer.mutes.items()},
        solo=None if steer.solo is None else tuple(map(found, steer.solo)),
    )


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


@dataclass(frozen=True)
class Spoken:
    """How a line was said. `tap_ns`: when; `files`: whether it may name files of this machine."""

    tap_ns: int = 0
    files: bool = True


@dataclass(frozen=True)
class Word:
    """What a line may begin with. `read` is given the rest of it, and how it was said; it gives what is put
    into the inbox, and raises SteeringError. `usage` and `help` are for the user; `takes` says what may
    follow, for the prompt: "musician", "chart", "player", "style", "word", or words themselves."""

    read: Callable[[str, Spoken], Any]
    usage: str
    help: str
    takes: str = ""


def parse_steer(line: str, tap_ns: int = 0, *, files: bool = True) -> Any:
    """What a line asks for, by the table WORDS: a Steer, Switch, Tap (at `tap_ns`), Ask, or the answer to
    `help`; None for an empty line. Without `files` it cannot have a file read.

    Raises SteeringError, one sentence that quotes what cannot be read and says what was expected.
    """
    line = line.strip()
    if line.startswith("@"):
        return _parse_alone(line)
    word, _, rest = line.replace("=", " ", 1).partition(" ")
    word, rest = word.lower().lstrip("-"), rest.strip()
    if not line:
        return None
    row = WORDS.get(ALSO.get(word, word))
    if row is None:
        raise _unknown(word or line)
    return row.read(rest, Spoken(tap_ns, files))


def asked_of(line: str, tap_ns: int = 0, *, files: bool = True) -> Any:
    """The same for whoever puts it into the inbox: what cannot be read is an Answer that says so."""
    if len(line) > LONGEST_LINE:
        return Answer(
            f"A line longer than {LONGEST_LINE} characters changes nothing: expected one such as "
            "'density 0.5'.",
            problem=True,
        )
    try:
        return parse_steer(line, tap_ns, files=files)
    except SteeringError as error:
        return Answer(str(error), problem=True)


def completions(line: str, names: Mapping[str, Iterable[str]]) -> list[str]:
    """What the last words of a line may become; `names`: by what a word `takes`."""
    word, blank, rest = line.lstrip().partition(" ")
    if not blank:
        return [known for known in WORDS if known.startswith(word.lower())]
    row = WORDS.get(ALSO.get(word.lower(), word.lower()))
    takes = row.takes if row is not None else ""
    known = WORDS if takes == "word" else names.get(takes, takes.split())
    return [name for name in known if name.lower().startswith(rest.lower().lstrip())]


def _read_player(rest: str, spoken: Spoken) -> Steer:
    try:
        return Steer(player=parse_players(rest) if rest else {})
    except ValueError as error:
        raise SteeringError(f"{error}.") from None


def _read_control(name: str, rest: str, spoken: Spoken) -> Steer:
    if ROWS[name].automatic and rest == "auto":
        return Steer(controls={name: None})
    over_bars = 0
    if name == "tempo_bpm":
        rest, over_bars = _over_bars(rest)
        if rest[:1] in ("+", "-") and not math.isnan(by := _number(rest)):
            return Steer(by={name: by}, over_bars=over_bars)
    value = _checked(name, _number(rest), repr(_short(rest)) if rest else "nothing")
    return Steer(controls={name: value}, over_bars=over_bars)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _read_step(name: str, by: float, rest: str, spoken: Spoken) -> Steer:
    """ "slower", "slower 10": a control some way up or down, so far if nothing else is said."""
    far = _number(rest) if rest else abs(by)
    if not 0 < far <= ROWS[name].high - ROWS[name].low:
        raise SteeringError(
            f"{flag_of(name)} cannot change by {_short(rest)!r}: expected a number above 0, or none for "
            f"{abs(by):g}."
        )
    return Steer(by={name: math.copysign(far, by)})


def _read_faster(rest: str, spoken: Spoken) -> Steer:
    """ "5", "5 clean", "off"."""
    if rest.lower() == "off":
        return Steer(faster="off")
    try:
        bpm, clean = parse_faster(rest)
    except ValueError as error:
        raise SteeringError(str(error)) from None
    return Steer(faster=f"{bpm:g}{' clean' if clean else ''}")


def _read_chart(rest: str, spoken: Spoken) -> Switch:
    """ "blues", "| Dm7 | G7 |", "tune.txt now"."""
    from improv.charts.library import is_bars, is_file, load_chart, names_tempo

    spec, at_once = _now(rest)
    if not spec:
        raise SteeringError(
            "There is no chart in 'chart': expected a name, a file or bars, as in 'chart | Dm7 | G7 |'."
        )
    try:
        if not spoken.files and is_file(spec):
            raise SteeringError(
                f"Cannot read the chart {_short(spec)!r} from here: expected the name of a built-in "
                "chart, or bars as in '| Dm7 | G7 |'."
            )
        chart = load_chart(spec)
    except SteeringError:
        raise
    except ImprovError as error:
        raise SteeringError(str(error)) from None
    return Switch("chart", chart, is_bars(spec) and not names_tempo(spec), at_once)


def _now(rest: str) -> tuple[str, bool]:
    """The rest without the word "now" at its end, and whether it was there."""
    before, _, last = rest.rpartition(" ")
    return (before.rstrip(), True) if last.lower() == "now" else (rest, False)


def _read_switch(what: str, rest: str, spoken: Spoken) -> Switch:
    more, at_once = _now(rest)
    if more or (at_once and what != "next"):
        raise SteeringError(f"Nothing is expected after {what!r}, not {_short(rest)!r}.")
    return Switch(what, at_once=at_once)


def _read_tune(rest: str, spoken: Spoken) -> Switch:
    number, at_once = _now(rest)
    if not number.isdecimal() or not 1 <= int(number) <= _MOST_TUNES:
        raise SteeringError(
            f"There is no tune {_short(rest)!r}: expected its number in the set, as in 'tune 2'."
        )
    return Switch("tune", number=int(number), at_once=at_once)


def _read_learn(rest: str, spoken: Spoken) -> Learn:
    """ "density", "volume bass", "tap", "off"."""
    if rest.lower() == "off":
        return Learn("")
    if not rest:
        raise SteeringError("Nothing is there to learn: expected a line, as in 'learn density'.")
    if target_of(rest) is None and rest != PROGRAM_WORD:
        parse_steer(rest, files=False)
    return Learn(rest)


def _read_forget(rest: str, spoken: Spoken) -> Learn:
    return Learn(rest, forget=True)


def _read_loop(rest: str, spoken: Spoken) -> Switch:
    """ "9-16" or "off"; "now" behind it."""
    bars, at_once = _now(rest)
    try:
        if bars.lower() != "off":
            parse_loop(bars)
    except ValueError as error:
        raise SteeringError(str(error)) from None
    return Switch("loop", loop="" if bars.lower() == "off" else bars, at_once=at_once)


def _read_volume(rest: str, spoken: Spoken) -> Steer:
    try:
        return Steer(volumes=dict([read_volume(rest)]))
    except ValueError as error:
        raise SteeringError(str(error)) from None


def _read_mute(mute: bool, rest: str, spoken: Spoken) -> Steer:
    return Steer(mutes=dict.fromkeys(_names("mute" if mute else "unmute", rest), mute))


def _read_mode(kind: str, rest: str, spoken: Spoken) -> Steer:
    """ "trade 4 first me"; "answer 0.5" is the control of that name."""
    if kind == "answer" and rest:
        return _read_control(kind, rest, spoken)
    return Steer(mode=str(parse_mode(f"{kind} {rest}")))


def _read_reward(word: str, rest: str, spoken: Spoken) -> Steer:
    if rest:
        raise SteeringError(f"Nothing is expected after {word!r}, not {_short(rest)!r}.")
    return Steer(reward=word)


def _read_solo(rest: str, spoken: Spoken) -> Steer:
    if not rest:
        return _read_mode("solo", rest, spoken)
    return Steer(solo=() if rest.lower() == "off" else _names("solo", rest))


def _names(word: str, rest: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in rest.split(",") if name.strip()))
    if not names:
        raise SteeringError(f"{word} whom: expected a musician, as in '{word} bass'.")
    return names


def _parse_alone(line: str) -> Steer:
    """ "@solo2 density 0.5" is for the soloist of that name. Raises SteeringError."""
    name, _, rest = line.removeprefix("@").partition(" ")
    asked = parse_steer(rest)
    if not isinstance(asked, Steer) or not name or asked.soloist or asked.as_json().keys() - _ALONE:
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
    return f"a number from {_span(name)}"


def _span(name: str) -> str:
    row = ROWS[name]
    unit = f" {row.unit}" if row.unit not in ("", "ratio") else ""
    return f"{row.low:g} to {row.high:g}{unit}{', or auto' if row.automatic else ''}"


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


def _unknown(word: str) -> SteeringError:
    near = difflib.get_close_matches(word.lower(), WORDS, n=1)
    hint = f"perhaps {near[0]!r} was meant; " if near else ""
    return SteeringError(
        f"There is no {_short(word)!r} to change: {hint}expected one of {', '.join(WORDS)}; Ctrl-C stops."
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTED else f"{text[: _LONGEST_QUOTED - 3]}..."


def _read_help(rest: str, spoken: Spoken) -> Answer:
    row = WORDS.get(ALSO.get(rest.lower(), rest.lower()))
    if row is not None:
        return Answer(f"{row.usage}: {row.help}")
    if rest:
        raise _unknown(rest)
    usages = "; ".join(row.usage for row in WORDS.values())
    return Answer(f"Type one of: {usages}. '@NAME ...' is for the soloist of that name alone.")


def _row_of(name: str) -> Word:
    """A control as a word."""
    flag, row = flag_of(name), ROWS[name]
    help = row.help
    if name == "tempo_bpm":
        help += "; 'tempo 90 over 4' goes there over 4 bars, 'tempo +5' up; or 'tap' three times, in time"
    return Word(partial(_read_control, name), f"{flag} {_span(name)}", help)


_ALONE = {"player", "style", "controls", "by", "over_bars"}
"""What may be changed for one soloist alone."""

_STEPS: dict[str, tuple[str, float, str]] = {
    "denser": ("density", 0.5, "more notes"),
    "sparser": ("density", -0.5, "fewer notes"),
    "longer": ("phrase", 0.5, "longer phrases"),
    "shorter": ("phrase", -0.5, "shorter phrases"),
    "slower": ("tempo_bpm", -5.0, "at once"),
}
"""Word -> (control, by how much, for whoever needs help)."""

WORDS: dict[str, Word] = {
    "player": Word(
        _read_player, "player NAME[:SHARE], ...", "whom the soloist plays like", "player"
    ),
    "style": Word(
        lambda rest, spoken: Steer(style=rest), "style NAME", "the style it plays in", "style"
    ),
    "tap": Word(lambda rest, spoken: Tap(spoken.tap_ns), "tap", "three times, in time: the tempo"),
    **{flag_of(name): _row_of(name) for name in ROWS},
    **{
        word: Word(
            partial(_read_step, name, by),
            f"{word} [BY]",
            f"{help}: {flag_of(name)!r} goes {'up' if by > 0 else 'down'} by {abs(by):g}, or by BY",
        )
        for word, (name, by, help) in _STEPS.items()
    },
    "faster": Word(
        _read_faster,
        "faster BPM [clean]|off",
        "so much faster with each chorus, or each pass of the loop; clean: only after one without "
        "mistakes",
        "off",
    ),
    "chart": Word(
        _read_chart,
        "chart NAME|FILE|BARS [now]",
        "play this in place of the tune, from the next chorus on; now: from the next bar on",
        "chart",
    ),
    "next": Word(
        partial(_read_switch, "next"),
        "next [now]",
        "the next tune of the set, from the next chorus on; now: from the next bar on",
        "now",
    ),
    "tune": Word(
        _read_tune, "tune N [now]", "the tune of the set with this number, as 'next' does", "now"
    ),
    "loop": Word(
        _read_loop,
        "loop BARS|off [now]",
        "these bars over and over, as 'loop 9-16', from the next pass or (now) bar on; off: the form goes on",
        "off",
    ),
    "stop": Word(
        partial(_read_switch, "stop"), "stop", "be silent; 'start' plays the tune from its top"
    ),
    "start": Word(partial(_read_switch, "start"), "start", "after 'stop': the tune from its top"),
    "panic": Word(
        partial(_read_switch, "panic"), "panic", "silence what sounds; the music goes on"
    ),
    "mute": Word(partial(_read_mute, True), "mute NAME, ...", "not to be heard", "musician"),
    "unmute": Word(partial(_read_mute, False), "unmute NAME, ...", "heard again", "musician"),
    "volume": Word(
        _read_volume, "volume NAME 0 to 1", "how loud: MIDI controller 7 of its channel", "musician"
    ),
    "solo": Word(
        _read_solo,
        "solo [NAME, ...|off]",
        "only these are heard; off: everybody; alone: the soloist plays whatever you play",
        "musician",
    ),
    "learn": Word(
        _read_learn,
        "learn LINE|off",
        "the knob, key or pedal of the input that is moved next does this from then on",
        "word",
    ),
    "forget": Word(_read_forget, "forget LINE", "no knob, key or pedal does this any more", "word"),
    "mode": Word(
        lambda rest, spoken: Steer(mode=str(parse_mode(rest))),
        "mode MODE",
        "whose turn it is, in the words of --mode: 'mode trade 4' is the same as 'trade 4'",
        " ".join(KINDS),
    ),
    "trade": Word(
        partial(_read_mode, "trade"),
        "trade 2|4|8|12|chorus [first me]",
        "take turns with it, so many bars each; first me: it begins",
        "2 4 8 12 chorus",
    ),
    "answer": Word(
        partial(_read_mode, "answer"),
        f"answer [{_span('answer')}]",
        f"it answers when you stop; with a number: {ROWS['answer'].help}",
    ),
    **{kind: Word(partial(_read_mode, kind), kind, KINDS[kind]) for kind in ("duet", "back")},
    **{
        word: Word(partial(_read_reward, word), word, help)
        for word, help in (
            ("good", "what was just played is likelier in what follows"),
            ("again", "what the soloist just played once more, changed"),
        )
    },
    "status": Word(lambda rest, spoken: Ask(), "status", "how the session is"),
    "help": Word(_read_help, "help [WORD]", "what can be typed, or one word of it", "word"),
}
"""THE table of what a line may begin with; a new word is a row here."""

ALSO = {"t": "tap", **{name: flag_of(name) for name in ROWS}}
"""Other names of words."""
