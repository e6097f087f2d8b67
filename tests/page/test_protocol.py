"""The table of messages: what a browser may send, how often, and what a page that comes later is told."""

from __future__ import annotations

import json

import pytest

from improv.page.protocol import (
    ASKED,
    LARGEST_DOCUMENT,
    LONGEST_LINE,
    Allowance,
    Board,
    ProtocolError,
    Serving,
    read,
)

GOOD = [
    {"type": "hello", "token": "abc"},
    {"type": "ping", "t": 12.5},
    {"type": "line", "text": "density 0.5"},
    {"type": "document", "name": "a.xml", "base64": "AAAA"},
    {"type": "document", "text": "| Dm7 | G7 |"},
    {"type": "download", "what": "chorus", "as": "mid"},
    {"type": "midi", "ms": 12.5, "data": [0x90, 60, 90]},
    {"type": "midi", "ms": 12, "data": [0xC0, 4]},
    {"type": "setlist", "tunes": [{"title": "A", "say": "| Dm7 |", "choruses": 2}], "place": -1},
    {"type": "go", "from": -1, "to": 0, "now": False},
]


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message["type"])
def test_what_a_page_of_ours_sends_is_read(message):
    assert read(json.dumps(message)) == message


def test_there_is_a_good_message_of_every_type():
    assert {message["type"] for message in GOOD} == set(ASKED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[" * 100_000,
        "[]",
        "null",
        "{}",
        '{"type": 1}',
        '{"type": "tune"}',
        '{"type": "hello"}',
        '{"type": "hello", "token": 5}',
        '{"type": "hello", "token": "a", "more": 1}',
        '{"type": "ping", "t": "now"}',
        '{"type": "ping", "t": true}',
        '{"type": "ping", "t": NaN}',
        '{"type": "ping", "t": 1e400}',
        json.dumps({"type": "line", "text": "x" * (LONGEST_LINE + 1)}),
        json.dumps({"type": "document", "text": "x" * (LARGEST_DOCUMENT + 1)}),
        '{"type": "midi", "ms": 1, "data": [144, 60, 128]}',
        '{"type": "midi", "ms": 1, "data": [248, 60, 1]}',
        '{"type": "midi", "ms": 1, "data": [240, 60, 1]}',
        '{"type": "midi", "ms": 1, "data": [144]}',
        '{"type": "midi", "ms": 1, "data": [144, 60.5, 1]}',
        '{"type": "midi", "ms": 1, "data": "x"}',
        '{"type": "setlist", "tunes": {}, "place": 0}',
        '{"type": "setlist", "tunes": [{"title": "A", "say": "|"}], "place": 0}',
        '{"type": "setlist", "tunes": [{"title": "A", "say": "|", "choruses": 0}], "place": 0}',
        '{"type": "go", "from": 0, "to": -1, "now": false}',
        '{"type": "go", "from": 0, "to": true, "now": false}',
    ],
)
def test_anything_else_is_not(text):
    with pytest.raises(ProtocolError):
        read(text)


def test_messages_are_bounded_in_rate_and_come_back_with_time():
    allowance = Allowance()
    taken = sum(allowance.take("line", 0) for _ in range(1_000))
    assert taken == ASKED["line"].a_second * 4
    assert allowance.take("ping", 0), "each type has its own"
    assert not allowance.take("line", 0)
    assert allowance.take("line", 1_000_000_000)


def row(note_id, off_ms):
    return [note_id, off_ms - 100, off_ms, 0, 0, 60, 90, 0, "solo", "t", None]


def test_who_comes_later_is_told_what_holds_and_the_notes_that_have_not_ended():
    board = Board()
    for message in (
        {"type": "notes", "notes": [row(1, 500), row(2, 900), row(3, 1_500)]},
        {"type": "tune", "title": "one"},
        {"type": "said", "text": "once"},
        {"type": "welcome", "version": "1"},
        {"type": "tune", "title": "two"},
        {"type": "notes", "notes": [row(2, 950)]},
        {"type": "withdraw", "ids": [3, 99]},
    ):
        board.take(message)
    board.forget(600)
    assert board.messages() == [
        {"type": "welcome", "version": "1"},
        {"type": "tune", "title": "two"},
        {"type": "notes", "notes": [row(2, 950)]},
    ]


@pytest.mark.parametrize(
    ("serving", "address"),
    [
        (Serving("127.0.0.1", 8765, "T", 0), "http://127.0.0.1:8765/?token=T"),
        (Serving("::1", 80, "T", 0), "http://[::1]:80/?token=T"),
        (Serving("10.0.0.2", 8765, "T", 0, "c.pem"), "https://10.0.0.2:8765/?token=T"),
    ],
)
def test_the_address_is_what_a_browser_is_given(serving, address):
    assert serving.address == address
