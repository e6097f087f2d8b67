"""Rubbish in: one sentence on stderr that names it, the status of its kind, nothing left behind."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import mido
import pytest
from growing import lines_of

from improv import resources
from improv.cli import main

FOUR_BARS = Path(__file__).resolve().parent.parent / "fixtures" / "four_bars.mid"
ALONE = ["--backend", "none", "--quiet", "--tempo", "400"]
PLAY = [*ALONE, "--choruses", "1", "--chart", "| C7 |"]


@pytest.fixture
def folder(tmp_path, tmp_path_factory, monkeypatch):
    """A working folder with all kinds of bad files in it."""
    monkeypatch.chdir(tmp_path)
    state = tmp_path_factory.mktemp("state")  # with nothing to recover from other tests
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(state))
    Path("empty.mid").write_bytes(b"")
    Path("noise.mid").write_bytes(bytes(range(256)) * 4)
    Path("text.mid").write_text("this is no music\n")
    Path("truncated.mid").write_bytes(FOUR_BARS.read_bytes()[:150])
    Path("empty.txt").write_text("")
    Path("binary.txt").write_bytes(b"\xff\xfe\x00|")
    Path("bad_chart.txt").write_text("Title: Bad\n| Dm7 | G7 |\n| Cmaj7 | x4 |\n")
    Path("bad_set.txt").write_text("blues temoo=3\n")
    Path("noise.mxl").write_bytes(bytes(range(256)) * 4)
    Path("page.html").write_text("<html><body>no links</body></html>")
    Path("huge.xml").write_text("<score-partwise>" + " " * 6_000_000 + "</score-partwise>")
    Path("folder").mkdir()
    for name in ("pipe", "pipe.mid"):
        os.mkfifo(name)
    notes = mido.MidiFile(type=1)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Solo")])
    for pitch in (60, 62, 64, 65):
        track += [mido.Message("note_on", note=pitch, velocity=80, time=0)]
        track += [mido.Message("note_off", note=pitch, time=240)]
    notes.tracks.append(track)
    notes.save("no_chords.mid")
    chords = mido.MidiFile(type=1)
    chords.tracks.append(
        mido.MidiTrack(
            [mido.MetaMessage("marker", text=text, time=960) for text in ("Dm7", "G7", "C6")]
        )
    )
    chords.save("no_melody.mid")
    return tmp_path


def model_copy(name: str) -> Path:
    target = Path(name)
    shutil.copytree(resources.models_dir() / "etudes", target)
    return target


DAMAGES = {"no_weights", "no_card", "cut_weights", "cut_card", "other_weights", "other_grammar"}


def damage(name: str) -> None:
    """Make a model folder of this name with this damage."""
    folder = model_copy(name)
    weights, card = folder / "cell.keras", folder / "model.json"
    if name == "no_weights":
        weights.unlink()
    elif name == "no_card":
        card.unlink()
    elif name == "cut_weights":
        weights.write_bytes(weights.read_bytes()[:3000])
    elif name == "cut_card":
        card.write_text(card.read_text()[:200])
    elif name == "other_weights":
        with zipfile.ZipFile(weights, "a") as archive:
            archive.comment = b"as good as before, but not the same file"
    elif name == "other_grammar":
        card.write_text(card.read_text().replace('"line"', '"klezmer"', 1))


LONG = "x" * 300
"""A name longer than file systems allow."""

CASES = [
    # arguments, status, what the sentence must name
    (["--chart", "| Dm7 | Hq9 |", "--strict"], 3, ["Hq9", "bar 2", "--strict"]),
    (["--chart", "| Hq9 | Xq9 |"], 3, ["Hq9", "bar 1"]),
    (["--chart", "bad_chart.txt"], 3, ["x4", "bar 4", "bad_chart.txt"]),
    (["--chart", "pipe"], 4, ["pipe", "no ordinary file"]),
    (["--chart", "/dev/zero"], 4, ["/dev/zero", "no ordinary file"]),
    (["--chart", f"{LONG}.txt"], 4, ["too long"]),
    (["--chart", "|: C :|x" + "9" * 400], 3, ["x999"]),
    (["--chart", "huge.xml"], 4, ["huge.xml", "at most"]),
    (["--log", "pipe"], 8, ["pipe", "expected the name of a file"]),
    (["--log", "/dev/null"], 8, ["/dev/null", "expected the name of a file"]),
    (["--record", "pipe.mid"], 8, ["pipe.mid", "expected the name of a file"]),
    (["--config", "pipe"], 2, ["config file 'pipe'", "no ordinary file", "expected"]),
    (["--config", "/dev/zero"], 2, ["/dev/zero", "no ordinary file"]),
    (["--setlist", "pipe"], 4, ["set list 'pipe'", "no ordinary file"]),
    (["--setlist", "/dev/zero"], 4, ["/dev/zero", "no ordinary file"]),
    (["--setlist", LONG], 4, ["too long"]),
    (["--chart", "| |"], 3, []),
    (["--chart", "empty.txt"], 4, ["empty.txt"]),
    (["--chart", "binary.txt"], 4, ["binary.txt"]),
    (["--chart", "folder"], 4, ["folder"]),
    (["--chart", "bluse"], 3, ["bluse", "blues"]),
    (["--chart", "missing.txt"], 4, ["missing.txt"]),
    (["--tempo", "0"], 2, ["tempo", "20"]),
    (["--tempo", "10000"], 2, ["tempo", "400"]),
    (["--tempo", "fast"], 2, ["tempo", "fast"]),
    (["--temperature", "-1"], 2, ["temperature"]),
    (["--channel", "17"], 2, ["channel"]),
    (["--choruses", "-1"], 2, ["choruses"]),
    (["--backend", "cassette"], 2, ["cassette", "jack"]),
    (["--nonsense"], 2, ["nonsense"]),
    (["--model", "bepob"], 6, ["bepob", "etudes"]),
    (["--model", "folder"], 6, ["folder", "model.json"]),
    (["--model", "no_weights"], 6, ["no_weights", "cell.keras"]),
    (["--model", "no_card"], 6, ["no_card", "model.json"]),
    (["--model", "cut_weights"], 6, ["cell.keras", "truncated"]),
    (["--model", "cut_card"], 6, ["model.json"]),
    (["--model", "other_weights"], 6, ["cell.keras"]),
    (["--model", "other_grammar"], 6, ["klezmer"]),
    (["--record", "/nowhere/out.mid"], 8, ["/nowhere/out.mid"]),
    (["--record", "folder"], 8, ["folder"]),
    (["--log", "/nowhere/out.jsonl"], 8, ["/nowhere/out.jsonl"]),
    (["--tempo", "nan"], 2, ["--tempo", "nan"]),
    (["--temperature", "inf"], 2, ["--temperature"]),
    (["--chart", ""], 3, []),
    (["--chart", "|: C | F :|x" + "9" * 5000], 3, ["x999"]),
    (["--model", LONG], 6, []),
    (["--model", "~nobody-of-this-name/x"], 6, ["nobody-of-this-name"]),
    (["--record", LONG], 8, ["too long"]),
    (["--record", "pipe"], 8, ["pipe", "device"]),
    (["--record", "a.mid", "--log", "a.mid"], 2, ["same file"]),
    (["--port", "synth"], 2, ["--port", "none"]),
    (["--band", ""], 2, ["'' is not an instrument"]),
    (["--band", "bass,bass=5"], 2, ["bass", "twice"]),
    (["--band", "flute"], 2, ["flute", "piano, guitar, bass, drums"]),
    (["--band", "piano=2,bass=2"], 2, ["bass", "piano", "channel 2"]),
    (["--band", "drums=1"], 2, ["drums", "the soloist"]),
    (["--band", "piano=17"], 2, ["piano=17", "1 to 16"]),
    (["--band", "piano", "--no-band"], 2, ["--no-band"]),
    (["--key", "H"], 3, ["'H'", "Eb"]),
    (["--key", "+13"], 3, ["+13", "+12"]),
    (["--key-cycle", "thirteenths"], 2, ["thirteenths", "fourths"]),
    (["--feel", "polka"], 3, ["polka", "bossa"]),
    (["--swing", "much"], 2, ["--swing", "much"]),
    (["--arc", "flat"], 2, ["flat", "steady"]),
    (["--setlist", "missing.txt"], 4, ["set list 'missing.txt'", "one tune a line"]),
    (["--setlist", "binary.txt"], 4, ["set list 'binary.txt'", "one tune a line"]),
    (["--setlist", "empty.txt"], 4, ["empty.txt"]),
    (["--chart", "noise.mid"], 4, ["noise.mid"]),
    (["--chart", "no_chords.mid"], 4, ["no_chords.mid"]),
    (["--chart", "noise.mxl"], 4, ["noise.mxl"]),
    (["--chart", "irealb://nothing"], 3, ["irealb://"]),
    (["--chart", "page.html"], 4, ["page.html", "irealb://"]),
]


@pytest.mark.parametrize(
    ("arguments", "status", "named"), CASES, ids=[" ".join(c[0])[:60] for c in CASES]
)
def test_playing_with_rubbish(folder, capfd, arguments, status, named):
    if arguments[1:] and arguments[1] in DAMAGES:
        damage(arguments[1])
    before = listing()
    play = ALONE if "--setlist" in arguments else PLAY
    assert main([*play, *arguments]) == status
    assert_one_sentence(capfd.readouterr().err, named)
    assert listing() == before


OFFLINE = [
    (["trace", "missing.mid"], 4, ["missing.mid"]),
    (["trace", "empty.mid"], 4, ["empty.mid"]),
    (["trace", "noise.mid"], 4, ["noise.mid"]),
    (["trace", "text.mid"], 4, ["text.mid"]),
    (["trace", "folder"], 4, ["folder"]),
    (["trace", "no_chords.mid"], 4, ["no_chords.mid", "chord"]),
    (["trace", "no_melody.mid"], 4, ["no_melody.mid", "melody"]),
    (["generate", "--out", "/nowhere/out.mid"], 8, ["/nowhere/out.mid"]),
    (["generate", "--out", "x.mid", "--chart", "| Zz |"], 3, ["Zz", "bar 1"]),
    (["generate", "--out", "x.mid", "--choruses", "0"], 2, ["choruses"]),
    (["generate", "--out", "x.mid", "--out", "x.wav", "--soundfont", "none.sf2"], 4, ["none.sf2"]),
    (
        ["generate", "--out", "x.mid", "--out", "x.wav", "--soundfont", "noise.mid"],
        4,
        ["noise.mid"],
    ),
    (["generate", "--out", "x.mid", "--faithful"], 2, ["--faithful"]),
    (["generate"], 2, ["--out"]),
    (["generate", "--out", f"{LONG}.mid"], 8, ["too long"]),
    (["generate", "--out", "pipe.mid"], 8, ["pipe.mid", "a device or a pipe"]),
    (["generate", "--out", "x.mid", "--out", "x.mid"], 2, ["same file"]),
    (["generate", "--out", "x.txt"], 8, ["x.txt", ".mid or .midi", ".wav"]),
    (["generate", "--out", "x"], 8, ["'x'", ".musicxml"]),
    (["generate", "--out", "-", "--json"], 2, ["--out -", "--json"]),
    (["generate", "--out", "x.mid", "--tempo", "nan"], 2, ["--tempo"]),
    (["--tempo", "200", "generate", "--out", "x.mid"], 2, ["--tempo", "'generate'"]),
    (["trace", "pipe"], 4, ["pipe"]),
    (["trace", "/dev/zero"], 4, ["/dev/zero"]),
    (["trace", LONG], 4, ["too long"]),
    (["train", LONG], 4, []),
    (["train", str(FOUR_BARS), "--out", LONG], 8, ["too long"]),
    (["train", "missing"], 4, ["missing"]),
    (["train", "folder"], 5, ["folder"]),
    (["train", "empty.mid", "noise.mid"], 5, ["empty.mid", "noise.mid", "2 left out"]),
    (["train", "--preset", "coursera", "missing.mid"], 4, ["missing.mid"]),
    (["train", "--preset", "coursera", "no_chords.mid"], 4, ["no_chords.mid"]),
    (["train", str(FOUR_BARS)], 5, ["0 choruses", "at least 20"]),
    (["train", str(FOUR_BARS), "--card", "text.mid"], 4, ["text.mid", "JSON"]),
    (["train", str(FOUR_BARS), "--valid", "missing"], 4, ["missing"]),
]


@pytest.mark.parametrize(
    ("arguments", "status", "named"), OFFLINE, ids=[" ".join(c[0])[:60] for c in OFFLINE]
)
def test_other_commands_with_rubbish(folder, capfd, arguments, status, named):
    if arguments[0] == "train":
        needs("tensorflow")
    if "--soundfont" in arguments:
        needs("symusic")
    before = listing()
    assert main(arguments) == status
    lines = capfd.readouterr().err.splitlines(keepends=True)
    reasons = [line for line in lines if line.startswith("jazz-improv: left out: ")]
    if reasons:  # a sentence for each source, before the one that ends the command
        assert lines[:-1] == reasons and f": {len(reasons)} left out" in lines[-1]
        assert arguments[0] == "train"
    assert_one_sentence("".join(line for line in lines if line not in reasons), named)
    assert listing() == before


def test_a_file_that_is_cut_short_is_traced_as_far_as_it_goes_and_that_is_said(folder, capfd):
    assert main(["trace", "truncated.mid"]) == 0
    out, err = capfd.readouterr()
    assert "0:Dm7" in out
    assert err.splitlines() == [
        "jazz-improv: 'truncated.mid': track 2 is damaged or cut short; it is read as far as it goes.",
        "jazz-improv: 'truncated.mid': its header counts 3 tracks, and there are 2.",
    ]


def needs(library: str) -> None:
    """Skip without importing it, which would print."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")


def listing() -> set[str]:
    return {str(path) for path in Path().rglob("*")}


def assert_one_sentence(err: str, named: list[str]) -> None:
    assert "Traceback" not in err
    *usage, sentence = err.strip().splitlines()
    assert all(line.startswith(("Usage:", "Try")) or not line for line in usage), err
    assert sentence.startswith(("jazz-improv: ", "Error: "))
    for name in named:
        assert name in sentence, sentence


SETTINGS = {
    "blues tempo=fast": "tempo='fast': expected a number from 20 to 400",
    "blues tempo=nan": "tempo='nan'",
    "blues temoo=3": "temoo='3': expected one of choruses, key,",
    "blues x0": "choruses='0': expected a whole number from 1 to 10000",
    "blues key=Q": "key 'Q'",
    "blues arc=flat": "arc='flat': expected build, steady, wave",
    "missing.txt": "'missing.txt': no such file",
    "|: Dm7 | G7 |": "'|:' at bar 1 is never closed",
    "pipe": "no ordinary file",
    "x" * 300: "Unknown chart",
    f"blues x{'9' * 400}": "Unknown chart",
    f"blues tempo={'9' * 400}": "expected a number from 20 to 400",
}


@pytest.mark.parametrize(("line", "said"), SETTINGS.items())
def test_a_bad_tune_of_a_set_is_named_and_the_others_are_played(folder, capfd, line, said):
    Path("set.txt").write_text(f"| C7 | x1\n{line}\n| F7 | x1\n")
    assert main([*ALONE, "--setlist", "set.txt", "--log", "out.jsonl", "--no-band"]) == 0
    err = capfd.readouterr().err
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("jazz-improv: Skipped (line 2 of 'set.txt'): ")
    assert said in err
    tunes = [line for line in Path("out.jsonl").read_text().splitlines() if '"tune": ' in line]
    assert len(tunes) == 2


def test_one_chord_of_a_set_that_cannot_be_read_is_named_and_the_tune_is_played(folder, capfd):
    Path("set.txt").write_text("| C7 | x1\n| Dm7 | G7q | x1\n")
    play = [*ALONE, "--setlist", "set.txt", "--log", "out.jsonl", "--no-band"]
    assert main(play) == 0
    (sentence,) = capfd.readouterr().err.strip().splitlines()
    assert "'G7q' in bar 2" in sentence and "G7 is played there (line 2 of 'set.txt')" in sentence
    assert Path("out.jsonl").read_text().count('"tune": ') == 2
    assert main([*play[:-3], "--no-band", "--strict"]) == 0
    assert "Skipped (line 2 of 'set.txt')" in capfd.readouterr().err


def test_a_playlist_with_a_bad_tune_plays_the_others_and_says_which_was_skipped(folder, capfd):
    music = {"One": "T44C6 |G7 |C6 |C6 Z", "Two": "T44H9q |H7 |C6 |H7 Z", "Three": "T34F6 |F6 Z"}
    songs = [f"{title}=Me=Swing=C=n={bars}" for title, bars in music.items()]
    Path("gig.html").write_text(f'<a href="irealbook://{"=".join(songs)}">gig</a>')
    play = [*ALONE, "--setlist", "gig.html", "--choruses", "1", "--log", "out.jsonl"]
    assert main(play) == 0
    (sentence,) = capfd.readouterr().err.strip().splitlines()
    assert "Skipped ('Two' of 'gig.html')" in sentence
    assert "H9q" in sentence and "bar 1" in sentence
    lines = map(json.loads, Path("out.jsonl").read_text().splitlines())
    played = [(line["title"], line["meter"]) for line in lines if "meter" in line]
    assert played == [("One", "4/4"), ("Three", "3/4")]


def test_a_disk_that_fills_up_ends_the_log_but_not_the_music(folder, capfd, monkeypatch):
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if os.path.exists("full.jsonl") and os.path.samestat(os.fstat(fd), os.stat("full.jsonl")):
            raise OSError(28, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr("improv.session.journal.os.write", full)
    status = main([*PLAY, "--log", "full.jsonl", "--record", "out.mid"])
    assert status == 8
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "full.jsonl" in err and "No space left" in err
    assert mido.MidiFile("out.mid").length > 0, "the music went on"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")
@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--choruses", "40", "--seed", "1", "--out", "x.mid"],
        [*PLAY, "--choruses", "8", "--seed", "1", "--record", "x.mid"],
    ],
    ids=["generate", "record"],
)
def test_a_file_that_cannot_be_written_whole_is_not_written_at_all(folder, arguments):
    """A limit of 256 bytes on file sizes stands in for a disk that fills up."""
    before = listing()
    limited = (
        "import resource, signal, sys\n"
        "sys.dont_write_bytecode = True\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (256, 256))\n"
        "from improv.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 8, done.stderr
    assert_one_sentence(done.stderr, ["x.mid", "File too large"])
    assert listing() == before


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/proc/sys").exists(), reason="needs a read-only place"
)
def test_a_read_only_folder_is_named(capfd):
    status = main([*PLAY, "--record", "/proc/sys/out.mid"])
    assert status == 8
    assert_one_sentence(capfd.readouterr().err, ["/proc/sys/out.mid"])


def in_a_process(environment: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    """One bar, played by a process of its own."""
    bar = ["--choruses", "1", "--chart", "| C7 |", "--tempo", "400"]
    return subprocess.run(
        [sys.executable, "-m", "improv", *bar, *more],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_the_alsa_library_the_package_is_named_and_the_music_goes_on(folder):
    """What `import rtmidi` says on a machine without libasound2, said by a stand-in."""
    Path("rtmidi.py").write_text(
        "raise ImportError('libasound.so.2: cannot open shared object file: No such file or directory')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    played = in_a_process(environment)
    assert played.returncode == 0, played.stderr
    assert "apt install libasound2" in played.stderr
    assert len(played.stderr.splitlines()) == 1
    assert Path("session.mid").is_file()
    refused = in_a_process(environment, "--port", "synth")
    assert refused.returncode == 9
    assert_one_sentence(refused.stderr, ["apt install libasound2"])


def test_without_a_midi_system_it_says_so_in_one_line_and_leaves_a_recording(folder):
    """The C libraries' own chatter (`ALSA lib ...`, `Cannot connect ...`) does not reach the terminal."""
    environment = {**os.environ, "JACK_DEFAULT_SERVER": "there-is-none"}
    backend = ["--backend", "none"] if Path("/dev/snd/seq").exists() else []
    played = in_a_process(environment, *backend)
    assert played.returncode == 0
    assert "   1.1" in played.stdout and "C7" in played.stdout
    assert len(played.stderr.splitlines()) <= 1
    assert "No MIDI system here" in played.stderr or backend
    assert Path("session.mid").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    "arguments",
    [["models"], ["trace", str(FOUR_BARS)], [word for word in PLAY if word != "--quiet"]],
    ids=["models", "trace", "play"],
)
def test_a_disk_that_is_full_under_stdout_is_said(folder, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "improv", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 8
    assert_one_sentence(done.stderr, ["No space left"])


@pytest.mark.skipif(sys.platform == "win32", reason="shell redirections of POSIX")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
@pytest.mark.parametrize(
    "arguments", ["models", "ports", " ".join(PLAY).replace("| C7 |", "'| C7 |'")]
)
def test_streams_closed_by_the_shell_do_no_harm(folder, arguments, closed):
    command = f"{sys.executable} -m improv {arguments} {closed}"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    if arguments in ("models", "ports") and closed != ">&-":
        assert done.stdout, "what is not closed is written to"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes and signals")
def test_it_ends_when_told_also_where_nobody_reads_what_it_says(folder):
    """stdout and stderr are a pipe that is full from the start."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write_fd, b"x" * 4096)
    os.set_blocking(write_fd, True)
    log = Path("out.jsonl")
    player = subprocess.Popen(
        [sys.executable, "-m", "improv", "--backend", "none", "--tempo", "400", "--log", str(log)],
        stdout=write_fd,
        stderr=write_fd,
    )
    assert any('"90 ' in line for line in lines_of(log, player)), "the music has begun"
    player.send_signal(signal.SIGTERM)
    assert player.wait(20) == 0
    os.close(read_fd)
    os.close(write_fd)
    assert '"80 ' in log.read_text()
    assert mido.MidiFile("session.mid").length > 0


@pytest.mark.parametrize("arguments", [["ports"], ["ports", "--json"]])
def test_listing_ports_is_quiet_about_the_c_libraries(arguments):
    listed = subprocess.run(
        [sys.executable, "-m", "improv", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "JACK_DEFAULT_SERVER": "there-is-none"},
    )
    assert listed.returncode == 0
    assert listed.stderr == ""
    assert "no JACK server is running" in listed.stdout
