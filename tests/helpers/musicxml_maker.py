"""Lead sheets in MusicXML, put together from small parts: what the tests of the reader read."""

from __future__ import annotations

import pytest

from improv.charts.musicxml import read_musicxml

FOUR = (
    "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
    "</attributes>"
)
WHOLE = "<note><rest/><duration>8</duration></note>"


def chord(root="C", kind="major", extra="", text=None):
    step, alter = root[0], {"b": -1, "#": 1}.get(root[1:])
    said = f"<root-step>{step}</root-step>" + (f"<root-alter>{alter}</root-alter>" if alter else "")
    shown = "" if text is None else f' text="{text}"'
    return f"<harmony><root>{said}</root><kind{shown}>{kind}</kind>{extra}</harmony>"


def degree(value, alter=0, type_="add", more=""):
    return (
        f"<degree {more}><degree-value>{value}</degree-value><degree-alter>{alter}</degree-alter>"
        f"<degree-type>{type_}</degree-type></degree>"
    )


def barline(content, location="right"):
    return f'<barline location="{location}">{content}</barline>'


FORWARD = barline('<repeat direction="forward"/>', "left")
BACKWARD = barline('<repeat direction="backward"/>')


def ending(numbers, type_, content=""):
    location = "left" if type_ == "start" else "right"
    return barline(f'<ending number="{numbers}" type="{type_}"/>{content}', location)


def words(text, sound=""):
    content = f"<direction-type><words>{text}</words></direction-type>"
    return f"<direction>{content}{sound}</direction>"


def sign(name):
    return f"<direction><direction-type><{name}/></direction-type></direction>"


def part(*measures, first=FOUR):
    """A part; each measure is its content, or (attributes of the measure, content)."""
    made = []
    for number, measure in enumerate(measures, start=1):
        how, content = measure if isinstance(measure, tuple) else ("", measure)
        made.append(
            f'<measure number="{number}" {how}>{first if number == 1 else ""}{content}</measure>'
        )
    return "".join(made)


def score(*measures, head="", first=FOUR):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE score-partwise PUBLIC '
        '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
        f'<score-partwise version="4.0">{head}<part-list><score-part id="P1"><part-name>Lead'
        f'</part-name></score-part></part-list><part id="P1">{part(*measures, first=first)}</part>'
        "</score-partwise>"
    ).encode()


def bar(root, more="", kind="major"):
    return chord(root, kind) + WHOLE + more


def symbols(chart):
    return [(tick / 480, c.text if c else "NC") for tick, c in chart.changes]


def tops(chart):
    return " ".join(c.text if (c := chart.chord_at(tick)) else "NC" for tick in chart.bar_ticks)


def played(content):
    return tops(read_musicxml(content))


def of(*measures, **more):
    return tops(read_musicxml(score(*measures, **more)))


# -- chords


def note(duration, more=""):
    return f"<note><rest/>{more}<duration>{duration}</duration></note>"


def time(beats, unit, more=""):
    return f"<attributes><time {more}><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"


def repeat_mark(type_, count=""):
    return (
        f'<attributes><measure-style><measure-repeat type="{type_}">{count}</measure-repeat>'
        "</measure-style></attributes>"
    )


def refused(kind, content, *parts):
    with pytest.raises(kind) as caught:
        read_musicxml(content, source="x.xml")
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and "x.xml" in message
    for said in parts:
        assert said in message
