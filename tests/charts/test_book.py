"""Books of charts: tunes found by the names that musicians type."""

from __future__ import annotations

import pytest

from improv.charts.book import Book, Entry, plain_title
from improv.charts.text import parse_chart
from improv.errors import ChartError

TITLES = (
    "All Blues",
    "All Of Me",
    "All The Things You Are",
    "Blue Bossa",
    "Blue In Green",
    "C'est Si Bon",
    "The Girl From Ipanema",
    "Corcovado (Quiet Nights)",
    "Até Quem Sabe",
    "'Round Midnight",
    "Blue Bossa (in D)",
    "Sweet & Lovely",
    "A",
)


def never():
    raise AssertionError("a tune was read that nobody asked for")


BOOK = Book("jazz.html", tuple(Entry(title, never) for title in TITLES))


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("Blue Bossa", "Blue Bossa"),
        ("blue bossa", "Blue Bossa"),
        ("  BLUE-BOSSA ", "Blue Bossa"),
        ("blue bossa in d", "Blue Bossa (in D)"),
        ("cest si bon", "C'est Si Bon"),
        ("C’est si bon", "C'est Si Bon"),
        ("girl from ipanema", "The Girl From Ipanema"),
        ("Girl From Ipanema, The", "The Girl From Ipanema"),
        ("corcovado", "Corcovado (Quiet Nights)"),
        ("quiet nights", "Corcovado (Quiet Nights)"),
        ("ate quem sabe", "Até Quem Sabe"),
        ("round midnight", "'Round Midnight"),
        ("all the things", "All The Things You Are"),
        ("things you are", "All The Things You Are"),
        ("Sweet and lovely", "Sweet & Lovely"),
        ("blu in green", "Blue In Green"),
        ("the gril from ipanema", "The Girl From Ipanema"),
        ("a", "A"),
    ],
)
def test_a_tune_is_found_by_what_a_musician_types(wanted, title):
    assert BOOK.find(wanted).title == title


@pytest.mark.parametrize(
    ("wanted", "parts"),
    [
        ("all", ("could be several tunes of 'jazz.html'", "'All Blues'", "'All Of Me'")),
        ("blue", ("could be several", "'Blue Bossa'", "'Blue In Green'")),
        ("all things", ()),
        ("giant steps", ("No tune 'giant steps' in 'jazz.html'", "13 tunes")),
        ("all of you", ("perhaps 'All Of Me'",)),
        ("", ("No tune of",)),
        ("?!", ("No tune of",)),
    ],
)
def test_an_unclear_or_unknown_name_is_answered_with_the_near_ones(wanted, parts):
    if not parts:
        assert BOOK.find(wanted).title == "All The Things You Are"
        return
    with pytest.raises(ChartError) as caught:
        BOOK.find(wanted)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    for part in parts:
        assert part in message


def test_of_equal_titles_the_first_is_meant():
    first, second = Entry("Misty", never, composer="a"), Entry("MISTY", never, composer="b")
    assert Book("b", (first, second)).find("misty") is first


def test_one_tune_is_read_when_it_is_asked_for():
    entry = Entry("One", lambda: parse_chart("| C | F |"))
    assert Book("b", (entry,)).only().chart().bars == 2
    with pytest.raises(
        ChartError, match=r"13 tunes: expected one, as in 'jazz\.html#All Blues'; there are"
    ):
        BOOK.only()


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("The Blues, The", "blues"),
        ("Don't Get Around Much", "dont get around much"),
        ("Águas de Março", "aguas de marco"),
        ("52nd Street Theme", "52nd street theme"),
        ("The", "the"),
    ],
)
def test_what_a_title_is_without_what_may_be_typed_otherwise(title, plain):
    assert plain_title(title) == plain


def test_a_title_is_one_line():
    assert Entry("Song\x1b[2J\nTwo", never, composer="a\tb").title == "Song[2J Two"
