"""Charts of every format, damaged: bytes, pieces, words and numbers exchanged, cut and doubled."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import mido
import numpy as np
from musicxml_maker import (
    BACKWARD,
    FORWARD,
    bar,
    chord,
    degree,
    ending,
    note,
    repeat_mark,
    score,
    sign,
    time,
    words,
)

from improv.charts.ireal_link import Song, link_of

TEXT = """Title: A tune
Composer: Ann Roe
Style: Slow Bossa
Tempo: 132
Key: C minor
[Intro] | 3/4 Cm7 | Fm7 / Bb7 |
[A] |: Cm7 | 4/4 Fm7 Bb7 | "break" Ebmaj7 / / Ab7 |1. Dm7b5 G7alt :|2. % | NC To Coda |
[B] | Segno D/C7 | C / / / / / / F | Fine | Gm7q D.S. al Coda || Coda 5/4 C6/9 / / F#addb9/B / |
"""
MUSIC = (
    "*i[T44C^7   |F7 sBb7,B7,]*A{SD-7(Ab7)   |N1G7   | x  }|N2<3x>Bb6 G7 | r  |    ]"
    "[*B<*66Straight>Eb-7Q   |W/E U<Fine>   |n p C*7#11*/E,|<D.S. al Coda>F7   ][QT34Db^7   |pC  Z"
)
SCORE = score(
    FORWARD + words("Swing", '<sound tempo="120"/>') + bar("C", kind="major-seventh"),
    sign("segno") + chord("D") + chord("C", "dominant", degree(9, -1)) + note(8),
    ending(1, "start") + bar("F") + ending(1, "stop", '<repeat direction="backward" times="3"/>'),
    ending(2, "start") + time(3, 4) + bar("G", words("To Coda") + sign("coda")),
    FORWARD + words("N.C.") + bar("E", words("play 3x") + BACKWARD),
    bar("D", words("D.S. al 2nd Coda")),
    repeat_mark("start", 2) + sign("coda") + note(6) + chord("A", "dominant", degree(13, -1)),
    repeat_mark("stop")
    + words("Coda 2")
    + "<barline><segno/></barline>"
    + bar("Bb", words("Fine")),
    head='<identification><creator type="lyricist">Bossa Nova</creator></identification>',
)
WORDS = [
    word.encode()
    for word in (
        *("D.S. al Coda", "To Coda", "D.C. al Fine", "Fine", "Coda 2", "4x", "C7q", "𝄌", "é"),
        *("|:", ":|x99", "1.", "2.", "%", "[A]", "9" * 400, "-1", "0", "1e9", "", "\0", "\n"),
        *('"', "'", "<", ">", "&", "{", "}", "Q", "N1", "T00", "/", "(", ")", "===", "%3D"),
        *("irealb://", "<repeat/>", "<harmony>", "</measure>", "<![CDATA[", "]]>", "MThd", "MTrk"),
        *("<!DOCTYPE a [<!ENTITY b 'c'>]>", "\ufeff"),
    )
] + [b"\xff", b"\xe9"]


def _midi() -> bytes:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Tune")])
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    for text in ("[A]", "Dm7", "G7q", "C6/9", "D.C. al Fine", "NC", "A", "Bridge", "F#m7b5"):
        track.append(mido.MetaMessage("marker", text=text, time=360))
    for pitch in (60, 64, 67, 70):
        track.append(mido.Message("note_on", note=pitch, velocity=70, time=10))
        track.append(mido.Message("note_off", note=pitch, time=300))
    file, out = mido.MidiFile(tracks=[track]), io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _packed() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        named = '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", named)
        archive.writestr("a/b.xml", SCORE)
    return out.getvalue()


def _link() -> bytes:
    songs = [
        (Song("One", "Ann Roe", "Bossa", "C", tempo_bpm=120), MUSIC),
        (Song("Two", key="E-"), MUSIC),
    ]
    return link_of(songs, "both").encode()


WHOLE = {
    "txt": TEXT.encode(),
    "html": _link(),
    "irealbook.txt": f"irealbook://A tune=Roe Ann=Bossa=C-=n={MUSIC}".encode(),
    "musicxml": SCORE,
    "mxl": _packed(),
    "mid": _midi(),
}
"""A sound chart with much in it, by the ending of its file."""


def mutations(whole: bytes, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """So many damaged copies, each damaged in one to five places."""
    pieces = re.findall(rb"[\w.#/-]+|[^\w\s]|\s+", whole)
    for _ in range(count):
        made = bytearray(whole)
        for _ in range(int(rng.integers(1, 6))):
            _damage(made, pieces, rng)
        yield bytes(made)


def _damage(made: bytearray, pieces: list[bytes], rng: np.random.Generator) -> None:
    at = int(rng.integers(0, len(made) + 1))
    end = min(len(made), at + int(rng.integers(0, 30)))
    word = WORDS[int(rng.integers(len(WORDS)))]
    kind = int(rng.integers(8))
    if kind == 0:
        made[at : at + 1] = bytes(rng.integers(0, 256, 1, dtype=np.uint8))
    elif kind == 1:
        del made[at:end]
    elif kind == 2:
        made[at:at] = made[at:end] * int(rng.integers(1, 4))
    elif kind == 3:
        made[at:at] = word
    elif kind == 4:
        made[at:end] = word
    elif kind == 5:
        old, new = (pieces[int(rng.integers(len(pieces)))] for _ in range(2))
        where = made.find(old, at)
        if where >= 0:
            made[where : where + len(old)] = new
    elif kind == 6:
        numbers = [found.span() for found in re.finditer(rb"\d+", bytes(made))]
        if numbers:
            start, stop = numbers[int(rng.integers(len(numbers)))]
            made[start:stop] = [b"0", b"1", b"-3", b"65", b"9" * 12, b"2.5"][int(rng.integers(6))]
    elif int(rng.integers(8)) == 0:
        del made[at:]
