"""The program's first lines, `jazz-improv` and `python -m improv`: see that `improv` is ours, and start it.

Another project has a package of the same name: `improv` on PyPI, a platform for experiments in neuroscience.
If both are installed into one environment, the files of both lie in one folder and the later `__init__.py`
wins; beside a checkout (`pip install -e`), the other one hides ours completely. This module has a name of its
own, so that it can say so.
"""

from __future__ import annotations

import gc
import signal
import sys

MISSING = 9
"""The exit status: something is not installed."""


def run() -> None:
    """Entry point of the console script; does not return.

    Until the command line can catch it, Ctrl-C ends the program as any other signal does, without a traceback
    out of a module that is being imported. If it is ignored (`jazz-improv &`), it stays ignored.

    Modules hold on to what they make: to look for cycles a hundred times while they are imported would be 6 %
    of the time to the first note. The command line turns it on again when it knows what it is to do.
    """
    gc.disable()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if why := clash():
        sys.stderr.write(f"jazz-improv: {why}\n")
        sys.exit(MISSING)
    from improv.cli import run as run_commands

    run_commands()


def clash() -> str:
    """Why the `improv` that Python finds is not this program's, as a sentence; "" if it is."""
    try:
        import improv  # noqa: F401
    except ImportError:
        pass
    found = sys.modules.get("improv")
    if getattr(found, "__distribution__", None) == "jazz-improv":
        return ""
    cure = "install jazz-improv again, in an environment of its own."
    file = getattr(found, "__file__", None)
    if file is None:
        return f"Files of its package `improv` are missing; {cure}"
    return (
        f"{str(file)!r} belongs to another project named improv, which cannot share an environment with "
        f"this program; {cure}"
    )
