"""Metre and tempo: where bars, beats and seconds lie."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lstmmusic.errors import InputError


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature.

    In compound metres (6/8, 9/8, 12/8) the felt beat is a dotted quarter.

    Args:
        numerator: 1 to 64.
        denominator: A power of two, 1 to 64.

    Example:
        >>> Metre.parse("12/8").bar_quarters, Metre.parse("12/8").beat_quarters, Metre(4, 4).n_beats
        (6.0, 1.5, 4)
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.numerator <= 64 or self.denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise InputError(
                "metre", "a metre such as 4/4 or 12/8", f"{self.numerator}/{self.denominator}"
            )

    @classmethod
    def parse(cls, text: str) -> Metre:
        """Reads `4/4`."""
        match = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", text)
        if match is None:
            raise InputError("metre", "a metre such as 4/4 or 12/8", repr(text))
        return cls(int(match[1]), int(match[2]))

    @property
    def bar_quarters(self) -> float:
        """Length of a bar in quarter notes."""
        return self.numerator * 4 / self.denominator

    @property
    def is_compound(self) -> bool:
        """True where three eighths (or shorter) make a felt beat."""
        return self.denominator >= 8 and self.numerator > 3 and self.numerator % 3 == 0

    @property
    def beat_quarters(self) -> float:
        """Length of the felt beat in quarter notes."""
        return (12 if self.is_compound else 4) / self.denominator

    @property
    def n_beats(self) -> int:
        """Felt beats in a bar."""
        return self.numerator // 3 if self.is_compound else self.numerator

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True)
class TempoMap:
    """Tempo changes, and with them the seconds of every place in a piece.

    Args:
        changes: Pairs (onset in quarters, tempo in quarter notes per minute), the first at 0.

    Raises:
        InputError: No change at 0, onsets that do not rise, or a tempo outside 1 to 2,000.

    Example:
        >>> tempo_map = TempoMap(((0.0, 120.0), (4.0, 60.0)))
        >>> tempo_map.seconds_at(6.0), tempo_map.quarters_at(4.0)
        (4.0, 6.0)
    """

    changes: tuple[tuple[float, float], ...] = ((0.0, 120.0),)

    def __post_init__(self) -> None:
        changes = tuple((float(onset), float(bpm)) for onset, bpm in self.changes)
        onsets = [onset for onset, _ in changes]
        if not changes or onsets[0] != 0 or any(b <= a for a, b in pairwise(onsets)):
            raise InputError("tempo map", "rising onsets that begin at 0", onsets)
        for _, bpm in changes:
            if not 1 <= bpm <= 2000:
                raise InputError("tempo", "1 to 2,000 quarter notes per minute", bpm)
        object.__setattr__(self, "changes", changes)
        seconds = [0.0]
        for (start, bpm), (stop, _) in pairwise(changes):
            seconds.append(seconds[-1] + (stop - start) * 60 / bpm)
        object.__setattr__(self, "_onsets", onsets)
        object.__setattr__(self, "_seconds", seconds)

    @classmethod
    def constant(cls, quarter_bpm: float) -> TempoMap:
        """One tempo throughout."""
        return cls(((0.0, quarter_bpm),))

    @classmethod
    def clean(cls, changes: Iterable[tuple[float, float]]) -> TempoMap:
        """A map from untidy events: sorted, the last of several at one place, from 0 on."""
        by_onset = {max(onset, 0.0): min(max(bpm, 1.0), 2000.0) for onset, bpm in changes}
        by_onset.setdefault(0.0, 120.0)
        return cls(tuple(sorted(by_onset.items())))

    @property
    def quarter_bpm(self) -> float:
        """The tempo at the start, quarter notes per minute."""
        return self.changes[0][1]

    def seconds_at(self, quarters: float) -> float:
        """Seconds from the start to a place in quarters (before 0 in the first tempo)."""
        index = max(bisect_right(self._onsets, quarters) - 1, 0)  # type: ignore[attr-defined]
        onset, bpm = self.changes[index]
        return self._seconds[index] + (quarters - onset) * 60 / bpm  # type: ignore[attr-defined]

    def quarters_at(self, seconds: float) -> float:
        """The inverse of `seconds_at`."""
        index = max(bisect_right(self._seconds, seconds) - 1, 0)  # type: ignore[attr-defined]
        onset, bpm = self.changes[index]
        return onset + (seconds - self._seconds[index]) * bpm / 60  # type: ignore[attr-defined]


def bar_starts(
    metres: Iterable[tuple[float, Metre]], pickup_quarters: float, length_quarters: float
) -> np.ndarray:
    """Onsets in quarters of bars 1, 2, ... up to the end of the piece.

    A pickup is bar 0: bar 1 starts where the pickup ends. A metre change that falls inside a bar
    ends that bar there.
    """
    changes = [(max(onset, pickup_quarters), metre) for onset, metre in metres]
    starts: list[float] = []
    for index, (onset, metre) in enumerate(changes):
        last = index + 1 == len(changes)
        stop = length_quarters if last else min(changes[index + 1][0], length_quarters)
        count = int(np.ceil(round((stop - onset) / metre.bar_quarters, 6)))
        starts.extend(onset + bar * metre.bar_quarters for bar in range(max(count, 0)))
    return np.asarray(starts, dtype=float)
