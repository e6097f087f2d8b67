"""Write docs/api.md from the docstrings of what `import improv` gives.

python docs/make_api.py            write it
python docs/make_api.py --check    exit status 1 where it is not what would be written
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any

import improv
from improv import errors
from improv.api.form import Asked
from improv.controls.table import ROWS, WORDS

PAGE = Path(__file__).with_name("api.md")

FUNCTIONS = ("load", "play", "read_chart", "read_solos", "train")
CLASSES: dict[str, tuple[str, ...]] = {
    "Cell": (),
    "Take": (),
    "Stream": (),
    "Session": (),
    "Chart": (
        "title",
        "key",
        "feel",
        "tempo_bpm",
        "meter",
        "changes",
        "sections",
        "length_tick",
        "bars",
        "bar_tick",
        "chord_at",
        "transposed",
    ),
    "Track": (),
    "Note": (),
    "PlayedNote": (),
    "Scores": (),
}
"""Class -> what is shown of it; nothing named: all that has no underscore."""

_WIDEST = 100


def page() -> str:
    """The whole document."""
    parts = [_text(importlib.import_module("improv.api"))]
    parts += [_function(f"improv.{name}", getattr(improv, name)) for name in FUNCTIONS]
    parts.append(_words())
    parts += [_class(name, members) for name, members in CLASSES.items()]
    parts.append(_errors())
    head = "<!-- Written by docs/make_api.py from the docstrings; change those. -->\n\n"
    return head + "\n\n".join(part.strip() for part in parts) + "\n"


def _function(title: str, function: Any, level: int = 2) -> str:
    return f"{'#' * level} {title}\n\n{_signature(title, function)}\n\n{_text(function)}"


def _signature(title: str, function: Any) -> str:
    signature = inspect.signature(function)
    shown = []
    for each in signature.parameters.values():
        if each.name == "self":
            continue
        if each.kind is each.KEYWORD_ONLY and not any(part.startswith("*") for part in shown):
            shown.append("*")
        if each.kind is each.VAR_KEYWORD:
            shown.append(f"**{each.name}")
            continue
        star = "*" if each.kind is each.VAR_POSITIONAL else ""
        default = "" if each.default is each.empty else f" = {each.default!r}"
        shown.append(f"{star}{each.name}: {each.annotation}{default}")
    gives = f" -> {signature.return_annotation}"
    line = f"    {title}({', '.join(shown)}){gives}"
    if len(line) > _WIDEST:
        return "\n".join(
            [f"    {title}(", *(f"        {each}," for each in shown), f"    ){gives}"]
        )
    return line


def _text(thing: Any) -> str:
    """The docstring, its examples indented so that they stand as code."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    out: list[str] = []
    inside = False
    for line in lines:
        inside = line.startswith(">>>") or (inside and bool(line))
        out.append(f"    {line}" if inside else line)
    return "\n".join(out)


def _class(name: str, members: tuple[str, ...]) -> str:
    kind = getattr(improv, name)
    parts = [f"## {name}", _text(kind)]
    attributes = _attributes(kind)
    names = [*attributes, *(each for each in _defined(kind) if each not in attributes)]
    rows, methods = [], []
    for each in members or names:
        member = inspect.getattr_static(kind, each, None)
        if inspect.isfunction(member):
            methods.append(_function(f"{name}.{each}", member, 3))
        elif each in attributes:
            rows.append(_row(each, *attributes[each]))
        else:
            getter: Any = getattr(member, "fget", None) or getattr(member, "func", None)
            text, kind_text = _text(getter), getter.__annotations__["return"]
            if ">>>" in text:
                methods.append(f"### {name}.{each}\n\n    {name}.{each}: {kind_text}\n\n{text}")
            else:
                rows.append(_row(each, kind_text, text))
    return "\n\n".join([*parts, *(["\n".join(rows)] if rows else []), *methods])


def _defined(kind: type) -> list[str]:
    """What a class and those of ours above it define, without what is private."""
    names: dict[str, None] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("improv"):
            names |= dict.fromkeys(name for name in vars(each) if not name.startswith("_"))
    return [name for name in names if _is_ours(inspect.getattr_static(kind, name))]


def _is_ours(member: Any) -> bool:
    return inspect.isfunction(member) or isinstance(member, property) or hasattr(member, "func")


_Attributes = dict[str, tuple[str, str]]
"""Name -> (its type as it is written, the text below it)."""


def _attributes(kind: type) -> _Attributes:
    """Of those that a class and those of ours above it declare."""
    found: _Attributes = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("improv"):
            tree = ast.parse(textwrap.dedent(inspect.getsource(each)))
            (body,) = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
            found |= _declared(body)
            for node in body:
                if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                    found |= _declared(node.body)
    return found


def _declared(body: list[ast.stmt]) -> _Attributes:
    found: _Attributes = {}
    for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        text = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = str(after.value.value)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = ast.unparse(node.annotation), text
        if isinstance(node, ast.Assign) and isinstance(node.targets[-1], ast.Attribute):
            found[node.targets[-1].attr] = "", text
    return {
        name: row for name, row in found.items() if not name.startswith("_") and (row[0] or row[1])
    }


def _row(name: str, kind: str, text: str) -> str:
    what = f": {_one_line(text)}" if text else ""
    return f"- `{name}`" + (f" (`{kind}`)" if kind else "") + what


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _words() -> str:
    tree = ast.parse(textwrap.dedent(inspect.getsource(Asked)))
    (body,) = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    rows = [_row(name, *said) for name, said in _declared(body).items()]
    controls = []
    for word, name in WORDS.items():
        row = ROWS[name]
        unit = f" {row.unit}" if row.unit else ""
        auto = "; None: automatic" if row.automatic else ""
        what = f"{row.low:g} to {row.high:g}{unit}{auto}; {row.help}. Default: {row.default_text}."
        controls.append(f"- `{word}`: {what}")
    return "\n\n".join(
        ["## What can be asked for", _text(Asked), "\n".join(rows), "\n".join(controls)]
    )


def _errors() -> str:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    rows = [
        f"- `improv.errors.{kind.__name__}`: {_one_line(inspect.getdoc(kind) or '')}"
        for kind in kinds
        if issubclass(kind, errors.ImprovError) and kind is not errors.ImprovError
    ]
    return "\n\n".join(["## ImprovError", _text(errors.ImprovError), "\n".join(rows)])


def main() -> None:
    """Write the page, or compare it."""
    if "--check" in sys.argv:
        sys.exit(int(PAGE.read_text("utf-8") != page()))
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
