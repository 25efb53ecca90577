"""Pieces of the first page: played once and kept, and the way back to those before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from lstmmusic.app.primer import from_text
from lstmmusic.app.share import Redone, Take
from lstmmusic.app.sounding import stems_of
from lstmmusic.generation import (
    Improvisation,
    Settings,
    improvise,
    improvise_original,
    ranked,
    redo,
)
from lstmmusic.generation.original import HEARD
from lstmmusic.io import format_midi
from lstmmusic.io.engraving import LeadSheet, engrave, format_zip
from lstmmusic.io.practice import practice_pack, retimed
from lstmmusic.score import Score

MAX_TAKES = 100
MAX_VARIATIONS = 8


@dataclass(frozen=True)
class Piece:
    """One piece in all the shapes the page needs, but for what is made on demand."""

    score: Score
    written: Score
    report: dict[str, Any]
    midi: bytes
    stems: tuple[bytes, ...]
    silence: str


@dataclass
class History:
    """The pieces of a browser session, in order, and which of them is shown.

    Example:
        >>> history = History()
        >>> for seed in (1, 2):
        ...     history.add(Take(Settings(seed=seed)))
        >>> history.back()
        >>> history.now.settings.seed, history.has_earlier, history.has_later
        (1, False, True)
    """

    takes: list[Take] = field(default_factory=list)
    at: int = -1

    @property
    def now(self) -> Take | None:
        """The piece that is shown; None before the first."""
        return self.takes[self.at] if self.takes else None

    @property
    def has_earlier(self) -> bool:
        """True where `back` leads somewhere."""
        return self.at > 0

    @property
    def has_later(self) -> bool:
        """True where `forward` leads somewhere."""
        return self.at + 1 < len(self.takes)

    def add(self, take: Take) -> None:
        """Shows a piece; those that were gone back from are forgotten."""
        if take != self.now:
            self.takes = [*self.takes[: self.at + 1], take][-MAX_TAKES:]
            self.at = len(self.takes) - 1

    def back(self) -> None:
        """Shows the piece before, if there is one."""
        self.at -= self.has_earlier

    def forward(self) -> None:
        """Shows the piece that was gone back from, if there is one."""
        self.at += self.has_later


def history() -> History:
    """That of this browser session."""
    return st.session_state.setdefault("history", History())


@st.cache_resource(max_entries=5, show_spinner=False)
def play(take: Take) -> Piece:
    """The same take is not played twice.

    Raises:
        InputError: It asks for something that cannot be done.
    """
    found = _improvised(take)
    report = _improvised(replace(take, redone=())).report  # that of `redo` names no form
    stems, silence = stems_of(found.score)
    return Piece(found.score, found.written, report, format_midi(found.score), stems, silence)


@st.cache_resource(max_entries=128, show_spinner=False)
def _improvised(take: Take) -> Improvisation:
    if not take.redone:
        primer = _primer(take.primer) if take.primer else None
        if take.original:
            return improvise_original(HEARD, take.settings, primer=primer)
        return improvise(take.settings, primer=primer)
    *before, last = take.redone
    score = _improvised(replace(take, redone=tuple(before))).score
    style = _improvised(replace(take, redone=())).report["style"]
    return redo(score, (last.first, last.last), settings_of_redo(take.settings, last, style))


@st.cache_resource(max_entries=16, show_spinner=False)
def _primer(text: str) -> Score:
    return from_text(text)


@st.cache_resource(max_entries=2, show_spinner=False)
def at_speed(take: Take, speed: float) -> tuple[tuple[bytes, ...], str]:
    """The sound of a piece at another speed, as `stems_of` gives it."""
    return stems_of(retimed(play(take).score, speed))


def settings_of_redo(asked: Settings, redone: Redone, style: str) -> Settings:
    """What the network that played a piece in that style is asked for some bars of it anew."""
    return Settings(
        model=asked.model,
        style=style,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        density=asked.density,
        range=asked.range,
        instrument=asked.instrument,
        bends=asked.bends,
        seed=redone.seed,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def sheet(take: Take, reader: str) -> LeadSheet:
    """The lead sheet, for instruments in C, Bb or Eb."""
    return engrave(play(take).written, reader)


def pack(take: Take) -> bytes:
    """The practice pack, as `lstmmusic practice` makes it."""
    piece = play(take)
    return format_zip(practice_pack(piece.score, piece.written))


@st.cache_data(max_entries=64, show_spinner=False)
def card(take: Take) -> dict[str, Any]:
    """The scorecard of a piece beside the reference of the model that played it."""
    from lstmmusic.evaluation import scorecard, shipped_reference  # read only when asked for

    return scorecard(_improvised(take).score, shipped_reference(take.settings.model))


@st.cache_data(max_entries=16, show_spinner=False)
def variations(take: Take, count: int) -> list[dict[str, Any]]:
    """The reports of pieces with seeds one apart, ranked as `generate --rank` does.

    Raises:
        InputError: A seed that is none.
    """
    wanted = [with_seed(take, take.settings.seed + index) for index in range(count)]
    return [piece.report for piece in ranked(map(_improvised, wanted))]


def with_seed(take: Take, seed: int) -> Take:
    """The same asked with another seed; bars that were played anew are not."""
    return replace(take, settings=replace(take.settings, seed=seed), redone=())
