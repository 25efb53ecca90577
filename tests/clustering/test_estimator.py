"""The estimator's contract: what comes in, what is found, what is kept, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import lstmmusic
from lstmmusic.clustering import SequenceClusterer, Sequences
from lstmmusic.clustering.estimator import information_of
from lstmmusic.clustering.labelling import Joining
from lstmmusic.clustering.recipe import OBJECTIVES
from lstmmusic.clustering.synthetic import make_family
from lstmmusic.errors import InputError

pytestmark = pytest.mark.keras

SEQUENCES, GROUPS = make_family("frequency", 60, seed=3)
SMALL = {"updates": 3, "n_restarts": 2, "units": 4, "batch_size": 8, "random_state": 0}
UNTRAINED = {**SMALL, "updates": 0}  # compiles nothing: for what training does not change


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def fitted(told):
    """Trained once: compiling takes most of the time."""
    progress = {"progress": lambda *found: told.append(found)}
    return SequenceClusterer(3, **SMALL, **progress).fit(SEQUENCES)


def test_it_is_public_and_loads_keras_only_to_fit():
    code = (
        "import sys, lstmmusic; lstmmusic.SequenceClusterer(3);"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"tensorflow", "keras", "streamlit"} & set(done.stdout.split())
    assert lstmmusic.SequenceClusterer is SequenceClusterer


def test_what_is_found_has_the_shapes_it_says(fitted):
    n, k = len(SEQUENCES), fitted.n_clusters_
    assert k == 3
    assert fitted.labels_.shape == fitted.confidence_.shape == (n,)
    assert fitted.membership_.shape == (n, k)
    assert fitted.embedding_.shape == (n, 2 * 6)  # what six nodes of either network say
    assert (fitted.embedding_ >= 0).all()
    assert (fitted.embedding_ <= 1).all()
    np.testing.assert_allclose(fitted.membership_.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.labels_, fitted.membership_.argmax(axis=1))
    np.testing.assert_array_equal(fitted.confidence_, fitted.membership_.max(axis=1))
    assert 1 / k <= fitted.confidence_.min()
    sizes = np.bincount(fitted.labels_)
    assert sizes.min() > 0
    assert all(restart["kept"] for restart in fitted.restarts_)
    assert -1 <= fitted.bootstrap_ <= 1


def test_the_restart_that_is_kept_is_the_best_by_the_rule():
    def rank(restart):
        return (min(restart["groups"], 3), round(restart["information"], 3), -restart["loss"])

    one = SequenceClusterer(3, pooled=False, **{**UNTRAINED, "n_restarts": 4}).fit(SEQUENCES)
    [kept] = [restart for restart in one.restarts_ if restart["kept"]]
    assert rank(kept) == max(map(rank, one.restarts_))
    assert one.agreement_ == kept["agreement"]
    assert (one.embedding_.shape, one.bootstrap_) == ((len(SEQUENCES), 6), None)


def test_plain_groups_win_over_even_ones():
    even, plain = [50, 50, 50], [90, 50, 10]
    assert information_of(0.9, even) > information_of(0.9, plain)
    assert information_of(0.9, even) < information_of(1.0, plain)
    assert information_of(0.9, even) > information_of(1.0, [149, 1])  # one odd item is no group
    assert information_of(0.5, even) < 0 == information_of(0.5, [150])


def test_networks_are_judged_by_halves_of_the_sequences(monkeypatch):
    heard, told = [], SequenceClusterer._told

    def listening(self, encoder, items, pooled=None):
        heard.append(sorted(map(len, items)))
        return told(self, encoder, items, pooled)

    monkeypatch.setattr(SequenceClusterer, "_told", listening)
    SequenceClusterer(3, **UNTRAINED).fit(SEQUENCES)
    halves = sorted(-(-len(item) // 2) for item in SEQUENCES.items)
    assert heard == [halves] * 4 * UNTRAINED["n_restarts"]


def test_networks_together_are_the_same_in_any_order():
    rng = np.random.default_rng(0)
    answers = rng.random((40, 3, 2))
    flat = [answers[:, order].reshape(40, 6) for order in ([0, 1, 2], [2, 0, 1])]
    groups = [Joining(one, 3, rng).cut(4).membership(one) for one in flat]
    np.testing.assert_allclose(*groups)


def test_what_most_networks_leave_together_belongs_together():
    """Three networks cut between the groups, and each cuts once more where it likes."""
    rng = np.random.default_rng(1)
    group = rng.integers(2, size=200)
    nodes = [np.stack([group, rng.integers(2, size=200)], axis=1) for _ in range(3)]
    answers = np.concatenate(nodes, axis=1) * 0.9 + 0.05
    found = Joining(answers, 3, rng).cut(2).membership(answers).argmax(axis=1)
    assert adjusted_mutual_info_score(found, group) == pytest.approx(1)


def test_what_was_grouped_is_assigned_to_its_group_again(fitted):
    np.testing.assert_array_equal(fitted.predict(SEQUENCES), fitted.labels_)
    np.testing.assert_allclose(fitted.transform(SEQUENCES), fitted.embedding_, atol=1e-4)
    # One alone is what it is in company, whatever its length.
    np.testing.assert_array_equal(fitted.predict(SEQUENCES.items[4:5]), fitted.labels_[4:5])
    np.testing.assert_allclose(
        fitted.membership(list(SEQUENCES.items)), fitted.membership_, atol=1e-3
    )


def test_progress_is_told_to_the_end(fitted, told):
    assert [done for done, _, _ in told] == [1, 2, 3]
    assert {total for _, total, _ in told} == {3}
    assert all(np.isfinite(values["loss"]) for _, _, values in told)


def test_the_same_seed_gives_the_same_groups():
    """As networks that learn do (`tests/cli/test_cluster.py`)."""
    one = SequenceClusterer(3, **UNTRAINED).fit(SEQUENCES)
    again = clone(one).fit(list(SEQUENCES.items))
    np.testing.assert_array_equal(again.embedding_, one.embedding_)
    np.testing.assert_array_equal(again.labels_, one.labels_)


def test_another_seed_gives_other_weights():
    one, other = (
        SequenceClusterer(3, **{**UNTRAINED, "random_state": seed}).fit(SEQUENCES)
        for seed in (0, 1)
    )
    assert (one.embedding_ != other.embedding_).any()


def test_score_is_agreement_with_what_is_known_or_of_views(fitted):
    assert fitted.score(SEQUENCES, fitted.labels_) == pytest.approx(1.0)
    assert fitted.score(SEQUENCES) == fitted.score(SEQUENCES) <= 1


def test_saved_and_loaded_it_assigns_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "model", facts={"input": "waves"})
    card = json.loads((tmp_path / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["kind"] == "clusterer"
    assert card["found"]["sequences"] == 60
    loaded = SequenceClusterer.load(tmp_path / "model")
    assert loaded.facts_ == {"input": "waves"}
    assert loaded.objective == fitted.objective
    np.testing.assert_array_equal(loaded.predict(SEQUENCES), fitted.labels_)
    np.testing.assert_array_equal(loaded.transform(SEQUENCES), fitted.transform(SEQUENCES))
    np.testing.assert_array_equal(
        loaded.untrained_features(SEQUENCES), fitted.untrained_features(SEQUENCES)
    )
    loaded.save(tmp_path / "again")
    assert SequenceClusterer.load(tmp_path / "again").facts_ == {"input": "waves"}


def test_a_damaged_model_is_one_input_error(fitted, tmp_path):
    fitted.save(tmp_path)
    weights, card = tmp_path / "clusterer.safetensors", tmp_path / "card.json"
    text, data = card.read_text(encoding="utf-8"), weights.read_bytes()
    weights.write_bytes(data[:-1])
    with pytest.raises(InputError, match="the checksum that the card gives"):
        SequenceClusterer.load(tmp_path)
    weights.write_bytes(data)
    for old, new, expected in (
        ('"clusterer"', '"melody"', "kind: clusterer"),
        ('"n_clusters": 3', '"n_clusters": 2', "the weights of a clusterer"),
        ('"objective": "bingo"', '"objective": "sing"', "objective: expected one of"),
        ('"units"', '"cells"', "the card of a clusterer"),
    ):
        card.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(InputError, match=expected):
            SequenceClusterer.load(tmp_path)
    with pytest.raises(InputError, match=r"a model folder with a card\.json"):
        SequenceClusterer.load(tmp_path / "nothing")


@pytest.mark.filterwarnings("ignore:.* of 3 groups were found")  # nothing has been learnt
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_groups_and_comes_back(objective, tmp_path):
    found = SequenceClusterer(3, objective=objective, **UNTRAINED).fit(SEQUENCES)
    np.testing.assert_allclose(found.membership_.sum(axis=1), 1)
    found.save(tmp_path)
    loaded = SequenceClusterer.load(tmp_path)
    np.testing.assert_array_equal(loaded.predict(SEQUENCES), found.labels_)
    assert loaded.bootstrap_ == found.bootstrap_


def test_outliers_are_only_what_lies_far_out():
    plain = SequenceClusterer(3, outliers=True, **UNTRAINED).fit(SEQUENCES)
    far = [item * 50 for item in SEQUENCES.items[:3]]
    means, limits = plain.far_
    away = np.linalg.norm(plain.embedding_ - means[plain.membership_.argmax(axis=1)], axis=1)
    beyond = away > limits[plain.membership_.argmax(axis=1)]
    np.testing.assert_array_equal(plain.labels_ == -1, beyond)
    forced = SequenceClusterer(3, **UNTRAINED).fit(SEQUENCES)
    assert forced.labels_.min() == 0
    assert set(plain.predict(far).tolist()) <= {-1, 0, 1, 2}


def test_one_sequence_is_one_group():
    found = SequenceClusterer(**SMALL).fit([np.arange(9.0)])
    assert (found.labels_.tolist(), found.n_clusters_) == ([0], 1)


def test_sequences_that_are_all_the_same_are_one_group():
    with pytest.warns(UserWarning, match="1 of 3 groups were found"):
        found = SequenceClusterer(3, **SMALL).fit([np.arange(6.0)] * 8)
    assert found.labels_.tolist() == [0] * 8
    assert np.isfinite(found.embedding_).all()


def test_sequences_of_one_step_are_grouped():
    values = np.concatenate([np.full(20, -1.0), np.full(20, 1.0)])
    found = SequenceClusterer("auto", **UNTRAINED).fit([[value] for value in values])
    assert found.labels_.shape == (40,)
    assert np.isfinite(found.embedding_).all()
    assert len(set(found.labels_[:20])) == len(set(found.labels_[20:])) == 1


@pytest.mark.parametrize(
    ("settings", "X", "expected"),
    [
        ({"n_clusters": 0}, [[1.0]], "n_clusters: expected .* whole number from 1 on, got 0"),
        ({"n_clusters": 3}, [[1.0], [2.0]], "n_clusters: expected at most 2, .* got 3"),
        ({"n_clusters": "many"}, [[1.0]], "n_clusters: expected .*, got 'many'"),
        ({"objective": "sing"}, [[1.0]], "objective: expected one of bingo, neo, .*, got 'sing'"),
        ({"n_restarts": 0}, [[1.0]], "n_restarts: expected a whole number from 1 on, got 0"),
        ({"updates": -1}, [[1.0]], "updates: expected a whole number from 0 on, got -1"),
        ({"view_share": 0}, [[1.0]], "view_share: expected a share above 0, up to 1, got 0"),
        ({"learning_rate": 0}, [[1.0]], "learning_rate: expected .*, got 0"),
        ({"pooled": True, "objective": "neo"}, [[1.0]], "pooled: expected None or .*, got True"),
        ({"nodes": True}, [[1.0]], "nodes: expected .*, got True"),
        ({}, [[1.0, np.nan]], "sequence 1: expected finite numbers .*, got nan at step 2"),
        ({}, [], "sequences: expected at least one, got none"),
        ({}, "tune", "sequences: expected a list of arrays, .*, got str"),
    ],
)
def test_what_cannot_be_grouped_is_one_input_error(settings, X, expected):
    with pytest.raises(InputError, match=f"^{expected}$"):
        SequenceClusterer(**settings).fit(X)


def test_other_features_than_learnt_are_one_input_error(fitted):
    with pytest.raises(InputError, match=r"^sequences: expected 1 features at .*, got 2$"):
        fitted.predict([np.zeros((5, 2))])
    with pytest.raises(NotFittedError):
        SequenceClusterer().predict([[1.0]])


def test_an_array_is_its_rows():
    X = np.stack([item[:48] for item in SEQUENCES.items])
    labels = [
        SequenceClusterer(2, **UNTRAINED).fit_predict(given)
        for given in (X, X[..., 0], list(X), Sequences(X))
    ]
    for other in labels[1:]:
        np.testing.assert_array_equal(labels[0], other)


# What scikit-learn asks of tables, and sequences of any lengths cannot give; and what is refused
# as it asks, but in the words that all refusals have here: what was expected, what was found.
LENGTHS = "sequences may have other lengths than those that were learnt from"
WORDS = "refused, in other words than scikit-learn's"
NOT_TABLES = {
    "check_n_features_in_after_fitting": LENGTHS,
    "check_transformer_general": LENGTHS,
    "check_n_features_in": "the features of a step are counted, not the columns of a table",
    "check_complex_data": WORDS,
    "check_dtype_object": WORDS,
    "check_estimators_empty_data_messages": WORDS,
    "check_fit2d_predict1d": WORDS,
}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [SequenceClusterer(2, updates=0, n_restarts=1, units=3, batch_size=8)],  # compiles nothing
    expected_failed_checks=lambda _: NOT_TABLES,
)
def test_it_keeps_to_scikit_learns_conventions(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_it_finds_rhythms_where_the_untrained_network_does_not(objective):
    from sklearn.cluster import KMeans

    sequences, groups = make_family("rhythm", 200, seed=11)
    found = SequenceClusterer(4, objective=objective, random_state=0).fit(sequences)
    before = KMeans(4, random_state=0).fit_predict(found.untrained_features(sequences))
    assert found.score(sequences, groups) > 0.8
    assert adjusted_mutual_info_score(groups, before) < 0.5
