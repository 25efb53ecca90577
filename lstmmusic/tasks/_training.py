"""How networks of the experiments learn: in rounds, side by side, each until its own stop.

A `Learner` takes a round of steps at a time; `train` counts them, freezes who has met the stopping
rule, keeps checkpoints, and ends when all have stopped or the budget is gone. What a network sees
in a round depends on its seed and the number of the round alone, so that a run that was killed
goes on as if it had not been, and a network learns the same alone and in company.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np

from lstmmusic.layers import OnlineLSTM
from lstmmusic.layers.side_by_side import by_copy
from lstmmusic.tasks._networks import ONLINE_RNNS, Networks
from lstmmusic.tasks._online import OnlineTogether
from lstmmusic.tasks._online_rnn import OnlineRNN
from lstmmusic.tasks.task import TRAINING, Job, Strings, Trained

State = dict[str, np.ndarray]
Metrics = dict[str, np.ndarray]
CHECKPOINT_SECONDS = 10.0
ONLINE = "online1997"  # the variant that learns by the rule of 1997
RNN_LEARNING_RATE = 0.1  # of the published network of 12 units

# Index of the network, generator, number of strings -> strings.
Draw = Callable[[int, np.random.Generator, int], Strings]


class StopRule(Protocol):
    """When a network has learnt enough; it knows training and validation data only."""

    def seen(self, index: int, strings: Strings, outputs: np.ndarray) -> None:
        """Hears what a network answered before it learnt from the strings."""
        ...

    def met(self, predict: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, Metrics]:
        """After a round: which networks may stop, (networks,), and what was measured, the same.

        Args:
            predict: (networks, batch, time, features) -> (networks, batch, time, outputs).
        """
        ...

    def paces(self) -> np.ndarray:
        """How fast each network is to learn in the next round, a share of the full rate.

        Shape (networks,), or (networks, parts) for networks of several parts.
        """
        ...

    def state(self) -> State:
        """What has to be kept from round to round."""
        ...

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        ...


class Learner(Protocol):
    """Networks that learn a round at a time."""

    steps_per_round: int

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """Takes one round with the active networks and leaves the others alone.

        Args:
            n_round: From 0 on; with the seeds it fixes all that is random.
            active: Shape (networks,).

        Returns:
            Which networks may stop, and metrics, each (networks,).
        """
        ...

    def state(self) -> State:
        """All that the next round depends on."""
        ...

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        ...

    def solver(self, index: int) -> Any:
        """What the success test takes."""
        ...


def train(learner: Learner, job: Job) -> list[Trained]:
    """Rounds until every network has stopped or the next would go beyond the budget.

    Args:
        learner: As many networks as the job has seeds.
        job: Its budget, run folder and progress are used.
    """
    n, per_round, run = len(job.seeds), learner.steps_per_round, job.run
    steps, stopped, n_round, spent = np.zeros(n, np.int64), np.zeros(n, bool), 0, 0.0
    kept = {} if run is None else run.load_checkpoint()
    if run is not None and kept:
        steps, stopped = kept.pop("steps"), kept.pop("stopped")
        n_round, spent = run.checkpoint_epoch, run.seconds
        learner.restore(kept)
    start = kept_at = time.perf_counter()
    while not stopped.all() and (n_round + 1) * per_round <= job.budget:
        learns = ~stopped
        may_stop, metrics = learner.learn(n_round, learns)
        n_round += 1
        steps[learns] += per_round
        stopped = stopped | may_stop
        means = {name: float(np.mean(values[learns])) for name, values in metrics.items()}
        if job.progress is not None:
            shown = {"stopped": float(stopped.sum()), **means}
            job.progress(n_round * per_round, job.budget, shown)
        now = time.perf_counter()
        if run is not None:
            run.log_epoch(
                n_round, {"steps": n_round * per_round, "stopped": stopped.sum(), **means}
            )
            is_over = stopped.all() or (n_round + 1) * per_round > job.budget
            if is_over or now - kept_at >= CHECKPOINT_SECONDS:
                state = {**learner.state(), "steps": steps, "stopped": stopped}
                run.save_checkpoint(n_round, spent + now - start, state)
                kept_at = now
    return [Trained(learner.solver(k), int(steps[k]), bool(stopped[k])) for k in range(n)]


def train_columns(
    job: Job,
    columns: Sequence[Sequence[Any]],
    draw: Draw,
    rule: StopRule,
    loss: str,
    shortcut: bool = False,
    late_strings: int = 0,
    weight_decay: float = 0.0,
) -> list[Trained]:
    """Trains networks of two layers by the rule that their variant learns by.

    Args:
        job: Its settings have `round_strings`, `batch_strings`, `learning_rate` and
            `online_learning_rate`.
        columns: For each network its hidden and its output layer, built.
        draw: The strings of an update.
        rule: When to stop.
        loss: As in `GradientLearner`; the online rules take half the squared error.
        shortcut: As in `Networks`.
        late_strings: As in `OnlineLearner`.
        weight_decay: As in `GradientLearner`.
    """
    settings, networks = job.settings, Networks(columns, shortcut)
    learner: Learner
    if job.variant == ONLINE or job.variant in ONLINE_RNNS:
        learner = OnlineLearner(
            [
                OnlineLSTM(layer, head, shortcut)
                if job.variant == ONLINE
                else OnlineRNN(layer, head, looks_back=job.variant == "rtrl")
                for layer, head in columns
            ],
            networks,
            job.seeds,
            draw,
            rule,
            settings.round_strings,
            settings.online_learning_rate if job.variant == ONLINE else RNN_LEARNING_RATE,
            late_strings,
        )
    else:
        learner = GradientLearner(
            networks,
            job.seeds,
            draw,
            loss,
            rule,
            settings.batch_strings,
            settings.round_strings // settings.batch_strings,
            settings.learning_rate,
            weight_decay=weight_decay,
        )
    return train(learner, job)


class GradientLearner:
    """Adam on the full gradient, each network with its own norm to clip and its own strings.

    Args:
        networks: Side by side.
        seeds: One a network.
        draw: The strings of an update.
        loss: `cross_entropy` (outputs are logits of a choice), `independent` (outputs are
            probabilities of units) or `squared`.
        rule: When to stop.
        batch_strings: Strings of an update.
        updates_per_round: Updates between two looks at the rule.
        learning_rate: Of Adam.
        clip_norm: The gradient of each part of a network is shortened to that length.
        weight_decay: Share of the learning rate by which weights shrink at every update.

    References:
        Loshchilov, Hutter (2019), Decoupled Weight Decay Regularization, ICLR.
    """

    def __init__(
        self,
        networks: Networks,
        seeds: Sequence[int],
        draw: Draw,
        loss: str,
        rule: StopRule,
        batch_strings: int,
        updates_per_round: int,
        learning_rate: float,
        clip_norm: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:
        import tensorflow as tf

        self.steps_per_round = batch_strings * updates_per_round
        self._networks, self._seeds, self._draw, self._rule = networks, seeds, draw, rule
        self._loss, self._clip_norm = _LOSSES[loss], clip_norm
        self._batch_strings, self._updates = batch_strings, updates_per_round
        self._optimizer = keras.optimizers.Adam(learning_rate, weight_decay=weight_decay or None)
        self._optimizer.build(networks.weights)
        self._update = tf.function(self._one_update, jit_compile=True, autograph=False)

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        total = np.zeros(len(self._seeds))
        paces = self._rule.paces().astype(np.float32).reshape(len(self._seeds), -1)
        paces = np.broadcast_to(paces, (len(self._seeds), len(self._networks.parts)))
        only = company_of(active)
        rows = None if len(only) == len(active) else only.astype(np.int32)
        for n_update in range(n_round * self._updates, (n_round + 1) * self._updates):
            drawn = {
                k: self._draw(
                    k,
                    np.random.default_rng([self._seeds[k], TRAINING, n_update]),
                    self._batch_strings,
                )
                for k in np.flatnonzero(active).tolist()
            }
            some = next(iter(drawn.values()))  # for those that fill the company up
            stacked = _stacked([drawn.get(k, some) for k in only.tolist()])
            outputs, losses = (
                np.asarray(found) for found in self._update(*stacked, active, paces, rows)
            )
            for row, k in enumerate(only.tolist()):
                if k in drawn:
                    n_steps = drawn[k].weights.shape[1]
                    self._rule.seen(k, drawn[k], outputs[row, :, :n_steps])
                    total[k] += losses[row]
        met, metrics = self._rule.met(self._networks.predict)
        return met & active, {"loss": total / self._updates, **metrics}

    def _told(self, inputs: Any, only: Any) -> Any:
        return self._networks(inputs, only)

    def _one_update(
        self, inputs: Any, targets: Any, weights: Any, active: Any, paces: Any, only: Any = None
    ) -> Any:
        """Strings are those of the networks in `only`; `active` and `paces` are of all."""
        import tensorflow as tf

        variables = self._networks.weights
        with tf.GradientTape() as tape:
            outputs = self._told(inputs, only)
            losses = self._loss(targets, outputs, weights)
            total = tf.reduce_sum(losses)
        found: Any = tape.gradient(total, [variable.value for variable in variables])
        gradients: list[Any] = [tf.convert_to_tensor(gradient) for gradient in found]
        scales: list[Any] = []
        paces_of: list[Any] = []
        for number, part in enumerate(self._networks.parts):
            of_part = gradients[len(scales) : len(scales) + len(part)]
            squares = [tf.reduce_sum(g**2, axis=range(1, len(g.shape))) for g in of_part]
            norms = tf.sqrt(tf.add_n(squares))
            scale = tf.minimum(1.0, self._clip_norm / tf.maximum(norms, 1e-12))
            scales += [scale] * len(part)
            paces_of += [paces[:, number]] * len(part)
        before = [tf.identity(variable.value) for variable in variables]
        clipped = [g * by_copy(scale, g) for scale, g in zip(scales, gradients, strict=True)]
        self._optimizer.apply(clipped, variables)
        for variable, old, pace in zip(variables, before, paces_of, strict=True):
            moved = old + by_copy(pace, old) * (variable.value - old)
            variable.assign(tf.where(by_copy(active, old), moved, old))
        return outputs, losses

    def state(self) -> State:
        """Weights, Adam's averages, and the rule's state."""
        variables = [*self._networks.weights, *self._optimizer.variables]
        found = {f"variable/{k}": np.asarray(variable) for k, variable in enumerate(variables)}
        return {**found, **{f"rule/{name}": a for name, a in self._rule.state().items()}}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        for k, variable in enumerate([*self._networks.weights, *self._optimizer.variables]):
            variable.assign(state[f"variable/{k}"].reshape(variable.shape))
        self._rule.restore(below("rule/", state))

    def solver(self, index: int) -> Any:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        return self._networks.solver(index)


class OnlineLearner:
    """The published rules: weights are changed at every step with a target, by its own gradient.

    At the published rates, changing them once a string, by the sum, learns less where every step
    has a target.

    Args:
        onlines: One a network.
        networks: Made of the same layers; they answer what the rule and the test ask.
        seeds: One a network.
        draw: The strings of a round.
        rule: When to stop.
        strings_per_round: Strings between two looks at the rule.
        learning_rate: Of plain descent.
        late_strings: For so many strings the outputs learn without the hidden layer, as if it were
            not there; it is added to what they then know.

    References:
        Hochreiter, Schmidhuber (1997), Neural Computation 9(8), appendix A.1.
    """

    def __init__(
        self,
        onlines: Sequence[OnlineLSTM | OnlineRNN],
        networks: Networks,
        seeds: Sequence[int],
        draw: Draw,
        rule: StopRule,
        strings_per_round: int,
        learning_rate: float,
        late_strings: int = 0,
    ) -> None:
        self.steps_per_round, self._late_strings = strings_per_round, late_strings
        self._together, self._networks, self._seeds = OnlineTogether(onlines), networks, seeds
        self._draw, self._rule, self._learning_rate = draw, rule, learning_rate
        # What outputs see of the hidden layer, 0 until it is added.
        self._n_hidden = len(onlines[0].y)
        self._added = self._seen_of_hidden().copy()
        self._seen_of_hidden()[...] *= late_strings == 0

    def _seen_of_hidden(self) -> np.ndarray:
        """Weights of the outputs for the hidden layer, (networks, hidden, outputs)."""
        return self._together.weights["head_kernel"][:, : self._n_hidden]

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        held, per_round = {}, self.steps_per_round
        if n_round * per_round < self._late_strings:
            n_seen = self._together.weights["head_kernel"].shape[1]
            held["head_kernel"] = (np.arange(n_seen) < self._n_hidden)[:, None]
        else:
            seen = self._seen_of_hidden()
            is_new = active & ~seen.any(axis=(1, 2))
            seen[is_new] = self._added[is_new]
        drawn = {
            k: self._draw(k, np.random.default_rng([self._seeds[k], TRAINING, n_round]), per_round)
            for k in np.flatnonzero(active).tolist()
        }
        # Each network's strings one after another, each up to the last step with a target.
        asked = {k: strings.weights > 0 for k, strings in drawn.items()}
        read = {k: np.flip(np.cumsum(np.flip(a, 1), 1), 1) > 0 for k, a in asked.items()}
        n_steps = max(int(steps.sum()) for steps in read.values())
        n, some = len(self._seeds), next(iter(drawn.values()))
        inputs = np.zeros((n_steps, n, some.inputs.shape[-1]))
        targets = np.zeros((n_steps, n, some.targets.shape[-1]))
        is_asked, begins = np.zeros((2, n_steps, n), bool)
        for k, strings in drawn.items():
            steps = read[k]
            own = np.arange(int(steps.sum()))
            inputs[own, k], targets[own, k] = strings.inputs[steps], strings.targets[steps]
            is_asked[own, k] = asked[k][steps]
            begins[own, k] = np.nonzero(steps)[1] == 0
        answers = self._together.learn_strings(
            inputs, targets, is_asked, begins, self._learning_rate, held
        )
        losses = np.zeros(n)
        for k, strings in drawn.items():
            outputs = np.zeros(strings.targets.shape)
            outputs[read[k]] = answers[: int(read[k].sum()), k]
            errors = 0.5 * ((outputs - strings.targets) ** 2).sum(axis=-1) * asked[k]
            losses[k] = (errors.sum(axis=1) / asked[k].sum(axis=1)).mean()
            self._rule.seen(k, strings, outputs)
        met, metrics = self._rule.met(self._predict)
        return met & active, {"loss": losses, **metrics}

    def _predict(self, inputs: np.ndarray) -> np.ndarray:
        self._show()
        return self._networks.predict(inputs)

    def _show(self) -> None:
        """Gives the networks that answer the weights that have been learnt."""
        self._together.write_back()
        self._networks.read()

    def state(self) -> State:
        """Weights and their speed, and the rule's state."""
        return self._together.state() | {f"rule/{n}": a for n, a in self._rule.state().items()}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        self._together.restore(state)
        self._rule.restore(below("rule/", state))

    def solver(self, index: int) -> Any:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        self._show()
        return self._networks.solver(index)


def _stacked(drawn: Sequence[Strings]) -> list[np.ndarray]:
    """Each part of several networks' strings, (networks, ...); zeros after those that are shorter.

    What comes after a string reaches nothing that is asked of it.
    """
    n_steps = max(strings.weights.shape[1] for strings in drawn)
    found = []
    for parts in zip(*drawn, strict=True):
        some = parts[0]
        stacked = np.zeros((len(parts), len(some), n_steps, *some.shape[2:]), np.float32)
        for row, part in zip(stacked, parts, strict=True):
            row[:, : part.shape[1]] = part
        found.append(stacked)
    return found


def company_of(active: np.ndarray) -> np.ndarray:
    """Which networks are computed: all that learn, and as many of the others as fill it up.

    A company halves whenever half of it has stopped. What is compiled for each size serves until
    then, and the size, of which the last digits may depend, follows from who learns alone: who
    goes on from a kept state has it, too.

    Args:
        active: Shape (networks,).

    Returns:
        Numbers of networks, in order.

    Example:
        >>> company_of(np.isin(np.arange(7), [0, 2, 5])).tolist()
        [0, 1, 2, 5]
        >>> company_of(np.arange(10) == 7).tolist()
        [7]
    """
    size = len(active)
    while size > 1 and -(-size // 2) >= active.sum():
        size = -(-size // 2)
    return np.sort(np.argsort(~active, kind="stable")[:size])


def below(prefix: str, state: State) -> State:
    """The part of a state whose names begin so, without that."""
    return {k.removeprefix(prefix): a for k, a in state.items() if k.startswith(prefix)}


def _cross_entropy(targets: Any, outputs: Any, weights: Any) -> Any:
    """Nats of the right choice, a mean over what is asked: (networks,)."""
    import tensorflow as tf

    nats = tf.nn.softmax_cross_entropy_with_logits(targets, outputs)
    return tf.reduce_sum(nats * weights, (1, 2)) / tf.reduce_sum(weights, (1, 2))


def _squared(targets: Any, outputs: Any, weights: Any) -> Any:
    """Half the squared error, a mean over what is asked: (networks,)."""
    import tensorflow as tf

    errors = 0.5 * tf.reduce_sum((outputs - targets) ** 2, axis=-1)
    return tf.reduce_sum(errors * weights, (1, 2)) / tf.reduce_sum(weights, (1, 2))


def _independent(targets: Any, outputs: Any, weights: Any) -> Any:
    """Nats of units that are on or off each by itself, a mean over what is asked: (networks,)."""
    import tensorflow as tf

    y = tf.clip_by_value(outputs, 1e-6, 1 - 1e-6)
    nats = -targets * tf.math.log(y) - (1 - targets) * tf.math.log(1 - y)
    return tf.reduce_sum(tf.reduce_sum(nats, -1) * weights, (1, 2)) / tf.reduce_sum(weights, (1, 2))


_LOSSES = {"cross_entropy": _cross_entropy, "independent": _independent, "squared": _squared}
