"""Loading TensorFlow without what it says of itself: stderr is for what we have to say."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# Notes and warnings of TensorFlow's C++ part; what begins otherwise (E, F) is an error.
_CHATTER = re.compile(rb"[IW]\d{4} \d\d:\d\d:\d\d|WARNING: All log messages before absl::")


def load_keras() -> None:
    """Imports Keras with its backend; of what they write to stderr only errors are passed on.

    TensorFlow logs before it has read how much it is to log, so no setting of its own stops it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_chatter():
        import keras  # noqa: F401


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Holds back what is written to file descriptor 2, and passes it on without the chatter."""
    try:
        outside = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(outside, 2)
            os.close(outside)
            heard.seek(0)
            for line in heard:
                if not _CHATTER.match(line):
                    os.write(2, line)
