"""Playing stored networks step by step with NumPy alone."""

from __future__ import annotations

from bisect import bisect_left
from copy import copy
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.encoding.melody_features import LINE_BARS, Event, MelodyMemory, MelodySetting
from lstmmusic.player import network
from lstmmusic.player.line_rests import LineRests
from lstmmusic.player.network import LOWEST_PITCH, MAX_STEPS, Weights
from lstmmusic.player.sampling import Lean, Sampling
from lstmmusic.step import step

Flags = np.ndarray

PACE_BARS = 12  # over which notes a bar are kept to
_LOG_STEPS = np.log(np.arange(1, MAX_STEPS + 1))
_PULL = 4.0  # with 4, notes a bar of single choruses scatter half as much; more makes bars uneven


class LSTMState:
    """The state of one stored LSTM: h and c, moved on by one input at a time."""

    def __init__(self, weights: Weights) -> None:
        self._kernel = np.asarray(weights["lstm/kernel"], np.float32)
        self._recurrent_kernel = np.asarray(weights["lstm/recurrent_kernel"], np.float32)
        self._bias = np.asarray(weights["lstm/bias"], np.float32)
        self._peephole = np.asarray(weights["lstm/peephole_kernel"], np.float32)
        units = self._recurrent_kernel.shape[0]
        self.h = np.zeros(units, np.float32)
        self.c = np.zeros(units, np.float32)

    def feed(self, x: np.ndarray) -> np.ndarray:
        """Takes an input of shape (features,) and returns the new h, shape (units,)."""
        z = x @ self._kernel + self.h @ self._recurrent_kernel + self._bias
        self.h, self.c = step(np, z, self.c, self._peephole)
        return self.h


class HarmonyPlayer:
    """Plays chord symbols, one a half-bar; it carries the form in its cells.

    A network that was trained on another clock plays on that one: its inputs tell which.

    Args:
        weights: Of the stored harmony network.
        is_minor: The mode of the key.

    Example:
        >>> from lstmmusic.player import load_model
        >>> player = HarmonyPlayer(load_model().networks["harmony"], is_minor=False)
        >>> rng = np.random.default_rng(1)
        >>> player.next(Sampling(temperature=0), rng)  # I7
        0
    """

    def __init__(self, weights: Weights, is_minor: bool) -> None:
        self._weights = weights
        self._lstm = LSTMState(weights)
        self._is_minor = is_minor
        self._steps_per_bar = len(weights["lstm/kernel"]) - N_SYMBOLS - 1
        self._tick = 0
        self._previous = -1

    def logits(self) -> np.ndarray:
        """Logits of the next symbol; moves the network on by one half-bar."""
        x = network.harmony_input(self._previous, self._tick, self._is_minor, self._steps_per_bar)
        self._tick += 1
        return network.symbol_logits(np, self._weights, self._lstm.feed(x))

    def hear(self, symbol: int) -> None:
        """Tells the network which symbol was played."""
        self._previous = symbol

    def next(self, sampling: Sampling, rng: np.random.Generator) -> int:
        """Chooses the next symbol and hears it."""
        symbol = sampling.choose(self.logits(), rng)
        self.hear(symbol)
        return symbol


class Taste(NamedTuple):
    """What is added to the logits of a melody network, so that it plays more like some music.

    Attributes:
        iois: For each length in steps to the next onset, from one on, shape (MAX_STEPS,).
        durations: For each duration, likewise.
        degrees: For each degree above the tonic, shape (12,).
    """

    iois: np.ndarray
    durations: np.ndarray
    degrees: np.ndarray


@dataclass
class MelodyLimits:
    """What a melody may not do, and what it had rather.

    Attributes:
        lowest, highest: Pitches that bound the range.
        iois, durations: Flags of the lengths in steps that the training music has (index 0 is
            one step).
        notes_per_bar: The least and the most over `PACE_BARS`, kept to by a tilt of the choice of
            lengths towards short or long ones; None: as learnt.
        degrees: Flags of the degrees above the tonic that the training music has in the mode, shape
            (12,).
        breathes: Every line of four bars rests in its last one, see `LineRests`.
        taste: Other music to play like; None: as learnt.
    """

    lowest: int = 55
    highest: int = 86
    iois: Flags = field(default_factory=lambda: np.ones(MAX_STEPS, bool))
    durations: Flags = field(default_factory=lambda: np.ones(MAX_STEPS, bool))
    notes_per_bar: tuple[float, float] | None = None
    degrees: Flags = field(default_factory=lambda: np.ones(12, bool))
    breathes: bool = False
    taste: Taste | None = None


class Thinning(NamedTuple):
    """Which inputs and cells of a melody network are silent for a whole piece.

    A network trained with dropout is the mean of many thinned ones; a piece by one of them has
    ways of its own, and pieces differ as much as those of several players.

    Attributes:
        inputs: Factors, shape (N_HEARD,): 0 where silent, above 1 elsewhere.
        outputs: Likewise of the LSTM's outputs, shape (units,).

    References:
        Gal and Ghahramani (2016), "A theoretically grounded application of dropout in recurrent
        neural networks": one mask for a whole sequence.
    """

    inputs: np.ndarray
    outputs: np.ndarray

    @classmethod
    def drawn(
        cls, weights: Weights, shares: tuple[float, float], rng: np.random.Generator
    ) -> Thinning:
        """By chance.

        Args:
            weights: Of the stored melody network.
            shares: Of the inputs and of the outputs that are silent, each below 1.
            rng: Random numbers.
        """
        sizes = (len(weights["lstm/kernel"]), len(weights["lstm/recurrent_kernel"]))
        return cls(
            *(
                ((rng.random(size) >= share) / (1 - share)).astype(np.float32)
                for size, share in zip(sizes, shares, strict=True)
            )
        )


class Echo(NamedTuple):
    """What an earlier line would have here, for the network's choices to lean towards.

    Attributes:
        share: How much of the choice it is, 0 to 1.
        event: The earlier line's next note, moved to its place here; None where it rests.
        rests_until: Where that rest ends, in steps.
    """

    share: float
    event: Event | None
    rests_until: int


class MelodyPlayer:
    """Plays a melody note by note.

    Args:
        weights: Of the stored melody network.
        setting: Chords, key, metre, form, style.
        limits: What it may not do.
        thinning: What of the network is silent; None: nothing.
    """

    def __init__(
        self,
        weights: Weights,
        setting: MelodySetting,
        limits: MelodyLimits,
        thinning: Thinning | None = None,
    ) -> None:
        self._weights = weights
        self._thinning = thinning
        self._lstm = LSTMState(weights)
        self.setting = setting
        self.limits = limits
        self.memory = MelodyMemory(setting)
        self._rests = None
        if limits.breathes:
            self._rests = LineRests(setting, shortest=1 + int(np.argmax(limits.durations)))
        self._h = self._listen()

    def _listen(self) -> np.ndarray:
        if self._thinning is None:
            return self._lstm.feed(self.memory.heard())
        return self._lstm.feed(self.memory.heard() * self._thinning.inputs) * self._thinning.outputs

    def hear(self, event: Event) -> None:
        """Takes a note as played, its own or a primer's."""
        self.memory.append(event)
        self._h = self._listen()

    def fork(self) -> MelodyPlayer:
        """Another player that has heard the same; what either hears now, the other does not."""
        twin = copy(self)
        twin._lstm = copy(self._lstm)
        twin.memory = MelodyMemory(self.setting)
        for event in self.memory.events:
            twin.memory.append(event)
        return twin

    def log_likelihood(self, event: Event) -> float:
        """How likely a note is to come next, its onset, pitch and duration: natural logarithm.

        A note beyond what the network can play (longer rests, other pitches) is told -inf.
        """
        onset, duration, pitch = event
        ioi = onset - self.memory.last_onset
        logits, state = self.pitch_logits(onset)
        return (
            _log_prob(self.rhythm_logits(), ioi - 1)
            + _log_prob(logits, pitch - LOWEST_PITCH)
            + _log_prob(self.duration_logits(state, onset, pitch), duration - 1)
        )

    def rhythm_logits(self) -> np.ndarray:
        """Logits of the steps to the next onset."""
        cue = self.memory.rhythm_cue()
        return network.rhythm_logits(np, self._weights, self._h, cue)

    def pitch_logits(self, onset: int) -> tuple[np.ndarray, np.ndarray]:
        """Logits of the pitch of a note that starts there, and the state for its duration."""
        state = network.pitch_state(np, self._weights, self._h, self.memory.pitch_cue(onset))
        found = self.memory.looked_back(onset)
        logits = network.pitch_logits(
            np,
            self._weights,
            state,
            np.array([self.memory.last_pitch]),
            np.array([self.setting.key.pitch_class]),
            np.array([self.setting.root_at(onset)]),
            np.array([-1 if found is None else found[2]]),
        )
        return logits, state

    def duration_logits(self, state: np.ndarray, onset: int, pitch: int) -> np.ndarray:
        """Logits of the duration of that note."""
        tonic, root = self.setting.key.pitch_class, self.setting.root_at(onset)
        degrees = network.note_degrees(pitch, tonic, root)
        return network.duration_logits(np, self._weights, state, degrees)

    def _pace(self) -> np.ndarray:
        """What is added to the logits of lengths, so that notes a bar are as they are to be.

        The shorter a length, the more it gains where too few notes were played of late; a bar as it
        is to be is counted beforehand.
        """
        bounds, events = self.limits.notes_per_bar, self.memory.events
        if bounds is None or not events:
            return np.zeros(MAX_STEPS)
        bar_steps, here = self.setting.bar_steps, events[-1][0]
        begin = max(events[0][0] // bar_steps * bar_steps, here - PACE_BARS * bar_steps)
        n_bars = (here - begin) / bar_steps
        n_notes = len(events) - 1 - bisect_left(events, begin, key=lambda event: event[0])
        if bounds[0] < bounds[1] and n_bars < LINE_BARS:  # a few bars do not tell how busy it is
            return np.zeros(MAX_STEPS)
        wanted = min(max(n_notes / max(n_bars, 1), bounds[0]), bounds[1])
        tilt = _PULL * np.log((1 + n_bars) * wanted / (wanted + n_notes))
        return -tilt * _LOG_STEPS

    def leaves_rest(self, onset: int) -> bool:
        """Whether a line that has to rest still does where the next note begins there."""
        if self._rests is None:
            return True
        return bool(self._rests.open_onsets(self.memory.events, np.array([onset]))[0])

    def next_onset(
        self,
        sampling: Sampling,
        rng: np.random.Generator,
        earliest: int | None = None,
        latest: int | None = None,
        echo: Echo | None = None,
        due: int | None = None,
    ) -> int:
        """Chooses the next onset, not before the last note ends nor before `earliest`.

        Args:
            sampling: How to choose.
            rng: Random numbers; one is used at most.
            earliest: In steps; None: where the last note ends.
            latest: In steps; where nothing usual lies before it, it is not looked at.
            echo: What to lean towards.
            due: Where a note will begin that is settled, for a line to have its rest before it.
        """
        last = self.memory.last_onset
        nearest = 1
        if self.memory.events:
            nearest = self.memory.events[-1][1]
        if earliest is not None:
            nearest = max(nearest, earliest - last)
        steps = np.arange(1, MAX_STEPS + 1)
        open_steps = steps >= nearest
        if self._rests is not None:
            breathing = open_steps & self._rests.open_onsets(self.memory.events, last + steps, due)
            open_steps = breathing if (breathing & self.limits.iois).any() else open_steps
        allowed = self.limits.iois & open_steps
        if latest is not None and (allowed & (steps <= latest - last)).any():
            allowed &= steps <= latest - last
        logits = self.rhythm_logits() + self._pace()
        taste = self.limits.taste
        if taste is not None:
            logits = logits + taste.iois
        lean = None
        if echo is not None and echo.event is not None:
            lean = _lean(echo.share, echo.event[0] - last - 1, open_steps)
        elif echo is not None:
            rests = allowed & (steps >= echo.rests_until - last)
            rests = rests if rests.any() else steps == echo.rests_until - last
            if rests.any():
                lean = Lean(echo.share, sampling.probs(logits, rests))
        if not allowed.any():
            if lean is None:
                return last + nearest
            allowed = lean.probs > 0
        return last + 1 + sampling.choose(logits, rng, allowed, lean)

    def play(
        self,
        onset: int,
        sampling: Sampling,
        rng: np.random.Generator,
        degrees: tuple[int, ...] | None = None,
        longest: int = MAX_STEPS,
        shortest: int = 1,
        echo: Echo | None = None,
        due: int | None = None,
    ) -> Event:
        """Chooses pitch and duration of a note that starts there, and hears it.

        Args:
            onset: In steps.
            sampling: How to choose.
            rng: Random numbers; two are used.
            degrees: Degrees above the tonic that are open; None for all.
            longest: The longest duration in steps.
            shortest: The shortest; where nothing usual is so long, the longest is taken.
            echo: What to lean towards, if its note starts there.
            due: As in `next_onset`.
        """
        logits, state = self.pitch_logits(onset)
        pitches = np.arange(LOWEST_PITCH, LOWEST_PITCH + len(logits))
        taste = self.limits.taste
        if taste is not None:
            logits = logits + taste.degrees[(pitches - self.setting.key.pitch_class) % 12]
        allowed = (pitches >= self.limits.lowest) & (pitches <= self.limits.highest)
        above_tonic = (pitches - self.setting.key.pitch_class) % 12
        fitting = self.limits.degrees[above_tonic]
        if degrees is not None:
            fitting = np.isin(above_tonic, degrees)
        allowed = allowed & fitting if (allowed & fitting).any() else allowed
        share, wanted = (echo.share, echo.event) if echo is not None else (0.0, None)
        like = _lean(share, wanted[2] - LOWEST_PITCH, allowed) if wanted else None
        pitch = LOWEST_PITCH + sampling.choose(logits, rng, allowed, like)
        if self._rests is not None:
            longest = max(
                min(longest, self._rests.longest(self.memory.events, onset, due)), shortest
            )
        steps = np.arange(1, MAX_STEPS + 1)
        open_steps = self.limits.durations & (steps <= longest) & (steps >= shortest)
        if not open_steps.any():
            open_steps = steps == longest
        lengths = self.duration_logits(state, onset, pitch) + self._pace()
        if taste is not None:
            lengths = lengths + taste.durations
        like = _lean(share, min(wanted[1], longest) - 1, steps <= longest) if wanted else None
        duration = 1 + sampling.choose(lengths, rng, open_steps, like)
        event = (onset, duration, pitch)
        self.hear(event)
        return event


def _log_prob(logits: np.ndarray, choice: int) -> float:
    if not 0 <= choice < len(logits):
        return -np.inf
    scores = np.asarray(logits, np.float64)
    top = scores.max()
    return float(scores[choice] - top - np.log(np.exp(scores - top).sum()))


def _lean(share: float, choice: int, is_open: Flags) -> Lean | None:
    """Towards one choice; None where it is not open."""
    if not (0 <= choice < len(is_open) and is_open[choice]):
        return None
    probs = np.zeros(len(is_open))
    probs[choice] = 1.0
    return Lean(share, probs)
