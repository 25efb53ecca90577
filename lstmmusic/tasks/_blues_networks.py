"""The networks of the blues study: chord blocks feed melody blocks, and not the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from lstmmusic.encoding.binary_eighths import N_CHORD_UNITS, N_MELODY_UNITS
from lstmmusic.layers import PeepholeLSTM, sigmoid_pm1, sigmoid_pm2
from lstmmusic.layers.online import Online, TruncatedGradient
from lstmmusic.tasks import _training
from lstmmusic.tasks._networks import Networks
from lstmmusic.tasks._online import OnlineTogether
from lstmmusic.tasks.task import TRAINING, WEIGHTS, Job, Strings, Trained

ONLINE = "online2000"  # the variant that learns by the published rule
_GATE_BIASES = (-0.5, -1.0, -1.5, -2.0)
_HEAD_BIAS = 0.5
_WEIGHT_RANGE = 0.2

Songs = Callable[[np.random.Generator, int, int], np.ndarray]


def columns_of(variant: str, seed: int, n_units: int, settings: Any) -> list[keras.layers.Layer]:
    """Blocks and outputs for the chords, and for the melody where there is one; built.

    Args:
        variant: One of the family's.
        seed: Fixes all weights.
        n_units: 12, or 25 with a melody.
        settings: `BluesSettings`.
    """
    numbers = np.random.default_rng([seed, WEIGHTS]).integers(2**31, size=16).tolist()
    size = settings.blocks * settings.cells_per_block
    layers: list[Any] = []
    # The melody's blocks see the chords' blocks behind their own units.
    for n_own, n_others in ((N_CHORD_UNITS, 0), (N_MELODY_UNITS, size))[: 1 + (n_units > 12)]:
        layer = _hidden(variant, [numbers.pop() for _ in range(4)], settings)
        layer.build((None, None, n_own + n_others))
        if variant == "keras_lstm":
            bias = np.zeros(4 * size, np.float32)
            bias[size : 2 * size] = settings.forget_bias
            layer.cell.bias.assign(bias)
        starts: dict[str, Any] = {
            "kernel_initializer": _uniform(numbers.pop()),
            "bias_initializer": keras.initializers.Constant(_HEAD_BIAS),
        }
        head = keras.layers.Dense(n_own, activation="sigmoid", **starts)
        head.build((None, None, size + n_own))
        layers += [layer, head]
    return layers


def _uniform(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-_WEIGHT_RANGE, _WEIGHT_RANGE, seed=seed)


def _hidden(variant: str, seeds: Sequence[int], settings: Any) -> Any:
    size = settings.blocks * settings.cells_per_block
    glorot = keras.initializers.GlorotUniform
    usual: dict[str, Any] = {
        "return_sequences": True,
        "kernel_initializer": glorot(seed=seeds[0]),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=seeds[1]),
    }
    if variant == "keras_lstm":
        return keras.layers.LSTM(size, **usual)
    if variant == "rnn":
        return keras.layers.SimpleRNN(size, **usual)
    biases = [_GATE_BIASES[block % 4] for block in range(settings.blocks)]
    blocks: dict[str, Any] = {
        "cells_per_block": settings.cells_per_block,
        "biased": ("input", "forget", "output"),
        "input_gate_bias": biases,
        "output_gate_bias": biases,
    }
    if variant == ONLINE:
        return PeepholeLSTM(
            size,
            activation=sigmoid_pm2,
            output_activation=sigmoid_pm1,
            peepholes=False,
            forget_gate_bias=biases,
            return_sequences=True,
            kernel_initializer=_uniform(seeds[0]),
            recurrent_initializer=_uniform(seeds[1]),
            **blocks,
        )
    # Cells leave their blocks as they are, as in 2002: those that count may grow.
    return PeepholeLSTM(
        size,
        output_activation="linear",
        peepholes=variant == "peephole",
        peephole_initializer=glorot(seed=seeds[2]),
        forget_gate_bias=settings.forget_bias,
        **blocks,
        **usual,
    )


class BluesNetworks(Networks):
    """Networks of the study side by side.

    Outputs for the chords see chord blocks and chord units; those for the melody see melody
    blocks and melody units. Blocks see the blocks of the step before.

    Args:
        columns: For each network what `columns_of` gives.
        scaling: Mean and standard deviation of each unit, (units,) each.

    Call args:
        inputs: Flags, (networks, batch, time, units).
        only: As `Networks` has it.

    Returns:
        Probabilities, the same shape.
    """

    def __init__(
        self,
        columns: Sequence[Sequence[keras.layers.Layer]],
        scaling: tuple[np.ndarray, np.ndarray],
    ) -> None:
        import tensorflow as tf

        super().__init__(columns)
        self.has_melody = len(self.layers) == 4
        n_units = N_CHORD_UNITS + self.has_melody * N_MELODY_UNITS
        self.scaling = tuple(part[:n_units].astype(np.float32) for part in scaling)
        self._free = tf.function(self._running_free, jit_compile=True, autograph=False)

    @property
    def parts(self) -> list[list[Any]]:
        """The weights of the chords, and those of the melody."""
        by_layer = [layer.trainable_variables for layer in self.layers]
        pairs = zip(by_layer[::2], by_layer[1::2], strict=True)
        return [[*hidden, *head] for hidden, head in pairs]

    def scaled(self, inputs: Any) -> Any:
        """The units with mean 0 and standard deviation 1, as the blocks see them."""
        mean, spread = self.scaling
        return (inputs - mean) / spread

    def __call__(self, inputs: Any, only: Any = None) -> Any:
        import tensorflow as tf

        x = self.scaled(inputs)
        chords, melody = x[..., :N_CHORD_UNITS], x[..., N_CHORD_UNITS:]
        y = self.layers[0](chords, only=only)
        outputs = self.layers[1](tf.concat([y, chords], -1), only=only)
        if not self.has_melody:
            return outputs
        # Errors of the melody stay with its blocks, as they do in the published rule.
        late = tf.pad(tf.stop_gradient(y)[:, :, :-1], ((0, 0), (0, 0), (1, 0), (0, 0)))
        line = self.layers[2](tf.concat([melody, late], -1), only=only)
        told = self.layers[3](tf.concat([line, melody], -1), only=only)
        return tf.concat([outputs, told], -1)

    def solver(self, index: int) -> Callable[..., np.ndarray]:
        """One network alone: flags (time, units), how many are given -> probabilities.

        From the last of those that are given on, it hears its own.
        """

        def solve(inputs: np.ndarray, n_given: int) -> np.ndarray:
            return np.asarray(self._free(inputs.astype(np.float32), np.int32(n_given)))[:, index]

        return solve

    def _running_free(self, inputs: Any, n_given: Any) -> Any:
        """Shape (time, networks, units)."""
        import tensorflow as tf

        n_steps, n_units = inputs.shape
        recurrent = self.layers[::2]

        def body(time: Any, heard: Any, states: Any, kept: Any) -> Any:
            given = tf.broadcast_to(inputs[time], heard.shape)
            x = self.scaled(tf.where(time < n_given, given, heard))[:, None]
            parts = (x[..., :N_CHORD_UNITS], x[..., N_CHORD_UNITS:])
            y, new = recurrent[0].step(parts[0], states[0])
            outputs, found = [self.layers[1](tf.concat([y, parts[0]], -1))], [new]
            if self.has_melody:
                # Keras has the output before among the states of every recurrent layer, first.
                line, new = recurrent[1].step(tf.concat([parts[1], states[0][0]], -1), states[1])
                outputs.append(self.layers[3](tf.concat([line, parts[1]], -1)))
                found.append(new)
            probs = tf.concat(outputs, -1)[:, 0]
            return time + 1, _fed_back(probs), found, kept.write(time, probs)

        states = [layer.start(1) for layer in recurrent]
        kept = tf.TensorArray(tf.float32, n_steps, element_shape=(self.n, n_units))
        first = (0, tf.zeros((self.n, n_units)), states, kept)
        found = tf.while_loop(
            lambda time, *_: time < n_steps, body, first, maximum_iterations=n_steps
        )
        return found[-1].stack()


def _fed_back(probs: Any) -> Any:
    """As `lstmmusic.tasks.blues.fed_back`."""
    import tensorflow as tf

    chords = tf.cast(probs[:, :N_CHORD_UNITS] > 0.5, tf.float32)
    if probs.shape[-1] == N_CHORD_UNITS:
        return chords
    strongest = tf.argmax(probs[:, N_CHORD_UNITS:], axis=-1)
    return tf.concat([chords, tf.one_hot(strongest, N_MELODY_UNITS)], -1)


class _Lines:
    """The published rule for both lines of one network: an `OnlineRule`.

    Blocks of the melody see what those of the chords gave a step before; no error comes back.

    Args:
        layers: As `columns_of` gives them.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        sees = (N_CHORD_UNITS, N_MELODY_UNITS)
        self._lines = {
            name: TruncatedGradient(layer, head, shortcut=n, cross_entropy=True)
            for name, layer, head, n in zip(
                ("chords", "melody"), layers[::2], layers[1::2], sees, strict=False
            )
        }
        self.n_inputs = self.n_outputs = sum(rule.n_outputs for rule in self._lines.values())

    def variables(self) -> dict[str, Any]:
        """As all methods: see `TruncatedGradient`."""
        return self._joined({name: rule.variables() for name, rule in self._lines.items()})

    def start(self) -> dict[str, Any]:
        return self._joined({name: rule.start() for name, rule in self._lines.items()})

    def read(self, xp: Any, weights: Any, state: Any, x: Any) -> tuple[dict[str, Any], Any]:
        states, reads, before = {}, {}, _training.below("chords/", state)["y"]
        for name, rule in self._lines.items():
            seen = x[..., self._own(name)]
            if name == "melody":
                seen = xp.concatenate([seen, before], axis=-1)
            own = _training.below(f"{name}/", weights), _training.below(f"{name}/", state)
            states[name], reads[name] = rule.read(xp, *own, seen)
        output = xp.concatenate([read.output for read in reads.values()], axis=-1)
        return self._joined(states), _ReadLines(output, reads)

    def gradient(self, xp: Any, weights: Any, state: Any, read: Any, target: Any) -> dict[str, Any]:
        found = {}
        for name, rule in self._lines.items():
            own = _training.below(f"{name}/", weights), _training.below(f"{name}/", state)
            asked = target[..., self._own(name)]
            found[name] = rule.gradient(xp, *own, read.lines[name], asked)
        return self._joined(found)

    @staticmethod
    def _own(line: str) -> slice:
        """The units of a line."""
        return slice(N_CHORD_UNITS, None) if line == "melody" else slice(0, N_CHORD_UNITS)

    @staticmethod
    def _joined(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {f"{line}/{name}": a for line, arrays in parts.items() for name, a in arrays.items()}


class _ReadLines(NamedTuple):
    """One step of both lines: the outputs, (..., units), and what each line read."""

    output: Any
    lines: dict[str, Any]


class OnlineBlues:
    """The published rule: truncated gradient, momentum, weights changed at every step.

    After a gross error (a chord unit on the wrong side of a half) the weights are changed once
    more, all is forgotten, and the next song of the round begins, after the last the first again.

    Args:
        columns: One a network.
        networks: Made of the same layers; they answer what the rule and the test ask.
        seeds: One a network.
        songs: Generator, number of strings, choruses of each -> (strings, steps + 1, units).
        rule: When to stop.
        settings: `BluesSettings`.

    References:
        Eck, Schmidhuber (2002), IDSIA-07-02, training.
    """

    def __init__(
        self,
        columns: Sequence[Sequence[Any]],
        networks: BluesNetworks,
        seeds: Sequence[int],
        songs: Songs,
        rule: _training.StopRule,
        settings: Any,
    ) -> None:
        self.steps_per_round = settings.round_strings
        self._networks, self._seeds, self._songs = networks, seeds, songs
        self._rule, self._settings = rule, settings
        self._together = OnlineTogether([Online(_Lines(layers)) for layers in columns])

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, _training.Metrics]:
        """One round; see `Learner`."""
        settings, n = self._settings, self.steps_per_round
        drawn = [
            self._songs(
                np.random.default_rng([seed, TRAINING, n_round]), n, settings.string_choruses
            )
            for seed in self._seeds
        ]
        flags = np.stack(drawn, axis=2).astype(float)
        is_chord = np.arange(flags.shape[-1]) < N_CHORD_UNITS
        found = self._together.learn_streams(
            self._networks.scaled(flags[:, :-1]),
            flags[:, 1:],
            np.where(is_chord, 0.5, np.inf),
            settings.online_learning_rate,
            settings.momentum,
            active,
            n * (flags.shape[1] - 1),
            counts_streams=False,
        )
        met, metrics = self._rule.met(self._predict)
        return met & active, {"gross_errors": found.n_errors, **metrics}

    def _predict(self, inputs: np.ndarray) -> np.ndarray:
        self._show()
        return self._networks.predict(inputs)

    def _show(self) -> None:
        self._together.write_back()
        self._networks.read()

    def state(self) -> _training.State:
        """Weights, their speed, and the rule's state."""
        kept = self._rule.state()
        return self._together.state() | {f"rule/{name}": array for name, array in kept.items()}

    def restore(self, state: _training.State) -> None:
        """Goes on from a kept state."""
        self._together.restore(state)
        self._rule.restore(_training.below("rule/", state))

    def solver(self, index: int) -> Any:
        """As `BluesNetworks.solver`."""
        self._show()
        return self._networks.solver(index)


def train_blues(
    job: Job,
    n_units: int,
    songs: Songs,
    rule: _training.StopRule,
    scaling: tuple[np.ndarray, np.ndarray],
) -> list[Trained]:
    """Trains networks of the study by the rule that their variant learns by.

    Args:
        job: Its settings are `BluesSettings`.
        n_units: 12, or 25 with a melody.
        songs: See `OnlineBlues`.
        rule: When to stop.
        scaling: See `BluesNetworks`.
    """
    settings = job.settings
    columns = [columns_of(job.variant, seed, n_units, settings) for seed in job.seeds]
    networks = BluesNetworks(columns, scaling)
    if job.variant == ONLINE:
        online = OnlineBlues(columns, networks, job.seeds, songs, rule, settings)
        return _training.train(online, job)

    def draw(k: int, rng: np.random.Generator, n: int) -> Strings:
        found = songs(rng, n, settings.string_choruses)
        inputs, targets = found[:, :-1], found[:, 1:]
        return Strings(inputs, targets, np.ones(inputs.shape[:2]))

    learner = _training.GradientLearner(
        networks,
        job.seeds,
        draw,
        "independent",
        rule,
        settings.batch_strings,
        settings.round_strings // settings.batch_strings,
        settings.learning_rate,
    )
    return _training.train(learner, job)
