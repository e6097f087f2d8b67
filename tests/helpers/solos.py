"""Short solos for the tests of the musical measures."""

from __future__ import annotations

from collections.abc import Sequence

from improv.music.transcription import Heard, Transcription


def solo(
    notes: Sequence[tuple[int, int, int]],
    chords: Sequence[tuple[int, str]] = ((0, "C7"),),
    sections: Sequence[tuple[int, str, int]] = (),
    **facts: object,
) -> Transcription:
    """A solo of (onset_step, duration_step, pitch); other `facts` by name."""
    values: dict[str, object] = {
        "id": "a solo",
        "title": "A Tune",
        "performer": "Somebody",
        "instrument": "ts",
        "style": "BEBOP",
        "rhythmfeel": "SWING",
        "tempo_bpm": 160.0,
        "key": "C-maj",
        "beats_per_bar": 4,
    }
    values.update(facts)
    return Transcription(
        **values,  # type: ignore[arg-type]
        chords=tuple(chords),
        sections=tuple(sections),
        notes=tuple(Heard(*note) for note in notes),
    )
