"""Keeps the memory of the app's process small, and quick to look through."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

_M_MMAP_THRESHOLD, _LARGE_BYTES = -3, 2**20
_M_ARENA_MAX, _ARENAS = -8, 2
_NEW_MODULES = 50  # at which it is worth while to set aside what was loaded
_n_modules = 0


def keep_together() -> None:
    """Asks the C library for few pools of memory, where it is one that has them.

    With one for each thread that plays a part, a hundred MiB stay with the process for good. What
    is large is kept out of the pools, where smaller things would lie between and hold it.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, _ARENAS)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """Asks the C library to return what is free to the system, where it is one that keeps it.

    A synthesiser a part, each with its soundfont, leave fifty MiB of it behind.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def set_aside_loaded() -> None:
    """Takes what modules have loaded out of the search for garbage, where it is much.

    Streamlit searches everything after each run of a page, each second while a job is followed:
    a tenth of a second with all that the pages load, half of one with TensorFlow.
    """
    global _n_modules
    if len(sys.modules) - _n_modules > _NEW_MODULES:
        gc.collect()
        gc.freeze()
        give_back()
        _n_modules = len(sys.modules)
