"""The page in a real browser: the band is heard in time, and nothing that happens there stops the music."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import signal
import time
import wave

import browser
import mido
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "there is one")

WATCH = """async () => {
  const sound = await import("/js/sound.mjs");
  window.played = [];
  sound.onPlayed((list) => {
    for (const [id, seconds] of list) window.played.push([id, seconds, sound.audioTimeToServer(seconds)]);
  });
}"""
"""From now on: (note's id, seconds of the audio's clock, the server's milliseconds then)."""


@pytest.fixture(scope="module")
def chromium():
    with browser.browser() as found:
        yield found


def logged(session):
    """Id -> (planned_ns, channel, pitch) of the note-ons in the log."""
    notes = {}
    for line in session.log.read_text().splitlines()[1:]:
        row = json.loads(line)
        if row.get("note") and row.get("bytes", "").startswith("9"):
            status, pitch, _ = bytes.fromhex(row["bytes"])
            notes[row["note"]] = row["planned_ns"], status & 15, pitch
    return notes


def onsets(samples, rate):
    """Seconds at which the sound rises: where its level in 2 ms is four times that of the 10 ms before."""
    step = rate // 500
    level = np.sqrt(np.mean(samples[: len(samples) // step * step].reshape(-1, step) ** 2, axis=1))
    before = np.convolve(level, np.ones(5) / 5)[4 : len(level) + 4]
    rises = (level[5:] > 4 * before[: len(level) - 5]) & (level[5:] > 0.01)
    at = np.flatnonzero(rises) + 5
    return at[np.diff(at, prepend=-99) > 15] * step / rate


def recording(page, run_s):
    page.evaluate(browser.RECORD, browser.TAP)
    page.wait_for_timeout(run_s * 1000)
    first, text = page.evaluate(browser.RECORDED)
    rate = page.evaluate("async () => (await import('/js/sound.mjs')).contextOf().sampleRate")
    return first / rate, np.frombuffer(base64.b64decode(text), "<i2") / 32768, int(rate)


def only(page, *channels):
    """Have these channels sound alone."""
    page.evaluate(
        """async (channels) => {
          const sound = await import("/js/sound.mjs");
          for (let each = 0; each < 16; each++)
            sound.setChannel(each, { gain: channels.includes(each) ? 1 : 0 });
        }""",
        list(channels),
    )


def centre_hz(samples, rate):
    """The frequency below which half of the energy is."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(np.searchsorted(np.cumsum(power), power.sum() / 2) * rate / len(samples))


def test_the_band_is_heard_as_the_log_has_it(chromium, tmp_path):
    """Every note of the log was sounded at its time, by its instrument, and the sound is that of the log."""
    with browser.session(tmp_path, "--tempo", "120") as session:
        page = browser.opened(chromium, session.address, tapped=True)
        page.evaluate(WATCH)
        page.click("#listen")
        begun = time.perf_counter()
        browser.wait(page, "window.played.length > 0")
        assert time.perf_counter() - begun < 5
        parts = {}
        for name, channels in (("drums", [9]), ("bass", [2]), ("piano", [1]), ("all", range(16))):
            only(page, *channels)
            page.wait_for_timeout(400)
            parts[name] = recording(page, 4)
        page.wait_for_timeout(1_000)
        played = page.evaluate("window.played")
        counts = page.evaluate("async () => (await import('/js/sound.mjs')).state().counts")
        assert page.problems == []
        origin = session.address.partition("?")[0]
        assert all(url.startswith((origin, "blob:")) for url in page.requested), (
            "nothing from elsewhere"
        )
        assert session.end() == 0
    notes = logged(session)
    assert counts["played"] > 60
    assert counts["dropped"] == 0 or counts["slips"] > 0, "what is too late is so by an underrun"

    heard = {note_id: (seconds, ms) for note_id, seconds, ms in played}
    epochs_ms = [notes[note_id][0] / 1e6 - ms for note_id, (_, ms) in heard.items()]
    epoch_ms = float(np.median(epochs_ms))
    # Where a busy machine's audio stumbles, what comes before the stumble is noticed is off by that much.
    off_ms = np.abs(np.array(epochs_ms) - epoch_ms)
    assert np.quantile(off_ms, 0.9) < 5, "notes sound at their times in the log"
    assert np.max(off_ms) < 60 or counts["slips"] > 0, "and none is late"
    first_s = max(at for at, _, _ in parts.values())
    span_ms = [ms for _, ms in heard.values() if ms > min(ms for _, ms in heard.values()) + 1_000]
    missing = [
        note_id
        for note_id, (ns, _, _) in notes.items()
        if min(span_ms) < ns / 1e6 - epoch_ms < max(span_ms) and note_id not in heard
    ]
    assert len(missing) <= counts["dropped"] and first_s > 0

    at_s, samples, rate = parts["drums"]
    struck = np.array([s for s, _ in heard.values() if at_s - 1 < s < at_s + 5])
    risen = onsets(samples, rate) + at_s
    assert len(risen) > 3
    nearest = np.array([np.min(np.abs(struck - each)) for each in risen])
    assert np.quantile(nearest, 0.8) < 0.010, "what rises in the sound is a stroke of the log"

    level = {name: float(np.sqrt(np.mean(part[1] ** 2))) for name, part in parts.items()}
    assert all(each > 0.003 for each in level.values()), level
    assert float(np.max(np.abs(parts["all"][1]))) < 0.999, "nothing is clipped"
    centre = {name: centre_hz(part[1], rate) for name, part in parts.items()}
    assert centre["bass"] < 200 < centre["piano"] < 1_500, centre
    assert centre["drums"] > 1.5 * centre["bass"], centre


def test_a_chorus_is_rendered_to_a_file_by_the_same_synth(chromium, tmp_path):
    with browser.session(tmp_path) as session:
        page = browser.opened(chromium, session.address)
        rows = [[1, 500, 900, 0, 0, 60, 100, 0, "solo"], [2, 1500, 1900, 0, 0, 38, 100, 9, "drums"]]
        wav = page.evaluate(
            """async (rows) => {
              const bytes = await (await import("/js/sound.mjs")).render(rows);
              return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            }""",
            rows,
        )
        assert page.problems == []
    with wave.open(io.BytesIO(base64.b64decode(wav))) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(10**9), "<i2")
    level = np.abs(samples[::2].astype(float)) / 32768
    begins_s = np.flatnonzero(level > 0.01)[0] / rate  # a saxophone speaks softly at first
    assert 0.1 <= begins_s < 0.16, "the first note is 100 ms from the beginning"
    quiet, struck = level[int(1.02 * rate) : int(1.09 * rate)], level[int(1.1 * rate) :]
    assert np.max(struck[: rate // 20]) > 4 * np.max(quiet), "the drum is a second later"


def test_frozen_asleep_and_without_a_server_it_plays_nothing_late_and_goes_on(chromium, tmp_path):
    """What happens to pages and their server: a word, no late notes, and it goes on."""
    with browser.session(tmp_path) as session:
        one, two = (browser.opened(chromium, session.address) for _ in range(2))
        for page in (one, two):
            page.evaluate(WATCH)
            page.click("#listen")
            browser.wait(page, "window.played.length > 5")

        # A tab that was frozen: what came meanwhile is left out, and what comes then is in time.
        devtools = one.context.new_cdp_session(one)
        devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
        two.wait_for_timeout(2_500)
        devtools.send("Page.setWebLifecycleState", {"state": "active"})
        one.evaluate("window.played.length = 0")
        browser.wait(one, "window.played.length > 10")

        # A laptop that slept: time went on, and neither page nor audio had any of it. It is the time itself
        # that is tested, and who could signal is stopped.
        asleep = [
            pid for pid in browser.children(os.getpid()) if "chromium" in browser.command(pid)
        ]
        for pid in asleep:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)
        one.evaluate("window.played.length = 0")
        browser.wait(one, "window.played.length > 10")

        # The server is killed: another serves the same address, and both pages find it by themselves.
        server = session.server()
        before = one.evaluate("async () => (await import('/js/sound.mjs')).state().counts.played")
        os.kill(server, signal.SIGKILL)
        for page in (one, two):
            page.evaluate("window.played.length = 0")
            browser.wait(page, "window.played.length > 10")
            counts = page.evaluate("async () => (await import('/js/sound.mjs')).state().counts")
            assert counts["worst"] < 50
        assert session.server() != server
        # What was played before its time can be taken home from it.
        one.click("#tab-keep")
        with one.expect_download() as download:
            one.click('[aria-label="Whole session as MIDI"]')
        midi = mido.MidiFile(download.value.path())
        struck = sum(m.type == "note_on" and m.velocity > 0 for t in midi.tracks for m in t)
        assert struck > before
        assert session.end() == 0
    assert "The page's process ended" in "".join(session.said)
    assert not re.search("Traceback", "".join(session.said))


def test_the_computer_s_keys_are_heard_there_and_reach_the_session(chromium, tmp_path):
    """Sounded by the page at once, and sent with the time at which they were struck."""
    with browser.session(tmp_path) as session:
        page = browser.opened(chromium, session.address, tapped=True)
        page.click("#listen")
        page.evaluate(
            """async () => {
              const play = await import("/js/play.mjs");
              const clock = await import("/js/clock.mjs");
              window.sent = [];
              play.setKeys(true);
              const token = new URLSearchParams(location.search).get("token");
              window.told = [];
              const { connect } = await import("/js/socket.mjs");
              const on = { heard: ({ notes }) => window.told.push(...notes) };
              const socket = connect({ token, on });
              play.sendTo((message) => {
                window.sent.push([message, clock.serverNow()]);
                socket.say(message);
              });
              window.latency = play.latency;
            }"""
        )
        browser.wait(page, "(await import('/js/sound.mjs')).state().counts.played > 0")
        only(page, 15)
        page.wait_for_timeout(500)
        page.evaluate(browser.RECORD, browser.TAP)
        page.wait_for_timeout(300)
        page.keyboard.down("d")
        page.wait_for_timeout(300)
        page.keyboard.up("d")
        browser.wait(page, "window.sent.length === 2")
        _, text = page.evaluate(browser.RECORDED)
        samples = np.frombuffer(base64.b64decode(text), "<i2") / 32768
        (on, now_ms), (off, _) = page.evaluate("window.sent")
        assert on["data"] == [0x90, 64, 80] and off["data"] == [0x80, 64, 0]
        assert on["ms"] < now_ms and on["ms"] < off["ms"]
        assert np.max(np.abs(samples[:4_000])) < 0.003 < 0.02 < np.max(np.abs(samples))
        latency = page.evaluate("window.latency()")
        assert latency["input"] >= 0 and latency["output"] > 0
        # A keyboard at the computer: what Web MIDI gives comes the same way.
        inputs = page.evaluate(
            """async () => {
              window.piano = { name: "Piano" };
              const inputs = new Map([["a", window.piano]]);
              navigator.requestMIDIAccess = async () => ({ inputs });
              return (await import("/js/play.mjs")).start();
            }"""
        )
        assert inputs == ["Piano"]
        sent = page.evaluate(
            """() => {
              const at = performance.now() - 5;
              for (const bytes of [[0xf8], [0xb0, 64, 127], [0x90, 48, 70]])
                window.piano.onmidimessage({ data: Uint8Array.from(bytes), timeStamp: at });
              return window.sent.slice(2).map(([{ ms, data }, now]) => [now - ms, data]);
            }"""
        )
        assert [data for _, data in sent] == [[0xB0, 64, 127], [0x90, 48, 70]]
        assert all(since_ms >= 4.9 for since_ms, _ in sent)

        told = browser.wait(page, "window.told.find(([, off]) => off !== null)")
        assert told[2:] == [64, 80] and abs(told[0] - on["ms"]) < 2 and told[1] > told[0]
        assert page.problems == []
        assert session.end() == 0
    rows = [json.loads(line) for line in session.log.read_text().splitlines()]
    assert [row["heard"]["pitch"] for row in rows if "heard" in row][-1:] == [64]


MOVED_CLOCK = """async () => {
  const code = "const now = Date.now; Date.now = () => now() + 40;";
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  await (await import("/js/sound.mjs")).contextOf().audioWorklet.addModule(url);
}"""


def test_after_an_underrun_everything_is_in_time_again_at_once(chromium, tmp_path):
    """The sound card's process is stopped for a moment: the audio's clock is behind from then on, for good.

    What sounded when is judged by that clock's own stamps: it does not matter how fast the machine is.
    """
    with browser.session(tmp_path, "--tempo", "300") as session:
        page = browser.opened(chromium, session.address, tapped=True)
        page.evaluate(WATCH)
        page.click("#listen")
        browser.wait(page, "window.played.length > 20")
        page.evaluate(
            """async () => {
              const sound = await import("/js/sound.mjs");
              const { serverAt } = await import("/js/clock.mjs");
              window.planned = {};
              window.stamps = [];
              const { connect } = await import("/js/socket.mjs");
              const notes = ({ notes }) => notes.forEach(([id, on]) => (window.planned[id] = on));
              connect({ on: { notes } });
              setInterval(() => {
                const { contextTime, performanceTime } = sound.contextOf().getOutputTimestamp();
                window.stamps.push([contextTime, serverAt(performanceTime) - contextTime * 1000]);
              }, 5);
            }"""
        )
        audio = next(
            p for p in browser.children(os.getpid()) if "audio.mojom" in browser.command(p)
        )
        for _ in range(6):
            page.evaluate("window.played.length = 0")
            browser.wait(page, "window.played.length > 20")
            os.kill(audio, signal.SIGSTOP)
            time.sleep(0.06)  # it is the time itself that is lost
            os.kill(audio, signal.SIGCONT)
            page.evaluate("window.kept = [...(window.kept ?? []), ...window.played]")
        browser.wait(page, "window.played.length > 40")
        kept, planned, stamps = page.evaluate("[window.kept, window.planned, window.stamps]")
        played = kept + page.evaluate("window.played")
        # Where only the computer's clock has moved (as when the card takes its blocks later), nothing slips.
        counts = "(await import('/js/sound.mjs')).state().counts"
        before = browser.wait(page, counts)
        page.evaluate(MOVED_CLOCK)
        after = browser.wait(page, f"{counts}.played > {before['played'] + 60} && {counts}")
        assert after["dropped"] - before["dropped"] < 30
        assert page.problems == []
    at_s, base_ms = np.array(stamps).T
    slips_s = at_s[1:][np.abs(np.diff(base_ms)) > 3]
    assert base_ms[-1] - base_ms[0] > 6 * 30, "the clock has slipped"
    off_s = [
        at
        for note_id, at, _ in played
        if at > at_s[0] and str(note_id) in planned
        if abs(base_ms[np.searchsorted(at_s, at) - 1] + at * 1000 - planned[str(note_id)]) > 10
    ]
    assert len(played) > 100
    # What was on its way to the ear already cannot be called back.
    assert all(np.any((at - slips_s > -0.02) & (at - slips_s < 0.1)) for at in off_s)
