"""Networks that learn online side by side, each from its own stream, in one compiled loop.

A step of a small network is a few hundred numbers: called one by one from Python, nearly all of its
time is the calling. Here the loop over the steps of a round is compiled, and each turn of it takes
a step with every network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from keras import ops

from lstmmusic.layers.online import Online

_LEAST_STEPS = 256


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
        n_outputs = self.weights["head_kernel"].shape[-1]
        streams = np.repeat(inputs[:, None], n, axis=1)
        nothing = np.zeros((n_steps, n))
        return self.learn_strings(
            streams, np.zeros((n_steps, n, n_outputs)), nothing, nothing, learning_rate=0.0
        )

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

    def learn_wave(
        self,
        wave: np.ndarray,
        error_below: float,
        n_streams: int,
        learning_rate: float,
        momentum: float,
        active: np.ndarray,
    ) -> np.ndarray:
        """Streams without input, each from the start until an error is too large, or to its end.

        Args:
            wave: Targets of a stream, (time, outputs).
            error_below: A stream ends with the first error that is larger; it is learnt from, too.
            n_streams: So many each.
            learning_rate: Of descent,
            momentum: with that share of its last change.
            active: Networks that learn, (networks,).

        Returns:
            Mean length of each network's streams, (networks,), 0 where it is not active.
        """
        found = self._wave(
            wave,
            float(error_below),
            n_streams,
            self.weights,
            self.speed,
            float(learning_rate),
            float(momentum),
            active,
        )
        weights, speed, n_steps = found
        self.weights = {name: np.array(weight) for name, weight in weights.items()}
        self.speed = {name: np.array(part) for name, part in speed.items()}
        return np.asarray(n_steps) / n_streams

    @cached_property
    def _wave(self) -> Callable[..., Any]:
        import tensorflow as tf

        rule, n = self._rule, len(self._onlines)
        n_inputs = self.weights["kernel"].shape[1]

        @tf.function(jit_compile=True, autograph=False)
        def run(
            wave: Any,
            error_below: Any,
            n_streams: Any,
            weights: Any,
            speed: Any,
            learning_rate: Any,
            momentum: Any,
            active: Any,
        ) -> Any:
            nothing, start = tf.zeros((n, n_inputs), tf.float64), _constant(self._start)

            def goes_on(left: Any, *_: Any) -> Any:
                return tf.reduce_any(left > 0)

            def body(
                left: Any, time: Any, n_steps: Any, weights: Any, speed: Any, state: Any
            ) -> Any:
                learns = left > 0
                state, read = rule.read(ops, weights, state, nothing)
                target = tf.gather(wave, time)
                slopes = rule.gradient(ops, weights, state, read, target)
                speed = {
                    name: _where(learns, momentum * part - learning_rate * slopes[name], part)
                    for name, part in speed.items()
                }
                weights = {
                    name: _where(learns, weight + speed[name], weight)
                    for name, weight in weights.items()
                }
                error = tf.reduce_max(tf.abs(read.output - target), axis=-1)
                # What is no number is not within the limit.
                ends = ~(error <= error_below) | (time + 1 == wave.shape[0])
                state = {name: _where(ends, start[name], part) for name, part in state.items()}
                left = left - tf.cast(ends & learns, left.dtype)
                n_steps = n_steps + tf.cast(learns, n_steps.dtype)
                return left, tf.where(ends, 0, time + 1), n_steps, weights, speed, state

            none = tf.zeros((n,), tf.int32)
            left = n_streams * tf.cast(active, tf.int32)
            first = (left, none, none, weights, speed, start)
            _, _, n_steps, weights, speed, _ = tf.while_loop(goes_on, body, first)
            return weights, speed, n_steps

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
        valid_steps: Whether a network may stop is looked for in so many,
        is_valid: by this: index of the network, what it answers to so many steps -> may it stop.

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
        valid_steps: int,
        is_valid: Callable[[int, Callable[[np.ndarray], np.ndarray]], bool],
    ) -> None:
        self.steps_per_round = streams_per_round
        self._onlines, self._together = onlines, OnlineTogether(onlines)
        self._wave, self._error_below, self._rates = wave, error_below, (learning_rate, momentum)
        self._valid_steps, self._is_valid = valid_steps, is_valid

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """One round; see `lstmmusic.tasks._training.Learner`."""
        n_steps = self._together.learn_wave(
            self._wave, self._error_below, self.steps_per_round, *self._rates, active
        )
        n_inputs = self._together.weights["kernel"].shape[1]
        outputs = self._together.read(np.zeros((self._valid_steps, n_inputs)))
        may_stop = [
            bool(active[k]) and self._is_valid(k, lambda _, k=k: outputs[None, :, k])
            for k in range(len(active))
        ]
        return np.array(may_stop), {"stream_steps": n_steps}

    def state(self) -> dict[str, np.ndarray]:
        """All that the next round depends on."""
        return self._together.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        self._together.restore(state)

    def solver(self, index: int) -> Callable[[np.ndarray], np.ndarray]:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        return lambda inputs: np.stack([self._together.read(x)[:, index] for x in inputs])


def _stacked(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def _constant(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    import tensorflow as tf

    return {name: tf.constant(values) for name, values in arrays.items()}


def _where(by_network: Any, one: Any, other: Any) -> Any:
    """The one or the other for each network, by what is (networks,)."""
    return ops.where(ops.reshape(by_network, (-1, *[1] * (len(one.shape) - 1))), one, other)
