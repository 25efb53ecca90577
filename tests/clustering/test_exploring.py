"""What is said of groups is so."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.clustering.exploring import (
    MAPS,
    compare,
    differences,
    explore,
    facts_of_items,
    map_of,
    neighbours,
    typical_order,
)
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.errors import InputError


def fitted(labels, membership, embedding, stability=0.75):
    labels, membership = np.array(labels), np.array(membership, float)
    return SimpleNamespace(
        labels_=labels,
        confidence_=membership.max(axis=1),
        membership_=membership,
        embedding_=np.array(embedding, float),
        n_clusters_=membership.shape[1],
        stability_=stability,
        predict=lambda items: np.where(np.arange(len(items)) == 0, -2, labels),
    )


@pytest.fixture
def found():
    """Five low waves, four high ones; one of each is nearly in the middle."""
    steps = np.arange(48)
    items = [np.sin(2 * np.pi * steps / 16) + i / 10 for i in range(5)]
    items += [np.sin(2 * np.pi * steps / 16) + 5 + i / 10 for i in range(4)]
    points = [[0], [1], [2], [3], [8], [20], [21], [22], [12]]
    share = [0.9, 0.95, 0.99, 0.8, 0.6, 0.1, 0.05, 0.02, 0.45]
    labels = [0] * 5 + [1] * 4
    names = [*"abcde", *"wxyz"]
    model = fitted(labels, [[p, 1 - p] for p in share], points)
    return explore(model, Sequences(items, names))


def test_the_prototype_is_the_medoid(found):
    names = found.sequences.names
    assert [names[group.prototype] for group in found.groups] == ["c", "w"]
    assert [len(group.items) for group in found.groups] == [5, 4]
    assert found.stability == 0.75


def test_items_on_the_edge_come_nearest_first(found):
    first = found.groups[0].edges[0]
    assert (found.sequences.names[first.item], first.other) == ("e", 1)
    assert first.margin == pytest.approx(0.2)
    assert found.sequences.names[found.groups[1].edges[0].item] == "z"


def test_words_say_what_sets_a_group_apart(found):
    told = {difference.fact: difference for difference in found.groups[0].differences}
    assert told["value: mean"].words == "lower value"
    assert told["value: mean"].here == pytest.approx(0.2, abs=0.01)
    assert told["value: mean"].elsewhere == pytest.approx(5.15, abs=0.01)
    assert set(told) == {"value: mean"}  # spread, period and length are the same
    text = found.describe()
    # Of five, the first is put elsewhere when only a stretch is heard.
    assert "group 0: 5 of 9 (56%), 80% also by a stretch alone" in text
    assert "lower value (0.20, elsewhere 5.15)" in text
    assert "on the edge: e (or 1)" in text


def test_json_says_the_same(found):
    first = found.to_json()[0]
    assert (first["cluster"], first["size"], first["prototype"]) == (0, 5, "c")
    assert first["differences"][0]["words"] in found.describe()


def test_names_are_shown_and_belong_to_groups(found):
    assert "group 1 (quick): 4 of 9 (44%), 100%" in found.named({1: "quick"}).describe()
    assert found.named(["slow", "quick"]).groups[0].name == "slow"
    with pytest.raises(InputError, match="names: expected at most 2 groups, got 2"):
        found.named(["a", "b", "c"])
    with pytest.raises(InputError, match="names: expected another name"):
        found.named(["a", "a"])


def test_empty_groups_outliers_and_single_items_are_told():
    model = fitted([0, -1, 2], np.eye(3), [[0], [1], [2]], np.nan)
    found = explore(model, Sequences([[1], [2], [3]], ["a", "=b", "c"]))
    assert (found.outliers, found.stability) == ((1,), None)
    assert found.groups[1].prototype is None
    text = found.describe()
    assert "group 1: 0 of 3" in text
    assert "in no group: 1 (=b)" in text


def test_other_sequences_than_those_grouped_are_refused():
    model = fitted([0, 0], np.ones((2, 1)), [[0], [1]])
    with pytest.raises(InputError, match="sequences: expected the 2 that were grouped, got 1"):
        explore(model, Sequences([[1]]))


def test_a_large_group_has_its_item_nearest_to_the_mean_first():
    points = np.random.default_rng(0).normal(size=(2500, 2))
    points[1234] = points.mean(axis=0)
    assert typical_order(points)[0] == 1234


@given(st.lists(st.floats(-10, 10), min_size=4, max_size=12), st.integers(1, 3))
def test_differences_change_sign_with_the_side(values, n_inside):
    inside = np.arange(len(values)) < n_inside
    facts = {"pace": np.array(values)}
    here, there = differences(facts, inside), differences(facts, ~inside)
    if here and there:
        assert here[0].effect == pytest.approx(-there[0].effect)
        assert (here[0].here, here[0].elsewhere) == (there[0].elsewhere, there[0].here)


def test_a_fact_that_goes_along_with_another_is_not_told():
    inside = np.arange(8) < 4
    facts = {
        "pace": np.array([1, 1.1, 1.2, 1.3, 9, 9.1, 9.2, 9.3]),
        "twice the pace": np.array([2, 2.4, 2.2, 2.6, 18, 18.4, 18.2, 18.6]),
        "weight": np.array([1, 5, 1, 5, 4, 9, 4, 9]),
    }
    assert [found.fact for found in differences(facts, inside)] == ["pace", "weight"]


def test_what_is_the_same_everywhere_or_unknown_is_not_told():
    inside = np.array([True, True, False, False])
    facts = {"same": np.ones(4), "unknown": np.array([np.nan, np.nan, 1, 2])}
    assert differences(facts, inside) == ()


def test_facts_of_numbers_know_the_period():
    steps = np.arange(60)
    items = [np.sin(2 * np.pi * steps / period) for period in (5, 9, 20)]
    facts = facts_of_items(Sequences([*items, np.zeros(60), [1.0]]))
    np.testing.assert_allclose(facts["value: period"][:3], [5, 9, 20], rtol=0.1)
    assert np.isnan(facts["value: period"][3:]).all()
    assert facts["length"].tolist() == [60, 60, 60, 60, 1]


@pytest.mark.parametrize("method", MAPS)
def test_a_map_keeps_clumps_apart(method):
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.normal(0, 0.1, (12, 5)), rng.normal(5, 0.1, (12, 5))])
    places = map_of(points, method)
    assert places.shape == (24, 2)
    near = np.linalg.norm(places[:12] - places[:12].mean(0), axis=1).max()
    assert np.linalg.norm(places[:12].mean(0) - places[12:].mean(0)) > 2 * near


def test_a_map_of_few_points_and_dimensions():
    assert map_of(np.zeros((1, 1))).tolist() == [[0, 0]]
    with pytest.raises(InputError, match="method: expected one of pca, tsne"):
        map_of(np.zeros((2, 2)), "umap")


def test_neighbours_are_the_nearest():
    points = np.array([[0.0], [3.0], [1.0], [7.0]])
    assert neighbours(points, 2, 2) == [(0, 1.0), (1, 2.0)]
    with pytest.raises(InputError, match="item: expected 0 to 3, got 4"):
        neighbours(points, 4)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=20), st.permutations(range(4)))
def test_runs_that_differ_in_numbers_alone_are_the_same(labels, order):
    found = compare(labels, [order[label] for label in labels])
    assert found.agreement == pytest.approx(1)
    assert found.moved == ()
    assert all(match.overlap == 1 and order[match.first] == match.second for match in found.matches)


def test_runs_of_other_items_are_refused():
    with pytest.raises(InputError, match="labels: expected as many in both runs"):
        compare([0, 1], [0])
