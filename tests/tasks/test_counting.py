"""Strings of counts, held against what the languages say."""

import numpy as np
import pytest

from lstmmusic.tasks import task_named
from lstmmusic.tasks.counting import (
    LANGUAGES,
    CountingSettings,
    are_right,
    read_and_told,
    training_counts,
)
from lstmmusic.tasks.counting import (
    test_counts as counts_of_test,
)

languages = pytest.mark.parametrize("language", LANGUAGES)


@languages
def test_what_is_legal_is_what_some_string_goes_on_with(language):
    """Every string of small counts, by their prefixes alone."""
    known = LANGUAGES[language]
    counts = training_counts(language, 7)
    strings = ["S" + known.string(*each) + "T" for each in counts]
    longer = ["S" + known.string(*each) + "T" for each in training_counts(language, 9)]
    inputs, targets = read_and_told(language, counts)
    for string, x, y in zip(strings, inputs, targets, strict=True):
        for t in range(len(string) - 1):
            assert ("S" + known.symbols)[int(x[t].argmax())] == string[t]
            follow = {other[t + 1] for other in longer if other.startswith(string[: t + 1])}
            told = {(known.symbols + "T")[k] for k in np.flatnonzero(y[t] > 0)}
            assert told == follow, string[: t + 1]
        assert (x[len(string) - 1 :] == 0).all()
        assert (y[len(string) - 1 :] == 0).all()
        assert set(np.unique(y[: len(string) - 1])) == {-1.0, 1.0}


def test_the_success_test_asks_what_it_says():
    assert counts_of_test("anbn", 1000, 0, 0) == [(n,) for n in range(1, 1001)]
    pairs = counts_of_test("anbmBmAn", 1000, 2000, 0)
    assert {(n, n) for n in range(1, 501)} <= set(pairs)
    assert {(n, 1) for n in range(1, 1000)} | {(1, n) for n in range(1, 1000)} <= set(pairs)
    assert min(map(min, pairs)) == 1
    assert max(map(sum, pairs)) == 1000
    assert 4400 < len(set(pairs)) == len(pairs) <= 4497
    others = [pair for pair in pairs if pair[0] != pair[1] and min(pair) > 1]
    assert np.mean([sum(pair) > 707 for pair in others]) == pytest.approx(0.5, abs=0.05)
    assert counts_of_test("anbmBmAn", 1000, 2000, 1) != pairs


@languages
def test_one_output_on_the_wrong_side_is_one_wrong_string(language):
    task = task_named(language.lower())
    settings = CountingSettings(language, most=4, reach=12, n_pairs=5)
    oracle = task.oracle(settings)

    def slips(inputs):
        outputs = oracle(inputs).copy()
        outputs[len(outputs) // 2, 2, 0] *= -1
        return outputs

    assert task.test(settings, 0, oracle).metrics == {"reach": 12.0, "right": 1.0}
    found = task.test(settings, 0, slips)
    n = len(counts_of_test(language, 12, 5, 0))
    assert not found.solved
    assert found.metrics["right"] == pytest.approx(1 - 1 / n)
    assert found.metrics["reach"] < 12


def test_zero_and_nan_are_on_no_side():
    targets = np.array([[[1.0, -1.0], [0.0, 0.0]]])
    for value, right in ((0.1, True), (0.0, False), (np.nan, False)):
        outputs = np.array([[[value, -0.1], [9.0, 9.0]]])
        assert are_right(targets, outputs).tolist() == [right]


@pytest.mark.parametrize("name", ["anbn", "anbncn", "anbmbman"])
def test_the_paper_preset_is_the_published_task(name):
    settings = task_named(name).presets["paper"].settings
    assert settings.most == (12 if name == "anbmbman" else 10)
    assert (settings.reach, settings.n_pairs) == (1000, 2000)
