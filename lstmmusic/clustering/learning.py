"""How the networks of `lstmmusic.clustering.encoder` learn: side by side, from random views.

A view is a stretch of a sequence, begun anywhere. Two views of one sequence differ in where they
begin (a phase) and in their noise, and have in common what the whole sequence has. What an update
sees depends on the network's seed and the number of the update alone, so that a network learns the
same alone and in company, and goes on after a break as if there had been none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from lstmmusic import objectives
from lstmmusic.clustering.encoder import (
    LEAST_VARIANCE,
    Encoders,
    Scaling,
    first_weights,
    outputs,
    read,
    shares,
)
from lstmmusic.clustering.recipe import OBJECTIVES, Recipe
from lstmmusic.layers import PeepholeLSTM, SideBySide
from lstmmusic.layers.side_by_side import by_copy

_UPDATES = 1  # the stream of random numbers of a seed; `encoder` has another
_LSTM = ("kernel", "recurrent_kernel", "bias", "peephole_kernel")
_LEAST_VARIANCE = 1e-5
_CLIP_NORM = 1.0
_LOSS_UPDATES = 20


class Views:
    """Sequences, scaled, that stretches are drawn from.

    Args:
        items: Each (time, features).
        scaling: Of their features.
        recipe: Batch and length of the views.
    """

    def __init__(self, items: Sequence[np.ndarray], scaling: Scaling, recipe: Recipe) -> None:
        self._flat = np.concatenate([scaling(item) for item in items])
        self._lengths = np.array([len(item) for item in items])
        self._starts = np.cumsum(self._lengths) - self._lengths
        wanted = np.ceil(recipe.view_share * self._lengths).astype(int)
        self._wanted = np.clip(wanted, 1, recipe.max_view_steps)
        self.n_steps, self.n_features = int(self._wanted.max()), self._flat.shape[1]
        # As many sequences in every batch, and each at most once where there are enough.
        self.batch = recipe.batch

    def draw(
        self, rng: np.random.Generator, views: int, n_steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Some views of some sequences.

        Returns:
            Steps (views x batch, n_steps, features), zeros after the end of a view, and their
            lengths (views x batch,). The sequences of the first view come first, then the same
            sequences in the same order.
        """
        n = len(self._lengths)
        some = rng.choice(n, self.batch, replace=n < self.batch)
        which = np.tile(some, views)
        lengths = self._wanted[which]
        offsets = (rng.random(len(which)) * (self._lengths[which] - lengths + 1)).astype(int)
        steps = np.arange(n_steps)
        at = (self._starts[which] + offsets)[:, None] + np.minimum(steps, lengths[:, None] - 1)
        return self._flat[at] * (steps < lengths[:, None])[..., None], lengths


class Learning:
    """Networks that learn the same objective, each from its own sequences.

    Args:
        objective: One of `OBJECTIVES`.
        recipe: How.
        data: The views that each network draws from; all with the same features.
        seeds: One a network.
    """

    def __init__(
        self, objective: str, recipe: Recipe, data: Sequence[Views], seeds: Sequence[int]
    ) -> None:
        import tensorflow as tf

        self.objective, self.recipe = OBJECTIVES[objective], recipe
        self._data, self._seeds = data, seeds
        n_features = data[0].n_features
        first = [
            first_weights(n_features, recipe.units, recipe.nodes, seed, self.objective.reading)
            for seed in seeds
        ]
        self._lstm = SideBySide([_layer_of(network) for network in first])
        self._head = keras.Variable(np.concatenate([network.read_kernel for network in first]))
        self._head_bias = keras.Variable(np.concatenate([network.read_bias for network in first]))
        self._weights = [*self._lstm.trainable_variables, self._head, self._head_bias]
        self._optimizer = keras.optimizers.Adam(recipe.learning_rate)
        self._optimizer.build(self._weights)
        loss, settings = getattr(objectives, self.objective.loss), dict(self.objective.settings)
        if self.objective.scale == "deviation":
            settings["decorrelation"] = recipe.decorrelation
        self._loss = loss(**settings)
        self._n_steps = max(views.n_steps for views in data)
        self.n_updates = 0
        self.losses = np.zeros(len(seeds))
        self._update = tf.function(self._one_update, jit_compile=True, autograph=False)

    def learn(self, updates: int) -> np.ndarray:
        """Takes so many updates more, up to the recipe's.

        Returns:
            `losses`, (networks,): a running mean over the last twenty updates or so.
        """
        objective, recipe = self.objective, self.recipe
        for number in range(self.n_updates, min(self.n_updates + updates, recipe.updates)):
            drawn = [
                views.draw(
                    np.random.default_rng([seed, _UPDATES, number]), objective.views, self._n_steps
                )
                for views, seed in zip(self._data, self._seeds, strict=True)
            ]
            x = np.stack([steps for steps, _ in drawn])
            count = np.stack([shares(n, self._n_steps, objective.reading) for _, n in drawn])
            done = number / recipe.updates
            slow = 0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2
            rate = recipe.learning_rate * min(1.0, (number + 1) / recipe.warm_up) * slow
            self._optimizer.learning_rate = rate
            low, high = objective.gain
            # The gain reaches its end when two thirds of the updates are done.
            gain = low * (high / low) ** min(1.0, 1.5 * done)
            losses = np.asarray(self._update(x, count, np.float32(gain)), np.float64)
            self.losses += (losses - self.losses) / min(number + 1, _LOSS_UPDATES)
            self.n_updates = number + 1
        return self.losses

    def _one_update(self, x: Any, count: Any, gain: Any) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            h = self._lstm(x)
            features = tf.reduce_sum(h * count[..., None], axis=2)
            if self.objective.reading == "moments":
                squares = tf.reduce_sum(h**2 * count[..., None], axis=2)
                variance = tf.maximum(squares - features**2, 0.0) + LEAST_VARIANCE
                features = tf.concat([features, tf.sqrt(variance)], axis=-1)
            losses = self._loss.call(None, self._outputs(features, gain))
            total = tf.reduce_sum(losses)
        found: Any = tape.gradient(total, [weight.value for weight in self._weights])
        slopes: list[Any] = [tf.convert_to_tensor(slope) for slope in found]
        squares = [tf.reduce_sum(slope**2, axis=range(1, len(slope.shape))) for slope in slopes]
        norms = tf.sqrt(tf.add_n(squares))
        # One network whose slopes are no numbers is left as it is, and the others go on.
        scale = tf.where(
            tf.math.is_finite(norms), tf.minimum(1.0, _CLIP_NORM / tf.maximum(norms, 1e-12)), 0.0
        )
        self._optimizer.apply(
            [tf.math.multiply_no_nan(slope, by_copy(scale, slope)) for slope in slopes],
            self._weights,
        )
        return losses

    def _outputs(self, features: Any, gain: Any) -> Any:
        import tensorflow as tf

        if self.objective.standardised:
            features = _standard(features)
        y = tf.matmul(features, self._head.value) + self._head_bias.value[:, None]
        return gain * _standard(y) if self.objective.scale == "deviation" else y

    def encoders(
        self, items: Sequence[Sequence[np.ndarray]], scalings: Sequence[Scaling]
    ) -> tuple[Encoders, list[np.ndarray]]:
        """The networks as they are now, standing on what they read of all sequences.

        Args:
            items: The sequences of each network.
            scalings: Their scaling.

        Returns:
            `Encoders`, and for each network its outputs, shape (sequences, nodes).
        """
        n, nodes = len(self._seeds), self.recipe.nodes
        weights = {weight.name: np.asarray(weight.value) for weight in self._lstm.weights}
        plain = Encoders(
            **{name: weights[name] for name in _LSTM},
            read_kernel=np.zeros((n, self._head.shape[1], nodes), np.float32),
            read_bias=np.zeros((n, nodes), np.float32),
        )
        reads, biases, found = [], [], []
        features: dict[int, np.ndarray] = {}
        for k in range(n):
            first = next(j for j in range(n) if items[j] is items[k])
            if first not in features:  # all networks of the same sequences in one go
                same = [j for j in range(n) if items[j] is items[k]]
                block = read(plain.take(same), items[k], scalings[k], self.objective.reading)
                features |= {j: block[row] for row, j in enumerate(same)}
            a, b = self._reading(features[k].astype(np.float64), k)
            reads.append(a.astype(np.float32))
            biases.append(b.astype(np.float32))
        encoders = plain._replace(read_kernel=np.stack(reads), read_bias=np.stack(biases))
        for k in range(n):
            found.append(outputs(encoders.take([k]), features[k][None])[0])
        return encoders, found

    def _reading(self, features: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """A and b of network k: all that stands between what is read and its outputs, as one."""
        a = np.asarray(self._head.value)[k].astype(np.float64)
        b = np.asarray(self._head_bias.value)[k].astype(np.float64)
        if self.objective.standardised:
            a = a / np.sqrt(features.var(axis=0) + _LEAST_VARIANCE)[:, None]
            b = b - features.mean(axis=0) @ a
        if self.objective.scale == "none":
            return a, b
        y = features @ a + b
        if self.objective.scale == "deviation":
            turn = np.diag(self.objective.gain[1] / np.sqrt(y.var(axis=0) + _LEAST_VARIANCE))
        else:
            white = np.asarray(objectives.whitened(np.concatenate([y, y])))[: len(y)]
            turn = np.linalg.lstsq(y - y.mean(axis=0), white, rcond=None)[0]
        return a @ turn, (b - y.mean(axis=0)) @ turn

    def state(self) -> dict[str, np.ndarray]:
        """All that the next update depends on."""
        variables = [*self._weights, *self._optimizer.variables]
        found = {f"variable/{k}": np.asarray(value) for k, value in enumerate(variables)}
        return {**found, "n_updates": np.array([self.n_updates]), "losses": self.losses}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        for k, variable in enumerate([*self._weights, *self._optimizer.variables]):
            variable.assign(state[f"variable/{k}"].reshape(variable.shape))
        self.n_updates, self.losses = int(state["n_updates"][0]), state["losses"].copy()


def _layer_of(network: Encoders) -> PeepholeLSTM:
    """The LSTM of one network as a Keras layer."""
    layer = PeepholeLSTM(network.recurrent_kernel.shape[1], return_sequences=True)
    layer.build((None, None, network.kernel.shape[1]))
    for name in _LSTM:
        getattr(layer.cell, name).assign(getattr(network, name)[0])
    return layer


def _standard(values: Any) -> Any:
    """Mean 0 and variance 1 over the batch, (networks, batch, ...)."""
    import tensorflow as tf

    mean, variance = tf.nn.moments(values, axes=[1], keepdims=True)
    return (values - mean) / tf.sqrt(variance + _LEAST_VARIANCE)
