"""What can go wrong, as a tree. It imports nothing, so anybody may import it.

    ImprovError            status   what is wrong with the input or missing on the machine
    ├── ChartError            3     a chart or chord that cannot be read
    ├── InputFileError        4     a file: missing, empty, not MIDI, no melody, no chords
    ├── CorpusError           5     files that can be read but are not enough to train on
    ├── ModelError            6     a model folder: missing, truncated, mismatched
    ├── PortError             7     a MIDI port: unknown, ambiguous, taken, cannot be made
    ├── OutputFileError       8     a file that cannot be written: read-only, disk full
    ├── MissingError          9     a library or program that is not installed
    ├── SenderError          10     the process that owns the port died or does not answer
    ├── SteeringError         2     what cannot be changed while it plays; the user is told, and nothing ends
    └── SettingsError         2     the config file, or a variable of the environment

Each message is one sentence: what, where, what was expected. `improv.cli` is the only place that
turns an error into text on stderr and an exit status. Status 0 is a clean end (also after Ctrl-C or
SIGTERM), 1 a bug of ours, 2 a wrong option.
"""


class ImprovError(Exception):
    """Root of every error that the user can do something about; `status` is the exit status."""

    status = 1


class ChartError(ImprovError):
    """A chart or a chord symbol that cannot be read."""

    status = 3


class InputFileError(ImprovError):
    """A file that cannot be read as what it should be."""

    status = 4


class CorpusError(ImprovError):
    """Music that can be read but not trained on."""

    status = 5


class ModelError(ImprovError):
    """A model folder that is missing, damaged or does not fit its own description."""

    status = 6


class PortError(ImprovError):
    """A MIDI port that cannot be found, chosen, opened or made."""

    status = 7


class OutputFileError(ImprovError):
    """A file or folder that cannot be written."""

    status = 8


class MissingError(ImprovError):
    """A library or program that a command needs and that is not installed."""

    status = 9


class SenderError(ImprovError):
    """The sender process died or stopped answering."""

    status = 10


class SteeringError(ImprovError):
    """A request for a change that cannot be made while it plays; the music goes on."""

    status = 2


class SettingsError(ImprovError):
    """A config file that cannot be read, or a key, value or environment variable that means nothing."""

    status = 2
