"""Pieces to be seen and heard on a page: the sound of each part, or why there is none."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from lstmmusic.app import memory
from lstmmusic.app.piano_roll import piano_roll, piece_id
from lstmmusic.app.text import plain
from lstmmusic.corpus.items import Source
from lstmmusic.corpus.scan import scan
from lstmmusic.errors import InputError
from lstmmusic.io import load_untrusted
from lstmmusic.io.practice import retimed
from lstmmusic.io.sound import format_sound, render_stems
from lstmmusic.io.untrusted import parse_untrusted
from lstmmusic.score import Score

_MAX_SOUND_SECONDS = 600

memory.keep_together()


def stems_of(score: Score) -> tuple[tuple[bytes, ...], str]:
    """One FLAC file a part, or none and the reason in words."""
    try:
        if score.seconds > _MAX_SOUND_SECONDS:
            minutes = _MAX_SOUND_SECONDS // 60
            raise InputError("sound", f"a piece of at most {minutes} minutes", "a longer one")
        return tuple(format_sound(stem, "FLAC") for stem in render_stems(score)), ""
    except InputError as error:
        return (), str(error)
    finally:
        memory.give_back()


def hear_file(path: Path, key: str) -> None:
    """Shows a file of music, and plays it.

    Args:
        path: Of the file.
        key: Keeps what plays over reruns.
    """
    try:
        with st.spinner("Reading"):
            score = _read(str(path), path.stat().st_mtime_ns)
    except (InputError, OSError) as error:
        st.error(plain(str(error)))
        return
    hear_score(score, key)


def hear_item(music: Path, name: str, key: str) -> None:
    """Shows a piece of a folder or an archive, named as the report of a corpus names it."""
    try:
        with st.spinner("Reading"):
            score = _read_item(str(music), name)
    except (InputError, OSError) as error:
        st.error(plain(str(error)))
        return
    hear_score(score, key)


def hear_score(score: Score, key: str) -> None:
    """Shows a piece, and plays it.

    Args:
        score: The piece.
        key: Keeps what plays over reruns.
    """

    def sound(speed: float) -> tuple[tuple[bytes, ...], str]:
        stems, silence = _sound(piece_id(score), speed, score)
        if silence:
            st.warning(plain(silence))
        return stems, silence

    with st.spinner("Playing"):
        piano_roll(score, sound, key=key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _sound(piece: str, speed: float, _score: Score) -> tuple[tuple[bytes, ...], str]:
    return stems_of(retimed(_score, speed))


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(path: str, changed: int) -> Score:
    return load_untrusted(path)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_item(music: str, name: str) -> Score:
    if (Path(music) / name).is_file():
        return load_untrusted(Path(music) / name)
    # In an archive or a book of tunes, or of a name that cannot be shown as it is.
    item = next((item for item in scan(music).items if item.file == name), None)
    if item is None:
        raise InputError(name, "a piece that is still there", "none")
    with Source() as source:
        data = source.read(item)
    return parse_untrusted(data, f"{Path(name).stem}{item.suffix}")
