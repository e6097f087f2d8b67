"""The house, read off its source: who imports whom, which floor a room is on, which arrows point up.

    python tests/helpers/rooms.py [FOLDER]      the rooms, arrows that point up, circles, one JSON line

Every import counts: at the top, inside a function, for types only. The floors are those that the map in
`improv/__init__.py` lists, the lowest first; a file at the top of `improv/` is a room of its own.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = "improv"


@dataclass(frozen=True)
class House:
    """`arrows`: module -> the modules it imports, dotted, without `improv.`; "" is the package itself."""

    arrows: dict[str, frozenset[str]]
    lines: dict[str, int]
    floors: tuple[str, ...]
    """Rooms, the lowest first."""

    @property
    def rooms(self) -> list[str]:
        """Every room there is, by name."""
        return sorted({room_of(module) for module in self.arrows})

    def between_rooms(self) -> Counter[tuple[str, str]]:
        """How many imports lead from one room to another."""
        return Counter(
            (room_of(one), room_of(other))
            for one, others in self.arrows.items()
            for other in others
            if room_of(one) != room_of(other)
        )

    def without_floor(self) -> list[str]:
        """Rooms that the map does not list, and rooms of the map that are not there."""
        return sorted(set(self.rooms) ^ set(self.floors))

    def upward(self) -> list[str]:
        """Arrows that point up, each as "module -> module"."""
        floor = {room: number for number, room in enumerate(self.floors)}
        return sorted(
            f"{one} -> {other}"
            for one, others in self.arrows.items()
            for other in others
            if floor.get(room_of(one), -1) < floor.get(room_of(other), -1)
        )

    def circles(self) -> list[list[str]]:
        """Groups of modules that import each other in a circle."""
        return circles(self.arrows)


def room_of(module: str) -> str:
    """The room of a module: the folder, or the file at the top."""
    return module.split(".")[0]


def circles(arrows: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The strongly connected components of more than one member (Tarjan 1972), each sorted."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(one: str) -> None:
        number[one] = lowest[one] = len(number)
        stack.append(one)
        for other in sorted(arrows.get(one, ())):
            if other not in number:
                visit(other)
                lowest[one] = min(lowest[one], lowest[other])
            elif other in stack:
                lowest[one] = min(lowest[one], number[other])
        if lowest[one] == number[one]:
            members = [stack.pop()]
            while members[-1] != one:
                members.append(stack.pop())
            if len(members) > 1:
                found.append(sorted(members))

    for one in sorted(arrows):
        if one not in number:
            visit(one)
    return sorted(found)


def read(folder: Path) -> House:
    """The house whose package `improv` lies in `folder`."""
    package = folder / ROOT
    paths = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    arrows = {module: frozenset(_imported(module, path, paths)) for module, path in paths.items()}
    lines = {module: len(path.read_text("utf-8").splitlines()) for module, path in paths.items()}
    doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    listed = re.findall(r"^    improv(?:\.(\w+))?\s", doc, re.M)
    return House(arrows, lines, tuple(listed))


def _imported(module: str, path: Path, known: Mapping[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            here = ("improv." + module).split(".")
            if path.name != "__init__.py":
                here = here[:-1]
            base = here[: len(here) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{start}.{alias.name}"
                names.append(whole if whole.removeprefix("improv.") in known else start)
        for name in names:
            if name == ROOT or name.startswith(ROOT + "."):
                target = name[len(ROOT) + 1 :]
                while target and target not in known:
                    target = target.rpartition(".")[0]
                if target != module:
                    found.add(target)
    return found


def main() -> None:
    """Print the table."""
    house = read(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    between = house.between_rooms()
    order = [*reversed(house.floors), *(r for r in house.rooms if r not in house.floors)]
    print(f"{'room':14}{'floor':>6}{'files':>7}{'lines':>7}{'inside':>8}{'out':>5}{'in':>5}")
    for room in order:
        modules = [module for module in house.arrows if room_of(module) == room]
        inside = sum(room_of(other) == room for one in modules for other in house.arrows[one])
        out = sum(count for (one, _), count in between.items() if one == room)
        to = sum(count for (_, other), count in between.items() if other == room)
        floor = house.floors.index(room) + 1 if room in house.floors else "-"
        lines = sum(house.lines[module] for module in modules)
        name = room or "__init__"
        print(f"{name:14}{floor:>6}{len(modules):>7}{lines:>7}{inside:>8}{out:>5}{to:>5}")
    upward, rings = house.upward(), house.circles()
    print(f"\nrooms without a floor: {', '.join(filter(None, house.without_floor())) or 'none'}")
    print(f"arrows that point up: {len(upward)}", *upward, sep="\n  ")
    print(f"circles: {len(rings)}", *(" <-> ".join(ring) for ring in rings), sep="\n  ")
    room_rings = circles(
        {room: frozenset(o for one, o in between if one == room) for room in house.rooms}
    )
    print(f"circles of rooms: {len(room_rings)}", *map(" <-> ".join, room_rings), sep="\n  ")
    figures = {
        "files": len(house.arrows),
        "lines": sum(house.lines.values()),
        "arrows": sum(map(len, house.arrows.values())),
        "between_rooms": sum(between.values()),
        "upward": len(upward),
        "circles": len(rings),
        "circles_of_rooms": len(room_rings),
    }
    print(json.dumps({"benchmark": "rooms", **figures}))


if __name__ == "__main__":
    main()
