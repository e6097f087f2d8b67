"""`python -m improv`, which is the same as `jazz-improv`."""

from jazz_improv import run

if __name__ == "__main__":
    run()
