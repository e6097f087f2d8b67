"""What the page has from others: whole, licensed, and no more than a wheel should carry."""

from __future__ import annotations

import hashlib
import re

from improv.page.server import ASSETS
from improv.resources import page_font

VENDOR = ASSETS / "vendor"
MOST_BYTES = 5_000_000
ROW = re.compile(r"^\| `(.+?)` \| (.+?) \| ([\d,]+) \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_each_file_is_the_one_that_its_row_says():
    rows = ROW.findall((VENDOR / "README.md").read_text(encoding="utf-8"))
    listed = {name: (int(size.replace(",", "")), digest) for name, _, size, digest in rows}
    licences = {path for path in VENDOR.iterdir() if path.name.startswith("LICENSE.")}
    files = {
        path.relative_to(ASSETS).as_posix().removeprefix("vendor/")
        for folder in (VENDOR, ASSETS / "fonts")
        for path in folder.glob("*")
        if path.name != "README.md" and path not in licences and "LICENSE" not in path.name
    }
    assert {name.rpartition("/")[2] for name in listed} == {n.rpartition("/")[2] for n in files}
    for name in files:
        found = next(path for path in ASSETS.rglob(name.rpartition("/")[2]))
        size, digest = listed[name.rpartition("/")[2]]
        assert found.stat().st_size == size
        assert hashlib.sha256(found.read_bytes()).hexdigest() == digest
    assert {"LICENSE.FluidR3Mono", "LICENSE.spessasynth_core", "LICENSE.stb-vorbis"} <= {
        path.name for path in licences
    }


def test_the_page_is_no_heavier_than_a_wheel_should_carry():
    assert sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()) < MOST_BYTES


def test_the_font_is_a_soundfont_whose_samples_are_compressed():
    content = page_font().read_bytes()
    assert content[:4] == b"RIFF" and content[8:12] == b"sfbk" and b"OggS" in content[:100_000]
