"""The command line: arguments in, one call of the library, text or JSON out.

People's text goes to stderr; stdout carries the result alone (one JSON object with `--json`).
Exit codes: 0 done; 2 input, with one line; 130 interrupted; 1 our own fault.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    try:  # loading takes a moment, in which someone may think better of it
        from lstmmusic.cli.run import run
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return run(arguments)
