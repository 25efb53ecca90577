"""Regular grammars: predicting what may come next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lstmmusic.tasks.task import (
    STRINGS,
    Job,
    Preset,
    Published,
    Strings,
    Task,
    Trained,
    Verdict,
    check_choice,
    check_whole,
)

# State -> what may come next -> the state after it; strings start in state 0 and end where nothing
# may come.
Automaton = Mapping[Any, Mapping[str, Any]]

SYMBOLS = "BTPSXVE"

_REBER: Automaton = {
    0: {"T": 1, "P": 2},
    1: {"S": 1, "X": 3},
    2: {"T": 2, "V": 4},
    3: {"X": 2, "S": 5},
    4: {"P": 3, "V": 5},
}


def _reber() -> Automaton:
    """B, a way through the graph, E."""
    inner = {
        1 + state: {symbol: 1 + after for symbol, after in ways.items()}
        for state, ways in _REBER.items()
    }
    return {0: {"B": 1}, **inner, 6: {"E": "end"}, "end": {}}


def _embedded_reber() -> Automaton:
    """B, T or P, a Reber string in B and E, the same T or P again, E."""
    states: dict[Any, Mapping[str, Any]] = {0: {"B": 1}, 1: {"T": "T", "P": "P"}}
    for outer in "TP":
        states[outer] = {"B": (outer, 0)}
        for state, ways in _REBER.items():
            states[(outer, state)] = {symbol: (outer, after) for symbol, after in ways.items()}
        states[(outer, 5)] = {"E": (outer, 6)}
        states[(outer, 6)] = {outer: "last"}
    return {**states, "last": {"E": "end"}, "end": {}}


REBER, EMBEDDED_REBER = _reber(), _embedded_reber()
GRAMMARS = {"reber": REBER, "embedded_reber": EMBEDDED_REBER}


def random_string(automaton: Automaton, rng: np.random.Generator) -> str:
    """A string of the grammar; where two symbols may come, each does with probability 1/2.

    Example:
        >>> random_string(EMBEDDED_REBER, np.random.default_rng(0))
        'BPBPVPXTTTTVVEPE'
    """
    state: Any = 0
    symbols = []
    while automaton[state]:
        ways = tuple(automaton[state])
        symbols.append(ways[int(rng.integers(len(ways)))])
        state = automaton[state][symbols[-1]]
    return "".join(symbols)


def legal_successors(automaton: Automaton, string: str) -> list[str]:
    """What may come after each symbol of a string but the last.

    Raises:
        KeyError: The string is not of the grammar.

    Example:
        >>> legal_successors(EMBEDDED_REBER, "BTBTXSETE")
        ['TP', 'B', 'TP', 'SX', 'XS', 'E', 'T', 'E']
    """
    state: Any = 0
    found = []
    for symbol in string[:-1]:
        state = automaton[state][symbol]
        found.append("".join(automaton[state]))
    return found


def one_hot(strings: Sequence[str], n_steps: int) -> np.ndarray:
    """Strings, the last symbol left out, as (strings, n_steps, symbols); zeros after the end."""
    table = np.zeros((len(strings), n_steps, len(SYMBOLS)), np.float32)
    for row, string in enumerate(strings):
        for t, symbol in enumerate(string[:-1]):
            table[row, t, SYMBOLS.index(symbol)] = 1
    return table


def legal_table(automaton: Automaton, strings: Sequence[str], n_steps: int) -> np.ndarray:
    """What may come after each step: bool, (strings, n_steps, symbols); nothing after the end."""
    table = np.zeros((len(strings), n_steps, len(SYMBOLS)), bool)
    for row, string in enumerate(strings):
        for t, legal in enumerate(legal_successors(automaton, string)):
            table[row, t, [SYMBOLS.index(symbol) for symbol in legal]] = True
    return table


def are_legal_highest(legal: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Of which strings the legal successors are the most active outputs at every step.

    Args:
        legal: As `legal_table`, (strings, time, symbols).
        outputs: The same shape.

    Returns:
        Shape (strings,), bool.

    Example:
        >>> legal = np.array([[[True, False], [False, False]]])  # a string of one step
        >>> are_legal_highest(legal, np.array([[[0.2, 0.1], [0.0, 0.0]]])).tolist()
        [True]
    """
    lowest = np.where(legal, outputs, np.inf).min(axis=-1)
    highest = np.where(legal, -np.inf, outputs).max(axis=-1)
    return ((lowest > highest) | ~legal.any(axis=-1)).all(axis=-1)  # NaN is wrong


@dataclass(frozen=True)
class GrammarSettings:
    """Strings and networks.

    Attributes:
        train_strings: Strings to learn from, again and again.
        validation_strings: Others, never learnt from; training stops when all of these and of
            the first are right.
        test_strings: Others, for the success test alone.
        units: Of the hidden layer, in all variants but those of 1997.
        forget_bias: Where the biases of forget gates start.
        batch_strings: Strings of an update of the gradient variants.
        round_strings: Strings between two looks at the stopping rule; a multiple of the batch.
        right_looks: At so many looks in a row all must be right.
        learning_rate: Of Adam, in the gradient variants.
        weight_decay: In these, what weights shrink by at every update, times the learning rate, so
            that the few strings are not learnt by heart.
        online_learning_rate: Of the online rule of 1997.
        grammar: One of `GRAMMARS`.
    """

    train_strings: int = 256
    validation_strings: int = 256
    test_strings: int = 256
    units: int = 16
    forget_bias: float = 3.0
    batch_strings: int = 16
    round_strings: int = 320
    right_looks: int = 3
    learning_rate: float = 0.01
    weight_decay: float = 0.3
    online_learning_rate: float = 0.5
    grammar: str = "embedded_reber"

    def __post_init__(self) -> None:
        check_choice("grammar", self.grammar, tuple(GRAMMARS))
        counts = ("train_strings", "validation_strings", "test_strings", "units")
        for name in (*counts, "batch_strings", "right_looks"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("round_strings", self.round_strings, least=self.batch_strings)


def string_sets(settings: GrammarSettings, seed: int) -> dict[str, list[str]]:
    """The sets `train`, `validation`, `test` of a seed.

    Training strings are drawn as the grammar makes them, so that the short ones are there more
    than once. The others are drawn until there are enough that differ from these and from each
    other, and are dealt to their sets by chance.

    Example:
        >>> sets = string_sets(GrammarSettings(), seed=0)
        >>> len(sets["test"]), set(sets["test"]) & set(sets["train"])
        (256, set())
    """
    rng, automaton = np.random.default_rng([seed, STRINGS]), GRAMMARS[settings.grammar]
    train = [random_string(automaton, rng) for _ in range(settings.train_strings)]
    known, others = set(train), []
    while len(others) < settings.validation_strings + settings.test_strings:
        string = random_string(automaton, rng)
        if string not in known:
            known.add(string)
            others.append(string)
    others = [others[k] for k in rng.permutation(len(others)).tolist()]
    n = settings.validation_strings
    return {"train": train, "validation": others[:n], "test": others[n:]}


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _networks, _training

    settings: GrammarSettings = job.settings
    # What a training may see: the test strings are not among it.
    sets = [string_sets(settings, seed) for seed in job.seeds]
    known = [found["train"] + found["validation"] for found in sets]
    n_steps = max(len(string) for strings in known for string in strings) - 1
    inputs = [one_hot(strings, n_steps) for strings in known]
    targets = [one_hot([string[1:] + " " for string in strings], n_steps) for strings in known]

    def draw(k: int, rng: np.random.Generator, n: int) -> Strings:
        rows = rng.integers(settings.train_strings, size=n)
        asked = targets[k][rows]
        return Strings(inputs[k][rows], asked, asked.sum(axis=-1))

    rule = _AllRight(known, np.stack(inputs), settings)
    # 3 blocks of 2 cells, 276 weights: Hochreiter, Schmidhuber (1997), Experiment 1.
    original = _networks.Original(
        blocks=3,
        cells_per_block=2,
        biased=("input", "output"),
        has_output_bias=False,
        weight_range=0.2,
        output_gate_bias=(-1.0, -2.0, -3.0),
    )
    columns = [
        _networks.layers_of(
            job.variant,
            seed,
            len(SYMBOLS),
            len(SYMBOLS),
            settings.units,
            original,
            settings.forget_bias,
            output_activation="sigmoid" if job.variant in _ONLINE else None,
        )
        for seed in job.seeds
    ]
    decay = settings.weight_decay
    return _training.train_columns(job, columns, draw, rule, "cross_entropy", weight_decay=decay)


class _AllRight:
    """Stops a network when every training and every validation string is, and stays, right."""

    def __init__(
        self, strings: list[list[str]], inputs: np.ndarray, settings: GrammarSettings
    ) -> None:
        automaton = GRAMMARS[settings.grammar]
        tables = [legal_table(automaton, found, inputs.shape[2]) for found in strings]
        self._legal, self._inputs, self._settings = np.stack(tables), inputs, settings
        self._looks = np.zeros(len(strings), np.int64)

    def seen(self, index: int, strings: Any, outputs: np.ndarray) -> None:
        pass

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        right: Any = are_legal_highest(self._legal, predict(self._inputs))
        n_train = self._settings.train_strings
        train, unseen = right[:, :n_train], right[:, n_train:]
        metrics = {"train_right": train.mean(axis=1), "validation_right": unseen.mean(axis=1)}
        self._looks = np.where(right.all(axis=1), self._looks + 1, 0)
        return self._looks >= self._settings.right_looks, metrics

    def paces(self) -> np.ndarray:
        return np.ones(len(self._looks))

    def state(self) -> dict[str, np.ndarray]:
        return {"looks": self._looks}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._looks = state["looks"].copy()


def _test(settings: GrammarSettings, seed: int, solver: Any) -> Verdict:
    sets = string_sets(settings, seed)
    strings = sets["train"] + sets["test"]
    n_steps = max(map(len, strings)) - 1
    outputs = solver(one_hot(strings, n_steps))
    legal = legal_table(GRAMMARS[settings.grammar], strings, n_steps)
    right = are_legal_highest(legal, outputs)
    shares = {
        "train_right": float(right[: settings.train_strings].mean()),
        "test_right": float(right[settings.train_strings :].mean()),
    }
    return Verdict(bool(right.all()), shares)


def _oracle(settings: GrammarSettings) -> Any:
    """Follows the automaton and answers 1 for every legal successor."""
    automaton = GRAMMARS[settings.grammar]

    def solve(inputs: np.ndarray) -> np.ndarray:
        outputs = np.zeros(inputs.shape)
        for row, steps in enumerate(inputs):
            state: Any = 0
            for t, x in enumerate(steps[steps.any(axis=-1)]):
                state = automaton[state][SYMBOLS[int(x.argmax())]]
                for symbol in automaton[state]:
                    outputs[row, t, SYMBOLS.index(symbol)] = 1
        return outputs

    return solve


_ONLINE = ("online1997", "elman", "rtrl")
_SOURCE = "Hochreiter, Schmidhuber (1997), Experiment 1"


def _published(strings: float, network: str, variant: str = "", doubt: str = "") -> Published:
    return Published(strings, "training strings", network, _SOURCE, variant, doubt)


_ABOUT = (
    "A network is reset after every string. A string is right if the legal successors are at every "
    "step the most active outputs. Success: 256 training strings and 256 test strings are all "
    "right. Training stops when the training strings and 256 further validation strings are right "
    "at three looks in a row, 320 strings apart; the test strings are looked at once, afterwards. "
    "The training strings are drawn as the grammar makes them, the others all differ from these "
    "and from each other. Where the gradient is followed all the way back, weights decay, by "
    f"{GrammarSettings().weight_decay} of the learning rate an update."
)
_PLAIN = (
    "`elman` and `rtrl` are plain networks of logistic units that learn online, at every step: the "
    "first takes its last state as given, the second follows the gradient all the way back."
)
_TINY = GrammarSettings(
    train_strings=8,
    validation_strings=4,
    test_strings=4,
    units=4,
    batch_strings=4,
    round_strings=8,
)

TASKS = (
    Task(
        name="embedded_reber",
        title="Embedded Reber grammar",
        family="grammars",
        tags=("grammar", "long lag", "1997"),
        about=(
            "Strings of the embedded Reber grammar (seven symbols, one-hot; where two may come, "
            "each does with probability 1/2) are read symbol by symbol, and the next symbol is to "
            "be told; the last but one repeats the second, at least six steps before. "
            + f"{_ABOUT} {_PLAIN}"
        ),
        published=(
            _published(8440, "LSTM, 3 blocks of 2, rate 0.5, 30 of 30", "online1997"),
            _published(9500, "LSTM, 4 blocks of 1, rate 0.5, 97 % of 30"),
            _published(39_740, "LSTM, 4 blocks of 1, rate 0.1, 30 of 30"),
            _published(
                25_000, "RTRL, 12 units, some", "rtrl", doubt="how many of how many is not told"
            ),
            _published(182_000, "recurrent cascade-correlation, 50 %"),
            _published(200_000, "Elman, 15 units, none in so many", "elman"),
        ),
        presets={
            "quick": Preset(
                "quick",
                GrammarSettings(),
                budget=48_000,
                budgets={"online1997": 100_000, "elman": 100_000, "rtrl": 60_000},
                bar="all training and test strings right, of 2 in 3 networks",
            ),
            "paper": Preset(
                "paper",
                GrammarSettings(),
                budget=200_000,
                budgets={
                    "online1997": 1_000_000,
                    "elman": 200_000,
                    "rtrl": 100_000,
                },
            ),
        },
        tiny=Preset("tiny", _TINY, budget=16),
        variants=("peephole", "lstm1997", "keras_lstm", "rnn", *_ONLINE),
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    ),
    Task(
        name="reber",
        title="Reber grammar",
        family="grammars",
        tags=("grammar",),
        about=(
            "Strings of the Reber grammar (the embedded one without what surrounds it) are read "
            f"symbol by symbol, and the next symbol is to be told. {_ABOUT} {_PLAIN}"
        ),
        published=(
            Published(
                60_000,
                "training strings",
                "Elman, 3 units; then no error in 70,000 strings",
                "Cleeremans, Servan-Schreiber, McClelland (1989), Neural Computation 1(3)",
                "elman",
                "recalled, not read again",
            ),
        ),
        presets={
            "quick": Preset(
                "quick",
                replace(GrammarSettings(), grammar="reber"),
                budget=24_000,
                budgets={"elman": 12_000, "rtrl": 12_000},
                bar="all training and test strings right, of 2 in 3 networks",
            ),
            "paper": Preset(
                "paper",
                replace(GrammarSettings(), grammar="reber"),
                budget=100_000,
                budgets={"elman": 60_000, "rtrl": 60_000},
            ),
        },
        tiny=Preset("tiny", replace(_TINY, grammar="reber"), budget=16),
        variants=("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn", "elman", "rtrl"),
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    ),
)
