"""The page: its options, and the command that stands for the first of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.cli.help import Command, all_of, option
from improv.cli.numbers import Whole
from improv.cli.options import PATH

if TYPE_CHECKING:
    from improv.page.page_process import PageOptions


page_options = all_of(
    option(
        "--page/--no-page",
        "Serve a page on which a browser shows and sounds what is played.",
        default=False,
    ),
    option(
        "--page-port NUMBER",
        "The page's port; 0: any that is free. [default: 8765, or any that is free]",
        Whole(0, 65535, such_as=8765),
    ),
    option(
        "--page-host ADDRESS",
        "The address the page is served at. [default: 127.0.0.1, for this machine alone]",
        default="127.0.0.1",
    ),
    option(
        "--page-cert FILE.pem",
        "Certificate and key: the page is served over HTTPS, without which it makes no sound on "
        "another machine.",
        PATH,
    ),
)
"""--page and what belongs to it."""


def page_of(options: Mapping[str, Any]) -> PageOptions | None:
    """Where the page is to be served; None: nowhere."""
    if not options["page"]:
        return None
    from improv.page.page_process import PageOptions

    if not options["page_host"].strip():
        raise click.BadParameter(
            "expected an address of this machine, such as '127.0.0.1' or '0.0.0.0'.",
            param_hint="'--page-host'",
        )
    cert: Path | None = options["page_cert"]
    return PageOptions(
        options["page_port"], options["page_host"], str(cert.resolve()) if cert else None
    )


@click.command(
    cls=Command,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def page(context: click.Context, options: tuple[str, ...]) -> None:
    """Play, heard and seen in a browser: short for --page. Takes the options of playing."""
    root = context.find_root()
    root.command.main(["--page", *options], prog_name=root.info_name, standalone_mode=False)
