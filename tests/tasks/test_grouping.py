"""Grouping without labels: what is learnt from, what is tested on, and the scores."""

import numpy as np
import pytest

from lstmmusic.clustering.synthetic import FAMILIES, N_STEPS
from lstmmusic.errors import InputError
from lstmmusic.tasks import grouping, task_named
from lstmmusic.tasks.grouping import GroupingSettings

SETTINGS = GroupingSettings(("rhythm", "wave"), test_sequences=60, restarts=1)


def answers(settings, seed, change=lambda groups: groups):
    _, groups = grouping._test_sequences(settings, seed)
    return lambda inputs: np.eye(8)[change(groups)]


@pytest.mark.parametrize("name", ["bingo_grouping", "neo_grouping"])
def test_the_paper_preset_has_the_families_and_the_bar(name):
    task = task_named(name)
    settings = task.presets["paper"].settings
    assert set(settings.families) == {
        *("rhythm", "tempo", "pitch"),
        *("frequency", "wave", "amplitude"),
    }
    assert settings.least_ami == 0.8
    assert task.variants[1] == task.variants[0] + "_2001"


def test_the_test_is_on_sequences_that_no_training_has_heard():
    learnt = np.stack(
        [item[: N_STEPS[0], 0] for item in grouping._learnt_from(SETTINGS, 0, "wave")]
    )
    inputs, groups = grouping._test_sequences(SETTINGS, 0)
    assert inputs.shape == (60, N_STEPS[0], 2)
    assert groups.shape == (60, 2)
    assert np.abs(inputs[:, None, :, 1] - learnt[None]).max(axis=-1).min() > 0.1
    assert (inputs != grouping._test_sequences(SETTINGS, 1)[0]).all()


def test_names_of_groups_are_no_matter_and_mixing_them_is():
    for seed in (0, 1):
        turned = grouping._test(SETTINGS, seed, answers(SETTINGS, seed, lambda g: (g + 1) % 4))
        assert turned.solved
        assert turned.metrics["ami_rhythm"] == pytest.approx(1)

        def merged(groups):
            found = groups.copy()
            found[:, 1] = np.minimum(found[:, 1], 2)  # two wave shapes taken for one
            return found

        mixed = grouping._test(SETTINGS, seed, answers(SETTINGS, seed, merged))
        assert mixed.metrics["ami_rhythm"] == pytest.approx(1)
        assert 0.7 < mixed.metrics["ami_wave"] < 0.9


def test_one_family_below_the_bar_is_no_success():
    half = np.random.default_rng(0).random(60) < 0.5

    def noisy(groups):
        found = groups.copy()
        found[half, 1] = 0
        return found

    found = grouping._test(SETTINGS, 0, answers(SETTINGS, 0, noisy))
    assert found.metrics["ami_rhythm"] == pytest.approx(1)
    assert found.metrics["ami_wave"] < 0.8
    assert not found.solved


def test_untrained_networks_hardly_tell_wave_shapes():
    found = grouping._test(SETTINGS, 0, answers(SETTINGS, 0)).metrics
    assert -0.1 < found["untrained_wave"] < 0.5


def test_every_network_has_first_weights_of_its_own():
    seeds = {
        grouping.network_seed(seed, family, restart)
        for seed in range(3)
        for family in FAMILIES
        for restart in range(3)
    }
    assert len(seeds) == 9 * len(FAMILIES)


def test_an_unknown_family_is_one_input_error():
    with pytest.raises(InputError, match=r"^families: expected one of .*wave.*, got 'colour'$"):
        GroupingSettings(("colour",))
    with pytest.raises(InputError, match=r"^families: expected one or more, got none$"):
        GroupingSettings(())
