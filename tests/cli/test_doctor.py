"""What the doctor says of a machine that was busy for a moment."""

from __future__ import annotations

import json

import pytest

from improv.cli import main
from improv.errors import SenderError
from improv.health import doctor


@pytest.mark.parametrize(("bad_tries", "status"), [(1, 0), (2, 10)])
def test_one_bad_measurement_is_no_machine_that_cannot_play(bad_tries, status, monkeypatch, capsys):
    tries = []

    def loop(seconds, backend):
        tries.append(backend)
        if len(tries) <= bad_tries:
            raise SenderError("The sender did not answer.")
        return doctor.Loop(backend, late=[1000] * 50, why="Nobody listened.")

    monkeypatch.setattr(doctor, "loop", loop)
    monkeypatch.setattr(doctor, "ask", lambda *question: ([], ""))
    assert main(["doctor", "--backend", "none", "--json"]) == status
    assert len(tries) == 2
    findings = json.loads(capsys.readouterr().out)["findings"]
    first = next(each for each in findings if each["topic"] == "round trip")
    assert first["text"].startswith(
        "The sender did not answer." if status else "At first: The sender"
    )
