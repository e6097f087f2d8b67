"""Ten sessions of the program, and the SHA-256 of what each leaves: what must not change when code is moved.

python benchmarks/sessions.py                       the table, then one JSON line
python benchmarks/sessions.py --against FILE.json   compared with the JSON line of another run; exit status 1
                                                    where a session differs
"""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import _ending  # noqa: F401 (what was started ends with it)

GENERATED = {
    "blues": "--chart blues --choruses 3",
    "rhythm in fourths": "--chart rhythm --key-cycle fourths --choruses 3 --arc wave "
    "--band guitar,bass,drums",
    "alone": "--chart '| Dm7 | G7alt | Cmaj7 | % |' --no-band --temperature 0.8 --choruses 12",
    "mixture": "--chart ballad --player 'Charlie Parker:0.7,John Coltrane:0.3' --max-quote 8 "
    "--choruses 2",
    "waltz": "--chart waltz --style hardbop --human 0 --choruses 3 --intro 4",
    "laid back": "--chart modal --density -0.5 --lay-back 40 --swing 2 --choruses 2",
    "twelve eight": "--chart 'Meter: 6/8\n| Cm7 | F7 | Bbmaj7 | Ebmaj7 |' --choruses 3 --accents 1.5 "
    "--top-p 0.9",
    "etudes": "--chart ii-v-i --model etudes --choruses 3",
}
"""By `generate`, each a MIDI file and a lead sheet."""
SETLIST = "blues tempo=400 key=G\nii-v-i tempo=380\n"


def run(*arguments: str, where: Path) -> None:
    """The command; ends this program where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "improv", *arguments],
        cwd=where,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}: {done.stderr.strip()} (status {done.returncode})")


def digest(*paths: Path) -> str:
    """Of all their bytes."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def sessions(where: Path) -> dict[str, str]:
    """Name and SHA-256 of what each session leaves."""
    found = {}
    for number, (name, options) in enumerate(GENERATED.items()):
        mid, sheet = where / f"{number}.mid", where / f"{number}.musicxml"
        files = ["--out", str(mid), "--out", str(sheet)]
        run("generate", *shlex.split(options), "--seed", str(number), *files, where=where)
        found[name] = digest(mid, sheet)
    (where / "set.txt").write_text(SETLIST)
    live, log, again = where / "live.mid", where / "live.jsonl", where / "again.mid"
    play = ["--backend", "none", "--setlist", "set.txt", "--choruses", "1", "--seed", "11"]
    run(*play, "--record", str(live), "--log", str(log), where=where)
    found["a set, live"] = digest(live)
    run("replay", str(log), "--take", "5-8", "--seed", "3", "--out", str(again), where=where)
    found["four bars anew"] = digest(again)
    return found


def main() -> int:
    """Print the table and the JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        found = sessions(Path(folder))
    before: dict[str, str] = {}
    if "--against" in sys.argv:
        path = Path(sys.argv[sys.argv.index("--against") + 1])
        before = json.loads(path.read_text().splitlines()[-1])["sessions"]
    for name, value in found.items():
        same = "" if name not in before else "same" if before[name] == value else "DIFFERS"
        print(f"{name:20} {value[:16]}  {same}")
    print(json.dumps({"benchmark": "sessions", "sessions": found}))
    return int(any(found[name] != value for name, value in before.items() if name in found))


if __name__ == "__main__":
    sys.exit(main())
