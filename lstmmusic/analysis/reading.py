"""Which tonic, style, form and chords explain best what sounds: hidden Markov models.

Each style is a chain over chords, slot by slot; the blues forms are a chain over their bars. All
are read by the forward-backward recursions (Rabiner 1989) and weigh in by how well they explain
the piece. The chords that come out are those that are likeliest one by one: that gets more of the
time right than the likeliest path (Viterbi) does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.harmony import (
    GO_ON,
    IN_FORM,
    MINOR,
    N_STATES,
    QUALITIES,
    STYLES,
    Forms,
    forms,
    styles,
)

# The models: the styles, then the forms in major and in minor.
MODEL_IS_MINOR = np.append(MINOR, [False, True])
MODEL_IS_FORM = np.append(np.zeros(len(MINOR), bool), [True, True])
_LEAST = -100.0  # log likelihood of a chord that cannot be, against the best one
_NEGLIGIBLE = 1e-3  # a model this unlikely has no say in the chords


class _Pass(NamedTuple):
    """A forward pass: scaled chances, what they were scaled by, and log likelihoods.

    Attributes:
        alphas: Shape (steps, models, tonics, states).
        totals: Shape (steps, models, tonics, 1).
    """

    alphas: np.ndarray
    totals: np.ndarray

    @property
    def evidence(self) -> np.ndarray:
        """Log likelihoods, shape (models, tonics)."""
        return np.log(self.totals).sum(axis=0)[..., 0]


def read_evidence(fits: np.ndarray, is_bar: np.ndarray, tonics: list[int]) -> np.ndarray:
    """How well each model explains a piece from each tonic.

    The styles are read bar by bar here: that tells tonics apart as well as half-bars do.

    Args:
        fits: Log likelihood of each state, root above C, in each slot; shape (slots, states).
        is_bar: Where bars begin; shape (slots,).
        tonics: Pitch classes to try.

    Returns:
        Log likelihoods up to a constant, shape (models, tonics).

    References:
        Rabiner (1989), A tutorial on hidden Markov models.
    """
    likelihood, offset = _scaled(np.add.reduceat(fits, np.flatnonzero(is_bar), axis=0))
    by_bar = _forward(_turned(likelihood, tonics), np.ones(len(likelihood), bool))
    found = [by_bar.evidence + offset]
    likelihood, offset = _scaled(fits)
    turned = _turned(likelihood, tonics)
    for minor in (False, True):
        found.append(_forward_forms(turned, is_bar, minor).evidence + offset)
    return np.concatenate(found)


def read_chords(
    fits: np.ndarray, is_bar: np.ndarray, tonic: int, log_priors: np.ndarray
) -> np.ndarray:
    """How likely each chord is in each slot, over all models.

    Args:
        fits: As for `read_evidence`.
        is_bar: Where bars begin.
        tonic: Pitch class of the key.
        log_priors: Of each model, shape (models,).

    Returns:
        Chances of each state, root above C; shape (slots, states).
    """
    likelihood, _ = _scaled(fits)
    turned = _turned(likelihood, [tonic])
    by_style = _forward(turned, is_bar)
    by_form = [_forward_forms(turned, is_bar, minor) for minor in (False, True)]
    odds = np.concatenate([by_style.evidence, *(found.evidence for found in by_form)])[:, 0]
    weights = np.exp(odds + log_priors - (odds + log_priors).max())
    weights[weights < _NEGLIGIBLE] = 0.0
    weights /= weights.sum()
    found = np.zeros(fits.shape)
    n_styles = len(STYLES)
    used = np.flatnonzero(weights[:n_styles])
    if len(used):
        passed = _Pass(by_style.alphas[:, used], by_style.totals[:, used])
        chances = _backward(passed, turned, is_bar, used)
        found += np.tensordot(weights[used], chances, axes=(0, 1))
    for minor in (False, True):
        if weights[n_styles + minor]:
            places = _backward_forms(by_form[minor], turned, is_bar, minor)
            found += weights[n_styles + minor] * _spread(places, turned[:, 0], is_bar, minor)
    return np.roll(found, tonic * len(QUALITIES), axis=1)


def _scaled(fits: np.ndarray) -> tuple[np.ndarray, float]:
    top = fits.max(axis=1, keepdims=True)
    return np.exp(np.maximum(fits - top, _LEAST)), float(top.sum())


def _turned(likelihood: np.ndarray, tonics: list[int]) -> np.ndarray:
    """Shape (slots, states) above C to (slots, tonics, states) above each tonic."""
    width = len(QUALITIES)
    return np.stack([np.roll(likelihood, -tonic * width, axis=1) for tonic in tonics], axis=1)


def _forward(likelihood: np.ndarray, is_bar: np.ndarray) -> _Pass:
    """Shape (slots, tonics, states) to one pass over all styles."""
    chances, over, within = styles()
    n_slots, n_tonics, _ = likelihood.shape
    alphas = np.empty((n_slots, len(chances), n_tonics, N_STATES))
    totals = np.empty((n_slots, len(chances), n_tonics, 1))
    alpha = np.repeat(chances[:, None], n_tonics, axis=1)
    for slot, bar in enumerate(is_bar.tolist()):
        if slot:
            alpha = alpha @ (over if bar else within)
        alpha *= likelihood[slot]
        np.add.reduce(alpha, axis=-1, keepdims=True, out=totals[slot])
        alpha = np.divide(alpha, totals[slot], out=alphas[slot])
    return _Pass(alphas, totals)


def _backward(
    passed: _Pass, likelihood: np.ndarray, is_bar: np.ndarray, used: np.ndarray
) -> np.ndarray:
    """Chances of each state given everything, of one tonic; shape (slots, styles, states)."""
    over, within = (moves[used].transpose(0, 2, 1).copy() for moves in styles()[1:])
    scaled = likelihood[:, None] / passed.totals
    chances = passed.alphas
    beta = np.ones(chances.shape[1:])
    for slot in range(len(is_bar) - 1, 0, -1):
        beta = (beta * scaled[slot]) @ (over if is_bar[slot] else within)
        chances[slot - 1] *= beta
    return chances[:, :, 0] / chances[:, :, 0].sum(axis=-1, keepdims=True)


def _forward_forms(likelihood: np.ndarray, is_bar: np.ndarray, minor: bool) -> _Pass:
    """The same over the bars of the forms of one mode."""
    form = forms(minor)
    bars = _bars(likelihood, is_bar, minor)
    alphas, totals = np.empty(bars.shape), np.empty((*bars.shape[:3], 1))
    alpha = np.repeat(form.begin[None, None], bars.shape[2], axis=1)
    leave = (1 - GO_ON) * form.begin
    for bar, found in enumerate(bars):
        if bar:
            alpha = alpha.take(form.previous, axis=-1)
            alpha *= GO_ON
            alpha += leave
        alpha *= found
        np.add.reduce(alpha, axis=-1, keepdims=True, out=totals[bar])
        alpha = np.divide(alpha, totals[bar], out=alphas[bar])
    return _Pass(alphas, totals)


def _backward_forms(
    passed: _Pass, likelihood: np.ndarray, is_bar: np.ndarray, minor: bool
) -> np.ndarray:
    """Chances of each place in the forms, of one tonic; shape (bars, places)."""
    form = forms(minor)
    scaled = (_bars(likelihood, is_bar, minor) / passed.totals)[:, 0, 0]
    chances = passed.alphas[:, 0, 0]
    beta = np.ones(len(form.begin))
    following = np.argsort(form.previous)
    for bar in range(len(scaled) - 1, 0, -1):
        beta = beta * scaled[bar]
        beta = GO_ON * beta[following] + (1 - GO_ON) * (beta @ form.begin)
        chances[bar - 1] *= beta
    return chances / chances.sum(axis=-1, keepdims=True)


def _bars(likelihood: np.ndarray, is_bar: np.ndarray, minor: bool) -> np.ndarray:
    """How well each place of the forms explains each bar; shape (bars, 1, tonics, places).

    In each half sounds the chord of the form or, now and then, any other one.
    """
    form = forms(minor)
    slots = np.flatnonzero(is_bar)
    free = (1 - IN_FORM) * (likelihood @ styles()[0][STYLES.index("minor" if minor else "blues")])
    halves = [IN_FORM * likelihood[..., chords] + free[..., None] for chords in form.chords.T]
    second = halves[1][np.minimum(slots + 1, len(is_bar) - 1)]
    second[np.diff(slots, append=len(is_bar)) < 2] = 1.0
    return (halves[0][slots] * second)[:, None]


def _spread(
    places: np.ndarray, likelihood: np.ndarray, is_bar: np.ndarray, minor: bool
) -> np.ndarray:
    """Chances of places in the forms, (bars, places), to chances of chords, (slots, states)."""
    form: Forms = forms(minor)
    elsewhere = likelihood * styles()[0][STYLES.index("minor" if minor else "blues")]
    chords = form.chords.T[np.where(is_bar, 0, 1)]  # of each place in that half: (slots, places)
    own = IN_FORM * np.take_along_axis(likelihood, chords, axis=1)
    is_own = own / (own + (1 - IN_FORM) * elsewhere.sum(axis=1, keepdims=True))
    chance = places[np.cumsum(is_bar) - 1]
    found = np.zeros(likelihood.shape)
    np.add.at(found, (np.arange(len(found))[:, None], chords), chance * is_own)
    left = (chance * (1 - is_own)).sum(axis=1, keepdims=True)
    return found + left * elsewhere / elsewhere.sum(axis=1, keepdims=True)
