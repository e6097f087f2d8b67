"""`--engine keras` with a model that Keras did not get from us: status 6, one sentence, no code of theirs."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from step_maker import write_course_model

from improv import resources
from improv.cli import main

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow", exc_type=ImportError)

MARK = "executed"


@pytest.fixture
def ours(tmp_path, monkeypatch) -> Path:
    """A copy of a shipped cell, in the working folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "cell"
    folder.mkdir()
    for path in (resources.models_dir() / "etudes").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def rewritten(folder: Path, change) -> None:
    """The folder's model with `change` made to its config, and the card told so."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(folder / "cell.keras") as before,
        zipfile.ZipFile(content, "w") as after,
    ):
        for name in before.namelist():
            part = before.read(name)
            if name == "config.json":
                config = json.loads(part)
                change(config)
                part = json.dumps(config).encode()
            after.writestr(name, part)
    (folder / "cell.keras").write_bytes(content.getvalue())
    card = json.loads((folder / "model.json").read_text())
    card["weights_sha256"] = hashlib.sha256(content.getvalue()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))


def generate(folder: Path, engine: str = "keras") -> int:
    words = ["--model", str(folder), "--engine", engine, "--chart", "| C7 |", "--seed", "1"]
    return main(["generate", *words, "--no-band", "--out", "a.mid"])


def refused(folder: Path, capsys) -> str:
    assert generate(folder) == 6
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "Traceback" not in err, err
    assert not Path(MARK).exists()
    return err


def test_ours_is_played(ours):
    assert generate(ours) == 0


def layer(config, name):
    return next(each for each in config["config"]["layers"] if each["config"].get("name") == name)


def lambda_layer() -> dict:
    import keras

    made = keras.layers.Lambda(lambda x: (open("executed", "w").close(), x)[1], name="evil")
    return json.loads(json.dumps(keras.saving.serialize_keras_object(made)))


def other_layer(config, fields):
    layer(config, "who").update(fields)


FOREIGN = {
    "a Lambda": lambda c: c["config"]["layers"].append(lambda_layer()),
    "a Lambda for a layer": lambda c: other_layer(c, lambda_layer()),
    "a class of another module": lambda c: other_layer(c, {"module": "os", "class_name": "system"}),
    "a registered class": lambda c: other_layer(c, {"registered_name": "theirs>Dense"}),
    "a class without a module": lambda c: other_layer(c, {"module": None}),
    "a function": lambda c: layer(c, "who")["config"].update(
        kernel_initializer={"class_name": "function", "module": "os", "config": "system"}
    ),
    "a deep one": lambda c: layer(c, "who")["config"].update(
        extra=[{"x": {"class_name": "Popen", "module": "subprocess", "config": {"args": "ls"}}}]
    ),
    "a model of another kind": lambda c: c.update(module="builtins", class_name="exec"),
    "gigabytes": lambda c: layer(c, "melody_embedding")["config"].update(output_dim=1 << 24),
    "a wide input": lambda c: layer(c, "who").update(build_config={"input_shape": [None, 1 << 30]}),
    "numbers for names": lambda c: other_layer(c, {"module": 3, "registered_name": 4}),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_nothing_that_we_never_write_is_made(ours, capsys, kind):
    rewritten(ours, FOREIGN[kind])
    assert "cell.keras" in refused(ours, capsys)


DAMAGED = {
    "an input missing": lambda c: c["config"]["layers"].pop(0),
    "no outputs": lambda c: c["config"].pop("output_layers"),
    "another width": lambda c: layer(c, "who")["config"].update(units=3),
    "other units": lambda c: layer(c, "melody")["config"].update(units=7),
    "no settings": lambda c: layer(c, "melody_heads")["config"].pop("units"),
    "an unknown setting": lambda c: layer(c, "who")["config"].update(what=1),
    "a shape of words": lambda c: layer(c, "who").update(build_config={"input_shape": ["a"]}),
    "calls itself": lambda c: layer(c, "who").update(
        inbound_nodes=layer(c, "melody_heads")["inbound_nodes"]
    ),
    "an activation": lambda c: layer(c, "who")["config"].update(activation="os.system"),
    "a name taken": lambda c: layer(c, "rhythm")["config"].update(name="melody"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_keras_cannot_play_is_a_sentence(ours, capsys, kind):
    """Or it plays, where the change says nothing."""
    rewritten(ours, DAMAGED[kind])
    if generate(ours) == 0:
        capsys.readouterr()
        return
    capsys.readouterr()
    refused(ours, capsys)


def test_a_model_without_what_keras_needs_is_a_sentence(tmp_path, monkeypatch, capsys):
    """Our own reader asks for less than Keras does."""
    monkeypatch.chdir(tmp_path)
    folder = write_course_model(tmp_path / "course")
    assert "(no module, " in refused(folder, capsys)
    assert generate(folder, "numpy") == 0
