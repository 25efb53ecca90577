"""The command line: arguments in, one call of the library, text or JSON out.

People's text goes to stderr; stdout carries the result alone (one JSON object with `--json`).
Exit codes: 0 done; 2 input, with one line; 130 interrupted; 1 our own fault.
"""

from lstmmusic.cli.main import main

__all__ = ["main"]
