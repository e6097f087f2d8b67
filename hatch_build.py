"""What the build adds to the metadata: the README as PyPI shows it, alone and far from its folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?!\w+:|#)(?P<target>[^)]+)\)")
_BYTES = (".png", ".ogg")


class ReadmeHook(MetadataHookInterface):
    """Turns the README's relative links into links to the repository that [project.urls] names."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": absolute(text, metadata["urls"]["Repository"]),
        }


def absolute(markdown: str, repository: str) -> str:
    """The text with every relative link leading to `repository`; pictures and sound to their bytes."""

    def link(found: re.Match[str]) -> str:
        kind = "raw" if found["target"].endswith(_BYTES) else "blob"
        if found["target"].endswith("/"):
            kind = "tree"
        return f"{found['image']}[{found['text']}]({repository}/{kind}/main/{found['target']})"

    return _RELATIVE.sub(link, markdown)
