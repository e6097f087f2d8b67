"""`python -m improv` is `jazz-improv`."""

from improv.cli import run

if __name__ == "__main__":
    run()
