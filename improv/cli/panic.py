"""`jazz-improv panic`: silence MIDI outputs, whatever went wrong in whichever program."""

from __future__ import annotations

import click

from improv.cli.help import Command, option
from improv.cli.options import backend_option, complain, say
from improv.clock import MonotonicClock
from improv.errors import ImprovError, PortError
from improv.midi.panic import CHANNELS, silence
from improv.midi.ports import BACKENDS, PortRequest, list_outputs, open_output, quiet_c_libraries


@click.command(cls=Command)
@option(
    "--port NAME",
    "The MIDI output to silence; any clear part of its name will do. [default: all of them]",
)
@backend_option(BACKENDS[:-1])
def panic(port: str | None, backend: str) -> None:
    """Silence MIDI outputs, whichever program left notes sounding.

    On all 16 channels: pedal up, all sound off, every note off, pitch wheel centred.
    """
    silenced: list[str] = []
    failed: list[str] = []
    with quiet_c_libraries():
        if port is not None:
            wanted = [PortRequest(port, backend)]
        else:
            found, absent = list_outputs(backend)
            wanted = list(dict.fromkeys(PortRequest(info.name, info.backend) for info in found))
            if not found:
                why = f": {' and '.join(absent)}" if absent else ""
                raise PortError(f"There is no MIDI output to silence{why}.")
        for request in wanted:
            try:
                device = open_output(request, "existing")
                try:
                    silence(device, MonotonicClock())
                finally:
                    device.close()
            except ImprovError as error:
                if port is not None:
                    raise
                failed.append(str(error))
            except RuntimeError as error:  # what the MIDI libraries raise is one
                failed.append(f"The port {request.name!r} does not accept messages ({error}).")
            else:
                silenced.append(device.info.name)
    for sentence in failed:
        complain(sentence)
    if not silenced:
        raise PortError("No MIDI output was silenced.")
    ports = ", ".join(map(repr, silenced))
    say(f"Silenced {ports}: every note, pedal and wheel on {CHANNELS} channels.")
