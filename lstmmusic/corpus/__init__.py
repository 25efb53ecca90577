"""Folders of music to learn from: `read_passport` opens a data set and checks what is in it."""

from lstmmusic.corpus.passport import PASSPORT, Entry, Passport, read_passport

__all__ = ["PASSPORT", "Entry", "Passport", "read_passport"]
