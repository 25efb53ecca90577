"""Networks that learn online side by side, each from its own stream, in one compiled loop.

A step of a small network is a few hundred numbers: called one by one from Python, nearly all of its
time is the calling. Here the loop over the steps of a round is compiled, and each turn of it takes
a step with every network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from lstmmusic.layers.online import Online
from lstmmusic.layers.side_by_side import by_copy

_LEAST_STEPS = 256

Solver = Callable[[np.ndarray], np.ndarray]


class Streamed(NamedTuple):
    """What came of streams.

    Attributes:
        n_steps: Learnt from, (networks,).
        n_errors: Streams that ended with an error, (networks,).
    """

    n_steps: np.ndarray
    n_errors: np.ndarray


class OnlineTogether:
    """Networks of one shape and rule.

    Args:
        onlines: One a network. `write_back` gives them what was learnt.

    Attributes:
        weights: By name, each (networks, ...), float64.
        speed: Of the weights, the same; see `Online.descend`.
    """

    def __init__(self, onlines: Sequence[Online]) -> None:
        self._onlines, self._rule = onlines, onlines[0].rule
        self._start = _stacked([online.rule.start() for online in onlines])
        self.weights = _stacked([online.weights for online in onlines])
        self.speed = _stacked([online.speed for online in onlines])

    def write_back(self) -> None:
        """Gives each network, and the layers that it came from, its weights as they are now."""
        for k, online in enumerate(self._onlines):
            for name, weight in self.weights.items():
                online.weights[name][...] = weight[k]
                online.speed[name][...] = self.speed[name][k]
            online.write_back()

    def state(self) -> dict[str, np.ndarray]:
        """Weights and their speed."""
        kinds = {"weight": self.weights, "speed": self.speed}
        return {f"{kind}/{name}": a for kind, arrays in kinds.items() for name, a in arrays.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        for kind, arrays in (("weight", self.weights), ("speed", self.speed)):
            for name, values in arrays.items():
                values[...] = state[f"{kind}/{name}"]

    def learn_strings(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        asked: np.ndarray,
        begins: np.ndarray,
        learning_rate: float,
        held: Mapping[str, np.ndarray] | None = None,
    ) -> np.ndarray:
        """Reads streams, and changes the weights at every step with a target by its own gradient.

        Args:
            inputs: Shape (time, networks, features).
            targets: Shape (time, networks, outputs).
            asked: Where there is a target, (time, networks).
            begins: Where a network forgets what was before, the same.
            learning_rate: Of plain descent.
            held: Weights that stay: by name True where they do, to go with a network's own.

        Returns:
            What was answered before the weights were changed, as `targets`.
        """
        n_steps = len(inputs)
        # As long as a power of two: a compiled loop is made anew for every length that it meets.
        room = max(_LEAST_STEPS, 1 << math.ceil(math.log2(max(n_steps, 1))))

        def padded(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values, np.zeros((room - n_steps, *values.shape[1:]))])

        free = {
            name: np.broadcast_to(1.0 - (held or {}).get(name, np.zeros(1)), weight.shape[1:])
            for name, weight in self.weights.items()
        }
        streams = tuple(padded(values) for values in (inputs, targets, asked, begins))
        # As arrays: a function is traced anew for every Python number that it meets.
        numbers = (np.asarray(n_steps, np.int32), np.asarray(learning_rate, np.float64))
        found, outputs = self._strings(streams, *numbers, self.weights, free)
        self.weights = {name: np.array(weight) for name, weight in found.items()}
        return np.asarray(outputs)[:n_steps]

    def read(self, inputs: np.ndarray) -> np.ndarray:
        """What every network answers to the same stream.

        Args:
            inputs: Shape (time, features).

        Returns:
            Shape (time, networks, outputs).
        """
        n_steps, n = len(inputs), len(self._onlines)
        streams, nothing = np.repeat(inputs[:, None], n, axis=1), np.zeros((n_steps, n))
        no_targets = np.zeros((n_steps, n, self._rule.n_outputs))
        return self.learn_strings(streams, no_targets, nothing, nothing, learning_rate=0.0)

    @cached_property
    def _strings(self) -> Callable[..., Any]:
        import tensorflow as tf

        rule = self._rule

        @tf.function(jit_compile=True, autograph=False)
        def run(streams: Any, n_steps: Any, learning_rate: Any, weights: Any, free: Any) -> Any:
            inputs, targets, asked, begins = streams
            start = _constant(self._start)
            shape = targets.shape[1:]
            outputs = tf.TensorArray(tf.float64, size=inputs.shape[0], element_shape=shape)

            def body(time: Any, weights: Any, state: Any, outputs: Any) -> Any:
                state = {name: _where(begins[time] > 0, start[name], state[name]) for name in start}
                state, read = rule.read(ops, weights, state, inputs[time])
                slopes = rule.gradient(ops, weights, state, read, targets[time])
                learns = asked[time] > 0
                weights = {
                    name: _where(learns, weight - learning_rate * free[name] * slopes[name], weight)
                    for name, weight in weights.items()
                }
                return time + 1, weights, state, outputs.write(time, read.output)

            first = (0, weights, start, outputs)
            _, weights, _, outputs = tf.while_loop(lambda time, *_: time < n_steps, body, first)
            return weights, outputs.stack()

        return run

    def learn_streams(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        error_below: np.ndarray,
        learning_rate: float,
        momentum: float,
        active: np.ndarray,
        n: int,
        counts_streams: bool,
    ) -> Streamed:
        """Streams one after another, each up to an error that is too large, or to its end.

        The error is learnt from, and then all is forgotten. When all streams have been read the
        first comes again.

        Args:
            inputs: Shape (streams, time, networks, features).
            targets: Shape (streams, time, networks, outputs).
            error_below: What an error may be, (outputs,); inf where any is as good.
            learning_rate: Of descent,
            momentum: with that share of its last change.
            active: Networks that learn, (networks,).
            n: How many for each network:
            counts_streams: True: streams, and all is forgotten at their ends, too. False: steps,
                of streams that go on into each other.
        """
        arrays = (inputs, targets, error_below, active)
        numbers = [np.asarray(n, np.int32)]
        numbers += [np.asarray(number, np.float64) for number in (learning_rate, momentum)]
        found = self._streams(counts_streams, arrays, *numbers, self.weights, self.speed)
        weights, speed, *counts = found
        self.weights = {name: np.array(weight) for name, weight in weights.items()}
        self.speed = {name: np.array(part) for name, part in speed.items()}
        return Streamed(*(np.asarray(count) for count in counts))

    @cached_property
    def _streams(self) -> Callable[..., Any]:
        import tensorflow as tf

        rule = self._rule

        @tf.function(jit_compile=True, autograph=False)
        def run(
            counts_streams: bool,
            arrays: Any,
            n: Any,
            learning_rate: Any,
            momentum: Any,
            weights: Any,
            speed: Any,
        ) -> Any:
            inputs, targets, error_below, active = arrays
            start, length = _constant(self._start), inputs.shape[1]
            n_steps, is_limited = inputs.shape[0] * length, tf.math.is_finite(error_below)
            # Each network is at a step of its own.
            inputs, targets = (
                tf.transpose(tf.reshape(part, (n_steps, *part.shape[2:])), (1, 0, 2))
                for part in (inputs, targets)
            )

            def goes_on(left: Any, *_: Any) -> Any:
                return tf.reduce_any(left > 0)

            def body(
                left: Any, time: Any, counts: Any, weights: Any, speed: Any, state: Any
            ) -> Any:
                learns = left > 0
                x, target = (tf.gather(part, time, batch_dims=1) for part in (inputs, targets))
                state, read = rule.read(ops, weights, state, x)
                slopes = rule.gradient(ops, weights, state, read, target)
                speed = {
                    name: _where(learns, momentum * part - learning_rate * slopes[name], part)
                    for name, part in speed.items()
                }
                weights = {
                    name: _where(learns, weight + speed[name], weight)
                    for name, weight in weights.items()
                }
                # What is no number is not within a limit, where there is one.
                is_within = (tf.abs(read.output - target) <= error_below) | ~is_limited
                is_wrong = ~tf.reduce_all(is_within, axis=-1)
                ends = is_wrong | ((time + 1) % length == 0)
                forgets = ends if counts_streams else is_wrong
                state = {name: _where(forgets, start[name], part) for name, part in state.items()}
                left = left - tf.cast(learns & (ends if counts_streams else True), left.dtype)
                happened = (learns, learns & is_wrong)
                counts = [a + tf.cast(b, a.dtype) for a, b in zip(counts, happened, strict=True)]
                time = tf.where(ends, (time // length + 1) * length, time + 1) % n_steps
                return left, time, counts, weights, speed, state

            left = n * tf.cast(active, tf.int32)
            none = tf.zeros_like(left)
            first = (left, none, [none, none], weights, speed, start)
            _, _, counts, weights, speed, _ = tf.while_loop(goes_on, body, first)
            return weights, speed, *counts

        return run


class OnlineWaves:
    """A learner of waves by the published rule: one stream after another, each from the start.

    A stream ends with the first error that is too large, so that a network hears of the second
    period when it has the first.

    Args:
        onlines: One a network.
        wave: Targets of a stream, (time, outputs).
        error_below: What an error may be.
        streams_per_round: Streams between two looks at the rule.
        learning_rate: Of descent,
        momentum: with that share of its last change.
        is_valid: Index of a network, what tells its answers -> whether it may stop.

    References:
        Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 4.
    """

    def __init__(
        self,
        onlines: Sequence[Online],
        wave: np.ndarray,
        error_below: float,
        streams_per_round: int,
        learning_rate: float,
        momentum: float,
        is_valid: Callable[[int, Solver], bool],
    ) -> None:
        self.steps_per_round, self._is_valid = streams_per_round, is_valid
        self._together, n, rule = OnlineTogether(onlines), len(onlines), onlines[0].rule
        self._inputs = np.zeros((1, len(wave), n, rule.n_inputs))
        self._targets = np.repeat(wave[None, :, None], n, axis=2)
        self._error_below = np.full(rule.n_outputs, error_below)
        self._rates = (learning_rate, momentum)
        self._told: tuple[np.ndarray, np.ndarray] | None = None

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """One round; see `lstmmusic.tasks._training.Learner`."""
        found = self._together.learn_streams(
            self._inputs,
            self._targets,
            self._error_below,
            *self._rates,
            active,
            self.steps_per_round,
            counts_streams=True,
        )
        self._told = None
        may_stop = [bool(on) and self._is_valid(k, self.solver(k)) for k, on in enumerate(active)]
        return np.array(may_stop), {"stream_steps": found.n_steps / self.steps_per_round}

    def _read(self, inputs: np.ndarray) -> np.ndarray:
        """Of all networks; they are usually asked the same, one after another."""
        if self._told is None or not np.array_equal(self._told[0], inputs):
            self._told = (inputs, self._together.read(inputs))
        return self._told[1]

    def state(self) -> dict[str, np.ndarray]:
        """All that the next round depends on."""
        return self._together.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        self._together.restore(state)
        self._told = None

    def solver(self, index: int) -> Solver:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        return lambda inputs: np.stack([self._read(x)[:, index] for x in inputs])


def _stacked(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def _constant(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    import tensorflow as tf

    return {name: tf.constant(values) for name, values in arrays.items()}


def _where(by_network: Any, one: Any, other: Any) -> Any:
    """The one or the other for each network, by what is (networks,)."""
    return ops.where(by_copy(by_network, one), one, other)
