"""Chord symbols as real charts and transcriptions hold them: how many of them are read."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter

import pytest

from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord, parse_chord_or_nc

LEAST_SHARE = 0.999
"""Of the occurrences, not of the distinct symbols."""


def read(text: str) -> Chord | None:
    try:
        return parse_chord(text)
    except ChartError:
        return None


@pytest.mark.shared
@pytest.mark.parametrize(("table", "fewest"), [("beats", 100_000), ("notes", 150_000)])
def test_the_weimar_jazz_database_can_be_read(shared_dir, table, fewest):
    """The chords written over its beats and over its notes."""
    path = shared_dir / f"corpora/wjazzd/{table}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        written = Counter(row["chord"] for row in csv.DictReader(file))
    symbols = {text: count for text, count in written.items() if text not in ("", "NC")}
    unread = {text: count for text, count in symbols.items() if read(text) is None}
    assert sum(symbols.values()) > fewest
    assert sum(unread.values()) <= (1 - LEAST_SHARE) * sum(symbols.values()), unread


@pytest.mark.shared
def test_the_chords_of_the_evaluation_files_can_be_read(shared_dir):
    for part in ("train", "valid"):
        with gzip.open(shared_dir / f"eval/{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                for _, text in json.loads(line)["chords"]:
                    parse_chord_or_nc(text)


# The symbols of three iReal Pro playlists (293 tunes: blues, dixieland, standards) with their counts;
# iReal's W/bass, the chord before over another bass, is the chart reader's.
PLAYLISTS = """
    C7:758 Bb:757 F7:704 F:602 Eb:590 Bb7:475 G7:465 D7:317 Ab:224 Eb7:213 A7:197 C:189 G-:164
    G-7:110 E7:104 C-:100 D-:86 D-7:86 F-:69 Ab7:68 C-7:66 F-7:66 Db7:57 B7:52 Bb-:51 E:49
    Gb7:45 Db:44 G:43 Eb-:40 A-:35 Eo:33 A:27 Bo:26 Ab-:24 A-7:23 Abo:21 Bbo:21 Ebo:20 F+:20
    Bb+:19 C^7:18 Ao:17 Bb-7:17 G+:17 C6:15 Bb6:14 F6:14 C+:13 D:13 E-:13 Fo:13 Eb6:12 F#o:12
    Bb^7:11 B:10 F#7:10 F^7:10 C#o:9 Db-:8 G7b9:8 Gbo:8 Bb/D:7 Co:7 F#o7:7 F-6:7 Ab9:6 C/G:6
    D9:6 Do:6 E-7:6 Eb^7:6 Ebo7:6 Bb-6:5 C#o7:5 C9:5 Dbo:5 Eb-7:5 Bb/F:4 C#:4 D#:4 Db-7:4
    E7b5:4 E7sus:4 Eb+:4 Eb-6:4 G#o:4 G-6:4 A-7b5:3 Ab6:3 B-7:3 Bb7#11:3 Bh7:3 C7b9:3 E7b9:3
    Eb9:3 Eb^:3 Eo7:3 F/A:3 F9:3 Fo7:3 G9:3 Gh:3 Go:3 A-6/F#:2 A-7/G:2 A-^7/G#:2 A7/C:2 A7/D:2
    Ab-7:2 Abo7:2 Ah:2 Bb*mM7*:2 Bb+/F#:2 Bb^:2 Bh:2 Bo7:2 C/E:2 C7#9:2 C7/G:2 Co7:2 D7#9:2
    D7/A:2 Dbo7:2 Dh7:2 E^:2 Eb/G:2 Eb7#9:2 F#-7:2 F-6/Ab:2 F/C:2 F6/A:2 F6/C:2 F7/A:2 F7b9:2
    G#o7:2 G13:2 G7#11:2 G7#5:2 G7/B:2 Gb:2 Gb7#11:2 Gb^7:2 Gh7:2 A+:1 A-/E:1 A-6:1 A13:1
    A7#9:1 A7/C#:1 A9:1 Ab-6:1 Ab13:1 Ab13b9:1 Ab^7#11:1 Ao7:1 B-7/A:1 B7b9:1 Bb13:1 Bb6/F:1
    Bb7#5:1 Bb7/Ab:1 Bb7/D:1 Bb7/F:1 Bb7sus:1 Bb^7/D:1 Bbo7:1 C#-:1 C#-7:1 C#-^7:1 C#7:1 C#h7:1
    C*7+*:1 C7/D:1 C7/E:1 C7b9b5:1 C7sus:1 C^7#11:1 C^7/G:1 C^9:1 D+:1 D-/C:1 D7b9:1 D7b9b5:1
    D^7:1 Db^7:1 E-/D:1 E/B:1 E7/D:1 E9:1 Eb-6/Gb:1 Eb/Bb:1 Eb6/Bb:1 Eb6/G:1 F#:1 F#7b13:1
    F#^7:1 Fh:1 Fsus:1 G#:1 G#h7:1 G-7b5:1 G/D:1 G6:1 G7#9:1 G7/D:1 G7b5:1 G^7:1 Gbo7:1
"""


def test_the_symbols_of_real_playlists_can_be_read():
    symbols = {}
    for entry in PLAYLISTS.split():
        text, _, count = entry.rpartition(":")
        symbols[text] = int(count)
    assert (len(symbols), sum(symbols.values())) == (209, 7650)
    assert [text for text in symbols if read(text) is None] == []


# Every chord quality iReal Pro's own editor offers.
IREAL = """5 2 add9 + o h sus ^ - ^7 -7 7 7sus h7 o7 ^9 ^13 6 69 ^7#11 ^9#11 ^7#5 -6 -69 -^7 -^9 -9 -11
    -7b5 h9 -b6 -#5 9 7b9 7#9 7#11 7b5 7#5 9#11 9b5 9#5 7b13 7#9#5 7#9b5 7#9#11 7b9#11 7b9b5 7b9#5
    7b9#9 7b9b13 7alt 13 13#11 13b9 13#9 7b9sus 7susadd3 9sus 13sus 7b13sus 11"""


@pytest.mark.parametrize("root", ["C", "Bb", "F#"])
def test_every_quality_of_ireal_pro_reads(root):
    texts = [parse_chord(root + quality).text for quality in IREAL.split()]
    assert len(set(texts)) == len(texts) - 5  # 2 add9, ^ ^7, h h7 -7b5, 9sus 11
