"""Views are stretches of sequences; networks learn the same alone, in company, after a break."""

import numpy as np
import pytest

from lstmmusic.clustering.encoder import scaling_of
from lstmmusic.clustering.recipe import OBJECTIVES, Recipe

pytestmark = pytest.mark.keras

RECIPE = Recipe(units=4, nodes=2, updates=4, batch=6, view_share=0.5)


def ramps(n=9):
    """Sequences whose every number says which sequence and which step it is."""
    return [1000.0 * k + np.arange(5 + k)[:, None] for k in range(n)]


def views_of(items, recipe=RECIPE):
    from lstmmusic.clustering.learning import Views

    return Views(items, scaling_of(items), recipe)


def test_views_are_stretches_of_the_same_sequences_in_the_same_order():
    items = ramps()
    scaling, views = scaling_of(items), views_of(items)
    assert views.n_steps == 7  # half of the longest, 13
    x, lengths = views.draw(np.random.default_rng(0), 2, views.n_steps)
    assert x.shape == (12, 7, 1)
    which = []
    for row, length in zip(x, lengths, strict=True):
        numbers = row[:length, 0] * scaling.spread[0] + scaling.mean[0]
        k = int(round(numbers[0]) // 1000)
        which.append(k)
        np.testing.assert_allclose(np.diff(numbers), 1, atol=0.01)
        assert length == -(-len(items[k]) // 2)
        assert -0.01 <= numbers[0] - 1000 * k <= len(items[k]) - length + 0.01
        assert (row[length:] == 0).all()
    assert which[:6] == which[6:]
    assert len(set(which[:6])) == 6


def test_views_begin_anywhere():
    views = views_of([np.arange(10.0)[:, None]] * 3)
    starts = set()
    for seed in range(40):
        x, _ = views.draw(np.random.default_rng(seed), 1, views.n_steps)
        starts |= set(np.round(x[:, 0, 0], 3).tolist())
    assert len(starts) == 6  # half of ten steps, begun at 0 to 5


def test_fewer_sequences_than_a_batch_are_drawn_again():
    x, _ = views_of(ramps(2)).draw(np.random.default_rng(0), 2, 3)
    assert len(x) == 12


def learning(seeds, items, objective="bingo"):
    from lstmmusic.clustering.learning import Learning

    return Learning(objective, RECIPE, [views_of(items)] * len(seeds), seeds)


def outputs_of(found, items):
    n = len(found.losses)
    return found.encoders([items] * n, [scaling_of(items)] * n)[1]


def test_a_network_learns_the_same_alone_in_company_and_after_a_break():
    items = ramps()
    together = learning([3, 5], items)
    together.learn(2)
    kept = together.state()
    together.learn(2)
    alone = learning([5], items)
    alone.learn(4)
    np.testing.assert_allclose(
        outputs_of(together, items)[1], outputs_of(alone, items)[0], rtol=1e-3, atol=1e-4
    )
    assert together.losses[1] == pytest.approx(alone.losses[0], abs=1e-5)
    before = outputs_of(together, items)
    together.restore(kept)
    assert together.n_updates == 2
    together.learn(100)
    assert together.n_updates == 4  # no further than the recipe
    for one, other in zip(before, outputs_of(together, items), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_outputs_stand_on_all_sequences(objective):
    items = ramps(40)
    found = learning([1], items, objective)
    y = outputs_of(found, items)[0].astype(np.float64)
    if objective == "bingo":
        np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-3)
        assert y.std(axis=0) == pytest.approx(OBJECTIVES["bingo"].gain[1], rel=0.02)
    else:
        np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(2), atol=0.02)
