"""--page and what belongs to it."""

from __future__ import annotations

import pytest

from improv.cli import main


@pytest.mark.parametrize("host", ["", " "])
def test_a_host_that_was_left_empty_does_not_open_the_page_to_the_network(host, capsys):
    assert main(["--page", "--page-host", host]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "'--page-host': expected an address of this machine" in said
