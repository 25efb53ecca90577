"""The error tree.

    LSTMMusicError
    ├── InputError (ValueError)        an argument or a file is not what it must be
    │   ├── ChordError                 one token of a chord chart; knows bar, column, token
    │   └── OutputError                a result cannot be written where it was asked for
    └── InternalError (RuntimeError)   our own fault

Every `InputError` reads the same way, so that the command line and the app can show it as it
is: *argument or file: expected this, got that*. Errors are raised once, at the border (readers,
constructors, the command line), and never re-worded on the way up.
"""

from __future__ import annotations


class LSTMMusicError(Exception):
    """Anything that this package raises on purpose."""


class InputError(LSTMMusicError, ValueError):
    """An argument or a file is not what it must be.

    Args:
        argument: The name of the argument, or the path of the file.
        expected: What would have been accepted.
        received: What was found, already fit to print.

    Example:
        >>> print(InputError("tempo", "20 to 400 beats per minute", 0))
        tempo: expected 20 to 400 beats per minute, got 0
    """

    def __init__(self, argument: str, expected: str, received: object) -> None:
        self.argument = argument
        self.expected = expected
        self.received = received
        super().__init__(f"{argument}: expected {expected}, got {received}")


class ChordError(InputError):
    """One token of a chord chart cannot be read.

    Args:
        token: The text that is not a chord.
        bar: The bar it stands in, counted from 1.
        column: Where it starts in the typed text, counted from 1.
        expected: What would have been accepted.
    """

    def __init__(
        self,
        token: str,
        bar: int = 1,
        column: int = 1,
        expected: str = "a chord such as C7, Bbm7, F#dim7, C/E or N.C.",
    ) -> None:
        self.token = token
        self.bar = bar
        self.column = column
        super().__init__(f"chords, bar {bar}, column {column}", expected, repr(token))


class OutputError(InputError):
    """A result cannot be written where it was asked for."""


class InternalError(LSTMMusicError, RuntimeError):
    """A state that only a fault of this package can produce."""
