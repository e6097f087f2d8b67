"""The road of one file through a model of grammar "line": what `jazz-improv trace` prints for one.

Input -> output:  MIDI file, Model, seed  ->  the value at every arrow, as plain data  ->  text
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.cell.load import Model
from improv.config import Plan, Tune
from improv.corpus.midi import read_midi
from improv.errors import InputFileError, ModelError
from improv.feel.performed import performed
from improv.grammar.line.encode import EncodedLine, encode
from improv.grammar.line.form import CLASSES, NO_MOTION, Form
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.inputs import MELODY, RHYTHM, WIDEST
from improv.grammar.line.labels import Labels
from improv.grammar.line.stepper import Stepper
from improv.grammar.line.table import LEAST_STEPS, LENGTHS, MEAN_LOUDNESS, Token, class_steps
from improv.midi.messages import note_off, note_on
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_STEP
from improv.music.pitch import pitch_name
from improv.music.tempo import TempoMap
from improv.music.transcription import Transcription, chart_of
from improv.soloist.leaning import load_leanings
from improv.soloist.line_voice import LineVoice, Sampling
from improv.soloist.make import grammar_of

_CANDIDATES = 3
"""How many candidates of a part are printed."""
_SHOWN = 2
"""For how many notes what the cell is shown is printed."""
_PARTS = ("pitch", "wait", "length", "loudness")


class _Watched(Stepper):
    """Keeps the latest scores of each part."""

    scores: dict[str, NDArray[np.float32]]

    def pitch_scores(self) -> NDArray[np.float32]:
        self.scores = {"pitch": super().pitch_scores()}
        return self.scores["pitch"]

    def wait_scores(self) -> NDArray[np.float32]:
        scores = self.__dict__.setdefault("scores", {})["wait"] = super().wait_scores()
        return scores

    def length_scores(self) -> NDArray[np.float32]:
        self.scores["length"] = super().length_scores()
        return self.scores["length"]

    def loudness_scores(self) -> NDArray[np.float32]:
        self.scores["loudness"] = super().loudness_scores()
        return self.scores["loudness"]


def travel(file: Path, model: Model, seed: int, n_tokens: int) -> dict[str, Any]:
    """Every value on the road, as plain data. Raises InputFileError, ModelError."""
    grammar = grammar_of(model)
    if not isinstance(grammar, LineGrammar):
        raise ModelError(
            f"The model {str(model.path)!r} speaks grammar {grammar.name!r}, which plays no solo but its own;"
            " 'line' was expected."
        )
    solo = _read(file)
    chart, shift = chart_of(solo)
    line = encode(solo)
    card = model.card
    labels = Labels.from_json(card.extra.get("labels", {}), repr(str(model.path)))
    label = labels.vector(feel=solo.rhythmfeel)
    stepper = _Watched(model.pair_cell, Form(chart), solo.tempo_bpm, label, line.start_step)
    nats = _hear(stepper, solo, line, chart)
    steps = _improvise(stepper, model, chart, label, seed, n_tokens)
    return {
        "file": file.name,
        "title": solo.title,
        "meter": f"{solo.beats_per_bar}/4",
        "tempo_bpm": solo.tempo_bpm,
        "chords": [[tick, chord.text if chord else "NC"] for tick, chord in chart.changes],
        "notes": [[n.onset_step + shift, n.duration_step, n.pitch] for n in solo.notes],
        "tokens": [str(token) for token in line.tokens],
        "shown": [
            {
                "melody": _named(MELODY, line.melody[row]),
                "rhythm": _named(RHYTHM, line.rhythm[row]),
            }
            for row in range(1, min(_SHOWN + 1, len(line.tokens)))
        ],
        "model": {
            "name": card.name,
            "grammar": f"{card.grammar_name} {card.grammar_version}",
            "inputs": list(model.pair_cell.n_inputs),
            "units": list(card.units),
            "parts": list(grammar.vocabulary),
        },
        "nats_per_note": nats,
        "seed": seed,
        "steps": steps,
    }


def _read(file: Path) -> Transcription:
    reading = read_midi(file, file.name)
    if not reading.solos:
        raise InputFileError(reading.dropped[0].sentence)
    return reading.solos[0]


def _named(blocks: tuple[tuple[str, int], ...], row: NDArray[np.int16]) -> dict[str, int]:
    return {name: int(value) for (name, _), value in zip(blocks, row, strict=True)}


def _hear(
    stepper: _Watched, solo: Transcription, line: EncodedLine, chart: Chart
) -> dict[str, float] | None:
    """Step along the solo to the bar line after it. Returns the nats of its notes, without the first."""
    rhythm, pitch = [], []
    last = len(line.tokens) - 1
    for index, token in enumerate(line.tokens):
        note = solo.notes[index - 1] if index else None
        if note is None:
            stepper.begin()
        else:
            scores = stepper.pitch_scores()
            stepper.say_pitch(note.pitch)
            if index > 1:
                pitch.append(_nats(scores, note.pitch))
            scores = stepper.wait_scores()
            if index < last:
                rhythm.append(_nats(scores, token.wait))
        wait = token.wait_steps
        if index == last:
            end = (stepper.line.step + wait) * TICKS_PER_STEP
            wait = chart.bar_tick(chart.bar_of(end - 1) + 1) // TICKS_PER_STEP - stepper.line.step
        stepper.say_wait(wait)
        loudness_db = None if note is None else note.loudness_db
        known = token.loudness if index and line.loudness[index] >= 0 else None
        stepper.end_heard(token.length_steps, loudness_db, known)
    if not rhythm:
        return None
    found = {"rhythm": float(np.mean(rhythm)), "pitch": float(np.mean(pitch))}
    return {name: round(value, 3) for name, value in found.items()}


def _nats(scores: NDArray[np.float32], came: int) -> float:
    exact = scores.astype(float)
    return float(np.logaddexp.reduce(exact) - exact[came])


def _improvise(
    stepper: _Watched,
    model: Model,
    chart: Chart,
    label: NDArray[np.float32],
    seed: int,
    n_tokens: int,
) -> list[dict[str, Any]]:
    controls = Tune(chart, Plan()).controls_at_start()
    tempo = TempoMap(controls.tempo_bpm)
    settings = model.card.extra.get("sampling", {})
    voice = LineVoice(
        model.pair_cell,
        chart,
        np.random.default_rng(seed),
        label=label,
        tempo_bpm=chart.tempo_bpm,
        sampling=Sampling.of(settings if isinstance(settings, dict) else {}),
        leanings=load_leanings(model.path),
        goes_on=stepper,
    )
    steps = []
    for _ in range(n_tokens):
        chord = chart.chord_at(voice.tick)
        step = voice.step(controls)
        token = step.token
        if step.note is None or not isinstance(token, Token):
            continue  # only the token that begins a line has no note, and this one goes on
        onset_tick, end_tick = performed(step.note, controls.swing)
        pitch, velocity = step.note.pitch, step.note.velocity
        steps.append(
            {
                "tick": step.tick,
                "chord": chord.text if chord else "NC",
                "likeliest": {part: _likeliest(part, stepper.scores[part]) for part in _PARTS},
                "drawn": _drawn(token, pitch),
                "token": str(token),
                **({} if step.plan is None else {"phrase": str(step.plan)}),
                "note": [step.note.onset_tick, step.note.duration_tick, pitch, velocity],
                "messages": [
                    [tempo.ns_at(onset_tick), note_on(0, pitch, velocity).hex(" ")],
                    [tempo.ns_at(end_tick), note_off(0, pitch).hex(" ")],
                ],
            }
        )
    return steps


def _likeliest(part: str, scores: NDArray[np.float32]) -> list[list[Any]]:
    """The first few candidates with the probabilities the cell gives them, before top-p."""
    exact = scores.astype(float)
    shares = np.exp(exact - np.logaddexp.reduce(exact))
    order = np.argsort(-exact, kind="stable")[:_CANDIDATES]
    return [[_candidate(part, int(n)), round(float(shares[n]), 3)] for n in order]


def _candidate(part: str, number: int) -> str:
    if part == "pitch":
        return pitch_name(number)
    if part == "wait":
        longer = len(class_steps(number)) > 1
        return f"w{LEAST_STEPS[number]}" + (".." if longer else "")
    return f"l{LENGTHS[number]}" if part == "length" else f"{number - MEAN_LOUDNESS:+d}"


def _drawn(token: Token, pitch: int) -> list[str]:
    loudness = _candidate("loudness", token.loudness)
    return [pitch_name(pitch), f"w{token.wait_steps}", f"l{token.length_steps}", loudness]


def as_text(road: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """(title, lines) of each station."""
    model, nats = road["model"], road["nats_per_note"]
    blocks = [
        (
            f"{road['file']} -- corpus.read_midi --> a transcription, in twelfths of a beat",
            [
                f"{road['title']!r}, {road['meter']}, {road['tempo_bpm']:g} bpm",
                "chords  " + "  ".join(f"{t // TICKS_PER_STEP}:{c}" for t, c in road["chords"]),
                *_wrapped([f"{s}:{pitch_name(p)} for {d}" for s, d, p in road["notes"]], 6),
            ],
        ),
        ("-- grammar.encode --> tokens of grammar 'line', one a note", _wrapped(road["tokens"], 4)),
        (
            f"-- what the cell is shown before pitch and wait of the first {len(road['shown'])} notes",
            [line for shown in road["shown"] for line in _inputs(shown)],
        ),
        (
            "-- cell.load --> a cell of two steps a token",
            [
                f"{model['name']!r}: {'+'.join(map(str, model['inputs']))} inputs, "
                f"{'+'.join(map(str, model['units']))} units, grammar {model['grammar']!r}; "
                f"a token is {', '.join(model['parts'])}",
                "it gives the solo "
                + (
                    f"{nats['rhythm']} + {nats['pitch']} nats a note, rhythm and pitch"
                    if nats
                    else "-"
                ),
            ],
        ),
    ]
    lines = []
    for step in road["steps"]:
        if "phrase" in step:
            lines.append(f"phrase: {step['phrase']}")
        lines.append(f"over {step['chord']} at tick {step['tick']}:")
        for part, drawn in zip(_PARTS, step["drawn"], strict=True):
            likeliest = ", ".join(f"{text} {share:.3f}" for text, share in step["likeliest"][part])
            lines.append(f"    {part:8} likeliest {likeliest}; drawn {drawn}")
        onset, duration, pitch, velocity = step["note"]
        lines.append(
            f"    {step['token']}  is  tick {onset}: {pitch_name(pitch)} for {duration} ticks, "
            f"velocity {velocity}"
        )
        lines += [f"    {ns / 1e6:11.3f} ms  {data}" for ns, data in step["messages"]]
    title = (
        f"-- cell.step twice a token, a part given those before it (seed {road['seed']}) --> MIDI"
    )
    return [*blocks, (title, lines)]


def _wrapped(texts: list[str], each: int) -> list[str]:
    """The texts in columns, `each` to a line."""
    width = max(map(len, texts), default=0)
    rows = [texts[i : i + each] for i in range(0, len(texts), each)]
    return ["  ".join(text.ljust(width) for text in row).rstrip() for row in rows]


def _inputs(shown: dict[str, dict[str, int]]) -> list[str]:
    """The inputs of both steps, with pitches, intervals and chords spelled out."""
    lines = []
    for part, inputs in shown.items():
        said = {"class": CLASSES[inputs["class"]]}
        if inputs["pitch"]:
            said["pitch"] = pitch_name(inputs["pitch"])
        for name in ("interval", "interval_before", "from_strong"):
            if name in inputs:
                said[name] = f"{inputs[name] - WIDEST:+d}"
        for name in ("next", "after"):
            if name in inputs:
                motion, kind = divmod(inputs[name], len(CLASSES))
                said[name] = "none" if motion == NO_MOTION else f"+{motion}{CLASSES[kind]}"
        texts = [f"{name} {said.get(name, value)}" for name, value in inputs.items()]
        rows = [", ".join(texts[i : i + 9]) for i in range(0, len(texts), 9)]
        lines += [f"{name:8}{row}" for name, row in zip([part, *[""] * 8], rows, strict=False)]
    return lines
