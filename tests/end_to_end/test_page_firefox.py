"""The page in Firefox: it loads without an error, shows what is played, sounds, and steers."""

from __future__ import annotations

import base64
import io
import wave

import browser
import firefox
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(bool(firefox.missing()), reason=firefox.missing() or "there is one")


def test_the_page_is_seen_heard_and_steered_in_firefox(tmp_path):
    """The sound is rendered: without a sound card Firefox keeps an AudioContext waiting."""
    with browser.session(tmp_path, "--tempo", "200") as session, firefox.page() as page:
        page.goto(session.address)
        page.wait("(await import('/js/sound.mjs')).state().ready")
        page.click("#listen")
        page.wait("document.getElementById('gate').hidden")
        page.wait("(await import('/js/main.mjs')).shown()?.counts.played > 10")
        page.wait("(await import('/js/main.mjs')).shown().counts.planned > 0")
        page.wait(
            "document.querySelector('#roll canvas').getAnimations()[0].playState === 'running'"
        )
        page.wait("document.querySelector('#chart .bar.now .beats i.on') !== null")
        coloured = """(() => {
          const canvas = document.querySelector("#roll .played canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, at) => at % 4 === 3 && value > 200).length;
        })()"""
        assert page.evaluate(coloured) > 500

        page.evaluate(
            """(() => {
              const knob = document.getElementById("knob-density");
              knob.value = 0.5;
              knob.dispatchEvent(new Event("input"));
            })()"""
        )
        page.wait("document.getElementById('said').innerText.includes('density')")

        rows = [[1, 500, 900, 0, 0, 60, 100, 0, "solo"], [2, 1500, 1900, 0, 0, 38, 100, 9, "drums"]]
        wav = page.evaluate(
            f"""(await (async () => {{
              const bytes = await (await import("/js/sound.mjs")).render({rows});
              return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            }})())"""
        )
        with wave.open(io.BytesIO(base64.b64decode(wav))) as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(10**9), "<i2")
        level = np.abs(samples[::2].astype(float)) / 32768
        assert np.max(level[: int(0.1 * rate)]) < 0.01 < np.max(level[: int(0.5 * rate)])
        assert np.max(level[int(1.1 * rate) : int(1.2 * rate)]) > 0.05, "the drum is a second later"
        assert page.problems == []
        assert session.end() == 0
