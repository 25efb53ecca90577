"""Performing a written melody note by note: how late, and how long, a player would play it."""

from __future__ import annotations

import numpy as np

from lstmmusic.encoding.feel_events import TICKS_PER_BEAT, FeelEvents
from lstmmusic.encoding.feel_features import FeelSetting, feel_cues, length_cues, played_cue
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.player import network
from lstmmusic.player.network import LATE_CENTRES, RATIO_CENTRES, Weights
from lstmmusic.player.players import LSTMState
from lstmmusic.player.sampling import Sampling

_AS_LEARNT = Sampling()  # a lower temperature would make players more even than they are


class FeelPlayer:
    """Performs a melody; how late it plays is what it hears next.

    Args:
        weights: Of the stored feel network.
        written: Onset and duration in steps, pitch; shape (notes, 3).
        setting: Tempo and metre.

    Attributes:
        outputs: What the LSTM gave for every note so far.
    """

    def __init__(self, weights: Weights, written: np.ndarray, setting: FeelSetting) -> None:
        self._weights = weights
        self._lstm = LSTMState(weights)
        self._cues = feel_cues(written, setting)
        self._before = played_cue(np.asarray(0.0))
        self.heard: list[np.ndarray] = []
        self.outputs: list[np.ndarray] = []

    def late_logits(self) -> np.ndarray:
        """Logits of how late the next note is (`LATE_CENTRES`); moves the network on to it."""
        heard = np.concatenate([self._cues[len(self.outputs)], self._before])
        self.heard.append(heard)
        self.outputs.append(self._lstm.feed(heard))
        return network.late_logits(np, self._weights, self.outputs[-1], heard)

    def hear(self, late_beats: float) -> None:
        """Tells the network how late that note was played."""
        self._before = played_cue(np.asarray(late_beats))

    def expect(self) -> float:
        """How late the next note is expected to be, in beats.

        Example:
            >>> from lstmmusic.score import Metre
            >>> shapes = {**network.feel_shapes(1), "lstm/kernel": (network.LSTM_INPUTS["feel"], 4)}
            >>> shapes |= {"lstm/recurrent_kernel": (1, 4), "lstm/bias": (4,)}
            >>> weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
            >>> weights["lstm/peephole_kernel"] = np.zeros((3, 1), np.float32)
            >>> player = FeelPlayer(weights, np.array([[0, 12, 60]]), FeelSetting(120, Metre()))
            >>> abs(round(player.expect(), 3))  # untrained: on the beat
            0.0
        """
        return float(_AS_LEARNT.probs(self.late_logits()) @ LATE_CENTRES)

    def late(self, rng: np.random.Generator) -> float:
        """Draws how late the next note is, in beats, and hears it."""
        late = _drawn(self.late_logits(), LATE_CENTRES, rng)
        self.hear(late)
        return late

    def ratio(self, note: int, length_cue: np.ndarray, rng: np.random.Generator) -> float:
        """Draws log2 of a note's length as played to that as written; its onset was drawn."""
        logits = network.ratio_logits(
            np, self._weights, self.outputs[note], self.heard[note], length_cue
        )
        return _drawn(logits, RATIO_CENTRES, rng)


def perform(
    weights: Weights, written: np.ndarray, setting: FeelSetting, rng: np.random.Generator
) -> np.ndarray:
    """A written melody as a player would play it: all onsets in turn, then all lengths.

    A note starts at least a tick after the one before, and ends at the latest where the next
    starts.

    Args:
        weights: Of the stored feel network.
        written: Onset and duration in steps, pitch, onsets rising; shape (notes, 3).
        setting: Tempo and metre.
        rng: Random numbers; four are used a note.

    Returns:
        Of `FeelEvents`, shape (notes, 5).
    """
    player = FeelPlayer(weights, written, setting)
    late = np.array([player.late(rng) for _ in written])
    starts = written[:, 0] / STEPS_PER_BEAT + late
    tick = np.arange(len(starts)) / TICKS_PER_BEAT
    starts = np.maximum.accumulate(starts - tick) + tick
    lengths, before = np.empty(len(starts)), 0.0
    for note, cue in enumerate(length_cues(written, late, setting.metre)):
        cue[-1] = before
        before = player.ratio(note, cue, rng)
        lengths[note] = written[note, 1] / STEPS_PER_BEAT * 2.0**before
    stops = starts + lengths
    stops[:-1] = np.minimum(stops[:-1], starts[1:])
    return FeelEvents.joined(written, starts, stops)


def _drawn(logits: np.ndarray, centres: np.ndarray, rng: np.random.Generator) -> float:
    """A value of a bin drawn; uses two random numbers."""
    width = float(centres[1] - centres[0])
    return float(centres[_AS_LEARNT.choose(logits, rng)]) + width * (rng.random() - 0.5)
