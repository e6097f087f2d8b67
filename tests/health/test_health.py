"""How a session tells how it is, and to whom."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from improv.cli import main
from improv.cli.status import describe
from improv.health import health as module
from improv.health.health import Health, HealthServer, RunningSession, own_folder, place_of, running
from improv.health.notify import Notifier

PLAYING = Health(
    tune="Blues in F",
    part="chorus",
    bar=17,
    chorus=2,
    bpm=140.0,
    port="Synth",
    notes=1203,
    dropped_ons=1,
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix sockets")
root = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root, to become somebody else"
)
BOTH = pytest.mark.parametrize(
    "unix", [pytest.param(True, marks=posix), False], ids=["socket", "port and secret"]
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    monkeypatch.setenv("JAZZ_IMPROV_RUNTIME", str(folder))
    return folder


@pytest.fixture
def session(folder):
    server = HealthServer()
    assert server.start() == ""
    server.publish(PLAYING)
    yield server
    server.close()


@BOTH
def test_a_session_tells_what_it_published_last(folder, unix):
    server = HealthServer(unix=unix)
    assert server.start() == ""
    try:
        server.publish(PLAYING)
        server.publish(replace(PLAYING, bar=18))
        (session,) = running()
        assert session.pid == os.getpid() and session.health == replace(PLAYING, bar=18)
        assert session.answers and session.problem == ""
        assert len(running()) == 1  # and again
    finally:
        server.close()
    assert running() == () and list(folder.iterdir()) == []
    assert not [one for one in threading.enumerate() if one.name == "health"]


@posix
def test_folder_and_socket_are_the_users_alone(folder, session):
    (path,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_ISSOCK(path.stat().st_mode)


@posix
def test_the_file_with_the_secret_is_the_users_alone_and_who_does_not_know_it_hears_nothing(folder):
    server = HealthServer(unix=False)
    assert server.start() == ""
    try:
        (path,) = folder.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        port = json.loads(path.read_text())["port"]
        with socket.create_connection(("127.0.0.1", port), 5) as stranger:
            stranger.sendall(b"0" * 32)
            assert stranger.recv(100) == b""
        assert len(running()) == 1
    finally:
        server.close()


@posix
def test_a_folder_that_is_there_stays_as_it_is_and_one_that_others_can_write_into_is_not_used(
    tmp_path, monkeypatch
):
    opened = tmp_path / "opened"
    opened.mkdir()
    for mode, usable in ((0o755, True), (0o750, True), (0o775, False), (0o777, False)):
        opened.chmod(mode)
        if usable:
            own_folder(opened)
        else:
            with pytest.raises(ValueError, match="other users can write"):
                own_folder(opened)
        assert stat.S_IMODE(opened.stat().st_mode) == mode
    link = tmp_path / "link"
    link.symlink_to(opened)
    with pytest.raises(ValueError, match="not a folder"):
        own_folder(link)
    own = os.getuid()
    monkeypatch.setattr(module.os, "getuid", lambda: own + 1)
    with pytest.raises(ValueError, match="somebody else"):
        own_folder(opened)
    (opened / "1.sock").touch()
    assert running(opened) == ()


@posix
def test_a_program_of_another_user_is_refused_by_its_number(session, monkeypatch):
    if not hasattr(socket, "SO_PEERCRED"):
        pytest.skip("this system does not say who is at the other end")
    own = os.getuid()
    monkeypatch.setattr(module, "_endpoints", lambda folder: [(1, session._path)])
    assert len(running()) == 1
    monkeypatch.setattr(module.os, "getuid", lambda: own + 1)
    assert running() == ()


ASK = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(99))"


@posix
@root
def test_a_real_other_user_is_refused_by_the_modes_and_by_its_number(session, tmp_path_factory):
    import shutil
    import tempfile
    from pathlib import Path

    base = Path(tempfile.mkdtemp())  # pytest's own folders let nobody in anyhow
    base.chmod(0o755)
    server = HealthServer(base / "run")
    assert server.start() == ""
    try:
        path = base / "run" / f"{os.getpid()}.sock"
        command = [
            shutil.which("python3", path="/usr/bin:/usr/local/bin") or "",
            "-c",
            ASK,
            str(path),
        ]
        if not command[0]:
            pytest.skip("no Python that somebody else may run")

        def ask() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command,
                user=65534,
                group=65534,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )

        assert "PermissionError" in ask().stderr
        (base / "run").chmod(0o755)
        assert "PermissionError" in ask().stderr
        path.chmod(0o666)
        assert ask().stdout == "b''\n"  # let in by the modes, and told nothing
    finally:
        server.close()
        shutil.rmtree(base)


@posix
def test_what_a_killed_session_left_is_removed_and_what_is_not_ours_stays(folder):
    folder.mkdir(mode=0o700)
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(folder / "1234567.sock"))
    dead.close()
    (folder / "1234568.json").write_text('{"port": 1, "token": ""}')
    (folder / "1234569.json").write_text("half")
    (folder / "notes.txt").write_text("mine")
    server = HealthServer()
    assert server.start() == ""
    try:
        assert {path.name for path in folder.iterdir()} == {f"{os.getpid()}.sock", "notes.txt"}
    finally:
        server.close()


@posix
def test_without_a_place_for_the_socket_the_music_goes_on_and_it_is_said(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run", tmp_path / ("x" * 120)):
        server = HealthServer(folder)
        assert server.start().startswith("`jazz-improv status` will not see this session: ")
        server.publish(PLAYING)
        server.close()


@posix
def test_a_client_that_does_not_read_holds_up_nobody_but_itself(session, folder):
    (path,) = folder.iterdir()
    idle = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for client in idle:
        client.connect(str(path))
    assert running()[0].health == PLAYING
    for client in idle:
        client.close()


@posix
def test_a_session_that_does_not_answer_is_named(folder, monkeypatch, capsys):
    monkeypatch.setattr(module, "_CLIENT_S", 0.01)
    own_folder(folder)
    with socket.socket(socket.AF_UNIX) as stopped:
        stopped.bind(str(folder / "77.sock"))
        stopped.listen(1)
        (session,) = running()
        assert session.pid == 77 and session.problem == "Session 77 does not answer."
        assert main(["status"]) == 0
        assert capsys.readouterr().out == "Session 77 does not answer.\n"
        assert main(["status", "--check"]) == 1


@posix
@pytest.mark.parametrize("said", [b"", b"nonsense\n", b"[]\n", b'{"health": 3}\n', b'{"pid": 1}\n'])
def test_an_answer_that_makes_no_sense_is_no_session(folder, said):
    own_folder(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "77.sock"))
        listener.listen(1)

        def answer() -> None:
            client, _ = listener.accept()
            client.sendall(said)
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        assert running() == ()
        thread.join()


def test_what_is_wrong_is_a_sentence():
    well = RunningSession(7, "1", 60.0, 10.0, PLAYING)
    assert well.problem == ""
    assert "is stuck: it said nothing for 20 s" in replace(well, age_ms=20_000.0).problem
    gone = replace(well, health=replace(PLAYING, port_there=False))
    assert "waits for its port 'Synth', which is gone" in gone.problem
    lost = replace(well, health=replace(PLAYING, clock="midi", clock_locked=False))
    assert "lost the midi clock" in lost.problem
    assert "midi clock lost" in describe(lost) and "port 'Synth' gone" in describe(gone)


def test_a_line_says_all_there_is_to_say():
    session = RunningSession(
        7, "1", 3723.4, 10.0, replace(PLAYING, tokens_per_s=6.28, restarts=1, tunes=3)
    )
    assert describe(session) == (
        "      7  Blues in F (1 of 3), chorus 2, bar 17, port 'Synth', 140 bpm, 1,203 notes, none late, "
        "1 dropped, 1 restart of the sender, 6.3 tokens a second, up 1:02:03"
    )
    assert place_of(Health(part="count-in", bar=2)) == "count-in, bar 2"
    assert "about to begin" in describe(RunningSession(7, "1", 0, 0, Health()))


def test_status_prints_a_line_or_json_and_says_by_its_status_whether_one_plays(
    session, capsys, monkeypatch
):
    assert main(["status"]) == 0
    assert "Blues in F, chorus 2, bar 17" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["pid"] == os.getpid() and told["bar"] == 17 and told["problem"] == ""
    assert told["uptime_s"] >= 0 and told["age_ms"] >= 0 and "health" not in told
    assert main(["status", "--pid", str(os.getpid()), "--check"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["status", "--pid", "1"]) == 1
    assert "No session 1 is running." in capsys.readouterr().err
    session.publish(replace(PLAYING, port_there=False))
    assert main(["status", "--check"]) == 1
    assert "which is gone." in capsys.readouterr().err
    session.close()
    for arguments in (["status"], ["status", "--check"], ["status", "--follow"]):
        assert main(arguments) == 1
        assert "No session of yours is running." in capsys.readouterr().err
    assert main(["status", "--json"]) == 1
    assert capsys.readouterr() == ("[]\n", "")
    assert main(["status", "--check", "--follow"]) == 2


def test_follow_goes_on_until_none_plays(session, capsys, monkeypatch):
    seen = iter([PLAYING, replace(PLAYING, bar=18)])

    def second(deadline_ns: int) -> None:
        if (health := next(seen, None)) is not None:
            session.publish(health)
        else:
            session.close()

    monkeypatch.setattr("improv.cli.status.sleep_until_ns", second)
    assert main(["status", "--follow", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["bar"] for line in lines] == [17, 17, 18]


@posix
def test_systemd_is_told_that_it_is_ready_alive_and_stopping(folder, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(20)
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        server = HealthServer()
        server.publish(PLAYING)
        server.start()
        assert systemd.recv(1000) == b"READY=1"
        assert systemd.recv(1000) == b"WATCHDOG=1\nSTATUS=Blues in F, chorus 2, bar 17, 140 bpm"
        server.close()
        said = b"WATCHDOG"
        while said.startswith(b"WATCHDOG"):
            said = systemd.recv(1000)
        assert said == b"STOPPING=1"


@posix
def test_a_stuck_session_gives_systemd_no_sign_of_life(folder, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(20)
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        server = HealthServer()
        server._reassure()
        assert systemd.recv(1000).startswith(b"WATCHDOG=1")
        monkeypatch.setattr(module, "STUCK_MS", 0)
        server._reassure()
        server.close()
        assert systemd.recv(1000) == b"STOPPING=1"


def test_where_nobody_wants_to_know_nothing_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    notifier = Notifier.from_environment()
    notifier.tell("READY=1")
    assert notifier.every_s is None
    Notifier(str(tmp_path / "nobody")).tell("READY=1")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert Notifier.from_environment().every_s == 1.5


@posix
def test_a_session_that_answers_a_byte_at_a_time_does_not_answer(folder):
    """Each byte comes in time, and the line never ends."""
    folder.mkdir(mode=0o700)
    listener, over = socket.socket(socket.AF_UNIX), threading.Event()
    listener.bind(str(folder / "78.sock"))
    listener.listen()

    def dribble():
        client, _ = listener.accept()
        with client, contextlib.suppress(OSError):
            while not over.wait(0.05):
                client.send(b" ")

    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        (session,) = running()
        assert session.problem == "Session 78 does not answer."
    finally:
        over.set()
        thread.join()
        listener.close()
