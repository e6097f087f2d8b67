"""What is made fit, and what is left out."""

from __future__ import annotations

from dataclasses import replace

from improv.corpus.clean import Duplicates, clean
from improv.corpus.reading import DUPLICATE, NO_CHORDS, TOO_SHORT, Reading
from improv.music.transcription import Heard, Transcription

NOTES = tuple(Heard(6 * at, 5, 60 + at) for at in range(10))
SOLO = Transcription("a", "A", "", "", "", "", 120, "", 4, ((0, "C7"), (48, "F7")), (), NOTES)


def cleaned(**changes) -> Reading:
    return clean(Reading([replace(SOLO, **changes)]))


def test_what_is_fit_stays_as_it_is() -> None:
    """Nothing is changed, counted or remarked."""
    assert clean(Reading([SOLO])) == Reading([SOLO])


def test_notes_are_put_in_order_one_a_step() -> None:
    """The first on a step counts; none is without a duration or beyond a piano."""
    notes = (
        *NOTES[5:],
        *NOTES[:5],
        Heard(6, 9, 90),
        Heard(80, 0, 64),
        Heard(90, 3, 20),
        Heard(92, 3, 109),
    )
    reading = cleaned(notes=notes)
    assert reading.solos[0].notes == (*NOTES, Heard(80, 1, 64))
    assert reading.notes == {"a second note on one step": 1, "pitch out of range": 2}
    assert [text for _, text in reading.remarks] == [
        "its notes were out of order",
        "notes without a duration were given one step: 1",
    ]


def test_short_solos_and_those_without_chords_are_left_out() -> None:
    """Chords that are all NC are an answer; none at all is not."""
    assert [d.reason for d in cleaned(notes=NOTES[:7]).dropped] == [TOO_SHORT]
    assert [d.reason for d in cleaned(chords=()).dropped] == [NO_CHORDS]
    assert cleaned(chords=((0, "NC"),)).solos


def test_chords_that_cannot_be_read_are_none_and_said() -> None:
    """With more than half of them the solo is left out."""
    reading = cleaned(chords=((0, "C7"), (24, "Hm?"), (48, "F7")))
    assert reading.solos[0].chords == ((0, "C7"), (24, "NC"), (48, "F7"))
    assert reading.remarks == [("a", "chord symbols that cannot be read are NC now: 1 ('Hm?')")]
    [dropped] = cleaned(chords=((0, "C7"), (24, "Hm?"), (48, "what"))).dropped
    assert dropped.reason == NO_CHORDS
    assert dropped.sentence == "a: 2 of its 3 chord symbols cannot be read ('Hm?', 'what')."


def test_chords_are_put_in_order_one_a_step() -> None:
    """The last at a place counts."""
    reading = cleaned(chords=((48, "F7"), (0, "C7"), (48, "Fm7")))
    assert reading.solos[0].chords == ((0, "C7"), (48, "Fm7"))
    assert len(reading.remarks) == 1


def test_the_same_notes_are_one_solo_whatever_they_are_called() -> None:
    """Also where they begin elsewhere; what is only called alike is renamed."""
    later = tuple(replace(note, onset_step=note.onset_step + 48) for note in NOTES)
    other = replace(SOLO, notes=(*NOTES, Heard(96, 5, 64)))
    duplicates = Duplicates()
    first = duplicates.left_out(Reading([SOLO]))
    second = duplicates.left_out(Reading([replace(SOLO, id="b", notes=later), other]))
    assert first.solos == [SOLO]
    assert [solo.id for solo in second.solos] == ["a (2)"]
    assert [(d.what, d.reason, d.sentence) for d in second.dropped] == [
        ("b", DUPLICATE, "b: it is a again, note for note.")
    ]
