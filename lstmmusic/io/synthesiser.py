"""FluidSynth through ctypes: MIDI bytes and a soundfont to samples.

The library is taken, in this order, from the environment variable `LSTMMUSIC_FLUIDSYNTH`, from
the wheel of pygame-ce (which is never imported, only looked into), from the system. The soundfont
likewise: `LSTMMUSIC_SOUNDFONT`, the places where Linux and macOS packages put General MIDI fonts,
the wheel of pretty_midi. Nothing is downloaded.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from lstmmusic.errors import InputError

SAMPLE_RATE = 44_100
MAX_SECONDS = 3600
TAIL_SECONDS = 2.0

_BLOCK = 4096
_GAIN = 0.5
_PLAYER_PLAYING = 1
_OK = 0

_SYSTEM_FONTS = (
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/sounds/sf3/FluidR3Mono_GM.sf3",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/soundfonts/default.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/opt/homebrew/share/soundfonts/default.sf2",
    "/usr/local/share/soundfonts/default.sf2",
)
_INSTALL = (
    "FluidSynth and a General MIDI soundfont: `pip install pygame-ce pretty_midi`, or on Debian "
    "`apt install libfluidsynth3 fluidr3mono-gm-soundfont`"
)


def find_library() -> str | None:
    """Path or name of the FluidSynth library; None where there is none."""
    asked = os.environ.get("LSTMMUSIC_FLUIDSYNTH")
    if asked:
        return asked
    spec = importlib.util.find_spec("pygame")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for folder in (package.parent / "pygame_ce.libs", package / ".dylibs"):
            found = sorted(folder.glob("libfluidsynth*"))
            if found:
                return str(found[0])
    return ctypes.util.find_library("fluidsynth")


def find_soundfont() -> str | None:
    """Path of the soundfont; None where there is none."""
    asked = os.environ.get("LSTMMUSIC_SOUNDFONT")
    if asked:
        return asked
    for path in _SYSTEM_FONTS:
        if Path(path).is_file():
            return path
    spec = importlib.util.find_spec("pretty_midi")
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("*.sf[23]"))
        if found:
            return str(found[0])
    return None


@lru_cache(maxsize=4)
def _library(path: str) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise InputError("synthesiser", _INSTALL, error) from None
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures = {
        "new_fluid_settings": (pointer, []),
        "delete_fluid_settings": (None, [pointer]),
        "fluid_settings_setnum": (number, [pointer, text, ctypes.c_double]),
        "fluid_settings_setint": (number, [pointer, text, number]),
        "fluid_settings_setstr": (number, [pointer, text, text]),
        "new_fluid_synth": (pointer, [pointer]),
        "delete_fluid_synth": (None, [pointer]),
        "fluid_synth_sfload": (number, [pointer, text, number]),
        "fluid_synth_write_float": (
            number,
            [pointer, number, pointer, number, number, pointer, number, number],
        ),
        "new_fluid_player": (pointer, [pointer]),
        "delete_fluid_player": (None, [pointer]),
        "fluid_player_add_mem": (number, [pointer, text, ctypes.c_size_t]),
        "fluid_player_play": (number, [pointer]),
        "fluid_player_get_status": (number, [pointer]),
        "fluid_set_log_function": (pointer, [number, pointer, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    for level in range(5):  # it would print its warnings into ours
        library.fluid_set_log_function(level, None, None)
    return library


def require_synthesiser(soundfont: str | None = None) -> tuple[ctypes.CDLL, str]:
    """The library and the path of the soundfont.

    Raises:
        InputError: One of them is not found; the message says what to install.
    """
    path, font = find_library(), soundfont or find_soundfont()
    if path is None or font is None:
        missing = "no FluidSynth" if path is None else "no soundfont"
        raise InputError("synthesiser", _INSTALL, missing)
    if not Path(font).is_file():
        raise InputError("soundfont", "a .sf2 or .sf3 file", f"no such file {font}")
    return _library(path), font


def synthesise(midi: bytes, soundfont: str | None = None) -> np.ndarray:
    """Plays a MIDI file into memory.

    A fresh synthesiser plays each file, so that the same bytes give the same samples.

    Args:
        midi: The bytes of a MIDI file.
        soundfont: Path of a `.sf2` or `.sf3`; None: `find_soundfont`.

    Returns:
        Samples of shape (time, 2), float32, at `SAMPLE_RATE`, with a tail of `TAIL_SECONDS` after
        the last event; not scaled.

    Raises:
        InputError: No synthesiser or no soundfont is found, or the soundfont cannot be read; the
            message says what to install.
    """
    library, font = require_synthesiser(soundfont)
    settings = library.new_fluid_settings()
    library.fluid_settings_setnum(settings, b"synth.sample-rate", float(SAMPLE_RATE))
    library.fluid_settings_setnum(settings, b"synth.gain", _GAIN)
    library.fluid_settings_setint(settings, b"synth.lock-memory", 0)
    library.fluid_settings_setint(settings, b"synth.chorus.active", 0)
    library.fluid_settings_setstr(settings, b"player.timing-source", b"sample")
    synth = library.new_fluid_synth(settings)
    player = None
    try:
        if library.fluid_synth_sfload(synth, os.fsencode(font), 1) < _OK:
            raise InputError(font, "a soundfont (.sf2 or .sf3)", "a file that is none")
        player = library.new_fluid_player(synth)
        if library.fluid_player_add_mem(player, midi, len(midi)) != _OK:
            raise InputError("MIDI", "a file that FluidSynth plays", "one that it refuses")
        library.fluid_player_play(player)
        return _collect(library, synth, player)
    finally:
        if player is not None:
            library.delete_fluid_player(player)
        library.delete_fluid_synth(synth)
        library.delete_fluid_settings(settings)


def _collect(library: ctypes.CDLL, synth: int, player: int) -> np.ndarray:
    blocks: list[np.ndarray] = []
    tail = int(np.ceil(TAIL_SECONDS * SAMPLE_RATE / _BLOCK))
    most = MAX_SECONDS * SAMPLE_RATE // _BLOCK
    while tail and len(blocks) < most:
        block = np.empty((_BLOCK, 2), np.float32)
        address = block.ctypes.data
        library.fluid_synth_write_float(synth, _BLOCK, address, 0, 2, address, 1, 2)
        blocks.append(block)
        if library.fluid_player_get_status(player) != _PLAYER_PLAYING:
            tail -= 1
    return np.concatenate(blocks)
