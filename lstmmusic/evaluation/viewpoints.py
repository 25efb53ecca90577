"""The strong yardstick of a melody network: n-grams of several viewpoints, pooled.

A viewpoint looks at the next note from a few things that are known of it: the last intervals, say,
or the degree of the last note in the chord and the place in the bar. Each is a chain of its own
(`NGram`), whose shorter contexts are the nearer things. Together they know all that the network is
told: key, chords, place, lengths, the note four bars ago. A solo in hand may be counted, too.

The chances of several chains are pooled, each with a say of its own that grows with how certain it
is (`Pool`).

References:
    Conklin, Witten (1995), "Multiple viewpoint systems for music prediction", Journal of New Music
    Research 24(1). Pearce, Wiggins (2004), "Improved methods for statistical modelling of
    monophonic music", Journal of New Music Research 33(4) (long- and short-term models). Pearce,
    Conklin, Wiggins (2005), "Methods for combining statistical models of music", CMMR 2004, LNCS
    3310 (geometric combination, weighted by entropy).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import (
    LINE_BARS,
    MAX_BEATS,
    N_BINS,
    N_INTERVALS,
    N_PLACE,
    NO_ROOT,
    STYLES,
)
from lstmmusic.errors import InputError
from lstmmusic.evaluation.ngram import NGram
from lstmmusic.player.network import LOWEST_PITCH, MAX_STEPS, N_PITCHES

Arrays = Mapping[str, np.ndarray]
Notes = dict[str, np.ndarray]
Opinions = np.ndarray | Sequence[np.ndarray]

N_CHOICES = {"ioi": MAX_STEPS, "pitch": N_PITCHES, "duration": MAX_STEPS}

# What each chain looks at, the nearest last; columns are those of `notes_of`. `t` are times between
# onsets, `i` intervals, `d` durations, 1 of the last note; `time` and `pitch` of the note itself.
VIEWPOINTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ioi": (
        ("t3", "t2", "t1"),
        ("t2", "t1", "last_tick"),
        ("t2", "t1", "d1"),
        ("t1", "d1", "last_tick"),
        ("t1", "d1", "last_place"),
        ("line_bar", "d1", "last_place"),
        ("i1", "d1", "last_tick"),
        ("d1", "last_tick", "copied_time"),
        ("t2", "d2", "t1", "d1", "last_tick"),
    ),
    "pitch": (
        ("i3", "i2", "i1"),
        ("i2", "i1", "degree"),
        ("i1", "degree", "mode"),
        ("i2", "i1", "chord", "chord_degree"),
        ("soon", "root", "degree"),
        ("time", "i2", "i1"),
        ("tick", "time", "i1", "chord_degree"),
        ("place", "degree"),
        ("i1", "last"),
        ("i1", "degree", "copied_interval"),
        ("t1", "time", "i1", "degree"),
    ),
    "duration": (
        ("d3", "d2", "d1"),
        ("d1", "time"),
        ("d2", "d1", "tick"),
        ("d1", "time", "tick"),
        ("d1", "place"),
        ("i0", "d1", "tick"),
        ("degree0", "d1", "tick"),
    ),
}

_HEARD_PLACE = N_INTERVALS + 1 + 12 + 12 + 1 + 2 * N_BINS  # where `MelodyMemory.heard` has it
_MODE = _HEARD_PLACE + N_PLACE + len(STYLES)
_BAR = MAX_BEATS + STEPS_PER_BEAT  # where a place has the bar of the line
_NOTHING = -100  # there was no such note
_NO_COPY = 99  # nor one four bars ago


def notes_of(inputs: Arrays, targets: Arrays) -> Notes:
    """What is known of each note of a tune, in whole numbers.

    Args:
        inputs: What the network is told, by name, time (notes) first; see
            `lstmmusic.encoding.melody_features`.
        targets: What it has to tell: `ioi`, `pitch`, `duration`.

    Returns:
        The targets, and a column (notes,) for each thing that a viewpoint looks at.
    """
    last, tonic, root = (inputs[name][:, 0].astype(int) for name in ("last", "tonic", "root"))
    copied = inputs["looked_back"][:, 0].astype(int)
    cue, place = inputs["pitch_cue"], inputs["pitch_cue"][:, :N_PLACE]
    last_place = inputs["heard"][:, _HEARD_PLACE : _HEARD_PLACE + N_PLACE]
    tones = cue[:, N_PLACE : N_PLACE + 24] > 0
    interval = targets["pitch"] + LOWEST_PITCH - last
    chord_degree = np.where(root != NO_ROOT, (last - tonic - root) % 12, 12)
    # A chord by root, third and seventh; what comes, by its tones.
    third, seventh = (_above(tones[:, :12], root, steps) for steps in ((3, 4), (9, 10, 11)))
    return {
        **{name: targets[name].astype(int) for name in N_CHOICES},
        "last": last,
        "time": targets["ioi"].astype(int),
        "i0": interval,
        "degree0": (targets["pitch"] + LOWEST_PITCH - tonic) % 12,
        **_before("t", targets["ioi"].astype(int)),
        **_before("d", targets["duration"].astype(int)),
        **_before("i", interval),
        "degree": (last - tonic) % 12,
        "root": root,
        "chord": third * 8 + seventh,
        "chord_degree": chord_degree,
        "soon": tones[:, 12:] @ (1 << np.arange(12)),
        "mode": inputs["heard"][:, _MODE].astype(int),
        "place": _place(place),
        "tick": _place(place) % STEPS_PER_BEAT,
        "last_place": _place(last_place),
        "last_tick": _place(last_place) % STEPS_PER_BEAT,
        "line_bar": last_place[:, _BAR : _BAR + LINE_BARS].argmax(axis=1),
        "copied_time": inputs["rhythm_cue"].argmax(axis=1),
        "copied_interval": np.where(copied < 0, _NO_COPY, np.clip(copied - last, -12, 12)),
    }


def _before(letter: str, values: np.ndarray) -> Notes:
    """Columns of the value one, two and three notes before."""
    found = {}
    for n in (1, 2, 3):
        padded = np.concatenate([np.full(n, _NOTHING), values])
        found[f"{letter}{n}"] = padded[: len(values)]
    return found


def _place(flags: np.ndarray) -> np.ndarray:
    """Steps from the bar line; beats beyond the last flag count as that one."""
    beat = flags[:, :MAX_BEATS].argmax(axis=1)
    return beat * STEPS_PER_BEAT + flags[:, MAX_BEATS:_BAR].argmax(axis=1)


def _above(tones: np.ndarray, root: np.ndarray, steps: Sequence[int]) -> np.ndarray:
    """Which of these steps above the root are chord tones, as bits; 0 without a chord."""
    found = np.zeros(len(root), int)
    for bit, step in enumerate(steps):
        found |= tones[np.arange(len(root)), (root + step) % 12].astype(int) << bit
    return np.where(root != NO_ROOT, found, 0)


class ViewpointChains:
    """One chain for each viewpoint of one choice: time, pitch or duration.

    Pitch is counted as an interval and told as a pitch: chances of the intervals that lead to one
    of the pitches there are, scaled to add up to 1.

    Args:
        choice: `ioi`, `pitch` or `duration`.

    Example:
        >>> columns = {name for viewpoint in VIEWPOINTS["ioi"] for name in viewpoint}
        >>> notes = dict.fromkeys([*columns, "ioi"], np.array([11, 5, 11]))
        >>> told = ViewpointChains("ioi").fit([notes] * 20).probs(notes)
        >>> told.shape, bool((told[:, 0, 11] > 0.9).all())
        ((9, 3, 192), True)

    Raises:
        InputError: Another choice.
    """

    def __init__(self, choice: str) -> None:
        if choice not in VIEWPOINTS:
            raise InputError("choice", "one of " + ", ".join(VIEWPOINTS), repr(choice))
        self.choice = choice
        self._columns = VIEWPOINTS[choice]
        n_symbols = 2 * N_PITCHES - 1 if choice == "pitch" else N_CHOICES[choice]
        self._chains = [NGram(len(columns), n_symbols) for columns in self._columns]

    def __len__(self) -> int:
        return len(self._chains)

    def fit(self, tunes: Iterable[Notes]) -> ViewpointChains:
        """Counts the notes of training music."""
        for notes in tunes:
            for chain, contexts in zip(self._chains, self._contexts(notes), strict=True):
                for context, symbol in zip(contexts, self._symbols(notes), strict=True):
                    chain.count(context, symbol)
        return self

    def probs(self, notes: Notes, learning: bool = False) -> np.ndarray:
        """Chances of every choice at every note of a tune, by chain.

        Args:
            notes: Of `notes_of`.
            learning: True: each note is counted after it was told.

        Returns:
            Shape (chains, notes, choices), float32; those of a note add up to 1.
        """
        symbols, last = self._symbols(notes), notes.get("last", np.zeros(0, int)).tolist()
        found = np.empty((len(self), len(symbols), N_CHOICES[self.choice]), np.float32)
        for row, chain, contexts in zip(found, self._chains, self._contexts(notes), strict=True):
            for note, (context, symbol) in enumerate(zip(contexts, symbols, strict=True)):
                told = chain.probs(context)
                if self.choice == "pitch":
                    first = LOWEST_PITCH - last[note] + N_PITCHES - 1
                    told = told[first : first + N_PITCHES]
                    told = told / told.sum()
                row[note] = told
                if learning:
                    chain.count(context, symbol)
        return found

    def _contexts(self, notes: Notes) -> Iterable[list[tuple[int, ...]]]:
        for columns in self._columns:
            yield list(zip(*(notes[name].tolist() for name in columns), strict=True))

    def _symbols(self, notes: Notes) -> list[int]:
        if self.choice == "pitch":
            return (notes["i0"] + N_PITCHES - 1).tolist()
        return notes[self.choice].tolist()


class Pool:
    """Several opinions of what comes next, made one.

    With p_m(s) the chances that opinion m gives to symbol s, and its certainty c_m, which is 0 for
    equal chances and 1 where one symbol has all of them:

        P(s) = prod_m p_m(s)^w_m / Z,   w_m = a_m + b_m c_m,   c_m = 1 - H(p_m) / log2 n

    a and b are those that tell some other music best; a small price on their squares keeps them
    near equal shares. It is the product of Pearce, Conklin and Wiggins with the say of each opinion
    fitted.

    Example:
        >>> sure, wrong = np.array([[0.9, 0.1]] * 20), np.array([[0.2, 0.8]] * 20)
        >>> pool = Pool().fit([sure, wrong], np.zeros(20, int))
        >>> bool(pool.probs([sure, wrong])[0, 0] > 0.9)
        True

    References:
        Genest, Zidek (1986), "Combining probability distributions", Statistical Science 1(1),
        section 3 (the logarithmic pool); Pearce, Conklin, Wiggins (2005), see above.
    """

    _PRICE = 1e-3  # bits a note for a squared weight off its share

    def __init__(self) -> None:
        self.weights: np.ndarray | None = None

    def fit(self, opinions: Opinions, chosen: np.ndarray) -> Pool:
        """Finds the weights.

        Args:
            opinions: Chances, each (notes, choices); 0 counts as the smallest number there is.
            chosen: What came, (notes,).

        Raises:
            InputError: There are no opinions or no notes.
        """
        if not len(opinions) or not len(chosen):
            received = f"{len(opinions)} and {len(chosen)}"
            raise InputError("opinions", "at least one, and notes to be told", received)
        logs, certain = _logs(opinions)
        at = np.arange(len(chosen))
        told = logs[:, at, chosen]
        equal = np.concatenate([np.full(len(logs), 1 / len(logs)), np.zeros(len(logs))])

        def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
            found = _pooled(weights, logs, certain)
            slope = np.einsum("mns,ns->mn", logs, np.exp(found), optimize=True) - told
            off = weights - equal
            slopes = np.concatenate([slope.mean(axis=1), (slope * certain).mean(axis=1)])
            value = -float(found[at, chosen].mean()) + self._PRICE * float(off @ off)
            return value, slopes.astype(float) + 2 * self._PRICE * off

        found = minimize(cost, equal, jac=True, method="L-BFGS-B", options={"maxiter": 100})
        self.weights = found.x
        return self

    def probs(self, opinions: Opinions) -> np.ndarray:
        """One opinion, (notes, choices), float32; the chances of a note add up to 1.

        Raises:
            InputError: Not as many opinions as it was fitted to.
        """
        if self.weights is None or len(self.weights) != 2 * len(opinions):
            n_known = 0 if self.weights is None else len(self.weights) // 2
            raise InputError("opinions", f"{n_known}, as it was fitted to", len(opinions))
        return np.exp(_pooled(self.weights, *_logs(opinions)))


def _logs(opinions: Opinions) -> tuple[np.ndarray, np.ndarray]:
    """Logs of the chances, (opinions, notes, choices), and certainties, (opinions, notes)."""
    probs = np.asarray(opinions, np.float32)
    logs = np.log(np.maximum(probs, np.finfo(np.float32).tiny))
    entropy = -np.einsum("mns,mns->mn", probs, logs)
    return logs, 1 - entropy / np.float32(np.log(probs.shape[-1]))


def _pooled(weights: np.ndarray, logs: np.ndarray, certain: np.ndarray) -> np.ndarray:
    """Logs of the pooled chances, (notes, choices)."""
    own, by_certainty = weights.astype(np.float32).reshape(2, -1, 1)
    logits = np.einsum("mns,mn->ns", logs, own + by_certainty * certain, optimize=True)
    return logits - logsumexp(logits, axis=-1, keepdims=True)


def bits(probs: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Bits of each note, (notes,), for chances (notes, choices) and what came."""
    return -np.log2(probs[np.arange(len(chosen)), chosen].astype(float))
