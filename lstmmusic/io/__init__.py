"""Music on disk: `load` and `save`, by the file's suffix.

* MIDI (`.mid .midi .kar .rmi`) in and out: `lstmmusic.io.midi_read`, `lstmmusic.io.midi_write`.
* MusicXML (`.musicxml .xml .mxl`) in and out, ABC (`.abc`) in:
  `lstmmusic.io.notation_read`, `lstmmusic.io.notation_write`.
* `load_untrusted`: the same as `load`, tried out in a process of its own first.
* `check_save`, `write_bytes`: writing that never overwrites by accident or leaves half a file.
"""

from lstmmusic.io._bytes import read_bytes, write_bytes
from lstmmusic.io.files import READERS, WRITERS, check_save, load, save
from lstmmusic.io.midi_read import parse_midi, read_midi
from lstmmusic.io.midi_write import format_midi, write_midi
from lstmmusic.io.untrusted import load_untrusted

__all__ = [
    "READERS",
    "WRITERS",
    "check_save",
    "format_midi",
    "load",
    "load_untrusted",
    "parse_midi",
    "read_bytes",
    "read_midi",
    "save",
    "write_bytes",
    "write_midi",
]
