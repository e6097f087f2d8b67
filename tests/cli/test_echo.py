"""`jazz-improv echo`: a session like any other, in which phrases are played back."""

from __future__ import annotations

import pytest

import improv.cli
from improv.cli import main


@pytest.fixture
def asked(monkeypatch):
    """The Configs that would have been played, and those of a reload."""
    configs = []
    monkeypatch.setattr(
        improv.cli, "play", lambda config, manner, reload: configs.append((config, reload()))
    )
    return configs


def test_it_has_the_options_and_settings_of_playing(asked, monkeypatch, tmp_path, capsys):
    (tmp_path / "config.toml").write_text('tempo = 90\nband = "bass"\n[generate]\ntempo = 100\n')
    monkeypatch.setenv("JAZZ_IMPROV_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("JAZZ_IMPROV_KEY", "G")
    assert main(["echo", "--input", "keys", "--loop", "9-12", "--bars", "1", "--seed", "3"]) == 0
    ((config, again),) = asked
    (tune,) = config.tunes
    assert (config.input, config.seed, again) == ("keys", 3, config)
    assert (tune.plan.echo_bars, tune.plan.loop, tune.plan.key) == (1, "9-12", "G")
    assert (tune.plan.ending, tune.arc) == ("none", "steady")
    assert tune.controls["tempo_bpm"] == 90.0
    assert [musician.instrument for musician in config.band] == ["bass"]
    assert capsys.readouterr().out == (
        "Listen to 1 bar, then play back what you heard, over the same chords.\n"
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["echo"], "echo needs --input"),
        (["echo", "--input", "x", "--faster", "5"], "--faster"),
        (["--faster", "5", "clean"], "--faster N clean needs --input"),
        (["--faster", "5", "--clock", "midi"], "--faster needs a tempo of our own"),
        (["generate", "--faster", "5 clean", "--out", "x.mid"], "here nobody is heard"),
    ],
)
def test_what_cannot_be_is_refused(words, why, capsys):
    assert main(words) == 2
    assert why in capsys.readouterr().err
