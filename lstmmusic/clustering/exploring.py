"""What a clustering found, for people: typical items, items on the edge, what sets groups apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from lstmmusic.clustering.features import FACTS
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.errors import InputError

N_SHOWN = 3  # typical items, items on the edge, differences
LEAST_EFFECT = 0.5  # standard deviations; a smaller difference is not worth words
MOST_EFFECT = 99.0
SAME_FACT = 0.8  # correlation from which on a second fact says nothing new
MAX_FEATURES = 16  # of numbers that are no music, whose facts are looked at
_MEDOID_OF = 2000  # more items than that are held against their mean alone

OUTLIER = -1


class Fitted(Protocol):
    """What is asked of a clustering: the attributes of a fitted `SequenceClusterer`.

    Attributes:
        labels_: Group of each item, from 0; -1 for none; shape (n,).
        confidence_: 0 to 1; shape (n,).
        membership_: Share of each group in each item; shape (n, groups).
        embedding_: Where the network puts each item; shape (n, dimensions).
        n_clusters_: Groups.
        stability_: 0 to 1: of the whole; None where it is not known.
        predict: Groups of other sequences.
    """

    @property
    def labels_(self) -> np.ndarray: ...  # noqa: D102
    @property
    def confidence_(self) -> np.ndarray: ...  # noqa: D102
    @property
    def membership_(self) -> np.ndarray: ...  # noqa: D102
    @property
    def embedding_(self) -> np.ndarray: ...  # noqa: D102
    @property
    def n_clusters_(self) -> int: ...  # noqa: D102
    @property
    def stability_(self) -> float | None: ...  # noqa: D102
    def predict(self, X: Any) -> np.ndarray: ...  # noqa: D102


@dataclass(frozen=True)
class Grouped:
    """What a model makes of other sequences than it was fitted to; see `Fitted`."""

    labels_: np.ndarray
    confidence_: np.ndarray
    membership_: np.ndarray
    embedding_: np.ndarray
    n_clusters_: int
    model: Fitted
    stability_: float | None = None

    def predict(self, X: Any) -> np.ndarray:
        """Groups of other sequences, by the model."""
        return self.model.predict(X)


class Difference(NamedTuple):
    """One thing that sets a group apart.

    Attributes:
        fact: Its name.
        words: For people: `more notes per beat`.
        effect: Mean of the group less mean of the others, in standard deviations within them.
        here, elsewhere: The two means.
        unit: Of the means: `%` for shares, which are 0 to 1 here; empty for counts.
        digits: Of the means, to be shown.
    """

    fact: str
    words: str
    effect: float
    here: float
    elsewhere: float
    unit: str
    digits: int

    def __str__(self) -> str:
        if self.unit == "%":
            return f"{self.words} ({self.here:.0%}, elsewhere {self.elsewhere:.0%})"
        numbers = f"{self.here:z.{self.digits}f}, elsewhere {self.elsewhere:z.{self.digits}f}"
        return f"{self.words} ({numbers}{' ' if self.unit else ''}{self.unit})"


class Edge(NamedTuple):
    """An item that might as well be in another group.

    Attributes:
        item: Its index.
        other: That group; None where there is only one.
        margin: Its share of the own group less that of the other.
    """

    item: int
    other: int | None
    margin: float


@dataclass(frozen=True)
class Group:
    """One group.

    Attributes:
        number: From 0.
        name: Given by people; empty where none is.
        items: Indices of its items, the most typical first.
        edges: Those on the edge, the nearest to another group first.
        differences: What sets it apart, the most telling first.
        confidence: Mean over its items.
        stability: Share of its items that are put into it too where only a stretch of two thirds
            of each is heard.
    """

    number: int
    name: str
    items: tuple[int, ...]
    edges: tuple[Edge, ...]
    differences: tuple[Difference, ...]
    confidence: float
    stability: float

    @property
    def prototype(self) -> int | None:
        """Index of its most typical item, the medoid; None for an empty group."""
        return self.items[0] if self.items else None

    @property
    def title(self) -> str:
        """Number and name."""
        return f"group {self.number}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True)
class Exploration:
    """All groups of a clustering.

    Attributes:
        sequences: What was grouped.
        groups: By number; also empty ones.
        outliers: Indices of items in no group.
        stability: 0 to 1; None where the clustering does not say.
    """

    sequences: Sequences
    groups: tuple[Group, ...]
    outliers: tuple[int, ...]
    stability: float | None

    def named(self, names: Mapping[int, str] | Sequence[str]) -> Exploration:
        """The same groups under names that people gave.

        Args:
            names: By number, or in the order of the numbers.

        Raises:
            InputError: A name for a group that is not there, or one name twice.
        """
        known = dict(names) if isinstance(names, Mapping) else dict(enumerate(names))
        strange = sorted(set(known) - {group.number for group in self.groups})
        if strange:
            raise InputError("names", f"at most {len(self.groups)} groups", strange[0])
        given = [name for name in known.values() if name]
        if len(set(given)) < len(given):
            raise InputError("names", "another name for every group", given)
        groups = tuple(replace(g, name=known.get(g.number, g.name)) for g in self.groups)
        return replace(self, groups=groups)

    def describe(self) -> str:
        """For people: of every group size, prototype, edge, and what sets it apart."""
        names = self.sequences.names
        lines = []
        for group in self.groups:
            share = len(group.items) / len(names)
            size = f"{group.title}: {len(group.items)} of {len(names)} ({share:.0%})"
            if not group.items:
                lines.append(size)
                continue
            lines.append(f"{size}, {group.stability:.0%} also by a stretch alone")
            typical = ", ".join(names[item] for item in group.items[:N_SHOWN])
            lines.append(f"  typical: {typical}")
            lines += [f"  {difference}" for difference in group.differences]
            if not group.differences:
                lines.append("  nothing that we have words for sets it apart")
            if group.edges and group.edges[0].other is not None:
                edges = [f"{names[edge.item]} (or {edge.other})" for edge in group.edges]
                lines.append(f"  on the edge: {', '.join(edges)}")
        if self.outliers:
            shown = ", ".join(names[item] for item in self.outliers[:N_SHOWN])
            more = ", ..." if len(self.outliers) > N_SHOWN else ""
            lines.append(f"in no group: {len(self.outliers)} ({shown}{more})")
        return "\n".join(lines)

    def to_json(self) -> list[dict[str, Any]]:
        """The groups, fit for JSON; items by name."""
        names = self.sequences.names
        return [
            {
                "cluster": group.number,
                "name": group.name,
                "size": len(group.items),
                "confidence": round(group.confidence, 4),
                "stability": round(group.stability, 4),
                "prototype": names[group.items[0]] if group.items else None,
                "typical": [names[item] for item in group.items[:N_SHOWN]],
                "edge": [
                    {"item": names[e.item], "other": e.other, "margin": round(e.margin, 4)}
                    for e in group.edges
                ],
                "differences": [
                    {
                        "fact": d.fact,
                        "words": d.words,
                        "effect": round(d.effect, 2),
                        "here": round(d.here, 4),
                        "elsewhere": round(d.elsewhere, 4),
                        "unit": d.unit,
                    }
                    for d in group.differences
                ],
            }
            for group in self.groups
        ]


def explore(fitted: Fitted, sequences: Sequences, random_state: int = 0) -> Exploration:
    """Looks at the groups of a clustering.

    Args:
        fitted: A `SequenceClusterer` that was fitted to, or has assigned, these sequences.
        sequences: The same, in the same order.
        random_state: Seed of the stretches that tell how stable a group is.

    Raises:
        InputError: It was fitted to another number of sequences.
    """
    labels = np.asarray(fitted.labels_)
    if len(labels) != len(sequences):
        raise InputError("sequences", f"the {len(labels)} that were grouped", len(sequences))
    stability = np.nan if fitted.stability_ is None else float(fitted.stability_)
    whole = stability if np.isfinite(stability) else None
    facts = facts_of_items(sequences)
    again = labels == fitted.predict(_stretches(sequences, random_state))
    groups = []
    for number in range(fitted.n_clusters_):
        inside = np.flatnonzero(labels == number)
        at = inside[typical_order(fitted.embedding_[inside])]
        groups.append(
            Group(
                number,
                "",
                tuple(at.tolist()),
                _edges(fitted.membership_, inside, number),
                differences(facts, labels == number),
                float(np.mean(fitted.confidence_[inside])) if len(inside) else 0.0,
                float(np.mean(again[inside])) if len(inside) else 0.0,
            )
        )
    outliers = tuple(np.flatnonzero(labels == OUTLIER).tolist())
    return Exploration(sequences, tuple(groups), outliers, whole)


def _stretches(sequences: Sequences, random_state: int) -> list[np.ndarray]:
    """Of each sequence two thirds in a row, from anywhere."""
    rng = np.random.default_rng(random_state)
    found = []
    for item in sequences.items:
        n_steps = -(-2 * len(item) // 3)
        start = rng.integers(len(item) - n_steps + 1)
        found.append(item[start : start + n_steps])
    return found


def typical_order(points: np.ndarray) -> np.ndarray:
    """Items from the most to the least typical: the medoid, then by the distance from it.

    Of more than 2,000 items the one nearest to the mean is taken for the medoid.

    Example:
        >>> typical_order(np.array([[0.0], [9.0], [1.0], [2.5]])).tolist()
        [2, 0, 3, 1]
    """
    points = np.asarray(points, np.float64)
    if not len(points):
        return np.empty(0, int)
    if len(points) > _MEDOID_OF:
        medoid = np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()
    else:
        sums = [np.linalg.norm(points - point, axis=1).sum() for point in points]
        medoid = int(np.argmin(sums))
    return np.argsort(np.linalg.norm(points - points[medoid], axis=1), kind="stable")


def _edges(membership: np.ndarray, inside: np.ndarray, number: int) -> tuple[Edge, ...]:
    others = np.delete(np.arange(membership.shape[1]), number)
    if not len(others) or not len(inside):
        return ()
    rival = membership[np.ix_(inside, others)]
    margins = membership[inside, number] - rival.max(axis=1)
    return tuple(
        Edge(int(inside[i]), int(others[rival[i].argmax()]), float(margins[i]))
        for i in np.argsort(margins, kind="stable")[:N_SHOWN]
    )


def facts_of_items(sequences: Sequences) -> dict[str, np.ndarray]:
    """What can be said of each sequence: its own facts, or else those of its numbers.

    Of numbers: mean and spread of each feature, the period that is strongest in it (steps), and
    the length.

    Returns:
        By name, shape (n,); NaN where a sequence does not tell.

    Example:
        >>> wave = np.sin(2 * np.pi * np.arange(32) / 8)
        >>> facts = facts_of_items(Sequences([wave, wave + 5]))
        >>> {name: values.round(2).tolist() for name, values in facts.items()}["value: period"]
        [8.0, 8.0]
    """
    if sequences.facts:
        return dict(sequences.facts)
    found: dict[str, np.ndarray] = {}
    for column, name in enumerate(sequences.feature_names[:MAX_FEATURES]):
        rows = [item[:, column].astype(np.float64) for item in sequences.items]
        found[f"{name}: mean"] = np.array([row.mean() for row in rows])
        found[f"{name}: spread"] = np.array([row.std() for row in rows])
        found[f"{name}: period"] = np.array([_period(row) for row in rows])
    found["length"] = sequences.lengths.astype(np.float64)
    return found


def _period(row: np.ndarray) -> float:
    """Steps of the period with most power; NaN where nothing moves."""
    if len(row) < 4 or row.std() < 1e-9:
        return np.nan
    n = 4 * len(row)
    power = np.abs(np.fft.rfft((row - row.mean()) * np.hanning(len(row)), n))[1:]
    return n / (power.argmax() + 1)


# Words for the facts of numbers, by what stands behind the colon.
_WORDS = {
    "mean": ("higher {}", "lower {}", ""),
    "spread": ("larger spread of {}", "smaller spread of {}", ""),
    "period": ("longer period of {}", "shorter period of {}", "steps"),
}


def _words(fact: str) -> tuple[str, str, str, int]:
    """More, less, unit, digits."""
    if fact in FACTS:
        known = FACTS[fact]
        return known.more, known.less, known.unit, known.digits
    feature, _, what = fact.rpartition(": ")
    if what in _WORDS and feature:
        more, less, unit = _WORDS[what]
        return more.format(feature), less.format(feature), unit, 2
    if fact == "length":
        return "longer", "shorter", "steps", 0
    return f"more {fact}", f"less {fact}", "", 2


def differences(
    facts: Mapping[str, np.ndarray], inside: np.ndarray, n: int = N_SHOWN
) -> tuple[Difference, ...]:
    """What sets some items apart from the others.

    Facts are ranked by (mean inside - mean outside) / standard deviation within the two; one that
    goes along with a fact before it is left out, and so is what differs by less than half a
    standard deviation.

    Args:
        facts: By name, shape (n,); NaN where not known.
        inside: Which items; shape (n,), boolean.
        n: How many at most.

    Example:
        >>> facts = {"length": np.array([8.0, 9.0, 20.0, 21.0])}
        >>> print(differences(facts, np.array([True, True, False, False]))[0])
        shorter (8, elsewhere 20 steps)
    """
    ranked = []
    for name, values in facts.items():
        known = np.isfinite(values)
        here, there = values[inside & known], values[~inside & known]
        if len(here) < max(1, inside.sum() / 2) or not len(there):
            continue
        gap = here.mean() - there.mean()
        within = np.sqrt((here.var() * len(here) + there.var() * len(there)) / known.sum())
        effect = gap / within if within > 1e-9 * abs(gap) else np.sign(gap) * MOST_EFFECT
        effect = float(np.clip(effect, -MOST_EFFECT, MOST_EFFECT))
        if abs(gap) > 0 and abs(effect) >= LEAST_EFFECT:
            more, less, unit, digits = _words(name)
            words = more if effect > 0 else less
            means = float(here.mean()), float(there.mean())
            ranked.append(Difference(name, words, effect, *means, unit, digits))
    ranked.sort(key=lambda difference: -abs(difference.effect))
    chosen: list[Difference] = []
    for candidate in ranked:
        if len(chosen) == n:
            break
        if not any(_goes_along(facts[candidate.fact], facts[c.fact]) for c in chosen):
            chosen.append(candidate)
    return tuple(chosen)


def _goes_along(a: np.ndarray, b: np.ndarray) -> bool:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3 or a[known].std() == 0 or b[known].std() == 0:
        return False
    return abs(np.corrcoef(a[known], b[known])[0, 1]) > SAME_FACT


MAPS = ("pca", "tsne")


def map_of(points: np.ndarray, method: str = "pca", random_state: int = 0) -> np.ndarray:
    """A map of items in two dimensions.

    Args:
        points: Where the network puts them; shape (n, dimensions).
        method: `pca` (quick, distances mean something) or `tsne` (slow above some thousands; near
            items stay near).
        random_state: Seed of `tsne`.

    Returns:
        Shape (n, 2).

    Raises:
        InputError: No such method.

    Example:
        >>> map_of(np.array([[0.0, 0, 1], [0, 0, 2], [0, 0, 4]])).round(2).tolist()
        [[-1.33, 0.0], [-0.33, 0.0], [1.67, 0.0]]
    """
    points = np.asarray(points, np.float64)
    if method not in MAPS:
        raise InputError("method", "one of " + ", ".join(MAPS), repr(method))
    if method == "pca" or len(points) < 4:
        centred = points - points.mean(axis=0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
        found = centred @ axes[:2].T
        return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(points) - 1) / 3)
    return TSNE(2, perplexity=perplexity, random_state=random_state).fit_transform(points)


def neighbours(points: np.ndarray, item: int, n: int = 5) -> list[tuple[int, float]]:
    """The items nearest to one of them, and how far they are.

    Raises:
        InputError: No such item.

    Example:
        >>> neighbours(np.array([[0.0], [1.0], [5.0]]), 0, 2)
        [(1, 1.0), (2, 5.0)]
    """
    if not 0 <= item < len(points):
        raise InputError("item", f"0 to {len(points) - 1}", item)
    distances = np.linalg.norm(np.asarray(points, np.float64) - points[item], axis=1)
    order = [int(i) for i in np.argsort(distances, kind="stable") if i != item]
    return [(i, float(distances[i])) for i in order[:n]]


class Match(NamedTuple):
    """A group of one run and the group of another that is most like it.

    Attributes:
        first, second: Their numbers.
        overlap: Items in both over items in one or the other, 0 to 1.
    """

    first: int
    second: int
    overlap: float


class Comparison(NamedTuple):
    """Two ways of grouping the same items.

    Attributes:
        agreement: Adjusted mutual information: 1 the same, 0 as by chance.
        matches: Every group of the run with fewer groups, in order, with its counterpart.
        moved: Indices of the items that are not in matching groups.
    """

    agreement: float
    matches: tuple[Match, ...]
    moved: tuple[int, ...]


def compare(first: Sequence[int] | np.ndarray, second: Sequence[int] | np.ndarray) -> Comparison:
    """Compares two runs on the same items, whatever the numbers of their groups.

    Raises:
        InputError: They are not of one length.

    Example:
        >>> found = compare([0, 0, 1, 1, 1], [1, 1, 0, 0, 1])
        >>> [(m.first, m.second, round(m.overlap, 2)) for m in found.matches], found.moved
        ([(0, 1, 0.67), (1, 0, 0.67)], (4,))

    References:
        Kuhn (1955), "The Hungarian method for the assignment problem"; Vinh, Epps and Bailey
        (2010), "Information theoretic measures for clusterings comparison".
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics import adjusted_mutual_info_score

    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError("labels", f"as many in both runs ({len(a)})", len(b))
    rows, columns = np.unique(a[a >= 0]), np.unique(b[b >= 0])
    overlap = np.zeros((len(rows), len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            both = (a == row) & (b == column)
            overlap[i, j] = both.sum() / ((a == row) | (b == column)).sum()
    matches = tuple(
        Match(int(rows[i]), int(columns[j]), float(overlap[i, j]))
        for i, j in zip(*linear_sum_assignment(-overlap))
    )
    pairs = {(match.first, match.second) for match in matches} | {(OUTLIER, OUTLIER)}
    moved = [i for i, pair in enumerate(zip(a.tolist(), b.tolist())) if pair not in pairs]
    return Comparison(float(adjusted_mutual_info_score(a, b)), matches, tuple(moved))
