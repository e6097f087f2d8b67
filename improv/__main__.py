"""The program's first lines: `jazz-improv`, and `python -m improv`, which is the same."""

import signal


def run() -> None:
    """Entry point of the console script; does not return.

    Until the command line is there to catch it, Ctrl-C ends the program as any other signal does, without
    a traceback out of a module that is being imported. Where it is ignored (`jazz-improv &`), it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from improv.cli import run as run_commands

    run_commands()


if __name__ == "__main__":
    run()
