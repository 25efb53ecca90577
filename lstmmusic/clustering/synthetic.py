"""Sequences whose groups are known, to try a clustering on.

Each family differs in one thing that takes time to hear (a frequency, a rhythm, a shape), and in
that alone: where a sequence begins in its period, its length, its exact speed and its noise are
drawn anew for every one. The data are our own; the kinds are those that Klapper-Rybicka,
Schraudolph and Schmidhuber (2001) name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lstmmusic.clustering.sequences import Sequences
from lstmmusic.errors import InputError

N_STEPS = (48, 64)  # the least and the most steps of a sequence
MAX_SEQUENCES = 1_000_000
NOISE = 0.1  # standard deviation, beside signals of variance 1

FACTORS = ("frequency", "wave", "amplitude")

_PERIODS = (7.0, 11.0, 17.0)  # steps
_RHYTHMS = {  # steps from stroke to stroke; all have four strokes in twelve steps
    "even": (3, 3, 3, 3),
    "long short": (4, 2, 4, 2),
    "very long, very short": (5, 1, 5, 1),
    "three and a rest": (2, 2, 2, 6),
}
_BEATS = (5.0, 8.0, 13.0)  # steps to the beat
_ARPEGGIOS = {  # semitones from the root
    "up": (0, 4, 7, 12),
    "down": (12, 7, 4, 0),
    "up and down": (0, 4, 7, 4),
    "broken": (0, 7, 4, 7),
}

Make = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Family:
    """Sequences that differ in one thing.

    Attributes:
        about: What differs, and what does not.
        groups: The name of each group.
        feature: What the numbers are.
        make: One sequence of a group, shape (time,).
    """

    about: str
    groups: tuple[str, ...]
    feature: str
    make: Make


def make_family(name: str, n: int = 300, seed: int = 0) -> tuple[Sequences, np.ndarray]:
    """Sequences of a family, the groups as equal in number as can be, in random order.

    Args:
        name: One of `FAMILIES`.
        n: How many.
        seed: The same one gives the same sequences.

    Returns:
        The sequences, and the group of each (from 0), shape (n,).

    Raises:
        InputError: No such family, or not so many.

    Example:
        >>> sequences, labels = make_family("rhythm", 8, seed=1)
        >>> len(sequences), sequences.n_features, np.bincount(labels).tolist()
        (8, 1, [2, 2, 2, 2])
    """
    if name not in FAMILIES:
        raise InputError("family", "one of " + ", ".join(FAMILIES), repr(name))
    family = FAMILIES[name]
    rng = _rng(n, seed)
    labels = rng.permutation(n) % len(family.groups)
    items = [family.make(int(label), rng) for label in labels]
    names = [f"{name} {index + 1}" for index in range(n)]
    return Sequences(items, names, [family.feature]), labels


def make_factors(
    n: int = 240, seed: int = 0, factors: Sequence[str] = FACTORS
) -> tuple[Sequences, np.ndarray]:
    """Waves that differ in two frequencies, two shapes and two amplitudes, each drawn for itself.

    One node of a network can find one of these factors, and several nodes different ones.

    Args:
        n: How many.
        seed: The same one gives the same sequences.
        factors: Which of `FACTORS` differ; the others are at their first value throughout.

    Returns:
        The sequences, and for each the value (0 or 1) of each factor asked for, shape
        (n, factors); every combination is as frequent as can be.

    Raises:
        InputError: No such factor, one twice, none, or not so many sequences.

    Example:
        >>> sequences, values = make_factors(16, seed=3)
        >>> values.shape, np.unique(values, axis=0, return_counts=True)[1].tolist()
        ((16, 3), [2, 2, 2, 2, 2, 2, 2, 2])
    """
    if not factors or not set(factors) <= set(FACTORS) or len(set(factors)) < len(factors):
        raise InputError("factors", "some of " + ", ".join(FACTORS), list(factors))
    rng = _rng(n, seed)
    cells = rng.permutation(n) % 2 ** len(factors)
    values = cells[:, None] >> np.arange(len(factors)) & 1
    items = []
    for row in values:
        value = dict(zip(factors, row.tolist(), strict=True))
        period = (7.0, 13.0)[value.get("frequency", 0)] * rng.uniform(0.95, 1.05)
        shape = ("sine", "square")[value.get("wave", 0)]
        amplitude = (0.6, 1.4)[value.get("amplitude", 0)] * rng.uniform(0.9, 1.1)
        items.append(_noisy(amplitude * _wave(shape, period, rng), rng))
    return Sequences(items, [f"wave {index + 1}" for index in range(n)]), values


def _rng(n: int, seed: int) -> np.random.Generator:
    if not 1 <= n <= MAX_SEQUENCES:
        raise InputError("n", f"1 to {MAX_SEQUENCES:,} sequences", n)
    if seed < 0:
        raise InputError("seed", "0 or more", seed)
    return np.random.default_rng(seed)


def _noisy(signal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return signal + NOISE * rng.standard_normal(len(signal))


def _n_steps(rng: np.random.Generator) -> int:
    return int(rng.integers(N_STEPS[0], N_STEPS[1] + 1))


# One period of each wave over phases 0 to 1, mean 0 and variance 1.
WAVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda phase: np.sqrt(2) * np.sin(2 * np.pi * phase),
    "square": lambda phase: np.where(phase < 0.5, 1.0, -1.0),
    "rising": lambda phase: np.sqrt(3) * (2 * phase - 1),
    "falling": lambda phase: np.sqrt(3) * (1 - 2 * phase),
}


def _wave(shape: str, period_steps: float, rng: np.random.Generator) -> np.ndarray:
    phase = (np.arange(_n_steps(rng)) / period_steps + rng.random()) % 1
    return WAVES[shape](phase)


def _frequency(group: int, rng: np.random.Generator) -> np.ndarray:
    return _noisy(_wave("sine", _PERIODS[group] * rng.uniform(0.94, 1.06), rng), rng)


def _shape(group: int, rng: np.random.Generator) -> np.ndarray:
    return _noisy(_wave(list(WAVES)[group], rng.uniform(10, 14), rng), rng)


def _amplitude(group: int, rng: np.random.Generator) -> np.ndarray:
    amplitude = (0.5, 1.0, 2.0)[group] * rng.uniform(0.85, 1.15)
    return _noisy(amplitude * _wave("sine", rng.uniform(7, 15), rng), rng)


def _strokes(gaps: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """Strokes of about strength 1 at gaps that come again, begun anywhere; a few are missed."""
    n_steps = _n_steps(rng)
    ends = np.cumsum(gaps)
    first = rng.uniform(0, ends[-1])
    onsets = np.concatenate([ends + cycle * ends[-1] for cycle in range(-2, n_steps)]) + first
    at = np.floor(onsets[(onsets >= 0) & (onsets < n_steps)]).astype(int)
    strokes = np.zeros(n_steps)
    strokes[at] = rng.uniform(0.75, 1.25, len(at)) * (rng.random(len(at)) > 0.03)
    return _noisy(strokes, rng)


def _rhythm(group: int, rng: np.random.Generator) -> np.ndarray:
    return _strokes(list(_RHYTHMS.values())[group], rng)


def _tempo(group: int, rng: np.random.Generator) -> np.ndarray:
    beat = _BEATS[group] * rng.uniform(0.93, 1.07)
    return _strokes((beat * 2 / 3, beat / 3), rng)


def _register(group: int, rng: np.random.Generator) -> np.ndarray:
    """A melody that walks about one pitch, in octaves from middle C."""
    n_steps = _n_steps(rng)
    pitch, line = 0.0, np.empty(n_steps)
    for step in range(n_steps):
        pitch = 0.9 * pitch + rng.choice((-2, -1, 1, 2))
        line[step] = pitch
    return (line + 12 * (group - 1)) / 12 + NOISE / 2 * rng.standard_normal(n_steps)


def _arpeggio(group: int, rng: np.random.Generator) -> np.ndarray:
    """Intervals, in octaves, so that the key is no matter; now and then one note is another."""
    n_notes = _n_steps(rng) + 1
    figure = np.roll(list(_ARPEGGIOS.values())[group], rng.integers(4))
    pitch = np.resize(figure, n_notes) + rng.choice((-2, 0, 0, 0, 0, 0, 0, 0, 0, 3), n_notes)
    return np.diff(pitch) / 12


FAMILIES: dict[str, Family] = {
    "frequency": Family(
        "sine waves of three frequencies; amplitude and noise are the same",
        tuple(f"period {period:g}" for period in _PERIODS),
        "value",
        _frequency,
    ),
    "rhythm": Family(
        "four strokes in twelve steps, at other distances; as many strokes in every group",
        tuple(_RHYTHMS),
        "stroke",
        _rhythm,
    ),
    "tempo": Family(
        "one rhythm, long and short, at three speeds",
        tuple(f"beat of {beat:g} steps" for beat in _BEATS),
        "stroke",
        _tempo,
    ),
    "wave": Family(
        "waves of four shapes; the ranges of their frequencies, and their power, are the same, and "
        "the spectrum of the rising one is that of the falling one",
        tuple(WAVES),
        "value",
        _shape,
    ),
    "amplitude": Family(
        "sine waves of three amplitudes; the ranges of their frequencies are the same",
        ("soft", "middle", "loud"),
        "value",
        _amplitude,
    ),
    "pitch": Family(
        "melodies without rhythm that walk about three pitches, an octave apart",
        ("low", "middle", "high"),
        "pitch",
        _register,
    ),
    "arpeggio": Family(
        "the tones of a chord in four orders, told as intervals, so that the key is no matter",
        tuple(_ARPEGGIOS),
        "interval",
        _arpeggio,
    ),
}
