"""Music on disk: `load` and `save`, by the file's suffix.

* MIDI (`.mid .midi .kar .rmi`) in and out: `lstmmusic.io.midi_read`, `lstmmusic.io.midi_write`.
* MusicXML (`.musicxml .xml .mxl`) in and out, ABC (`.abc`) in:
  `lstmmusic.io.notation_read`, `lstmmusic.io.notation_write`.
* `parse`: the same as `load`, from bytes, with what had to be mended; `split_abc`: a book's tunes.
* `load_untrusted`: the same as `load`, tried out first in a `ReaderProcess`, which has limits and
  may be killed.
* `check_output`, `check_save`, `write_bytes`, `write_together`: writing that never overwrites by
  accident or leaves half a file.
"""

from lstmmusic.io._bytes import MAX_BYTES, check_output, read_bytes, write_bytes, write_together
from lstmmusic.io.files import READERS, WRITERS, check_save, format_score, load, parse, save
from lstmmusic.io.midi_read import parse_midi, read_midi
from lstmmusic.io.midi_write import format_midi, write_midi
from lstmmusic.io.notation_read import split_abc
from lstmmusic.io.reader_process import ReaderError, ReaderProcess
from lstmmusic.io.untrusted import load_untrusted

__all__ = [
    "MAX_BYTES",
    "READERS",
    "WRITERS",
    "ReaderError",
    "ReaderProcess",
    "check_output",
    "check_save",
    "format_midi",
    "format_score",
    "load",
    "load_untrusted",
    "parse",
    "parse_midi",
    "read_bytes",
    "read_midi",
    "save",
    "split_abc",
    "write_bytes",
    "write_midi",
    "write_together",
]
