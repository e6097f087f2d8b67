"""What a terminal user sees go by."""

from __future__ import annotations

from dataclasses import replace

from plan_maker import plan

from improv.charts.text import parse_chart
from improv.cli.terminal import TerminalView
from improv.config import Plan
from improv.controls.table import Controls
from improv.health.health import Health
from improv.midi.events import Report
from improv.music.note import Note
from improv.music.tempo import TempoMap
from improv.originality.quote import Quote
from improv.partner.turns import Turn
from improv.performance.arrangement import arrange
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote

CHART = "| Dm7 G7 | Cmaj7 |"


def view_of(text: list[str], chart: str = CHART, plan: Plan | None = None, **more) -> TerminalView:
    """A view that has been told of its tune."""
    view = TerminalView(text.append, **more)
    arrangement = arrange(parse_chart(chart), plan or Plan())
    view.tune(Performance(arrangement, TempoMap(120.0), Controls()))
    return view


def played(tick: int, pitch: int, player: str = "solo") -> PlayedNote:
    written = Note(tick, 240, pitch, 90) if player == "solo" else None
    return PlayedNote(1, tick, tick + 240, pitch, 90, 0, player, "1^:6", written)


def shown(*events, **more) -> list[str]:
    """The lines written for bars (int) and notes ((tick, pitch) or (tick, pitch, "late"))."""
    text: list[str] = []
    view = view_of(text, **more)
    for event in events:
        if isinstance(event, int):
            view.bar(event)
            continue
        tick, pitch, *late = event
        note = played(tick, pitch)
        view.heard(Report(1, 0, 0, bytes((0x90, pitch, 90)), dropped=bool(late)), note)
        view.heard(Report(1, 0, 0, bytes((0x80, pitch, 64))), note)
    view.close()
    return [line.rstrip() for line in "".join(text).splitlines()]


def test_a_line_has_chorus_and_bar_and_the_notes_under_their_chords():
    assert shown(0, (0, 62), (480, 65), (960, 71), 1, (1920, 72)) == [
        "   1.1  Dm7     D4  F4  | G7      B4",
        "   1.2  Cmaj7   C5",
    ]


def test_it_says_whose_turn_it_is_and_for_how_many_bars():
    text: list[str] = []
    view = view_of(text)
    for bar, turn in enumerate([Turn("you", 0, 2), Turn("you", 0, 2), Turn("me", 2, 4), None]):
        view.turn(turn, bar)
        view.bar(bar)
    view.turn(Turn("both", 0, None), 4)
    view.bar(4)
    view.close()
    assert [line.split("  ")[1] for line in "".join(text).splitlines()] == [
        " 1.1", " 1.2", " 2.1", " 2.2", " 3.1",
    ]  # fmt: skip
    assert [line[8:15].strip() for line in "".join(text).splitlines()] == [
        "you 2", "you 1", "it 2", "Cmaj7", "both",
    ]  # fmt: skip


def test_a_bar_of_rest_shows_all_its_chords():
    assert shown(0, 1) == ["   1.1  Dm7     | G7", "   1.2  Cmaj7"]


def test_the_second_chorus_counts_its_bars_anew():
    assert shown(2, (3840, 62)) == ["   2.1  Dm7     D4  | G7"]


def test_a_note_that_came_too_late_is_in_brackets():
    assert shown(1, (1920, 72, "late")) == ["   1.2  Cmaj7   (C5)"]


def test_notes_are_spelled_as_they_are_read_over_their_chord():
    """F sharp is the third of D7, E flat the blue note of C7."""
    assert pitches_over("D7", 66) == "F#4"
    assert pitches_over("A7", 61) == "C#4"
    assert pitches_over("F#m7", 66) == "F#4"
    assert pitches_over("C7", 63) == "Eb4"
    assert pitches_over("D7b9", 70) == "Bb4"
    assert pitches_over("Gm7", 70) == "Bb4"


def pitches_over(symbol: str, pitch: int) -> str:
    text: list[str] = []
    view = view_of(text, f"| {symbol} |")
    view.bar(0)
    view.heard(Report(1, 0, 0, bytes((0x90, pitch, 90))), played(0, pitch))
    return "".join(text).split()[-1]


def test_a_note_played_early_stands_in_the_bar_it_is_written_in():
    """A soloist pushes the first beat of a bar: it is still that bar's first note, over its chord."""
    text: list[str] = []
    view = view_of(text)
    view.bar(0)
    for tick, written_tick, pitch in ((0, 0, 62), (1900, 1920, 72)):
        note = replace(played(tick, pitch), written=Note(written_tick, 240, pitch, 90))
        view.heard(Report(1, 0, 0, bytes((0x90, pitch, 90))), note)
    view.bar(1)
    view.close()
    assert [line.rstrip() for line in "".join(text).splitlines()] == [
        "   1.1  Dm7     D4  | G7",
        "   1.2  Cmaj7   C5",
    ]


def test_the_count_in_the_intro_and_sections_are_shown():
    lines = shown(
        0, 1, 2, chart="[A]\n| Dm7 G7 | Cmaj7 |", plan=Plan(count_in_bars=1, intro_bars=1)
    )
    assert lines == [
        "        (count-in)",
        "        [Intro]",
        "        Cmaj7",
        "        [A]",
        "   1.1  Dm7     | G7",
    ]


def test_the_band_is_heard_and_not_shown():
    text: list[str] = []
    view = view_of(text)
    view.bar(0)
    before = list(text)
    view.heard(Report(1, 0, 0, bytes((0x99, 51, 60))), played(0, 51, "drums"))
    assert text == before


def test_what_is_quoted_stands_at_the_end_of_its_bar():
    text: list[str] = []
    view = view_of(text)
    view.bar(0)
    for notes in (8, 9):
        quote = Quote("Clifford Brown", "Joy Spring", notes, "chorus 2, bar 5")
        note = replace(played(240 * notes, 60 + notes), quote=quote)
        view.heard(Report(1, 0, 0, bytes((0x90, note.pitch, 90))), note)
    view.heard(Report(1, 0, 0, bytes((0x90, 62, 90))), played(2400, 62))
    dropped = replace(note, quote=replace(quote, notes=10))
    view.heard(Report(1, 0, 0, bytes((0x90, 62, 90)), dropped=True), dropped)
    view.bar(1)
    view.close()
    first, second = "".join(text).splitlines()
    assert first.endswith("  (quoting Clifford Brown, Joy Spring, 9 notes)")
    assert second.rstrip() == "   1.2  Cmaj7"
    assert view.longest_quote == quote


def test_what_it_means_to_play_stands_before_the_first_note_of_a_phrase():
    text: list[str] = []
    view = view_of(text, columns=lambda: 80)
    view.bar(0)
    for number, taken in enumerate((None, 2, None, 11)):
        made = plan(number * 480, 14 + number, "sixteenths", 75, taken)
        note = replace(played(number * 480, 62), plan=made)
        view.heard(Report(1, 0, 0, bytes((0x90, 62, 90)), dropped=number == 2), note)
    view.close()
    lines = "".join(text).splitlines()
    assert lines[0].startswith("   1.1  Dm7     (14 sixteenths to Eb5) D4  ")
    said = " ".join(" ".join(lines).split())
    assert said.endswith(
        "(15 sixteenths to Eb5, as 3 ago) D4 G7 (D4) (17 sixteenths to Eb5, as 12 ago) D4"
    )
    assert max(map(len, lines)) <= 80


def test_of_several_soloists_it_is_said_who_plays_on():
    text: list[str] = []
    view = view_of(text)
    view.bar(0)
    for at, name in enumerate(["solo", "solo", "solo2", "solo2", "solo"]):
        note = replace(played(at * 240, 62 + at), player=name)
        view.heard(Report(1, 0, 0, bytes((0x90, 62 + at, 90))), note)
    view.close()
    assert "".join(text).rstrip() == "   1.1  Dm7     D4  Eb4 solo2: E4  F4  | G7      solo: F#4"


def test_each_tune_of_a_set_is_named():
    text: list[str] = []
    view_of(text, "Title: Tune One\nKey: Bb\nMeter: 3/4\nFeel: waltz\n| Bb6 |", many_tunes=True)
    assert "".join(text) == "Tune One · Bb · 140 bpm · 3/4 · waltz\n"


def interrupted(at_line_start: bool, *later: int) -> list[str]:
    """The lines where somebody writes one into bar 1, at the ticks `later` notes, and bar 2."""
    text: list[str] = []
    view = view_of(text)

    def hear(tick: int) -> None:
        view.heard(Report(1, 0, 0, bytes((0x90, 62, 90))), played(tick, 62))

    view.bar(0)
    hear(0)
    for _ in range(2):
        view.interrupt(at_line_start)
        text.append("(density 0.5)\n")
    for tick in later:
        hear(tick)
    view.bar(1)
    hear(1920)
    view.close()
    view.interrupt(at_line_start)
    return [line.rstrip() for line in "".join(text).splitlines()]


def test_a_line_of_somebody_else_breaks_the_bar_which_goes_on_below():
    assert interrupted(False, 480, 960) == [
        "   1.1  Dm7     D4",
        "(density 0.5)",
        "(density 0.5)",
        "        D4  | G7      D4",
        "   1.2  Cmaj7   D4",
    ]


def test_chords_that_are_left_are_shown_below_too():
    assert interrupted(False)[3:] == ["        | G7", "   1.2  Cmaj7   D4"]


def test_what_was_typed_has_ended_the_line():
    assert interrupted(True)[0] == "   1.1  Dm7     D4  (density 0.5)", (
        "here, where no terminal echoes it"
    )


def statuses(bars: list[tuple[int, Health]]) -> list[str]:
    """What is said of how it is, when at the beginning of each bar (2 s long) it was so."""
    text: list[str] = []
    view = view_of(text, plan=Plan(choruses=0))
    for bar, health in bars:
        view.published(health)
        view.bar(bar)
    lines = "".join(text).splitlines()
    return [
        f"before {lines[at + 1][:7].strip()}:{line.strip()}"
        for at, line in enumerate(lines)
        if "late" in line
    ]


def test_how_it_is_stands_before_a_chorus_twice_a_minute():
    """Choruses of two bars: 4 s."""
    well = Health(bpm=120, notes=7, tokens_per_s=3.14159)
    said = "(120 bpm, 7 notes, none late, 3.1 tokens a second)"
    assert statuses([(bar, well) for bar in range(40)]) == [
        f"before 9.1:{said}",
        f"before 17.1:{said}",
    ]


def test_what_goes_wrong_is_shown_at_the_next_bar_and_then_no_oftener_than_can_be_read():
    """A note dropped before the fourth bar, then one in each until the tenth."""
    bars = [(bar, Health(dropped_ons=max(0, min(bar, 10) - 2))) for bar in range(20)]
    said = statuses(bars)
    assert [(line.split(":")[0], line.split(", ")[3]) for line in said] == [
        ("before 2.2", "1 dropped"),
        ("before 4.1", "4 dropped"),
        ("before 5.2", "7 dropped"),
        ("before 7.1", "8 dropped"),
    ]


def test_a_port_that_goes_is_shown_and_its_return():
    gone, back = Health(port="Synth", port_there=False), Health(port="Synth", reconnects=1)
    said = statuses([(0, Health()), (5, gone), (6, gone), (9, back)])
    assert [line.startswith("before") for line in said] == [True, True]
    assert "port 'Synth' gone" in said[0] and "1 reconnect," in said[1]


def test_a_bar_that_is_wider_than_the_terminal_goes_on_below():
    notes = [(number * 120, 60 + number) for number in range(12)]
    lines = shown(0, *notes, columns=lambda: 40)
    assert lines[0] == "   1.1  Dm7     C4  C#4 D4  Eb4 E4  F4"
    assert all(len(line) <= 40 for line in lines)
    assert all(line.startswith("        ") for line in lines[1:])
    assert " ".join(lines).split() == " ".join(shown(0, *notes)).split(), "nothing is lost"
