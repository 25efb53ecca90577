"""Recurrent networks that learn from whole episodes, as it is done today: yardsticks.

Episodes are read again from their beginning, so that the cells are always those of the weights as
they are now (where one went on after a cut, from the cells as they were then); the gradient is
full, the optimizer Adam. `QLearner` replays old episodes,

    G(t) = r(t) + γ ((1 - λ) max_a Q(t+1, a) + λ G(t+1))        learnt by Q(t, a(t))

`PolicyLearner` takes small steps (PPO) along the newest,

    min(ρ D, clip(ρ, 1 ± ε) D),   ρ = π(a(t)) / π_then(a(t)),   D = G(t) - V(t)

with V(t+1) in place of the maximum. Greedy episodes, or a trial, tell when to stop. In the others
`QLearner` now and then holds an action by chance for a while, for so long that its chance falls
with the square of its length, since corridors are not crossed by dithering; `PolicyLearner` acts by
its policy.

References:
    Hausknecht, Stone (2015), Deep recurrent Q-learning for partially observable MDPs.
    Peng, Williams (1996), Incremental multi-step Q-learning, Machine Learning 22.
    Dabney, Ostrovski, Barreto (2021), Temporally-extended ε-greedy exploration, ICLR.
    Schulman, Wolski, Dhariwal, Radford, Klimov (2017), Proximal policy optimization algorithms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.step import Blocks, step
from lstmmusic.tasks._environments import Worlds
from lstmmusic.tasks._networks import Networks, layers_of
from lstmmusic.tasks._training import GradientLearner, Metrics, State, below
from lstmmusic.tasks.task import STRINGS, TRAINING

LOOK_ROUNDS = 5


@dataclass(frozen=True)
class Replay:
    """How is acted and learnt.

    Attributes:
        most_steps: An episode that is learnt from is cut when it is so long.
        goes_on: Chance that it goes on all the same: its next steps are learnt from as others,
            from the cells as they were when it was cut. What comes late is met only so.
        episodes: Side by side, of a run;
        greedy: the first so many of them are greedy.
        round_steps: That each takes between two looks at the stopping rule.
        updates: Then as many.
        batch: Episodes of an update.
        kept: It takes them from the last so many.
        units: Cells.
        forget_bias: Where the biases of forget gates start.
        learning_rate: Of Adam.
        discount: γ.
        trace: λ.
        chance: That an exploring episode of a `QLearner` begins to hold an action, at a step.
        clip: ε.
        entropy: Weight of the entropy of a policy, which keeps it open.
    """

    most_steps: int
    goes_on: float = 0.0
    episodes: int = 16
    greedy: int = 8
    round_steps: int = 50
    updates: int = 8
    batch: int = 16
    kept: int = 256
    units: int = 24
    forget_bias: float = 3.0
    learning_rate: float = 0.003
    discount: float = 0.98
    trace: float = 0.8
    chance: float = 0.1
    clip: float = 0.2
    entropy: float = 0.003


class Player:
    """Runs networks of a peephole LSTM and a linear head a step at a time, in NumPy.

    Args:
        weights: `kernel`, `recurrent_kernel`, `bias`, `peephole_kernel`, `head`, `head_bias`, each
            (runs, ...).
    """

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights

    def step(self, x: np.ndarray, y: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
        """Observations (runs, episodes, features), states -> outputs (.., .., outputs), states."""
        w = self.weights
        net = x @ w["kernel"] + y @ w["recurrent_kernel"] + w["bias"][:, None]
        y, c = step(np, net, c, w["peephole_kernel"].transpose(1, 0, 2)[:, :, None], Blocks())
        return y @ w["head"] + w["head_bias"][:, None], y, c


class NetworksFromStates(Networks):
    """Networks whose first layer may begin in a given state.

    Call args:
        inputs: As `Networks` wants them.
        only: As `Networks` has it.
        state: Each part (networks, batch, units); no error reaches it. None: the layer's own.
    """

    def __call__(self, inputs: Any, only: Any = None, state: Sequence[Any] = ()) -> Any:
        first, *others = self.layers
        y = first(inputs, initial_state=state, only=only)
        for layer in others:
            y = layer(y, only=only)
        return y

    def predict(self, inputs: np.ndarray, state: Sequence[np.ndarray] = ()) -> np.ndarray:
        """The same of arrays, (networks, batch, time, outputs)."""
        arrays = [array.astype(np.float32) for array in (inputs, *state)]
        return np.asarray(self._predict(arrays[0], state=arrays[1:]))


class EpisodeLearner(GradientLearner):
    """Runs side by side that keep whole episodes; a `lstmmusic.tasks._training.Learner`.

    Args:
        worlds: Runs · episodes of them, the episodes of a run one after another.
        seeds: One a run.
        replay: How is acted and learnt.
        window_episodes: A run may stop when of so many greedy episodes in a row
        least_right: this share ended as they should.
        trial: Whether a network, given a seed of random numbers, has learnt enough: it has the last
            word. Without greedy episodes it is asked every `LOOK_ROUNDS` rounds.
    """

    _more_outputs = 0
    _learns_from_greedy = True

    def __init__(
        self,
        worlds: Worlds,
        seeds: Sequence[int],
        replay: Replay,
        window_episodes: int,
        least_right: float,
        trial: Callable[[GreedySolver, Sequence[int]], bool] | None = None,
    ) -> None:
        n, e, t = len(seeds), replay.episodes, replay.most_steps
        n_outputs = worlds.n_actions + self._more_outputs
        columns = [
            layers_of(
                "peephole",
                seed,
                worlds.n_features,
                n_outputs,
                replay.units,
                forget_bias=replay.forget_bias,
            )
            for seed in seeds
        ]
        nothing: Any = None
        networks, rate = NetworksFromStates(columns), replay.learning_rate
        super().__init__(
            networks, seeds, nothing, "squared", nothing, replay.batch, replay.updates, rate
        )
        self.steps_per_round = e * replay.round_steps
        self._from_states = networks
        self._worlds, self._replay, self._least_right = worlds, replay, least_right
        self._trial = trial
        self._loss = self._loss_of
        self._arrays: State = {
            "y": np.zeros((n, e, replay.units)),
            "c": np.zeros((n, e, replay.units)),
            "held": np.zeros((n, e), np.int64),
            "hold": np.zeros((n, e), np.int64),
            "length": np.full((n, e), -1),  # before the first episode
            "now_y": np.zeros((n, e, replay.units)),  # where it was cut
            "now_c": np.zeros((n, e, replay.units)),
            "now_x": np.zeros((n, e, t, worlds.n_features), np.float32),
            "now_action": np.zeros((n, e, t), np.int16),
            "now_reward": np.zeros((n, e, t), np.float32),
            "now_log_share": np.zeros((n, e, t), np.float32),
            "x": np.zeros((n, replay.kept, t + 1, worlds.n_features), np.float32),
            "action": np.zeros((n, replay.kept, t), np.int16),
            "reward": np.zeros((n, replay.kept, t), np.float32),
            "log_share": np.zeros((n, replay.kept, t), np.float32),
            "first_y": np.zeros((n, replay.kept, replay.units)),
            "first_c": np.zeros((n, replay.kept, replay.units)),
            "lengths": np.zeros((n, replay.kept), np.int64),
            "is_cut": np.zeros((n, replay.kept), bool),
            "count": np.zeros(n, np.int64),
            "right": np.zeros((n, window_episodes)),
            "looked": np.zeros(n, np.int64),
            "greedy_steps": np.zeros(n),  # of the last greedy episode
        }

    def player(self) -> Player:
        """The networks as they are now."""
        hidden, head = (layer.trainable_variables for layer in self._networks.layers)
        found = {variable.name: np.asarray(variable, np.float64) for variable in hidden}
        found["head"], found["head_bias"] = (np.asarray(v, np.float64) for v in head)
        return Player(found)

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        n, replay, kept = len(self._seeds), self._replay, self._arrays
        rngs = [np.random.default_rng([seed, TRAINING, n_round]) for seed in self._seeds]
        n_draws = 3 + 2 * self._worlds.n_draws
        shape = (replay.round_steps, replay.episodes, n_draws)
        draws = np.stack([rng.random(shape) for rng in rngs], axis=1)
        player = self.player()
        for drawn in draws:
            self._act(player, drawn)
        # Before it learns on: what stops, and is tested, is the network that has played.
        stops = self._stops(n_round, active)
        losses = np.zeros(n)
        for _ in range(replay.updates):
            losses += self._replayed(rngs, active & ~stops) / replay.updates
        metrics = {"loss": losses, "episodes": kept["count"]}
        if replay.greedy:
            metrics |= {"right": kept["right"].mean(axis=1), "greedy_steps": kept["greedy_steps"]}
        return stops, metrics

    def _stops(self, n_round: int, active: np.ndarray) -> np.ndarray:
        """Which runs have learnt enough, (runs,)."""
        kept = self._arrays
        full = kept["looked"] >= kept["right"].shape[1]
        stops = full & (kept["right"].mean(axis=1) >= self._least_right)
        if self._trial is None:
            return stops & active
        if not self._replay.greedy:
            stops = np.full(len(stops), n_round % LOOK_ROUNDS == 0)
        stops &= active
        for k in np.flatnonzero(stops):
            stops[k] = self._trial(self.solver(int(k)), (self._seeds[int(k)], STRINGS, n_round))
        return stops

    def _choices(self, outputs: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """Actions of the episodes that are not greedy, (runs, episodes)."""
        raise NotImplementedError

    def _act(self, player: Player, drawn: np.ndarray) -> None:
        """One action of every episode; (runs, episodes, draws) uniform numbers."""
        kept, worlds, replay = self._arrays, self._worlds, self._replay
        n, e, n_draws = len(drawn), replay.episodes, worlds.n_draws
        flat = drawn.reshape(n * e, -1)
        begins = kept["length"].ravel() < 0
        if begins.any():
            worlds.begin(begins, flat[:, 3 : 3 + n_draws])
            for name in ("y", "c", "now_y", "now_c", "held", "hold", "length"):
                kept[name].reshape(n * e, -1)[begins] = 0
        x = worlds.observe(flat[:, 3 + n_draws :]).reshape(n, e, -1)
        outputs, kept["y"], kept["c"] = player.step(x, kept["y"], kept["c"])
        told = outputs[..., : worlds.n_actions]
        is_greedy = np.arange(e) < replay.greedy
        actions = np.where(is_greedy, told.argmax(axis=-1), self._choices(told, drawn))
        turn = worlds.step(actions.ravel())
        at = (*np.indices((n, e)), np.minimum(kept["length"], replay.most_steps - 1))
        kept["now_x"][at], kept["now_action"][at] = x, actions
        kept["now_reward"][at] = turn.reward.reshape(n, e)
        log_shares = told - told.max(axis=-1, keepdims=True)
        log_shares -= np.log(np.exp(log_shares).sum(axis=-1, keepdims=True))
        kept["now_log_share"][at] = np.take_along_axis(log_shares, actions[..., None], -1)[..., 0]
        kept["length"] = kept["length"] + 1
        is_long = (kept["length"] >= replay.most_steps) & (self._learns_from_greedy | ~is_greedy)
        is_cut = turn.is_cut | (~turn.is_over & is_long.ravel())
        ends = turn.is_over | is_cut
        if ends.any():
            after = worlds.observe(flat[:, 3 + n_draws :])
            goes_on = is_cut & ~turn.is_cut & (flat[:, 2] < replay.goes_on)
            for row in np.flatnonzero(ends):
                k, j = divmod(int(row), e)
                self._close(k, j, bool(is_cut[row]), turn.is_right[row], after[row])
                if goes_on[row]:
                    kept["length"][k, j] = 0
                    kept["now_y"][k, j], kept["now_c"][k, j] = kept["y"][k, j], kept["c"][k, j]

    def _close(self, k: int, j: int, is_cut: bool, is_right: bool, after: np.ndarray) -> None:
        """Takes an episode that has ended to those that are learnt from, if it is to be."""
        kept, is_greedy = self._arrays, j < self._replay.greedy
        if is_greedy:
            kept["right"][k, kept["looked"][k] % kept["right"].shape[1]] = is_right
            kept["looked"][k] += 1
            kept["greedy_steps"][k] = kept["length"][k, j]
        if self._learns_from_greedy or not is_greedy:
            row, length = kept["count"][k] % self._replay.kept, kept["length"][k, j]
            for name in ("x", "action", "reward", "log_share"):
                kept[name][k, row, : self._replay.most_steps] = kept[f"now_{name}"][k, j]
            kept["x"][k, row, length] = after
            kept["first_y"][k, row], kept["first_c"][k, row] = (
                kept["now_y"][k, j],
                kept["now_c"][k, j],
            )
            kept["lengths"][k, row], kept["is_cut"][k, row] = length, is_cut
            kept["count"][k] += 1
        kept["length"][k, j] = -1

    def _replayed(self, rngs: Sequence[np.random.Generator], active: np.ndarray) -> np.ndarray:
        """One update of every run from kept episodes by chance; the losses, (runs,).

        Of a run that has kept none yet nothing is asked: it stays as it is.
        """
        kept, replay = self._arrays, self._replay
        most = np.clip(kept["count"], 1, replay.kept)
        rows = np.stack([r.integers(m, size=replay.batch) for r, m in zip(rngs, most, strict=True)])
        runs = np.arange(len(rows))[:, None]
        names = ("x", "first_y", "first_c", "action", "reward", "log_share", "lengths", "is_cut")
        episodes = {name: kept[name][runs, rows] for name in names}
        heard = [episodes[name].astype(np.float32) for name in ("x", "first_y", "first_c")]
        outputs = self._from_states.predict(heard[0], heard[1:])
        asked = np.arange(outputs.shape[2]) < episodes["lengths"][..., None]
        targets = self._targets(episodes, outputs, asked).astype(np.float32)
        paces = np.ones((len(rows), len(self._networks.parts)), np.float32)
        _, losses = self._update(heard, targets, asked.astype(np.float32), active, paces)
        return np.asarray(losses)

    def _told(self, inputs: Any, only: Any) -> Any:
        x, *state = inputs
        return self._from_states(x, only, state)

    def _targets(
        self, episodes: dict[str, np.ndarray], outputs: np.ndarray, asked: np.ndarray
    ) -> np.ndarray:
        """What the loss compares with, (runs, batch, steps + 1, ...)."""
        raise NotImplementedError

    def _loss_of(self, targets: Any, outputs: Any, weights: Any) -> Any:
        """A mean over what is asked, (runs,); 0 where nothing is."""
        import tensorflow as tf

        losses = self._losses(targets, outputs)
        asked = tf.maximum(tf.reduce_sum(weights, (1, 2)), 1.0)
        return tf.reduce_sum(losses * weights, (1, 2)) / asked

    def _losses(self, targets: Any, outputs: Any) -> Any:
        """Of each step, (runs, batch, steps + 1)."""
        raise NotImplementedError

    def _returns(self, episodes: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
        replay = self._replay
        rewards, lengths, is_cut = (episodes[name] for name in ("reward", "lengths", "is_cut"))
        return lambda_returns(rewards, values, lengths, is_cut, replay.discount, replay.trace)

    def state(self) -> State:
        """Weights, Adam's averages, episodes and worlds."""
        variables = [*self._networks.weights, *self._optimizer.variables]
        found = {f"variable/{k}": np.asarray(variable) for k, variable in enumerate(variables)}
        found |= {f"kept/{name}": np.ascontiguousarray(a) for name, a in self._arrays.items()}
        return found | {f"worlds/{name}": a for name, a in self._worlds.state().items()}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        for k, variable in enumerate([*self._networks.weights, *self._optimizer.variables]):
            variable.assign(state[f"variable/{k}"].reshape(variable.shape))
        # What a state of before `goes_on` lacks is 0, as it is here.
        self._arrays |= {name: a.copy() for name, a in below("kept/", state).items()}
        self._worlds.restore(below("worlds/", state))

    def solver(self, index: int) -> GreedySolver:
        """What one run has learnt, weights frozen."""
        weights = {name: w[index : index + 1].copy() for name, w in self.player().weights.items()}
        return GreedySolver(weights, self._worlds.n_actions)


class QLearner(EpisodeLearner):
    """Recurrent Q-learning; see `EpisodeLearner`."""

    def _choices(self, outputs: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        kept, replay = self._arrays, self._replay
        starts = (kept["held"] == 0) & (drawn[..., 0] < replay.chance)
        some = (drawn[..., 1] * outputs.shape[-1]).astype(np.int64)
        # P(length >= k) = 1 / k.
        span = np.minimum(1 / np.maximum(1 - drawn[..., 2], 1e-9), replay.most_steps)
        kept["hold"] = np.where(starts, some, kept["hold"])
        kept["held"] = np.where(starts, span.astype(np.int64), kept["held"])
        actions = np.where(kept["held"] > 0, kept["hold"], outputs.argmax(axis=-1))
        kept["held"] = np.maximum(kept["held"] - 1, 0)
        return actions

    def _targets(
        self, episodes: dict[str, np.ndarray], outputs: np.ndarray, asked: np.ndarray
    ) -> np.ndarray:
        returns = self._returns(episodes, outputs.max(axis=-1))
        targets = outputs.copy()  # nothing is asked of the actions that were not taken
        taken = episodes["action"][..., None]
        np.put_along_axis(targets[:, :, :-1], taken, returns[..., None], axis=-1)
        return targets

    def _losses(self, targets: Any, outputs: Any) -> Any:
        import tensorflow as tf

        return 0.5 * tf.reduce_sum((outputs - targets) ** 2, axis=-1)


class PolicyLearner(EpisodeLearner):
    """Proximal policy optimization; see `EpisodeLearner`. The last output is V."""

    _more_outputs = 1
    _learns_from_greedy = False

    def _choices(self, outputs: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        shares = np.exp(outputs - outputs.max(axis=-1, keepdims=True)).cumsum(axis=-1)
        return (shares < drawn[..., :1] * shares[..., -1:]).sum(axis=-1)

    def _targets(
        self, episodes: dict[str, np.ndarray], outputs: np.ndarray, asked: np.ndarray
    ) -> np.ndarray:
        """Action taken (one-hot), the logarithm of its share then, D, G."""
        values = outputs[..., -1]
        returns = self._returns(episodes, values)
        gains, asked = returns - values[..., :-1], asked[..., :-1]
        n = np.maximum(asked.sum(axis=(1, 2), keepdims=True), 1)
        mean = (gains * asked).sum(axis=(1, 2), keepdims=True) / n
        spread = np.sqrt((((gains - mean) ** 2) * asked).sum(axis=(1, 2), keepdims=True) / n)
        gains = (gains - mean) / (spread + 1e-8)
        n_actions = self._worlds.n_actions
        targets = np.zeros((*outputs.shape[:3], n_actions + 3))
        targets[:, :, :-1, :n_actions] = np.eye(n_actions)[episodes["action"]]
        targets[:, :, :-1, n_actions:] = np.stack([episodes["log_share"], gains, returns], axis=-1)
        return targets

    def _losses(self, targets: Any, outputs: Any) -> Any:
        import tensorflow as tf

        n, replay = self._worlds.n_actions, self._replay
        then, gains, returns = (targets[..., n + k] for k in range(3))
        log_shares = tf.nn.log_softmax(outputs[..., :n])
        entropy = -tf.reduce_sum(tf.exp(log_shares) * log_shares, -1)
        ratio = tf.exp(tf.reduce_sum(targets[..., :n] * log_shares, -1) - then)
        clipped = tf.clip_by_value(ratio, 1 - replay.clip, 1 + replay.clip)
        losses = -tf.minimum(ratio * gains, clipped * gains) - replay.entropy * entropy
        return losses + 0.5 * (outputs[..., n] - returns) ** 2


class GreedySolver:
    """One run's policy: as `lstmmusic.tasks._advantage.Solver`, but always the best action.

    Args:
        weights: As `Player` wants them, of one run.
        n_actions: The first so many outputs speak for an action each.
    """

    def __init__(self, weights: dict[str, np.ndarray], n_actions: int) -> None:
        self._player, self._units = Player(weights), weights["recurrent_kernel"].shape[1]
        self._n_actions = n_actions
        self._y = self._c = np.zeros((1, 0, self._units))

    def __call__(self, x: np.ndarray, begins: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """One step of many episodes: (episodes, features), (episodes,) -> actions (episodes,)."""
        if self._y.shape[1] != len(x):
            self._y, self._c = np.zeros((2, 1, len(x), self._units))
        goes_on = ~np.asarray(begins)[None, :, None]
        told, self._y, self._c = self._player.step(x[None], self._y * goes_on, self._c * goes_on)
        return told[0, :, : self._n_actions].argmax(axis=-1)


def lambda_returns(
    rewards: np.ndarray,
    values: np.ndarray,
    lengths: np.ndarray,
    is_cut: np.ndarray,
    discount: float,
    trace: float,
) -> np.ndarray:
    """What episodes came to, seen from each step.

    Args:
        rewards: Shape (..., steps).
        values: Of what was seen, one step more than rewards: (..., steps + 1).
        lengths: Steps of each episode, (...).
        is_cut: True where an episode would have gone on, (...).
        discount: γ.
        trace: λ.

    Returns:
        Shape (..., steps); beyond the end of an episode 0.

    Example:
        >>> lambda_returns(np.array([0.0, 4.0]), np.zeros(3), np.array(2), np.array(False), 0.5, 1)
        array([2., 4.])
    """
    found = np.zeros(rewards.shape)
    ahead = np.zeros(rewards.shape[:-1])
    for t in range(rewards.shape[-1] - 1, -1, -1):
        is_last = t == lengths - 1
        mixed = (1 - trace) * values[..., t + 1] + trace * ahead
        ahead = np.where(is_last, np.where(is_cut, values[..., t + 1], 0.0), mixed)
        ahead = np.where(t < lengths, rewards[..., t] + discount * ahead, 0.0)
        found[..., t] = ahead
    return found
