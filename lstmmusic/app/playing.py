"""Playing like a group that was found: its files, as a look at music has read them."""

from __future__ import annotations

import streamlit as st

from lstmmusic.app.jobs import Jobs
from lstmmusic.corpus import Corpus
from lstmmusic.errors import InputError
from lstmmusic.evaluation import Reference
from lstmmusic.generation import Improvisation, improvise_like


@st.cache_resource(max_entries=4, show_spinner=False)
def like_group(look: str, members: tuple[str, ...], seed: int) -> Improvisation:
    """A blues that is more like some of the pieces that were looked at.

    Args:
        look: The id of the job that has read the music.
        members: Names of the files.
        seed: Of everything random.

    Raises:
        InputError: The look is gone, or the model cannot play what is asked.
    """
    return improvise_like(_group(look, members), seed=seed)


@st.cache_resource(max_entries=4, show_spinner=False)
def _group(look: str, members: tuple[str, ...]) -> Reference:
    job = Jobs().find(look)
    if job is None:
        raise InputError("music", "files that are still there", "none")
    wanted = set(members)
    corpus = Corpus.read(job.folder / "corpus.parquet")
    pieces = ((piece.file, piece.score) for piece in corpus.pieces() if piece.file in wanted)
    return Reference.of(pieces, {"title": str(job.about["name"])})
