"""Laws of the loop that all experiments learn in."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.fitting import RunFolder
from lstmmusic.layers import OnlineLSTM, PeepholeLSTM
from lstmmusic.tasks import _training
from lstmmusic.tasks._networks import Networks
from lstmmusic.tasks._training import GradientLearner, OnlineLearner, company_of, train
from lstmmusic.tasks.task import Job, Strings

pytestmark = pytest.mark.keras
kinds = pytest.mark.parametrize("kind", ["gradient", "online"])


class Counts:
    """A rule that stops network k after so many rounds, and keeps what it was told."""

    def __init__(self, rounds):
        self.rounds, self.n = np.array(rounds), np.zeros(1)
        self.heard = []

    def seen(self, index, strings, outputs):
        self.heard.append((index, outputs.shape))

    def met(self, predict):
        self.n = self.n + 1
        return self.rounds <= self.n[0], {"rounds": np.full(len(self.rounds), self.n[0])}

    def paces(self):
        return np.ones(len(self.rounds))

    def state(self):
        return {"n": self.n}

    def restore(self, state):
        self.n = state["n"].copy()


def column(seed, kind="online"):
    """An LSTM where the rule wants one, else what compiles quickly."""

    def uniform(n):
        return keras.initializers.RandomUniform(-1, 1, seed=10 * seed + n)

    if kind == "gradient":
        return [dense(2, uniform(1)), dense(1, uniform(4))]
    hidden = PeepholeLSTM(
        2,
        return_sequences=True,
        kernel_initializer=uniform(1),
        recurrent_initializer=uniform(2),
        peephole_initializer=uniform(3),
    )
    hidden.build((None, None, 2))
    return [hidden, dense(1, uniform(4))]


def dense(units, initializer):
    layer = keras.layers.Dense(units, activation="sigmoid", kernel_initializer=initializer)
    layer.build((None, None, 2))
    return layer


def learner_of(kind, seeds, rounds=None, loudness=None, clip_norm=1.0, late_strings=0):
    """Loudness is how much larger a network's targets are."""
    columns = [column(seed, kind) for seed in seeds]
    loudness = loudness or [1.0] * len(seeds)

    def draw(k, rng, n):
        inputs = rng.normal(size=(n, 4, 2))
        weights = np.ones((n, 4))
        weights[:, 0] = 0
        return Strings(inputs, loudness[k] * rng.uniform(size=(n, 4, 1)), weights)

    rule, networks = Counts(rounds or [99] * len(seeds)), Networks(columns)
    if kind == "online":
        onlines = [OnlineLSTM(*pair) for pair in columns]
        return OnlineLearner(onlines, networks, seeds, draw, rule, 4, 0.3, late_strings)
    return GradientLearner(networks, seeds, draw, "squared", rule, 2, 2, 0.1, clip_norm)


def weights_of(learner, index):
    """What one network answers says which weights it has."""
    inputs = np.random.default_rng(8).normal(size=(3, 4, 2))
    return learner.solver(index)(inputs)


def learnt(learner, n_rounds, first=0):
    for n_round in range(first, first + n_rounds):
        learner.learn(n_round, np.ones(len(learner._seeds), bool))
    return learner


@kinds
def test_a_frozen_network_does_not_move(kind):
    learner = learnt(learner_of(kind, (0, 1)), 1)
    before = [weights_of(learner, k) for k in (0, 1)]
    for n_round in (1, 2):
        learner.learn(n_round, np.array([True, False]))
    assert np.abs(weights_of(learner, 0) - before[0]).max() > 1e-3
    np.testing.assert_array_equal(weights_of(learner, 1), before[1])


@given(st.lists(st.booleans(), min_size=1, max_size=40).map(np.array))
def test_a_company_has_all_that_learn_and_halves_with_them(active):
    company, n = company_of(active), int(active.sum())
    assert set(np.flatnonzero(active)) <= set(company.tolist())
    assert sorted(set(company.tolist())) == company.tolist()
    assert len(company) < max(2 * n, 2) or len(company) == len(active)
    # Its size follows from how many learn: few sizes are compiled.
    others = np.random.default_rng(0).permutation(active)
    assert len(company_of(others)) == len(company)


def test_those_that_have_stopped_are_not_computed():
    """The others learn as they do in full company, and the rule hears of them alone."""
    full, some = learner_of("gradient", range(5)), learner_of("gradient", range(5))
    computed = []
    draw = some._draw
    some._draw = lambda k, rng, n: computed.append(k) or draw(k, rng, n)
    learnt(full, 3)
    for n_round, active in enumerate(([1, 1, 1, 1, 1], [0, 1, 0, 1, 1], [0, 0, 0, 1, 0])):
        some.learn(n_round, np.array(active, bool))
    assert [computed.count(k) for k in range(5)] == [2, 4, 2, 6, 4]
    assert [sum(k == j for j, _ in some._rule.heard) for k in range(5)] == [2, 4, 2, 6, 4]
    np.testing.assert_allclose(weights_of(some, 3), weights_of(full, 3), atol=1e-6)
    earlier = learnt(learner_of("gradient", range(5)), 2)
    np.testing.assert_allclose(weights_of(some, 1), weights_of(earlier, 1), atol=1e-6)


def test_a_network_learns_the_same_beside_one_whose_strings_are_longer():
    def learner(seeds, steps):
        found = learner_of("gradient", seeds)
        draw = found._draw
        found._draw = lambda k, rng, n: Strings(*(part[:, : steps[k]] for part in draw(k, rng, n)))
        return learnt(found, 3)

    alone, company = learner((1,), [3]), learner((0, 1), [4, 3])
    np.testing.assert_allclose(weights_of(company, 1), weights_of(alone, 0), atol=1e-6)
    assert {shape for k, shape in company._rule.heard if k == 1} == {(2, 3, 1)}


def test_weights_decay_by_their_share_of_the_learning_rate():
    def first_kernel(weight_decay):
        networks = Networks([column(1, "gradient")])
        silent = Strings(np.zeros((2, 4, 2)), np.zeros((2, 4, 1)), np.ones((2, 4)))
        learner = GradientLearner(
            networks,
            (1,),
            lambda *_: silent,
            "squared",
            Counts([99]),
            batch_strings=2,
            updates_per_round=5,
            learning_rate=0.1,
            weight_decay=weight_decay,
        )
        return np.asarray(learnt(learner, 1)._networks.weights[0])

    # Inputs are 0: no error moves the weights for them.
    np.testing.assert_allclose(first_kernel(0.5), first_kernel(0.0) * 0.95**5, rtol=1e-5)


@kinds
def test_a_network_learns_the_same_alone_and_beside_a_loud_one(kind):
    """Each network's gradient is clipped by itself."""
    alone = learnt(learner_of(kind, (1,)), 3)
    company = learnt(learner_of(kind, (0, 1), loudness=[1000.0, 1.0]), 3)
    np.testing.assert_allclose(weights_of(company, 1), weights_of(alone, 0), rtol=0, atol=2e-5)
    assert np.abs(weights_of(company, 0) - weights_of(alone, 0)).max() > 1e-2


def test_a_gradient_is_clipped_where_it_is_longer():
    free, short = (
        weights_of(learnt(learner_of("gradient", (1,), loudness=[50.0], clip_norm=norm), 2), 0)
        for norm in (1e4, 1e-3)
    )
    assert np.abs(free - short).max() > 1e-4


@kinds
def test_what_goes_on_from_a_kept_state_learns_the_same(kind):
    whole = learnt(learner_of(kind, (0, 1)), 4)
    half = learnt(learner_of(kind, (0, 1)), 2)
    kept = {name: np.array(values) for name, values in half.state().items()}
    other = learner_of(kind, (0, 1))
    other.restore(kept)
    learnt(other, 2, first=2)
    for name, values in whole.state().items():
        np.testing.assert_array_equal(other.state()[name], values, err_msg=name)


def test_the_online_rule_changes_weights_at_every_step_that_has_a_target():
    learner = learner_of("online", (3,))
    rng = np.random.default_rng([3, _training.TRAINING, 0])
    strings = learner._draw(0, rng, 4)
    twin = OnlineLSTM(*column(3))
    for inputs, targets in zip(strings.inputs, strings.targets, strict=True):
        twin.reset()
        twin.step(inputs[0])
        for x, target in zip(inputs[1:], targets[1:], strict=True):
            twin.descend(twin.step(x, target).gradient, 0.3)
    learnt(learner, 1)
    for name, weight in twin.weights.items():
        np.testing.assert_allclose(learner._together.weights[name][0], weight, rtol=1e-12)


def test_a_hidden_layer_that_comes_late_is_not_there_before():
    whole, late = learner_of("online", (3,)), learner_of("online", (3,), late_strings=8)
    first = {name: values.copy() for name, values in whole._together.weights.items()}
    learnt(late, 2)
    weights = late._together.weights
    assert not weights["head_kernel"].any()  # this head sees the hidden layer alone
    assert weights["head_bias"] != first["head_bias"]
    for name in ("kernel", "recurrent_kernel", "bias", "peephole_kernel"):
        np.testing.assert_array_equal(weights[name], first[name])
    kept = {name: np.array(values) for name, values in late.state().items()}
    other = learner_of("online", (3,), late_strings=8)
    other.restore(kept)
    for learner in (late, other):
        learner._learning_rate = 1e-9
        learnt(learner, 1, first=2)
        head = learner._together.weights["head_kernel"]
        np.testing.assert_allclose(head, first["head_kernel"], atol=1e-6)


def test_a_hidden_layer_is_not_added_to_a_network_that_has_stopped():
    learner = learnt(learner_of("online", (0, 1), late_strings=8), 2)
    learner.learn(2, np.array([True, False]))
    heads = learner._together.weights["head_kernel"]
    assert heads[0].any()
    assert not heads[1].any()


def test_what_is_measured_is_a_mean_over_those_that_learn():
    class Measuring(Counting):
        def learn(self, n_round, active):
            stops, _ = super().learn(n_round, active)
            return stops, {"index": np.arange(3.0)}

    told = []
    job = Job("", None, 100, (0, 1, 2), None, lambda *said: told.append(said[2]["index"]))
    train(Measuring([1, 2, 3]), job)
    assert told == [1.0, 1.5, 2.0]


class Counting:
    """Learns nothing, but knows which networks were asked to."""

    steps_per_round = 10

    def __init__(self, rounds):
        self.rule, self.learnt = Counts(rounds), np.zeros(len(rounds))

    def learn(self, n_round, active):
        self.learnt = self.learnt + active
        return self.rule.met(None)

    def state(self):
        return {"learnt": self.learnt, **self.rule.state()}

    def restore(self, state):
        self.learnt = state["learnt"].copy()
        self.rule.restore(state)

    def solver(self, index):
        return self.learnt[index]


@pytest.mark.parametrize(
    ("budget", "steps", "stopped"),
    [
        (100, [10, 30, 50], [True, True, True]),
        (50, [10, 30, 50], [True, True, True]),
        (49, [10, 30, 40], [True, True, False]),  # a fifth round would go beyond it
        (9, [0, 0, 0], [False, False, False]),
    ],
)
def test_each_network_learns_until_its_own_stop_or_the_budget(budget, steps, stopped):
    found = train(Counting([1, 3, 5]), Job("", None, budget, (0, 1, 2)))
    assert [trained.steps for trained in found] == steps
    assert [trained.has_stopped for trained in found] == stopped
    assert [10 * trained.solver for trained in found] == steps


def test_a_stop_and_a_resume_are_no_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(_training, "CHECKPOINT_SECONDS", 0.0)
    whole = train(Counting([2, 6]), Job("", None, 100, (0, 1)))

    def stop(steps, budget, metrics):
        if steps == 40:
            raise KeyboardInterrupt

    run = RunFolder(tmp_path / "run", {"seed": 0}, False)
    with pytest.raises(KeyboardInterrupt):
        train(Counting([2, 6]), Job("", None, 100, (0, 1), run, stop))
    run.set_state("interrupted")
    again = RunFolder(tmp_path / "run", {"seed": 0}, True)
    learner = Counting([2, 6])
    assert train(learner, Job("", None, 100, (0, 1), again)) == whole
    assert learner.learnt.tolist() == [2, 6]
