"""iReal Pro's links: found, taken apart, unscrambled, and written."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.ireal_link import (
    MARK,
    Song,
    holds_link,
    link_of,
    read_links,
    scramble,
    unscramble,
)
from improv.errors import ChartError

MUSIC = "{*AT44D-7   |G7   |C^7   | x  }[*BF-7   |Bb7   |Eb^7   |A7alt   Z "
OPEN = "irealbook://First=Doe John=Medium Swing=C=n=[T44C^7   |G7   Z"


def songs(text):
    return read_links(text)[1]


# -- music


def test_a_block_of_fifty_is_mirrored_at_its_ends_and_in_its_middle():
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKMNOPQRSTUVWXY"
    scrambled = scramble(letters + "--").removeprefix(MARK)
    assert scrambled[:5] == letters[:-6:-1]
    assert scrambled[5:10] == letters[5:10]
    assert scrambled[10:24] == letters[39:25:-1]
    assert scrambled[24:26] == letters[24:26]
    assert unscramble(MARK + scrambled) == letters + "--"


@pytest.mark.parametrize("length", [0, 1, 49, 50, 51, 52, 100, 101, 102, 150])
def test_a_last_block_with_less_than_two_characters_behind_it_is_plain(length):
    plain = ("0123456789" * 20)[:length]
    scrambled = scramble(plain).removeprefix(MARK)
    changed = (max(0, length - 2) // 50) * 50
    assert scrambled[changed:] == plain[changed:]
    assert unscramble(MARK + scrambled) == plain


def test_music_packs_what_is_frequent():
    assert unscramble(MARK + "C^7XyQKclLZA-7XyQZ") == "C^7   | x |A-7   Z"


def test_music_without_the_mark_is_plain():
    assert unscramble("[C^7   |G7   Z") == "[C^7   |G7   Z"


@given(st.text("ABCDEFG^-7hob# |[]{}xrnpQSZN12*T4,sl<>()/W", max_size=260))
def test_what_is_scrambled_is_unscrambled(plain):
    assert unscramble(scramble(plain)) == plain


# -- exported links


def exported(
    title="Tune",
    composer="Doe John",
    style="Medium Swing",
    key="C",
    tail="=Jazz-Medium Swing=120=3",
):
    return f"{title}={composer}=={style}={key}=={scramble(MUSIC)}{tail}"


def test_the_fields_of_an_exported_song():
    (song,) = songs("irealb://" + quote(exported(key="E-"), safe=""))
    assert song == Song(
        "Tune", "John Doe", "Medium Swing", "E-", scramble(MUSIC), "Jazz-Medium Swing", 120
    )


@pytest.mark.parametrize("safe", ["", "=", "=/:'()"])
def test_a_playlist_has_a_name_and_songs(safe):
    link = "irealb://" + quote(f"{exported('One')}==={exported('Two')}===My set", safe=safe)
    name, found = read_links(link)
    assert (name, [song.title for song in found]) == ("My set", ["One", "Two"])


@pytest.mark.parametrize(
    "wrap",
    [
        '<html><body><h3><a href="{}">My tunes</a></h3><p>Made with <a href="https://irealpro.com">it</a></p>',
        "<a href='{}' >x</a>",
        "<a href={}>x</a>",
        "Look at this: {} and play.",
        "[My set]({})",
        "{}\r\n",
        "\ufeff{}",
    ],
)
def test_a_link_is_found_in_any_text(wrap):
    link = "irealb://" + quote(f"{exported('One')}==={exported('Two')}===My set", safe="")
    name, found = read_links(wrap.format(link))
    assert (name, [song.title for song in found]) == ("My set", ["One", "Two"])
    assert unscramble(found[1].music) == MUSIC


def test_a_link_that_is_not_encoded_goes_to_the_end_of_its_line():
    link = f"irealb://{exported('One')}===My set"
    assert [song.title for song in songs(f"text\n{link}\nmore text")] == ["One"]


def test_html_entities_and_links_coded_as_forms_are():
    link = "irealb://" + quote(exported("Rock & Rye"), safe="=&").replace("&", "&amp;")
    assert songs(f'<a href="{link}">')[0].title == "Rock & Rye"
    plus = "irealb://" + quote(exported("Two Words"), safe="").replace("%20", "+")
    assert songs(plus)[0].title == "Two Words"
    assert unscramble(songs(plus)[0].music) == MUSIC


def test_several_links_of_a_text_are_one_book():
    text = "\n".join("irealb://" + quote(exported(title), safe="") for title in ("One", "Two"))
    assert [song.title for song in songs(text)] == ["One", "Two"]


@pytest.mark.parametrize(
    ("fields", "title", "composer", "style", "key"),
    [
        ("T=Doe John==Ballad=Bb=", "T", "John Doe", "Ballad", "Bb"),
        ("T=Doe John==Ballad=Bb=3", "T", "John Doe", "Ballad", "Bb"),  # with a transposition
        ("T=Doe John=Ballad=Bb", "T", "John Doe", "Ballad", "Bb"),
        ("T===Ballad=Bb=", "T", "", "Ballad", "Bb"),  # no composer looks like the end of a song
        ("Girl, The=Composer Unknown==Ballad=A-=", "The Girl", "", "Ballad", "A-"),
        ("Ghost, A=B.B. King (X)==Ballad=F#-=", "A Ghost", "B.B. King (X)", "Ballad", "F#-"),
    ],
)
def test_fields_are_told_apart(fields, title, composer, style, key):
    (song,) = songs(f"irealb://{fields}={scramble(MUSIC)}==0=0===")
    assert (song.title, song.composer, song.style, song.key) == (title, composer, style, key)
    assert (song.groove, song.tempo_bpm) == ("", 0)


def test_a_song_without_music_is_there_among_the_others():
    link = f"irealb://{exported('One')}===Broken=Doe John==Swing=C===={exported('Two')}==="
    found = songs(link)
    assert [song.title for song in found if song.music] == ["One", "Two"]
    assert [song.title for song in found if not song.music] == ["Broken"]


def test_songs_of_old_exports_have_nothing_behind_their_music():
    found = songs(f"irealb://{exported('One', tail='')}==={exported('Two', tail='')}===Name")
    assert [(song.title, song.tempo_bpm) for song in found] == [("One", 0), ("Two", 0)]


# -- open links


def test_an_open_link():
    (song,) = songs(OPEN)
    assert song == Song("First", "John Doe", "Medium Swing", "C", "[T44C^7   |G7   Z")


def test_an_open_link_of_several_songs_and_a_name():
    name, found = read_links(f"{OPEN}=Second=Roe Ann=Waltz=F=n=[T34F^7  |C7  Z=My set")
    assert name == "My set"
    assert [(song.title, song.key) for song in found] == [("First", "C"), ("Second", "F")]


def test_an_open_link_is_read_where_its_fields_are_empty():
    (song,) = songs("irealbook://First===C=n=[T44C^7   |G7   Z")
    assert (song.title, song.composer, song.style, song.key) == ("First", "", "", "C")


@pytest.mark.parametrize(
    "text", ["irealb://", "irealbook://", "irealb://===", "no link", "irealb://%%%"]
)
def test_what_holds_no_song_is_refused_in_one_sentence(text):
    with pytest.raises(ChartError) as caught:
        read_links(text, "file.html")
    assert "'file.html'" in str(caught.value)
    assert "irealb://" in str(caught.value)


@given(st.text("irealb:/=%20Ab7|[]Z\"'<> \n", max_size=120))
def test_any_text_behind_a_scheme_is_songs_or_one_sentence(text):
    assert holds_link(f"irealb://{text}")
    try:
        read_links(f"irealb://{text}")
    except ChartError as error:
        assert "\n" not in str(error)


# -- writing


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="=", categories=["L", "N", "P"]), min_size=1
)


@given(
    st.lists(st.tuples(NAMES, st.sampled_from(["C", "Bb-"])), min_size=1, max_size=4),
    st.integers(0, 400),
)
def test_what_is_written_is_read(tunes, tempo_bpm):
    written = [(Song(title, "", "Swing", key, tempo_bpm=tempo_bpm), MUSIC) for title, key in tunes]
    name, found = read_links(f'<a href="{link_of(written, "Set")}">')
    assert name == "Set"
    assert [(song.title, song.key, song.tempo_bpm) for song in found] == [
        (title, key, tempo_bpm) for title, key in tunes
    ]
    assert all(unscramble(song.music) == MUSIC for song in found)


WRAPPED = quote(
    f"First Song=Doe John==Medium Swing=C=={scramble(MUSIC)}===Été=A B==Ballad=F=="
    + scramble(MUSIC)
)


def wrapped(between, width=70):
    return between.join(WRAPPED[at : at + width] for at in range(0, len(WRAPPED), width))


@pytest.mark.parametrize(
    "text",
    [
        "Look: irealb://" + wrapped("\r\n") + "\r\nBye\r\n",
        "irealb://" + wrapped("=\n"),
        f'<a href="irealb://{wrapped(chr(10))}">x</a>',
        f'<a href="irealb://{wrapped(chr(10) + "    ")}">x</a>',
        "irealb://" + quote("X=A B==Ballad=F==" + scramble(MUSIC)) + "\nirealb://" + WRAPPED,
    ],
)
def test_a_link_that_a_program_has_broken_into_lines_is_joined(text):
    assert [song.title for song in songs(text)][-2:] == ["First Song", "Été"]
    assert unscramble(songs(text)[-1].music) == MUSIC


def test_a_title_coded_in_latin_1():
    link = "irealb://" + quote(f"Ete=A B==Ballad=F=={scramble(MUSIC)}").replace("Ete", "%C9t%E9")
    assert songs(link)[0].title == "Été"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("A=Doe John==Medium Swing=Bb=n=[T44C |F Z", [("A", "Bb")]),
        (
            "A=Doe John=Swing=Bb=n=[C |F Z=0=0===B=Doe John=Swing=F=n=[C |F Z=0=0",
            [("A", "Bb"), ("B", "F")],
        ),
    ],
)
def test_the_open_form_with_a_field_more(fields, expected):
    found = songs("irealbook://" + quote(fields))
    assert [(song.title, song.key) for song in found] == expected
    assert all(song.style.endswith("Swing") and "|" in song.music for song in found)


def test_a_text_of_nothing_but_links_is_read_at_once():
    assert len(songs("irealb://X%3DA%20B\n" * 20_000)) == 20_000
