"""Readers that a file can harm, to stand in for the real one in the child process."""

import os
import signal
import sys
import time

import numpy as np

from lstmmusic.corpus import reading
from lstmmusic.corpus.reading import prepare

__all__ = ["prepare", "read_piece"]


def read_piece(request, data):
    if b"HANG" in data:
        while True:
            time.sleep(1)
    if b"SPIN" in data:
        while True:
            pass
    if b"CRASH" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"LEAVE" in data:
        os._exit(0)
    if b"RAISE" in data:
        raise RuntimeError("a fault of the reader")
    if b"EAT" in data:
        eaten = []
        while True:
            eaten.append(np.zeros(2**26, np.uint8))  # address space: no page of it is touched
    if b"CHATTER" in data:
        os.write(1, b"words of a library" * 1000)
        sys.stdout.write("more of them")
    return reading.read_piece(request, data)
