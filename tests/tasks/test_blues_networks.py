"""The networks of the blues study: who sees whom, running free, and the published rule."""

import numpy as np
import pytest

from lstmmusic.layers import OnlineLSTM
from lstmmusic.layers.online import Online
from lstmmusic.tasks import _blues_networks as nets
from lstmmusic.tasks.blues import BluesSettings, fed_back, scaling, song
from lstmmusic.tasks.task import Job

pytestmark = pytest.mark.keras

SETTINGS = BluesSettings(string_choruses=1, round_strings=1, online_learning_rate=0.01)


def columns(variant, n_units, seeds=(0, 1)):
    return [nets.columns_of(variant, seed, n_units, SETTINGS) for seed in seeds]


def songs_of(n_units):
    return lambda rng, n, n_choruses: np.stack(
        [song(rng, n_choruses + 1)[: 96 * n_choruses + 1, :n_units] for _ in range(n)]
    )


@pytest.fixture(scope="module")
def networks():
    """With recurrent weights that are large, so that what is seen is heard."""
    found = nets.BluesNetworks(columns("peephole", 25), scaling())
    rng = np.random.default_rng(3)
    for weight in found.weights:
        weight.assign(np.asarray(weight) + 0.3 * rng.normal(size=weight.shape))
    return found


def test_the_published_network_has_its_weights():
    """12 units in, 8 cells, 12 gates; 25 for the melody's, who see 8 more."""
    chord_layer, chord_head, layer, head = columns("lstm2000", 25, (0,))[0]
    assert chord_layer.count_params() == (8 + 12) * (12 + 8) + 12
    assert chord_head.count_params() == 12 * (12 + 8) + 12
    assert layer.count_params() == (8 + 12) * (13 + 8 + 8) + 12
    assert head.count_params() == 13 * (13 + 8) + 13
    np.testing.assert_array_equal(np.asarray(chord_head.bias), 0.5)
    np.testing.assert_array_equal(np.asarray(head.bias), 0.5)
    online = columns("online2000", 12, (0,))[0][0]
    schedule = [-0.5, -1.0, -1.5, -2.0]
    np.testing.assert_array_equal(np.asarray(online.cell.bias), 3 * schedule)


def test_the_melody_sees_the_chords_a_step_late_and_is_not_seen(networks):
    steps = np.stack([[song(np.random.default_rng(0), 1)[:12]]] * 2).astype(float)
    before = networks.predict(steps)
    other_melody, other_chord = steps.copy(), steps.copy()
    other_melody[:, :, 5, 12:] = np.roll(steps[:, :, 5, 12:], 1, axis=-1)
    other_chord[:, :, 5, :12] = 1 - steps[:, :, 5, :12]
    found = networks.predict(other_melody)
    np.testing.assert_array_equal(found[..., :12], before[..., :12])
    assert np.abs(found - before)[:, :, 5, 12:].max() > 1e-3
    changed = np.abs(networks.predict(other_chord) - before)
    assert changed[:, :, 5, :12].max() > 1e-3
    assert changed[:, :, :6, 12:].max() == 0
    assert changed[:, :, 6, 12:].max() > 1e-4


def test_running_free_is_hearing_its_own_step_by_step(networks):
    """The slow twin reads all steps anew for each one; what comes later is not known to it."""
    given = song(np.random.default_rng(1), 1)[:5].astype(float)
    n_steps = 12

    def read(heard, index):
        steps = np.vstack([heard, np.zeros((n_steps - len(heard), 25))])
        return networks.predict(np.stack([[steps]] * 2))[index, 0, : len(heard)]

    for index in (0, 1):
        heard = given
        while len(heard) < n_steps:
            heard = np.vstack([heard, fed_back(read(heard, index)[-1:])])
        expected = read(heard, index)
        inputs = np.zeros((n_steps, 25))
        inputs[:5] = given
        found = networks.solver(index)(inputs, 5)
        np.testing.assert_allclose(found, expected, atol=1e-4)
        assert (fed_back(found)[4:-1] == heard[5:]).all()


class NoRule:
    def seen(self, index, strings, outputs):
        pass

    def paces(self):
        return np.ones(1)

    def met(self, predict):
        return np.zeros(1, bool), {}

    def state(self):
        return {}

    def restore(self, state):
        pass


def online(n_units, rounds=0):
    made = columns("online2000", n_units, (4,))
    networks = nets.BluesNetworks(made, scaling())
    learner = nets.OnlineBlues(made, networks, (4,), songs_of(n_units), NoRule(), SETTINGS)
    for n_round in range(rounds):
        learner.learn(n_round, np.ones(1, bool))
    return learner


def test_the_chords_learn_the_same_with_a_melody_and_without():
    """Errors of the melody do not reach the blocks of the chords."""
    alone, company = (online(n_units, 1).state() for n_units in (12, 25))
    n_same = 0
    for name, array in alone.items():
        np.testing.assert_array_equal(company[name], array, err_msg=name)
        n_same += name.startswith("weight/chords/")
    assert n_same >= 5
    start = online(25).state()
    for line in ("chords", "melody"):
        name = f"weight/{line}/head_kernel"
        assert np.abs(company[name] - start[name]).max() > 1e-3


def test_what_goes_on_from_a_kept_state_learns_the_same_online():
    whole, half = online(12, 2), online(12, 1)
    kept = {name: array.copy() for name, array in half.state().items()}
    other = online(12)
    other.restore(kept)
    other.learn(1, np.ones(1, bool))
    for name, array in whole.state().items():
        np.testing.assert_array_equal(other.state()[name], array, err_msg=name)


def test_both_lines_read_online_as_the_networks_do():
    """The melody's blocks see the chords' a step late."""
    made = columns("online2000", 25, (4,))
    networks = nets.BluesNetworks(made, scaling())
    heard = songs_of(25)(np.random.default_rng(0), 1, 1)[0].astype(float)
    line = Online(nets._Lines(made[0]))
    found = [line.step(x).output for x in networks.scaled(heard)]
    np.testing.assert_allclose(found, networks.predict(heard[None, None])[0, 0], atol=1e-6)


def test_online_who_has_stopped_learns_no_more():
    made = columns("online2000", 12, (4, 5))
    learner = nets.OnlineBlues(
        made, nets.BluesNetworks(made, scaling()), (4, 5), songs_of(12), NoRule(), SETTINGS
    )
    before = {name: values.copy() for name, values in learner.state().items()}
    learner.learn(0, np.array([True, False]))
    moved = [np.abs(a - before[name]).max(axis=-1) for name, a in learner.state().items()]
    assert all(not part[1].any() for part in moved)
    assert sum(part[0].any() for part in moved) > 5


def test_a_melody_that_has_run_away_leaves_the_chords_alone():
    well, ill = online(25), online(25)
    ill._together.weights["melody/head_bias"][...] = np.nan
    (_, told), (_, told_ill) = (learner.learn(0, np.ones(1, bool)) for learner in (well, ill))
    assert told["gross_errors"] == told_ill["gross_errors"]
    for name, weight in well._together.weights.items():
        if name.startswith("chords/"):
            np.testing.assert_array_equal(ill._together.weights[name], weight)


def test_a_gross_error_begins_the_song_anew_after_learning_from_it():
    """The same steps taken by hand, with a network that is wrong at first."""
    learner = online(12)
    layer, head = columns("online2000", 12, (4,))[0]
    twin = OnlineLSTM(layer, head, shortcut=12, cross_entropy=True)
    heard = songs_of(12)(np.random.default_rng([4, nets.TRAINING, 0]), 1, 1)[0].astype(float)
    mean, spread = (part[:12].astype("f4") for part in scaling())
    x, t, resets = (heard - mean) / spread, 0, 0
    for _ in range(96):
        found = twin.step(x[t], heard[t + 1])
        twin.descend(found.gradient, 0.01, 0.9)
        t += 1
        if (np.abs(found.output - heard[t]) > 0.5).any():
            t, resets = 0, resets + 1
            twin.reset()
    _, metrics = learner.learn(0, np.ones(1, bool))
    assert metrics["gross_errors"].tolist() == [resets]
    assert 0 < resets < 96
    for name, weight in twin.weights.items():
        found = learner._together.weights[f"chords/{name}"][0]
        np.testing.assert_allclose(found, weight, rtol=1e-6)


def by_gradient(n_units):
    job = Job("lstm2000", SETTINGS, 2, (4,))

    def a_bar_and_a_half(rng, n, n_choruses):
        return songs_of(n_units)(rng, n, n_choruses)[:, :13]

    solver = nets.train_blues(job, n_units, a_bar_and_a_half, NoRule(), scaling())[0].solver
    return solver(song(np.random.default_rng(5), 1)[:20, :n_units], 20)


def test_by_the_gradient_too_the_chords_learn_the_same_with_a_melody_and_without(quickly_built):
    """A loud melody does not shorten their gradient."""
    alone, company = by_gradient(12), by_gradient(25)
    np.testing.assert_allclose(company[:, :12], alone, atol=1e-5)
    start = nets.BluesNetworks(columns("lstm2000", 12, (4,)), scaling())
    before = start.predict(song(np.random.default_rng(5), 1)[None, None, :20, :12].astype(float))
    assert np.abs(before[0, 0] - alone).max() > 1e-2
