"""The app's process stays small: what was loaded is not searched again, what is free goes back."""

import ctypes
import gc
import re
import sys
import types
from pathlib import Path

import pytest

from lstmmusic.app import memory


def test_what_many_modules_have_loaded_is_set_aside_once(monkeypatch):
    monkeypatch.setattr(memory, "_n_modules", len(sys.modules))
    kept = gc.get_freeze_count()
    memory.set_aside_loaded()
    assert gc.get_freeze_count() == kept
    for k in range(60):
        monkeypatch.setitem(sys.modules, f"made_up_{k}", types.ModuleType(f"made_up_{k}"))
    memory.set_aside_loaded()
    assert gc.get_freeze_count() > kept
    kept = gc.get_freeze_count()
    memory.set_aside_loaded()
    assert gc.get_freeze_count() == kept


def resident_kib():
    return int(re.findall(r"VmRSS:\s*(\d+)", Path("/proc/self/status").read_text())[0])


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="no glibc")
def test_what_is_free_goes_back_to_the_system():
    malloc = ctypes.CDLL(None)
    malloc.malloc.restype = ctypes.c_void_p
    held = [malloc.malloc(32 * 1024) for _ in range(2000)]
    for place in held:
        ctypes.memset(place, 1, 32 * 1024)
    small = held[::16]  # lie between what is free, so that nothing shrinks by itself
    for k, place in enumerate(held):
        if k % 16:
            malloc.free(ctypes.c_void_p(place))
    before = resident_kib()
    memory.give_back()
    assert before - resident_kib() > 45_000
    for place in small:
        malloc.free(ctypes.c_void_p(place))
