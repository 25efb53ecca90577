"""How many groups there are, where no number is asked for."""

import numpy as np
import pytest

from lstmmusic.clustering.estimator import agreement_of, as_many_as_agreed_upon
from lstmmusic.clustering.labelling import Choice, Codes, Joining, coarser


def _views(n_groups, n_bits, noise, seed=0):
    """Outputs whose first bits are the group in both views, the others chance in each."""
    rng = np.random.default_rng(seed)
    group = rng.integers(n_groups, size=400)
    own = (group[:, None] >> np.arange(2) & 1) * 8.0 - 4
    chance = [rng.choice([-4.0, 4.0], size=(400, n_bits)) * noise for _ in range(3)]
    return group, [np.concatenate([own, other], axis=1) for other in chance]


@pytest.mark.parametrize("n_groups", [2, 3, 4])
def test_groups_that_two_views_disagree_upon_are_made_one(n_groups):
    group, (y, *views) = _views(n_groups, n_bits=2, noise=0.6)
    finest = Codes.of(y, None)
    assert finest.n_groups > n_groups
    found = as_many_as_agreed_upon(finest, y, views)
    assert found.n_groups == n_groups
    assert agreement_of(found, views) == pytest.approx(1)
    labels = found.membership(y).argmax(axis=1)
    assert len(set(zip(labels.tolist(), group.tolist(), strict=True))) == n_groups


def test_agreement_is_that_of_every_two_views():
    labelling = Choice(2)
    first, other = np.eye(2)[[0, 0, 1, 1]], np.eye(2)[[0, 1, 0, 1]]
    same = agreement_of(labelling, [first, first])
    apart = agreement_of(labelling, [first, other])
    assert same == pytest.approx(1)
    assert agreement_of(labelling, [first, first, other]) == pytest.approx((same + 2 * apart) / 3)


def test_coarser_groups_are_unions_of_the_finer():
    _, (y, *_) = _views(4, n_bits=3, noise=1.0)
    fine = Codes.of(y, None)
    before = fine.membership(y).argmax(axis=1)
    for k in range(1, fine.n_groups + 1):
        coarse = coarser(fine, y, k)
        after = coarse.membership(y).argmax(axis=1)
        assert coarse.n_groups == len(np.unique(after)) == k
        assert len(set(zip(before.tolist(), after.tolist(), strict=True))) == fine.n_groups
    assert (fine.membership(y).argmax(axis=1) == before).all()  # which is left as it was


def test_choices_are_left_as_they_are():
    choice = Choice(5)
    assert as_many_as_agreed_upon(choice, np.eye(5), [np.eye(5)] * 2) is choice


@pytest.mark.parametrize("n_groups", [2, 3, 4, 7])
def test_networks_together_make_as_many_groups_as_are_dear_to_join(n_groups):
    """Every network tells the groups in a code of its own, and cuts once more where it likes."""
    rng = np.random.default_rng(n_groups)
    group = rng.integers(n_groups, size=300)
    networks = []
    for _ in range(5):
        codes = rng.random((n_groups, 3)) > 0.5
        networks.append(np.column_stack([codes[group], rng.random(300) > 0.5]))
    answers = np.concatenate(networks, axis=1) * 0.9 + 0.05 * rng.random((300, 20))
    joining = Joining(answers, 5, rng)
    assert joining.plainest(20) == n_groups
    labels = joining.cut(n_groups).membership(answers).argmax(axis=1)
    assert len(set(zip(labels.tolist(), group.tolist(), strict=True))) == n_groups


def test_what_is_all_alike_is_one_group():
    joining = Joining(np.full((9, 4), 0.5), 2, np.random.default_rng(0))
    assert joining.plainest(20) == 1
    assert joining.cut(5).n_groups == 1
