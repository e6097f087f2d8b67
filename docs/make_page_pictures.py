"""Draw docs/page.png and docs/page.gif: the page while a session plays, on a desk, on a phone and on a stage.

python docs/make_page_pictures.py        needs chromium and playwright
"""

import io
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent / "tests" / "helpers")]
from browser import browser, opened, session, wait  # noqa: E402 (the line above finds it)

OPTIONS = ["--chart=bird-blues", "--tempo=168", "--player=Charlie Parker:0.7,John Coltrane:0.3"]
VIEWS = {"": (1440, 810), "&view=phone": (390, 844), "&view=stage": (768, 1024)}
HEIGHT, GAP = 573, 22
PLAN = "document.querySelector('#phrase').textContent"


def shot(page):
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


with tempfile.TemporaryDirectory() as folder, browser() as chromium:
    with session(Path(folder), *OPTIONS) as playing:
        pages = [opened(chromium, playing.address + view) for view in VIEWS]
        for page, (width, height) in zip(pages, VIEWS.values(), strict=True):
            page.set_viewport_size({"width": width, "height": height})
        for page in pages[:2]:
            page.click("text=Watch in silence")
        pages[2].emulate_media(color_scheme="dark")
        wait(pages[0], "document.body.innerText.includes('Chorus 2')")
        wait(pages[0], f"(window.plan ??= {PLAN}) !== {PLAN}")  # a phrase begins, with its wedge
        pages[0].wait_for_timeout(900)
        views, frames, times_s = [shot(page) for page in pages], [], [time.monotonic()]
        while times_s[-1] < times_s[0] + 7.3:
            frames.append(shot(pages[0]).resize((960, 540)))
            times_s.append(time.monotonic())

views = [each.resize((each.width * HEIGHT // each.height, HEIGHT)) for each in views]
width = sum(each.width + GAP for each in views) + GAP
picture, left = Image.new("RGB", (width, HEIGHT + 2 * GAP), "#dde1e8"), GAP
for each in views:
    ImageDraw.Draw(mask := Image.new("L", each.size)).rounded_rectangle((0, 0, *each.size), 10, 255)
    picture.paste(each, (left, GAP), mask)
    left += each.width + GAP
picture.save(DOCS / "page.png", optimize=True)
pixels = np.asarray(frames[-1]).reshape(-1, 3)
vivid = pixels[np.ptp(pixels.astype(int), axis=1) > 60]  # few, but what the picture is about
both = np.concatenate([pixels, np.resize(vivid, pixels.shape)])
palette = Image.fromarray(both[np.newaxis]).quantize(255)
first, *more = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
lasting = [round(1000 * (end_s - at_s)) for at_s, end_s in pairwise(times_s)]
first.save(DOCS / "page.gif", save_all=True, append_images=more, duration=lasting, loop=0)
