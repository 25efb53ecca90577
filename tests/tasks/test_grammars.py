"""Reber strings by the automaton, held against a regular expression."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks.grammars import (
    EMBEDDED_REBER,
    SYMBOLS,
    GrammarSettings,
    are_legal_highest,
    legal_successors,
    legal_table,
    one_hot,
    random_string,
    string_sets,
)

# The way from the state after X: any number of XT*VP, then S, or XT*VV.
TAIL = "(?:XT*VP)*(?:S|XT*VV)"
REBER = f"B(?:TS*X{TAIL}|PT*V(?:V|P{TAIL}))E"
EMBEDDED = re.compile(f"B(?:T{REBER}T|P{REBER}P)E")
seeds = st.integers(0, 10**6)


@given(seeds)
def test_strings_are_those_of_the_regular_expression(seed):
    assert EMBEDDED.fullmatch(random_string(EMBEDDED_REBER, np.random.default_rng(seed)))


@given(seeds)
def test_legal_successors_are_those_that_some_string_goes_on_with(seed):
    """Every string of up to thirteen symbols, found by the expression alone."""
    string = random_string(EMBEDDED_REBER, np.random.default_rng(seed))
    for t, legal in enumerate(legal_successors(EMBEDDED_REBER, string)):
        start = string[: t + 1]
        assert set(legal) == {symbol for symbol in SYMBOLS if can_end(start + symbol)}, start


def can_end(start):
    """True where a string of the grammar begins so: the shortest ends from each state are tried."""
    inner = ("", "E", "SE", "VE", "VVE", "XSE", "SXSE", "TXSE", "PVVE", "BPVVE", "XVVE")
    ends = [rest + outer for rest in inner for outer in ("E", "TE", "PE", "")]
    ends += [f"{outer}{rest}{outer}E" for outer in "TP" for rest in ("BPVVE",)]
    return any(EMBEDDED.fullmatch(start + end) for end in ends)


def test_branches_are_taken_half_the_time():
    rng = np.random.default_rng(0)
    strings = [random_string(EMBEDDED_REBER, rng) for _ in range(4000)]
    assert np.mean([string[1] == "T" for string in strings]) == pytest.approx(0.5, abs=0.03)
    assert np.mean([string[3] == "T" for string in strings]) == pytest.approx(0.5, abs=0.03)
    shortest = np.mean([len(string) == 9 for string in strings])  # BTXSE or BPVVE: 1/8 each
    assert shortest == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sets_share_no_string_and_have_the_sizes_asked_for(seed):
    settings = GrammarSettings()
    sets = string_sets(settings, seed)
    assert list(map(len, sets.values())) == [256, 256, 256]
    others = sets["validation"] + sets["test"]
    assert len(set(others)) == 512
    assert not set(others) & set(sets["train"])
    assert all(map(EMBEDDED.fullmatch, others + sets["train"]))
    lengths = [np.mean([len(string) for string in sets[name]]) for name in ("validation", "test")]
    assert abs(lengths[0] - lengths[1]) < 2
    assert string_sets(settings, seed) == sets
    assert string_sets(settings, seed + 1) != sets


def test_a_string_is_right_only_if_every_step_is():
    strings = ["BTBTXSETE", "BPBPVVEPE"]
    table = legal_table(EMBEDDED_REBER, strings, 9)
    outputs = np.full((2, 9, 7), -1.0)
    for row, string in enumerate(strings):
        for t, legal in enumerate(legal_successors(EMBEDDED_REBER, string)):
            for symbol in legal:
                outputs[row, t, SYMBOLS.index(symbol)] = 0.1
    assert are_legal_highest(table, outputs).tolist() == [True, True]
    for wrong in (0.1, 0.2, np.nan):  # as active as a legal one, more so, not a number
        changed = outputs.copy()
        changed[1, 6, SYMBOLS.index("T")] = wrong  # only P is legal there
        assert are_legal_highest(table, changed).tolist() == [True, False]


def test_one_hot_says_the_symbols_but_the_last():
    table = one_hot(["BTE", "BPXE"], 4)
    assert table.shape == (2, 4, 7)
    found = [
        "".join(SYMBOLS[int(x.argmax())] if x.any() else "-" for x in string) for string in table
    ]
    assert found == ["BT--", "BPX-"]
    assert table.sum() == 5
