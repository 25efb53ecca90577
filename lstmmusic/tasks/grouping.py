"""Grouping without labels: what BINGO and NEO find in sequences of hidden groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lstmmusic.clustering.synthetic import FAMILIES, N_STEPS, make_family
from lstmmusic.errors import InputError
from lstmmusic.tasks.task import (
    TEST,
    TRAINING,
    Job,
    Preset,
    Published,
    Task,
    Trained,
    Verdict,
    check_choice,
    check_whole,
)

_LABELLED = 400  # sequences that the oracle learns a family from
_LAGS = 20


@dataclass(frozen=True)
class GroupingSettings:
    """Sequences and networks.

    Attributes:
        families: Of `lstmmusic.clustering.synthetic.FAMILIES`; each is grouped for itself.
        sequences: Of a family, to learn from.
        test_sequences: Fresh ones of the success test.
        restarts: Networks of a family and seed; of `bingo` all answer together, of the others one
            is kept without labels.
        units: Cells of a network.
        nodes: Its outputs.
        batch: Sequences of an update.
        view_share: Length of a stretch, a share of its sequence.
        learning_rate: Of Adam.
        round_updates: Updates between two looks at the budget.
        least_ami: The success test asks for so much in every family.
    """

    families: tuple[str, ...] = ("rhythm", "tempo", "pitch", "frequency", "wave", "amplitude")
    sequences: int = 300
    test_sequences: int = 300
    restarts: int = 5
    units: int = 16
    nodes: int = 3
    batch: int = 64
    view_share: float = 0.7
    learning_rate: float = 0.02
    round_updates: int = 25
    least_ami: float = 0.8

    def __post_init__(self) -> None:
        for family in self.families:
            check_choice("families", family, tuple(FAMILIES))
        if not self.families:
            raise InputError("families", "one or more", "none")
        for name in ("sequences", "test_sequences", "restarts", "round_updates"):
            check_whole(name, getattr(self, name), least=1)


def _learnt_from(settings: GroupingSettings, seed: int, family: str) -> Sequence[np.ndarray]:
    """The sequences of a seed, without their groups."""
    numbers = np.random.default_rng([seed, TRAINING]).integers(2**31, size=len(FAMILIES))
    at = list(FAMILIES).index(family)
    return make_family(family, settings.sequences, int(numbers[at]))[0].items


def _test_sequences(settings: GroupingSettings, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fresh sequences, a family a feature, cut to one length; the groups, (sequences, families)."""
    numbers = np.random.default_rng([seed, TEST]).integers(2**31, size=len(FAMILIES))
    inputs, groups = [], []
    for family in settings.families:
        number = int(numbers[list(FAMILIES).index(family)])
        sequences, labels = make_family(family, settings.test_sequences, number)
        inputs.append(np.stack([item[: N_STEPS[0], 0] for item in sequences.items]))
        groups.append(labels)
    return np.stack(inputs, axis=-1), np.stack(groups, axis=-1)


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _training

    return _training.train(_Grouping(job), job)


class _Grouping:
    """A `lstmmusic.tasks._training.Learner`: restarts of all families and seeds, side by side."""

    def __init__(self, job: Job) -> None:
        from lstmmusic.clustering.encoder import scaling_of
        from lstmmusic.clustering.learning import Learning, Views
        from lstmmusic.clustering.recipe import Recipe

        settings: GroupingSettings = job.settings
        self.steps_per_round = min(settings.round_updates, max(job.budget, 1))
        self._settings, self._seeds, self._objective = settings, job.seeds, job.variant
        self._budget = job.budget
        recipe = Recipe(
            units=settings.units,
            nodes=settings.nodes,
            updates=max(job.budget, 1),
            batch=settings.batch,
            view_share=settings.view_share,
            learning_rate=settings.learning_rate,
        )
        self._items, self._scalings, views, self._network_seeds = [], [], [], []
        for seed in job.seeds:
            for family in settings.families:
                items = _learnt_from(settings, seed, family)
                scaling = scaling_of(items)
                drawn = Views(items, scaling, recipe)
                for restart in range(settings.restarts):
                    self._items.append(items)
                    self._scalings.append(scaling)
                    views.append(drawn)
                    self._network_seeds.append(network_seed(seed, family, restart))
        self._learning = Learning(job.variant, recipe, views, self._network_seeds)
        self._found: Any = None

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """One round of all networks; they stop together, when the budget is spent."""
        losses = self._learning.learn(self.steps_per_round)
        self._found = None
        is_over = self._learning.n_updates + self.steps_per_round > self._budget
        by_seed = losses.reshape(len(self._seeds), -1).mean(axis=1)
        return np.full(len(self._seeds), is_over), {"loss": by_seed}

    def state(self) -> dict[str, np.ndarray]:
        """All that the next round depends on."""
        return self._learning.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        self._learning.restore(state)

    def solver(self, index: int) -> Any:
        """(sequences, time, families) -> shares of the groups (sequences, families, groups)."""
        from lstmmusic.clustering.estimator import SequenceClusterer

        settings = self._settings
        if self._found is None:
            self._found = self._learning.encoders(self._items, self._scalings)
        encoders, outputs = self._found
        fitted = []
        for row, family in enumerate(settings.families):
            start = (index * len(settings.families) + row) * settings.restarts
            rows = range(start, start + settings.restarts)
            clusterer = SequenceClusterer(
                len(FAMILIES[family].groups),
                objective=self._objective,
                n_restarts=settings.restarts,
                units=settings.units,
                nodes=settings.nodes,
                view_share=settings.view_share,
            )
            seeds = [self._network_seeds[k] for k in rows]
            fitted.append(
                clusterer.settle(
                    self._items[start],
                    self._scalings[start],
                    encoders.take(rows),
                    [outputs[k] for k in rows],
                    self._learning.losses[rows],
                    [seeds[0], *seeds],
                    warn=False,
                )
            )

        def solve(inputs: np.ndarray) -> np.ndarray:
            most = max(len(family.groups) for family in FAMILIES.values())
            found = np.zeros((len(inputs), len(fitted), most))
            for row, clusterer in enumerate(fitted):
                shares = clusterer.membership(inputs[..., row, None])
                found[:, row, : shares.shape[1]] = shares
            return found

        return solve


def network_seed(seed: int, family: str, restart: int) -> int:
    """Of the first weights of one network."""
    rng = np.random.default_rng([seed, list(FAMILIES).index(family), restart])
    return int(rng.integers(2**31))


def _test(settings: GroupingSettings, seed: int, solver: Any) -> Verdict:
    """Adjusted mutual information with the hidden groups, family by family."""
    from sklearn.metrics import adjusted_mutual_info_score

    inputs, groups = _test_sequences(settings, seed)
    answers = np.asarray(solver(inputs))
    measured = {}
    for row, family in enumerate(settings.families):
        said = answers[:, row].argmax(axis=-1)
        measured[f"ami_{family}"] = float(adjusted_mutual_info_score(groups[:, row], said))
    solved = min(measured.values()) >= settings.least_ami
    for row, family in enumerate(settings.families):
        measured[f"untrained_{family}"] = _untrained(
            settings, seed, family, inputs[..., row], groups[:, row]
        )
    return Verdict(solved, measured)


def _untrained(
    settings: GroupingSettings, seed: int, family: str, inputs: np.ndarray, groups: np.ndarray
) -> float:
    """The same of k-means on what the same networks read before training; mean over restarts."""
    from sklearn.metrics import adjusted_mutual_info_score

    from lstmmusic.clustering.encoder import first_weights, read, scaling_of
    from lstmmusic.clustering.yardsticks import k_means

    items = list(inputs[..., None])
    found = []
    for restart in range(settings.restarts):
        network = first_weights(1, settings.units, 1, network_seed(seed, family, restart))
        features = read(network, items, scaling_of(items))[0]
        k = min(len(FAMILIES[family].groups), len(items))
        said = k_means(features, k, restart)
        found.append(adjusted_mutual_info_score(groups, said))
    return float(np.mean(found))


def _oracle(settings: GroupingSettings) -> Any:
    """Was told the groups of other sequences of each family, and draws lines between them."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    judges = []
    for family in settings.families:
        sequences, labels = make_family(family, _LABELLED, seed=10**6)
        inputs = np.stack([item[: N_STEPS[0], 0] for item in sequences.items])
        judges.append(LinearDiscriminantAnalysis().fit(_facts(inputs), labels))

    def solve(inputs: np.ndarray) -> np.ndarray:
        said = [judge.predict(_facts(inputs[..., row])) for row, judge in enumerate(judges)]
        return np.eye(8)[np.stack(said, axis=1)]

    return solve


def _facts(inputs: np.ndarray) -> np.ndarray:
    """Of each sequence (sequences, time): mean, autocorrelations, skew of rises."""
    rises = np.diff(inputs, axis=1)
    n = inputs.shape[1]
    lagged = [(inputs[:, lag:] * inputs[:, : n - lag]).mean(axis=1) for lag in range(_LAGS)]
    return np.stack([inputs.mean(axis=1), *lagged, (rises**3).mean(axis=1)], axis=1)


def _task(
    name: str, title: str, objective: str, old: str, budget: int, full: GroupingSettings
) -> Task:
    quick = replace(full, families=("frequency",))
    return Task(
        name=name,
        title=title,
        family="grouping",
        tags=("clustering", "no labels", "2001"),
        about=(
            f"{full.sequences} sequences of {N_STEPS[0]} to {N_STEPS[1]} steps of each of "
            f"{len(full.families)} families (`quick`: frequency alone), whose hidden groups "
            "differ in rhythm, speed, pitch, frequency, wave shape or amplitude and in nothing "
            "else; where a sequence begins, its length, exact speed and noise are drawn anew for "
            f"each. Of {full.restarts} networks (`quick`: {quick.restarts}) all answer together "
            "(BINGO), or one is kept by a rule without labels. The number of groups is told. "
            "Success: the groups that are given to "
            f"{full.test_sequences} fresh sequences have an adjusted mutual information of "
            f"{full.least_ami} or more with the hidden ones, in every family. `untrained` is "
            "k-means on what the same networks read before training. The variant of 2001 has "
            "the paper's objective, maximised, and reads the last step."
        ),
        published=(
            Published(
                1.0,
                "groups told apart (said in words; no figure was found)",
                "LSTM with forget gates, one or two output nodes",
                "Klapper-Rybicka, Schraudolph, Schmidhuber (2001)",
                old,
                "the paper's data and success rates are not known",
            ),
        ),
        presets={
            "quick": Preset(
                "quick",
                quick,
                budget,
                bar=f"an adjusted mutual information of {quick.least_ami} on the frequencies, of "
                "2 in 3 networks",
            ),
            "paper": Preset("paper", full, budget),
        },
        tiny=Preset(
            "tiny",
            GroupingSettings(
                ("frequency", "rhythm"),
                sequences=24,
                test_sequences=60,
                restarts=2,
                units=4,
                batch=8,
                round_updates=2,
            ),
            budget=4,
        ),
        variants=(objective, old),
        step_unit="updates",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


TASKS = (
    _task(
        "bingo_grouping",
        "Grouping with BINGO",
        "bingo",
        "bingo_2001",
        400,
        GroupingSettings(nodes=6),
    ),
    _task(
        "neo_grouping",
        "Grouping with NEO",
        "neo",
        "neo_2001",
        400,
        GroupingSettings(nodes=3),
    ),
)
