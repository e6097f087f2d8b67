"""The index: what it knows, its file, and files that are not as they should be."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from originality_tools import random_line, transcription, transposed

from improv.errors import ModelError, OutputFileError
from improv.originality.index import INDEX_NAME, build_index, load_index

MAGIC = b"jazz-improv quotes 1\n"


def corpus():
    rng = np.random.default_rng(3)
    sections = ((0, "A", 1), (96, "B", 1), (192, "A", 2))
    return [
        transcription(random_line(rng, 60), "Clifford Brown", "Joy Spring", sections),
        transcription(random_line(rng, 5), "Too Short", "To Quote"),
        transcription(
            transposed(random_line(rng, 40), 2, -30), "Fats Waller", "Jitterbug", beats=3
        ),
    ]


def test_an_index_grows_by_what_is_learned_on_top():
    first, second = corpus()[:1], corpus()[2:]
    grown = build_index(second, onto=build_index(first))
    assert [solo.performer for solo in grown.solos] == ["Clifford Brown", "Fats Waller"]
    assert grown.windows == 57 + 37
    assert grown.salt == build_index(first).salt
    index = build_index(first)
    assert grown.by_number[:57].tolist() == index.by_number[:57].tolist()
    hashes = grown.by_number[58:61].tolist()
    assert 60 in grown.run_ends(hashes)


def test_it_holds_each_window_once_and_none_of_a_solo_that_is_too_short():
    index = build_index(corpus())
    assert index.windows == 57 + 37
    assert [(solo.performer, solo.notes) for solo in index.solos] == [
        ("Clifford Brown", 60),
        ("Fats Waller", 40),
    ]
    assert index.solo_at(0) == (index.solos[0], 3)
    assert index.solo_at(56) == (index.solos[0], 59)
    assert index.solo_at(58) == (index.solos[1], 3)
    assert len(index.numbers_of("joy spring")) == 57
    assert index.title_at(3) != index.title_at(60)


@pytest.mark.parametrize("exact", [False, True])
def test_runs_are_found_by_their_three_hashes(exact):
    index = build_index(corpus(), exact=exact)
    hashes = index.by_number.tolist()
    assert max(hashes) == 1 << index.bits  # what stands between two solos
    for number in (2, 30, 56, 60, 94):
        assert number in index.run_ends(hashes[number - 2 : number + 1])
    for number in (0, 1, 57, 58, 59):  # three windows that are not of one solo
        assert number not in index.run_ends(hashes[max(0, number - 2) : number + 1])


def test_a_place_is_told_in_choruses_and_four_bars_of_the_tune_s_meter():
    solo = transcription(
        [(-6, 60), (0, 62), (50, 64), (192, 60), (240, 67), (432, 65), (500, 60)],
        sections=((0, "A", 1), (48, "B", 1), (432, "A", 2)),
    )
    (indexed,) = build_index([solo]).solos
    assert [indexed.place(note) for note in range(7)] == [
        "before the first chorus",
        *["chorus 1, bars 1-4"] * 2,
        *["chorus 1, bars 5-8"] * 2,
        *["chorus 2, bars 1-4"] * 2,
    ]
    waltz = transcription([(36 * k, 60 + k) for k in range(8)], beats=3)
    (indexed,) = build_index([waltz]).solos
    assert [indexed.place(note) for note in (0, 3, 4, 7)] == [*["bars 1-4"] * 2, *["bars 5-8"] * 2]


def test_the_file_gives_the_index_back_and_is_the_same_every_time(tmp_path):
    index = build_index(corpus())
    index.save(tmp_path / INDEX_NAME)
    build_index(corpus()).save(tmp_path / "again")
    content = (tmp_path / INDEX_NAME).read_bytes()
    assert content == (tmp_path / "again").read_bytes()
    back = load_index(tmp_path / INDEX_NAME)
    assert back.solos == index.solos
    assert (back.by_number == index.by_number).all()
    assert back.to_bytes() == content
    assert len(content) < 1000


def test_the_file_is_the_same_for_the_same_music_in_another_key():
    """So no pitch can be in it."""
    solos = corpus()
    higher = [
        transcription(
            transposed([(n.onset_step, n.pitch) for n in solo.notes], 5),
            *(solo.performer, solo.title, solo.sections, solo.beats_per_bar),
        )
        for solo in solos
    ]
    assert build_index(higher).to_bytes() == build_index(solos).to_bytes()


def test_an_index_of_nothing_is_an_index():
    index = build_index([])
    assert index.windows == 0
    assert index.run_ends([1, 2, 3]) == []


def test_an_exact_index_is_not_let_out(tmp_path):
    with pytest.raises(ValueError, match="only for measuring"):
        build_index(corpus(), exact=True).save(tmp_path / INDEX_NAME)
    assert not (tmp_path / INDEX_NAME).exists()


def test_a_file_that_is_not_there_and_one_that_is_something_else(tmp_path):
    with pytest.raises(
        ModelError, match=r"Cannot read the index of quotes '.*quotes\.bin': no such"
    ):
        load_index(tmp_path / INDEX_NAME)
    with pytest.raises(ModelError, match="it is a folder"):
        load_index(tmp_path)
    with pytest.raises(ModelError, match="Cannot read"):
        load_index("a\0b")
    (tmp_path / "x").write_bytes(b"jazz-improv quotes 2\n" + bytes(99))
    with pytest.raises(ModelError, match="not an index of quotes of this version"):
        load_index(tmp_path / "x")


@given(st.data())
def test_any_damage_is_noticed(tmp_path_factory, data):
    content = bytearray(build_index(corpus()).to_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    path = tmp_path_factory.mktemp("damaged") / INDEX_NAME
    path.write_bytes(content)
    with pytest.raises(ModelError) as raised:
        load_index(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"salt": "zz", "solos": []}',
        b'{"salt": "", "solos": [1]}',
        b'{"salt": "", "solos": [["a", "b", 6, [[1, 1, 6]]]]}',
        b'{"salt": "", "solos": [["a", "b", 6, [[1, 1, 5]]]]}',
        b'{"salt": "", "solos": [["a", "b", 6, []]]}',
        b'{"salt": "", "solos": [["a", "b", 6, [[1, 1, 9], [1, 5, -3]]]]}',
        b'{"salt": "", "solos": [["a", "b", -6, [[1, 1, -6]]]]}',
        b'{"salt": "", "solos": [["a", "b", 1e400, [[1, 1, 1e400]]]]}',
        b'{"salt": "", "solos": [["a", "b", "6", [[1, 1, 6]]]]}',
        b'{"salt": 3, "solos": []}',
    ],
)
def test_a_file_with_a_good_checksum_and_a_senseless_header_is_refused(tmp_path, header):
    body = len(header).to_bytes(4, "little") + header
    (tmp_path / "x").write_bytes(MAGIC + hashlib.sha256(body).digest() + body)
    with pytest.raises(ModelError, match=r"^The index of quotes .* cannot be read"):
        load_index(tmp_path / "x")


def test_a_hash_that_is_too_large_is_refused(tmp_path):
    header = b'{"salt": "", "solos": [["a", "b", 6, [[1, 1, 6]]]]}'
    for hashes, right in ((b"\0\1\x3f", True), (b"\0\1\x40", False)):
        body = len(header).to_bytes(4, "little") + header + hashes
        (tmp_path / "x").write_bytes(MAGIC + hashlib.sha256(body).digest() + body)
        if right:
            assert load_index(tmp_path / "x").windows == 3
            continue
        with pytest.raises(ModelError, match="cannot be read"):
            load_index(tmp_path / "x")


def test_the_header_is_json_with_names_and_no_notes():
    body = build_index(corpus()).to_bytes()[len(MAGIC) + 32 :]
    header = json.loads(body[4 : 4 + int.from_bytes(body[:4], "little")])
    assert set(header) == {"salt", "solos"}
    assert [row[:3] for row in header["solos"]] == [
        ["Clifford Brown", "Joy Spring", 60],
        ["Fats Waller", "Jitterbug", 40],
    ]


def test_a_place_that_cannot_be_written_to_is_said(tmp_path):
    with pytest.raises(OutputFileError):
        build_index(corpus()).save(tmp_path)
