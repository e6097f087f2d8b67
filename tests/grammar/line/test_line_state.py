"""What the cell is shown: causal, the same in training and live, of the sizes the tables say."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from line_maker import CHANGES, SECTIONS, drawn_notes, solo
from pair_maker import LABELS, pair_cell

from improv.controls.table import Controls
from improv.feel.loudness import velocity_of
from improv.grammar.base import fingerprint_of
from improv.grammar.line import form, heads, inputs, loudness, table
from improv.grammar.line.encode import EncodedLine, Remembered, encode
from improv.grammar.line.form import Form
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.inputs import MELODY, RHYTHM
from improv.grammar.line.loudness import decibels
from improv.grammar.line.state import LineState
from improv.grammar.line.table import LOUDNESSES
from improv.music.transcription import chart_of
from improv.soloist.line_voice import LineVoice

FORM_STEPS = 192
LONG_CHANGES = [(n * FORM_STEPS + step, symbol) for n in range(40) for step, symbol in CHANGES]
LONG_SECTIONS = [
    (n * FORM_STEPS + step, label, n + 1) for n in range(40) for step, label, _ in SECTIONS[:2]
]


def long_solo(notes):
    """Over forty choruses, whatever the notes: what comes after them is not told by the chart's length."""
    return solo(notes, LONG_CHANGES, sections=LONG_SECTIONS)


def remembered(memory: Remembered, rows: int) -> list[np.ndarray]:
    end = memory.starts[rows]
    return [
        memory.starts[: rows + 1],
        memory.columns[:end],
        memory.values[:end],
        memory.sureness[:rows],
    ]


def shown(line: EncodedLine, melody_rows: int, rhythm_rows: int) -> list[np.ndarray]:
    """All that the cell is shown in the first steps of melody and rhythm."""
    return [
        line.melody[:melody_rows],
        line.views[:melody_rows],
        line.bars[:melody_rows],
        *remembered(line.melody_memory, melody_rows),
        line.rhythm[:rhythm_rows],
        *remembered(line.rhythm_memory, rhythm_rows),
    ]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("index", [0, 1, 17, 60])
def test_nothing_is_known_of_a_note_before_it_comes(index):
    """Other notes from here on: nothing differs until the pitch of this one is said."""
    notes, others = drawn_notes(100, seed=1), drawn_notes(100, seed=2)
    step = notes[index][0] - others[index][0]
    changed = notes[:index] + [(s + step, d, p ^ 1, 70.0) for s, d, p, _ in others[index:]]
    one, other = encode(long_solo(notes)), encode(long_solo(changed))
    token = index + 1  # the first token has no note
    assert same(shown(one, token + 1, token), shown(other, token + 1, token))
    assert not same(shown(one, token + 2, token + 2), shown(other, token + 2, token + 2))


@pytest.mark.parametrize("index", [5, 30])
def test_length_and_loudness_of_a_note_are_not_known_while_it_sounds(index):
    """They are not shown before the next onset."""
    notes = drawn_notes(60, seed=3)
    step, length, pitch, _ = notes[index]
    token = index + 1
    wait = notes[index + 1][0] - step
    for change in ((step, 1 if length > 1 else wait, pitch, 60.0), (step, length, pitch, 99.0)):
        one = encode(long_solo([*notes[:index], (step, length, pitch, 60.0), *notes[index + 1 :]]))
        other = encode(long_solo([*notes[:index], change, *notes[index + 1 :]]))
        assert same(shown(one, token + 1, token + 1), shown(other, token + 1, token + 1))
        assert not same(shown(one, token + 2, token + 1), shown(other, token + 2, token + 1))


def test_every_input_is_inside_its_block():
    """Random solos in 4/4; all values from 0 to the block's size."""
    for seed in range(3):
        line = encode(long_solo(drawn_notes(300, seed=seed)))
        for rows, blocks in ((line.melody, MELODY), (line.rhythm, RHYTHM)):
            assert rows.min() >= 0
            assert (rows < [size for _, size in blocks]).all()


class Recorder:
    """A cell that keeps what it is shown."""

    def __init__(self, cell):
        self.cell, self.tables = cell, cell.tables
        self.melody, self.rhythm = [], []
        self.initial_state, self.who, self.hidden = cell.initial_state, cell.who, cell.hidden

    def first(self, inputs, who, state):
        self.melody.append(inputs)
        return self.cell.first(inputs, who, state)

    def second(self, inputs, who, state):
        self.rhythm.append(inputs)
        return self.cell.second(inputs, who, state)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_cell_is_shown_live_what_it_was_trained_on(seed):
    """What a voice plays, written down and encoded: the same inputs, step by step, and the same tokens."""
    chart, shift = chart_of(long_solo([(0, 1, 60, None)]))
    assert shift == 0
    recorder = Recorder(pair_cell(seed))
    label = np.zeros(LABELS.size, np.float32)
    voice = LineVoice(
        recorder, chart, np.random.default_rng(seed), label=label, tempo_bpm=180.0, at_once=True
    )
    steps = [voice.step(Controls()) for _ in range(200)]
    assert steps[-1].next_tick < chart.length_tick
    loudness_of = {velocity_of(each): decibels(each) for each in range(LOUDNESSES)}
    assert len(loudness_of) == LOUDNESSES
    notes = [
        (n.onset_tick // 40, n.duration_tick // 40, n.pitch, loudness_of[n.velocity])
        for n in (step.note for step in steps[1:])
    ]
    line = encode(long_solo(notes))
    assert np.array_equal(line.melody, recorder.melody)
    assert np.array_equal(line.rhythm, recorder.rhythm)
    played, encoded = [s.text for s in steps], list(map(str, line.tokens))
    # Loudness is said against the whole solo's in training, and the last wait is not known.
    assert [t.rsplit(" ", 1)[0] for t in encoded[1:-1]] == [
        t.rsplit(" ", 1)[0] for t in played[1:-1]
    ]


def test_an_hour_of_music_keeps_the_state_small():
    """20,000 notes: the memory is bounded, and so is what is kept of the form."""
    chart, _ = chart_of(solo([(0, 1, 60, None)]))
    line = LineState(Form(chart), 180.0)
    rng = np.random.default_rng(0)
    sizes = []
    tracemalloc.start()
    try:
        for number in range(20_000):
            line.say_pitch(int(rng.integers(40, 90)))
            line.say_wait(int(rng.integers(1, 30)))
            line.end(3, float(rng.normal()))
            if number % 4000 == 3999:
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    settled = sizes[2:]  # a dict takes its full size once it was refilled a few times
    assert max(settled) - min(settled) < 30_000
    assert sizes[-1] - sizes[0] < 250_000
    assert line.step > 200_000
    assert len(line._form._places) <= chart.length_tick // 40


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (table, "LENGTHS", table.LENGTHS[:-1]),
        (table, "LEAST_STEPS", (*table.LEAST_STEPS[:-1], 9999)),
        (table, "CENTRE_PITCH", 60),
        (table, "LOUDNESSES", 8),
        (table, "LOUDNESS_STEP_SD", 0.4),
        (form, "CLASSES", (*form.CLASSES[:-1], "others")),
        (form, "CHANGE_STEPS", form.CHANGE_STEPS[:-1]),
        (form, "BAR_STEPS", 60),
        (form, "SECTION_BARS", 8),
        (form, "CHORUSES", 7),
        (inputs, "MELODY", inputs.MELODY[::-1]),
        (inputs, "RHYTHM", inputs.RHYTHM[:-1]),
        (inputs, "PHRASE_STEPS", inputs.PHRASE_STEPS[:-1]),
        (inputs, "MELODY_EXPERTS", 17),
        (heads, "MELODY_HEADS", heads.MELODY_HEADS[::-1]),
        (heads, "RHYTHM_HEADS", heads.RHYTHM_HEADS[:-1]),
    ],
)
def test_the_fingerprint_changes_with_every_table(monkeypatch, module, name, value):
    """So that no cell is played through tables it was not trained on."""
    before = fingerprint_of(LineGrammar())
    monkeypatch.setattr(module, name, value)
    assert fingerprint_of(LineGrammar()) != before


def test_the_fingerprint_is_the_one_that_cells_were_trained_with():
    """Whoever changes a table on purpose trains the cells again, counts up the version, and this too."""
    assert LineGrammar.version == 1
    assert fingerprint_of(LineGrammar())[:16] == "499b9c680d8d0e7b"


def test_loudness_that_is_not_known_has_a_place_of_its_own():
    """And is no 0 dB."""
    notes = [(*note[:3], None) for note in drawn_notes(20, seed=1)]
    line = encode(long_solo(notes))
    assert (line.melody[:, -1] == LOUDNESSES).all() and (line.rhythm[:, -1] == LOUDNESSES).all()
    assert (line.loudness == -1).all()


def test_running_loudness_follows_the_solo():
    """A note as loud as those before is in the middle; a much louder one at the top."""
    running = loudness.RunningLoudness()
    assert [running.index(60.0) for _ in range(30)][-1] == table.MEAN_LOUDNESS
    assert running.index(90.0) == LOUDNESSES - 1
    assert running.index(float("nan")) == LOUDNESSES
