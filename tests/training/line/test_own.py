"""The whole road from somebody's files to a folder, with tiny cells."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from solo_maker import TITLES, solo, write_solos

from improv import resources
from improv.cell.load import load_model
from improv.cli import main
from improv.corpus.events import event_line
from improv.errors import CorpusError, InputFileError
from improv.originality.index import load_index
from improv.training.line.own import Request, train_on
from improv.training.line.train import checkpoint_of
from improv.training.line.watching import Watcher

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(
        importlib.util.find_spec("tensorflow") is None, reason="needs the extra [train]"
    ),
]

HERE = Path(__file__).resolve().parent
TINY = ["--units", "8,6", "--steps", "8"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a model from scratch, `cells/mine`, and what was trained on."""
    folder = tmp_path_factory.mktemp("own")
    solos = write_solos(folder / "mine.jsonl")
    request = Request([solos], folder / "cells" / "mine", "mine", units=(8, 6), steps=8, **QUICK)
    train_on(request)
    return folder


QUICK = {"choruses": 4, "workers": 1}


def test_everything_is_in_the_folder(made):
    mine = made / "cells" / "mine"
    names = {path.name for path in mine.iterdir()}
    assert names >= {"cell.keras", "model.json", "README.md", "quotes.bin"}
    if importlib.util.find_spec("matplotlib") is not None:
        for name in ("curves.png", "rolls.png"):
            assert (mine / name).read_bytes().startswith(b"\x89PNG")
    assert not checkpoint_of(mine).exists()
    assert [path.name for path in mine.parent.iterdir()] == ["mine"], "nothing half-made is left"


def test_the_card_and_its_readme(made):
    card = load_model(made / "cells" / "mine").card
    assert (card.name, card.grammar_name, card.units) == ("mine", "line", (8, 6))
    assert card.licence.startswith("yours; check the rights")
    assert card.corpus["solos"] + card.corpus["held_out_solos"] == len(TITLES)
    held = {each["title"] for each in card.corpus["files"] if each["held_out"]}
    assert held and not held & {e["title"] for e in card.corpus["files"] if not e["held_out"]}
    assert str(made) not in json.dumps(card.corpus), "a card is the same wherever the files lay"
    assert card.training["command"] == "jazz-improv train mine.jsonl"
    assert [row["step"] for row in card.scores["history"]] == [2, 4, 6, 8]
    assert card.scores["markov_nats_per_note"] > 0
    readme = (made / "cells" / "mine" / "README.md").read_text()
    for title in (
        "## Trained on",
        "## Nats a note",
        "## What it plays",
        "## Limits",
        "Licence: yours",
    ):
        assert title in readme
    assert "Markov chains with a memory" in readme


def test_its_index_knows_what_was_learned_from_and_not_what_was_held_out(made):
    card = load_model(made / "cells" / "mine").card
    held = {each["title"] for each in card.corpus["files"] if each["held_out"]}
    index = load_index(made / "cells" / "mine" / "quotes.bin")
    assert {each.title for each in index.solos} == set(TITLES) - held


def test_fine_tuning_through_the_command_line(made, monkeypatch, capsys):
    monkeypatch.chdir(made)
    base = made / "cells" / "mine"
    shutil.copyfile(resources.models_dir() / "bebop" / "leanings.npz", base / "leanings.npz")
    (made / "bad.mid").write_bytes(b"MThd but then nothing")
    write_solos(made / "yours.jsonl", tuple(f"Other {n}" for n in range(6)), 4)
    command = ["train", "yours.jsonl", "bad.mid", "--from", str(base), "--steps", "4"]
    assert main([*command, "--json"]) == 0
    said = capsys.readouterr()
    assert "left out" in said.err and "bad.mid" in said.err
    assert "Markov" in said.err and "step 4/4" in said.err and "held out" in said.err
    assert "feel.json" in said.err, "it is said that there is no learned feel"
    told = json.loads(said.out)
    assert told["choruses"] == 24 and told["left_out"][0]["what"] == "bad"
    assert told["history"][0]["step"] == 0, "what it began as is scored too"
    assert set(told["nats"]) == {"new", "base", "markov"}
    assert told["musical"]["base"]["measures"]["chord_tones"]["generated"] is not None
    best = min(told["history"], key=lambda row: row["valid"])
    assert told["kept_base"] == (best["step"] == 0)

    assert Path("cells/yours/leanings.npz").is_file(), "what the base leans to, it does too"
    card = load_model(Path("cells/yours")).card
    assert card.units == (8, 6), "the base's sizes"
    assert card.corpus["base"] == "mine"
    assert card.extra["labels"]["players"] == ["Somebody"]
    assert "as it began as 'mine'" in card.licence
    titles = {each.title for each in load_index(Path("cells/yours/quotes.bin")).solos}
    assert any(title.startswith("Other") for title in titles) and titles & set(TITLES)

    assert main(command) == 8
    refused = capsys.readouterr().err
    assert "nats a note on its held-out solos" in refused and "--force" in refused
    assert main(["generate", "--model", "cells/yours", "--seed", "1", "--out", "x.mid"]) == 0


def test_a_better_model_is_replaced_only_when_told_to_and_that_is_said(made, monkeypatch, capsys):
    monkeypatch.chdir(made)
    command = ["train", "mine.jsonl", *TINY, "--out", "cells/twice"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "nats a note" in text and "chord tones, %" in text
    assert "jazz-improv --model cells/twice" in text
    card = json.loads(Path("cells/twice/model.json").read_text())
    card["scores"]["valid_nats_per_note"] = 0.5
    Path("cells/twice/model.json").write_text(json.dumps(card))
    assert main(command) == 8
    assert "0.500 nats a note" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    assert "was better: 0.500 nats a note" in capsys.readouterr().err
    for name in ("cell.keras", "quotes.bin"):
        assert Path("cells/twice", name).read_bytes() == Path("cells/mine", name).read_bytes(), (
            "the same files, options and seed give the same cell"
        )


RUN = """
import os, signal, sys
from pathlib import Path
from improv.training.line.own import Request, train_on
from improv.training.line.watching import Watcher

class Killer(Watcher):
    def step(self, step, loss, score):
        if score is not None and step > 0:
            os.kill(os.getpid(), signal.SIGKILL)

request = Request(
    [Path("mine.jsonl")], Path(sys.argv[1]), "mine", units=(8, 6), steps=8, choruses=4, workers=1
)
train_on(request, Killer() if sys.argv[2] == "killed" else None)
"""


def test_a_run_that_was_killed_goes_on_to_the_same_cell(made):
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[2])}

    def run(how: str, target: str = "again/mine") -> int:
        command = [sys.executable, "-c", RUN, target, how]
        return subprocess.run(command, cwd=made, env=environment, timeout=600).returncode

    assert run("killed") == -signal.SIGKILL
    again = made / "again" / "mine"
    assert checkpoint_of(again).is_file() and not again.exists()
    assert run("whole") == 0
    assert not checkpoint_of(again).exists()
    # Beside a run of a process of its own, as users have it: where a process has trained other things
    # before, TensorFlow's last bits may differ.
    assert run("whole", "never/mine") == 0
    for name in ("cell.keras", "model.json", "README.md", "quotes.bin"):
        assert (again / name).read_bytes() == (made / "never" / "mine" / name).read_bytes()


class _StoppedError(Exception):
    pass


class _Stopper(Watcher):
    def step(self, step, loss, score):
        if score is not None and step > 0:
            raise _StoppedError


@pytest.mark.parametrize("planted", ["shapes", "lanes", "history"])
def test_a_checkpoint_of_the_right_name_and_the_wrong_content_is_as_if_there_were_none(
    made, tmp_path, planted
):
    request = Request(
        [made / "mine.jsonl"], tmp_path / "mine", "mine", units=(8, 6), steps=2, **QUICK
    )
    with pytest.raises(_StoppedError):
        train_on(request, _Stopper())
    path = checkpoint_of(tmp_path / "mine")
    with np.load(path) as found:
        arrays = {name: found[name] for name in found.files}
    about = json.loads(arrays["about"].tobytes())
    if planted == "shapes":
        arrays["a0"] = arrays["a0"][:1]
    elif planted == "lanes":
        about["lanes"]["queue"] = [[10**9, 0, 10**9]]
    else:
        about["history"][0]["rhythm"] = "low"
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)
    train_on(request)
    assert (tmp_path / "mine" / "cell.keras").is_file() and not path.exists()


def test_held_out_solos_can_be_named_and_their_tunes_are_not_learned_from(tmp_path):
    write_solos(tmp_path / "train.jsonl")
    valid = [solo("Air", 2, seed=9), solo("Zigeuner", 2)]
    (tmp_path / "valid.jsonl").write_text("".join(f"{event_line(s)}\n" for s in valid))
    card = tmp_path / "out"
    outcome = train_on(
        Request(
            [tmp_path / "train.jsonl"],
            card,
            "named",
            valid=tmp_path / "valid.jsonl",
            units=(8, 6),
            steps=1,
            **QUICK,
        )
    )
    assert (outcome.learned, outcome.held_out, outcome.choruses) == (4, 2, 20)
    assert any("among the held-out solos" in each.sentence for each in outcome.left_out)
    assert outcome.card.corpus["held_out"] == "named with --valid"


def test_of_a_single_solo_the_end_is_held_out_and_that_is_said(tmp_path):
    """Twenty choruses over one tune are twenty choruses."""
    one = tmp_path / "one.jsonl"
    one.write_text(f"{event_line(solo('Air', 20))}\n")
    said = []

    class Ear(Watcher):
        def say(self, sentence):
            said.append(sentence)

    outcome = train_on(Request([one], tmp_path / "x", "x", units=(8, 6), steps=1, **QUICK), Ear())
    assert (outcome.learned, outcome.held_out, outcome.choruses) == (1, 1, 20)
    assert outcome.card.corpus["held_out"].startswith("the end of the only tune")
    assert any("seem better" in each for each in said)


def test_what_cannot_be_trained_on_is_refused_before_the_work(tmp_path):
    target = tmp_path / "cells" / "x"
    few = write_solos(tmp_path / "few.jsonl", TITLES[:3])
    with pytest.raises(CorpusError, match="15 choruses"):
        train_on(Request([few], target, "x"))
    with pytest.raises(InputFileError, match="nowhere"):
        train_on(Request([tmp_path / "nowhere"], target, "x"))
    (tmp_path / "bad.jsonl").write_text('{"notes": [')
    with pytest.raises(CorpusError, match=r"bad\.jsonl"):
        train_on(Request([tmp_path / "bad.jsonl"], target, "x"))
    assert not target.parent.exists()
