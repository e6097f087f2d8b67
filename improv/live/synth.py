"""FluidSynth for the terminal: started, set and ended by us, so that a band is heard without a page or a DAW.

Input -> output:  a MIDI system  ->  the name of the port that sounds
Thread:           one that reads what it says; its shell is a pipe, at whose end it ends too, however we ended
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from improv import audio
from improv.errors import MissingError
from improv.midi.ports import PortRequest
from improv.resources import page_font

PROGRAM = "fluidsynth"
_NAME = "jazz-improv-synth"
_PROMPT = b"> "
_INSTEAD = "`jazz-improv page` sounds without it."
_END_S = 3.0
_ERROR, _FAILED = "error: ", b"Failed to create the "
_JAZZ_KIT = b"prog 9 32\n"
"""The font of the page has no other drums than those for jazz."""
_SETTINGS = ("-q", "-g", "0.6", "-o", "synth.reverb.room-size=0.4")
_DRIVERS = {
    "jack": (
        *("-m", "jack", "-o", f"midi.jack.id={_NAME}"),
        *("-a", "jack", "-o", f"audio.jack.id={_NAME}", "-j"),
    ),
    "alsa": ("-m", "alsa_seq", "-p", _NAME),
    "coremidi": ("-m", "coremidi", "-a", "coreaudio", "-p", _NAME),
}
"""MIDI system -> how FluidSynth is to take MIDI from it; where no audio is named it takes the system's usual.
PipeWire is one of the first two."""
_PORT = {"jack": f"{_NAME}:midi_00"}


def missing() -> str:
    """Why there is no synth, as a sentence; empty where there is one."""
    if shutil.which(PROGRAM) is not None:
        return ""
    install = "brew install fluid-synth" if sys.platform == "darwin" else "apt install fluidsynth"
    return f"FluidSynth is not installed: `{install}`."


def usual_backend() -> str:
    """The MIDI system of this machine that a synth is to listen to."""
    if sys.platform == "darwin":
        return "coremidi"
    return "alsa" if Path("/dev/snd/seq").exists() else "jack"


class Synth:
    """A running FluidSynth."""

    def __init__(self, backend: str) -> None:
        """Start it and wait until it can be played. Raises MissingError, which says what to do instead."""
        if why := missing():
            raise MissingError(f"{why} {_INSTEAD}")
        system = usual_backend() if backend == "auto" else backend
        if system not in _DRIVERS:
            raise MissingError(f"FluidSynth cannot listen to {system!r}. {_INSTEAD}")
        self.request = PortRequest(_PORT.get(system, _NAME), system)
        """The port to be played to."""
        try:
            font, ours = audio.find_soundfont(), False
        except MissingError:
            font, ours = page_font(), True
        self._process = subprocess.Popen(
            [PROGRAM, *_SETTINGS, *_DRIVERS[system], str(font)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"JACK_NO_START_SERVER": "1", **os.environ},
            start_new_session=True,  # Ctrl-C is for us; it is to sound to the last note
        )
        self._in, self._out = (
            cast(IO[bytes], self._process.stdin),
            cast(IO[bytes], self._process.stdout),
        )
        said = b""
        while _PROMPT not in said and (more := self._out.read(4096)):
            said += more
        if _PROMPT not in said or _FAILED in said:
            errors = [line for line in said.decode(errors="replace").splitlines() if _ERROR in line]
            self.close()
            why = errors[0].partition(_ERROR)[2].strip() if errors else "it ended without a word."
            raise MissingError(f"FluidSynth cannot sound through {system}: {why} {_INSTEAD}")
        if ours:
            self._in.write(_JAZZ_KIT)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Take what it says, which it would wait to get rid of."""
        with suppress(OSError, ValueError):
            while self._out.read(4096):
                pass

    def close(self) -> None:
        """Let it sound out and end."""
        self._in.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._out.close()
