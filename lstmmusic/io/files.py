"""One way in and one way out for every format: the suffix decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import check_output, read_bytes, write_bytes
from lstmmusic.io.midi_read import parse_midi
from lstmmusic.io.midi_write import format_midi
from lstmmusic.io.notation_read import parse_abc, parse_musicxml
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.score import Score

# Bytes, the name of their file, and a list that takes what had to be mended.
READERS: dict[str, Callable[[bytes, str, list[str]], Score]] = {
    ".mid": parse_midi,
    ".midi": parse_midi,
    ".kar": parse_midi,
    ".rmi": parse_midi,
    ".musicxml": lambda data, source, _: parse_musicxml(data, source),
    ".xml": lambda data, source, _: parse_musicxml(data, source),
    ".mxl": lambda data, source, _: parse_musicxml(data, source),
    ".abc": lambda data, source, _: parse_abc(data, source),
}
WRITERS: dict[str, Callable[[Score], bytes]] = {
    ".mid": format_midi,
    ".midi": format_midi,
    ".musicxml": format_musicxml,
    ".xml": format_musicxml,
}


def load(path: str | Path) -> Score:
    """Reads a piece of music.

    Args:
        path: A MIDI, MusicXML or ABC file; the suffix (in any case) decides.

    Raises:
        InputError: Unknown suffix, or a file that is not what its suffix says.

    Example:
        >>> import lstmmusic, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp(), "scale.mid")
        >>> part = lstmmusic.Part([lstmmusic.Note(i, 1, 60 + i) for i in range(3)])
        >>> lstmmusic.save(lstmmusic.Score([part]), path)
        >>> lstmmusic.load(path).parts[0].notes["pitch"].tolist()
        [60, 61, 62]
    """
    reader = _by_suffix(READERS, path)
    return reader(read_bytes(Path(path)), str(path), [])


def parse(data: bytes, name: str, repairs: list[str] | None = None) -> Score:
    r"""As `load`, from the bytes of a file; of an ABC file, its first tune.

    Args:
        data: The whole file.
        name: Its name, whose suffix decides; error messages begin with it.
        repairs: What had to be mended is added to this list, in words for people.

    Raises:
        InputError: As `load`.

    Example:
        >>> import lstmmusic.io
        >>> lstmmusic.io.parse(b"X:1\nL:1/4\nK:C\nCEG\n", "a.abc").length_quarters
        3.0
    """
    return _by_suffix(READERS, name)(data, name, [] if repairs is None else repairs)


def save(score: Score, path: str | Path, force: bool = False) -> None:
    """Writes a piece of music.

    Args:
        score: The piece.
        path: A `.mid` or `.musicxml` file; the suffix decides.
        force: Replace an existing file.

    Raises:
        InputError: Unknown suffix.
        OutputError: The file exists, or cannot be written.
    """
    write_bytes(Path(path), format_score(score, path), force)


def format_score(score: Score, name: str | Path) -> bytes:
    """The bytes that `save` would write to a file of that name.

    Raises:
        InputError: Unknown suffix.
    """
    return _by_suffix(WRITERS, name)(score)


def check_save(path: str | Path, force: bool = False) -> None:
    """Says at once whether `save` could write there, so that no work is lost.

    Raises:
        InputError: As `save`.
    """
    _by_suffix(WRITERS, path)
    check_output(Path(path), force)


def _by_suffix(table: dict[str, Callable], path: str | Path) -> Callable:
    suffix = Path(path).suffix.lower()
    if suffix not in table:
        raise InputError(str(path), "a name that ends in " + " ".join(table), repr(suffix))
    return table[suffix]
