"""The page as it is seen and used, in a real browser, on a session that plays."""

from __future__ import annotations

import io
import json
import random
import re
from pathlib import Path

import browser
import mido
import numpy as np
import pytest
from browser import wait

from improv.cell.load import find_model
from improv.charts.library import load_chart
from improv.config import DEFAULT_MODEL, Plan, Tune
from improv.controls.table import ROWS, flag_of
from improv.music.tempo import TempoMap
from improv.page.form import tune_message
from improv.performance.arrangement import arrange
from improv.performance.performance import Performance
from improv.soloist.leaning import Follower, load_leanings

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "there is one")

WIDTHS = (320, 768, 1600)
TABS = ("score", "play", "band", "charts", "keep")


@pytest.fixture(scope="module")
def chromium():
    with browser.browser() as found:
        yield found


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with browser.session(tmp_path_factory.mktemp("view"), "--tempo", "200") as playing:
        yield playing


@pytest.fixture
def page(chromium, session):
    """The page, wide, without its sound."""
    opened = watching(chromium, session.address)
    yield opened
    assert opened.problems == []
    opened.close()


def watching(chromium, address, query="", width=1600, height=900, script=""):
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.add_init_script(script)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{address}&silent=1{query}")
    wait(page, "(await import('/js/main.mjs')).shown()")
    return page


def tab(page, name):
    if page.locator(f"#tab-{name}").is_visible():
        page.click(f"#tab-{name}")


def words(page, selector):
    """What is read there, once it says something."""
    return wait(page, f"document.querySelector({selector!r})?.innerText")


# -- time


AT = """async ([tune, ticks]) => {
  const { Form } = await import("/js/form.mjs");
  const form = new Form(tune);
  return ticks.map((tick) => {
    const at = form.at(tick);
    const next = form.nextChord(tick);
    return [at.kind, at.chorus, at.number, at.start, form.chordAt(tick)[1], next && [next.tick, next.text]];
  });
}"""


@pytest.mark.parametrize(
    ("chart", "plan"),
    [
        ("waltz", {"count_in_bars": 2}),
        ("rhythm", {"choruses": 2, "count_in_bars": 2, "intro_bars": 4, "ending": "tag"}),
        ("blues", {"key_cycle": "fourths"}),
        ("| Dm7 | G7 |\n[A]\n|: Cmaj7 | 3/4 C#m7b5 F#7 :|\n| NC | 5/4 A7 |", {}),
    ],
)
def test_the_page_finds_every_tick_where_the_band_has_it(page, chart, plan):
    tune = Tune(load_chart(chart), Plan(**plan), {}, "build")
    arrangement = arrange(tune.chart, tune.plan)
    whole = arrangement.chart
    performance = Performance(arrangement, TempoMap(120), tune.controls_at_start())
    most = (arrangement.end_tick or 4 * whole.length_tick) - 1
    ticks = sorted(random.Random(7).sample(range(most), 200))

    def here(tick):
        bar = whole.bar_of(tick)
        kind = arrangement.kind_of(bar)
        chord = whole.chord_at(tick)
        at, after = whole.next_change(tick)
        goes_on = arrangement.end_tick is None or at <= most
        come = [at, after.text if after else "NC"] if goes_on else None
        inside = whole.chorus_and_bar(bar)
        return [
            kind,
            inside[0],
            inside[1],
            whole.bar_tick(bar),
            chord.text if chord else "NC",
            come,
        ]

    message = json.loads(json.dumps(tune_message(performance)))
    found = page.evaluate(AT, [message, ticks])
    for tick, row in zip(ticks, found, strict=True):
        expected = here(tick)
        if row[0] != "chorus":  # the lead-in and the ending have no chorus of their own
            row[1:3] = expected[1:3]
        if arrangement.end_tick is None or expected[5] is not None:
            assert row == expected, tick


CURSOR = """async () => {
  const { shown } = await import("/js/main.mjs");
  const rows = [];
  for (let count = 0; count < 60; count++) {
    await new Promise(requestAnimationFrame);
    const { ms, tick, at } = shown();
    const bar = document.querySelector("#chart .bar.now");
    const beat = Number(document.querySelector(".now-beats").dataset.beat);
    const dots = bar?.querySelectorAll(".beats i.on").length;
    rows.push([ms, tick, at.beat, at.start, beat, dots, bar?.dataset.cell, at.cell]);
    await new Promise((done) => setTimeout(done, 25));
  }
  return rows;
}"""


def test_the_cursor_stands_on_the_beat_that_sounds(page):
    page.evaluate(
        """async () => {
          const { connect } = await import("/js/socket.mjs");
          window.told = [];
          connect({ on: { notes: (message) => window.told.push(...message.notes) } });
        }"""
    )
    rows = page.evaluate(CURSOR)
    told = {note[0]: note for note in page.evaluate("window.told")}
    # When each tick sounds is known from the notes themselves, as the sound has them.
    (_, first_ms, _, first_tick, *_), *_, (_, last_ms, _, last_tick, *_) = sorted(
        told.values(), key=lambda note: note[3]
    )
    a_tick = (last_ms - first_ms) / (last_tick - first_tick)
    beats = set()
    for ms, tick, beat, start, seen, dots, cell, expected_cell in rows:
        assert abs(first_tick + (ms - first_ms) / a_tick - tick) < 2
        assert seen == beat == int(tick - start) // 480
        if cell is not None:
            assert (dots, int(cell)) == (beat + 1, expected_cell)
        beats.add((start, beat))
    assert len(beats) > 3


def test_planned_notes_are_drawn_before_they_are_played(page):
    wait(page, "(await import('/js/main.mjs')).shown().counts.planned > 0")
    wait(page, "(await import('/js/main.mjs')).shown().counts.played > 10")


MOVED = """async () => {
  const { shown } = await import("/js/main.mjs");
  const canvases = [...document.querySelectorAll("#roll .played canvas, #roll .planned canvas")];
  return [shown().painted, ...canvases.map((each) => getComputedStyle(each).transform)];
}"""


def test_the_picture_rolls_without_being_painted_and_stands_while_nothing_is_played(page):
    wait(page, "(await import('/js/main.mjs')).shown().counts.played > 10")
    for _ in range(200):
        (before, *stood), (after, *stand) = page.evaluate(MOVED), page.evaluate(MOVED)
        if before == after and stood[0] != stand[0]:
            break
    assert before == after and stood[0] != stand[0] == stand[1], "both roll alike by themselves"
    page.click("#transport-start")
    wait(page, "document.getElementById('transport-start').ariaLabel === 'Start'")
    wait(page, "document.querySelector('#roll canvas').getAnimations()[0].playState === 'paused'")
    assert page.evaluate(MOVED) == page.evaluate(MOVED)
    page.click("#transport-start")
    wait(page, "document.querySelector('#roll canvas').getAnimations()[0].playState === 'running'")


ARCS = """(() => {
  window.arcs = [];
  const { arc } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.arc = function (x, y, radius, ...more) {
    window.arcs.push([x, y, radius]);
    return arc.call(this, x, y, radius, ...more);
  };
})()"""


def plans_phrases():
    """Whether the shipped cell has learned to."""
    leanings = load_leanings(find_model(DEFAULT_MODEL))
    rng, range_of_it = np.random.default_rng(1), (50, 80)
    found = leanings and leanings.plan(Follower(200.0), rng, begin_tick=0, pitches=range_of_it)
    return found is not None


@pytest.mark.skipif(not plans_phrases(), reason="the shipped cell plans no phrases")
@pytest.mark.parametrize("query", ["", "&view=phone"])
def test_what_the_soloist_means_to_play_is_drawn_and_said(chromium, session, query):
    """A ring where each phrase is to end, and words for those who cannot see it."""
    page = watching(chromium, session.address, query, script=ARCS)
    said = words(page, "#phrase:not(:empty)")
    assert re.fullmatch(
        r"Phrase: (about \d+ notes, [a-z ]+|one note)(, to [A-G]b?\d)?(, .+)?", said
    )
    assert page.get_attribute("#roll", "aria-describedby") == "phrase"
    wait(page, "window.arcs.some(([x, y, radius]) => radius === 4)")
    tab(page, "play")
    page.click("[data-line=longer]")
    assert words(page, "#said") in ("phrase 0.5", "phrase 1")
    page.click("[data-line=shorter]")
    assert page.problems == []
    page.close()


# -- everything that can be moved


def test_each_knob_says_its_line_and_two_pages_agree(page, chromium, session):
    other = watching(chromium, session.address)
    names = [flag_of(name) for name in ROWS if name != "tempo_bpm"]
    assert (
        page.locator("#knobs .knob").evaluate_all("(all) => all.map((each) => each.dataset.name)")
        == names
    )
    for name in names:
        row = ROWS[{flag_of(each): each for each in ROWS}[name]]
        value = round(row.low + 0.7 * (row.high - row.low), 1)
        page.locator(f"#knob-{name}").evaluate(
            "(knob, value) => { knob.value = value; knob.dispatchEvent(new Event('input')); }",
            value,
        )
        wait(other, f"Math.abs(document.getElementById('knob-{name}').value - {value}) < 0.06")
    page.click('[data-name="swing"] .chip')
    wait(other, "document.querySelector('[data-name=\"swing\"] .chip').ariaPressed === 'true'")
    page.click("#tempo-up")
    wait(other, "document.getElementById('tempo').textContent === '204'")
    page.click("#tab-band")
    page.click('[aria-label="Mute piano"]')
    page.click('[aria-label="Only bass"]')
    wait(other, "document.querySelector('[aria-label=\"Mute piano\"]').ariaPressed === 'true'")
    wait(other, "document.querySelector('[aria-label=\"Only bass\"]').ariaPressed === 'true'")
    page.click('[aria-label="Only bass"]')
    page.click('[aria-label="Mute piano"]')
    page.click("#transport-start")
    wait(other, "document.getElementById('transport-start').ariaLabel === 'Start'")
    other.click("#transport-start")
    wait(page, "document.getElementById('transport-start').ariaLabel === 'Stop'")
    page.click("#tab-keep")
    page.fill("#say-text", "nonsense 5")
    page.press("#say-text", "Enter")
    assert "nonsense" in words(other, "#alert")
    assert other.problems == []
    other.close()


def test_the_last_four_bars_are_taken_again_and_then_the_form_goes_on(page):
    wait(page, "(await import('/js/main.mjs')).shown().at.number === 5")
    ms = "(await import('/js/main.mjs')).shown().ms"
    asked_ms = wait(page, ms)
    page.click("#transport-again")
    assert "from the next bar on" in words(page, "#said")
    wait(page, "document.querySelectorAll('#chart .bar').length === 4")
    a_bar_ms = 4 * 60_000 / 200
    assert wait(page, ms) - asked_ms < 4 * a_bar_ms, "the pass, the form, would end seven bars on"
    assert page.get_attribute("#transport-again", "aria-pressed") == "true"
    page.click("#transport-again")
    wait(page, "document.querySelectorAll('#chart .bar').length > 4")


def test_what_is_played_on_one_page_is_seen_on_the_other(page, chromium, session):
    other = watching(chromium, session.address)
    other.evaluate(
        """async () => {
          const { connect } = await import("/js/socket.mjs");
          window.heard = [];
          connect({ on: { heard: (message) => window.heard.push(...message.notes) } });
        }"""
    )
    page.click("#keys")
    for key in "sd":
        page.keyboard.down(key)
        page.wait_for_timeout(120)  # it is a note, not a slip of the finger
        page.keyboard.up(key)
    wait(other, "[62, 64].every((pitch) => window.heard.some((note) => note[2] === pitch))")
    page.click("#keys")
    other.close()


def test_players_are_mixed(page):
    if page.locator("#player-add option").count() < 3:
        pytest.skip("the model knows no players by name")
    for _ in range(2):
        page.select_option("#player-add", index=len(page.locator("#players .player").all()) + 1)
    page.locator("#knob-player-0").fill("0.4")
    wait(page, "document.querySelector('#said').innerText.includes(':0.4, ')")
    page.click("#players .quiet >> nth=0")
    wait(page, "document.querySelectorAll('#players .player').length === 1")


def test_the_mode_is_chosen_and_it_says_whose_turn_it_is(page):
    page.click("[data-mode='trade 4']")
    wait(page, "document.querySelector('[data-mode=\"trade 4\"]').ariaChecked === 'true'")
    assert "turn" in words(page, "#turn:not([hidden])")
    page.click("[data-mode=solo]")
    wait(page, "document.querySelector('#turn').hidden")


# -- charts


def test_a_typed_chart_is_marked_where_it_is_wrong_and_played_when_it_is_right(page):
    tab(page, "charts")
    page.fill("#chart-text", "| Dm7 | G7 |\n| Cmaj7 | Hx9 |")
    wait(page, "document.querySelector('#chart-lines .wrong')")
    assert page.locator("#chart-lines span").evaluate_all(
        "(all) => all.map((each) => each.className)"
    )[:2] == ["", "wrong"]
    assert "Hx9" in page.inner_text("#chart-note")
    page.fill("#chart-text", "Title: By hand\n[A]\n|: Dm7 | G7 |1. Cmaj7 :|2. C6 |")
    assert "5 bars" not in words(page, "#chart-note")
    page.check("#chart-at-once")
    page.click("#chart-play")
    wait(page, "document.querySelector('h1').innerText === 'By hand'")
    assert page.locator("#chart .bar").count() == 4
    assert page.locator("#chart .repeat").count() == 2
    assert page.locator("#chart .mark.number").all_inner_texts() == ["1.", "2."]


DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(bytes)], name));
  window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def midi_chart():
    song = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Dropped")])
    for chord in ((50, 53, 57, 60), (55, 59, 62, 65), (48, 52, 55, 59)) * 2:
        track += [mido.Message("note_on", note=pitch, velocity=80) for pitch in chord]
        for at, pitch in enumerate(chord):
            track.append(mido.Message("note_off", note=pitch, time=0 if at else 1920))
    song.tracks.append(track)
    stream = io.BytesIO()
    song.save(file=stream)
    return stream.getvalue()


def test_charts_are_dropped_good_and_bad_and_put_on_a_set_list(page, chromium, session):
    tab(page, "charts")
    link = "irealbook://Two=Anon=Swing=C=n=T44[Dm7 |G7 |C^7 |x Z =Three=Anon=Swing=F=n=T44[F7 |Bb7 |F7 |C7 Z "
    for name, content, said in (
        ("song.mid", midi_chart(), "read from song.mid"),
        ("set.txt", link.encode(), "read from set.txt"),
        ("bad.mid", b"MThd\0\0\0\6broken", "bad.mid"),
        ("bad.musicxml", b"<?xml version='1.0'?><score-partwise>", "bad.musicxml"),
        ("noise.bin", bytes(range(256)), "noise.bin"),
    ):
        page.evaluate(
            "['said', 'alert'].forEach((id) => document.getElementById(id).replaceChildren())"
        )
        page.evaluate(DROP, [name, list(content)])
        where = "alert" if name.startswith(("bad", "noise")) else "said"
        assert said in words(page, f"#{where}")
    page.fill("#chart-search", "Blues in F")
    page.click("#chart-list .quiet")
    page.fill("#chart-search", "")
    page.click('[aria-label="Put Blues in B flat on the set list"]')
    listed = "document.querySelectorAll('#setlist .tune').length"
    wait(page, f"{listed} === 2")
    other = watching(chromium, session.address)  # it comes later, and has the list too
    wait(other, f"{listed} === 2")
    page.check("#chart-at-once")
    page.click("#setlist-start")
    wait(page, "document.querySelector('h1').innerText === 'Blues in F'")
    wait(other, "document.querySelector('#setlist .playing')?.innerText.startsWith('1.')")
    tab(other, "charts")
    other.check("#chart-at-once")
    other.click("#transport-next")
    wait(page, "document.querySelector('h1').innerText === 'Blues in B flat'")
    other.click('[aria-label="Blues in B flat earlier"]')
    wait(page, "document.querySelector('#setlist .playing')?.innerText.startsWith('1.')")
    for left in (1, 0):
        other.locator('#setlist [aria-label^="Take"]').first.click()
        wait(page, f"{listed} === {left}")
    assert other.problems == []
    other.close()


def test_chords_are_shown_for_transposing_instruments(page):
    tab(page, "keep")
    page.select_option("#instrument", "Bb")
    labels = page.locator("#chart .bar").evaluate_all("(all) => all.map((bar) => bar.ariaLabel)")
    assert labels[0].split(": ")[1][0] in "ABCDEFG" and page.locator(".instrument").count() == 1
    roots = page.evaluate(
        """async () => {
          const { movedNote } = await import("/js/symbols.mjs");
          return ["Bb", "F", "C#", "Gb", "B"].flatMap((note) => [movedNote(note, 2), movedNote(note, 3)]);
        }"""
    )
    assert roots == ["C", "G", "G", "D", "Eb", "Bb", "Ab", "Eb", "C#", "G#"]


# -- taken home


def test_the_session_is_taken_home_and_its_log_played_again(page, session):
    tab(page, "keep")
    wait(page, "(await import('/js/main.mjs')).shown().counts.played > 40")
    for what, kind in (("Whole session", "MIDI"), ("Last chorus", "MusicXML")):
        with page.expect_download() as download:
            page.click(f'[aria-label="{what} as {kind}"]')
        content = Path(download.value.path()).read_bytes()
        if kind == "MIDI":
            midi = mido.MidiFile(file=io.BytesIO(content))
            assert sum(m.type == "note_on" for track in midi.tracks for m in track) > 20
        else:
            assert b"<harmony" in content
    page.set_input_files("#chart-file", str(session.log))
    assert "From a log" in words(page, "#replaying:not([hidden])")
    wait(page, "(await import('/js/main.mjs')).shown().counts.planned > 25")
    page.click("#replaying button")
    page.emulate_media(media="print")
    assert page.locator("#chart").is_visible() and not page.locator("#solo").is_visible()


# -- everybody can read it and reach it


LOOK = """() => {
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true });
  };
  const small = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (walker.currentNode.data.trim() && size < 12 && seen(holder) && !holder.closest(".heard"))
      small.push([walker.currentNode.data.trim(), size]);
  }
  const boxes = (selector) => [...document.querySelectorAll(selector)].filter(seen).map((each) => {
    const { width, height, left, right } = each.getBoundingClientRect();
    return { name: each.id || each.className || each.textContent, width, height, left, right };
  });
  const thin = boxes("button, select, input, textarea, a").filter(({ name, width, height }) =>
    !/chip|at-once/.test(name) && (height < 36 || width < 36)); // of these the rim and the label count, too
  const out = boxes("button, select, input, h1, .now-chord, .place").filter(({ left, right }) =>
    right > innerWidth + 1 || left < -1);
  return { small, thin, out, wide: document.documentElement.scrollWidth - innerWidth };
}"""


@pytest.mark.parametrize("query", ["", "&view=phone", "&view=stage"])
def test_nothing_is_too_small_or_cut_off(chromium, session, query):
    page = watching(chromium, session.address, query)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640 if width == 320 else 900})
        # It is laid out anew before the next frame.
        wait(
            page,
            "await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0, true)))",
        )
        for name in TABS:
            tab(page, name)
            look = page.evaluate(LOOK)
            small = [row for row in look["small"] if row[0] not in "▸"]
            found = small, look["thin"], look["out"], max(0, look["wide"])
            assert found == ([], [], [], 0), (width, name)
    assert page.problems == []
    page.close()


def test_the_stage_can_be_read_from_three_metres(chromium, session):
    page = watching(chromium, session.address, "&view=stage")
    tall = page.locator(".now-chord").evaluate(
        "(chord) => parseFloat(getComputedStyle(chord).fontSize)"
    )
    assert tall > 300  # of 900 px: on a 14 inch screen 6 cm
    visible = page.evaluate(
        """[...document.querySelectorAll('section, button, canvas')]
        .filter((each) => each.checkVisibility()).map((each) => each.id)"""
    )
    assert visible == ["now"]
    page.close()


def test_everything_that_can_be_used_has_a_name(page):
    client = page.context.new_cdp_session(page)
    used = {
        "button",
        "slider",
        "combobox",
        "textbox",
        "searchbox",
        "checkbox",
        "tab",
        "radio",
        "link",
        "spinbutton",
    }
    for name in TABS[1:]:
        tab(page, name)
        nodes = client.send("Accessibility.getFullAXTree")["nodes"]
        found = [
            node for node in nodes if not node.get("ignored") and node["role"]["value"] in used
        ]
        assert len(found) > 8
        assert [node for node in found if not node.get("name", {}).get("value", "").strip()] == []
    roll = page.locator("#roll")
    assert roll.get_attribute("role") == "img" and roll.get_attribute("aria-label")


def test_it_is_played_with_the_keyboard_alone(page):
    page.focus("#tab-play")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-band"
    page.focus("#knob-volume-bass")
    page.keyboard.press("ArrowLeft")
    assert "volume bass" in words(page, "#said")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    wait(page, "document.getElementById('transport-start').ariaLabel === 'Start'")
    page.keyboard.press("Space")
    wait(page, "document.getElementById('transport-start').ariaLabel === 'Stop'")
