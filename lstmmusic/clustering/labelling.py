"""From outputs to groups: codes of binary nodes, modes of a density, a choice, all networks' codes.

Each way says, of any outputs, how much every group has of them (`membership`, rows that sum to 1),
so that what was grouped and what comes later are treated alike. Where codes or modes are more than
the groups asked for, the two whose union adds least to the scatter of the outputs are made one, and
so on (Ward's rule). It is the one thing that stands on top of the objectives.
"""

from __future__ import annotations

import copy
import math
from typing import Protocol

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.special import expit, softmax
from sklearn.metrics import silhouette_score

from lstmmusic.errors import InputError

MAX_NODES = 10  # of a code: 1024 codes
MAX_BUMPS = 500  # outputs that a density is kept by
MAX_JOINED = 2000  # answers of several networks that are joined two by two
LEAST_SHARE = 0.02  # of the sequences, in a group that was not asked for
_LEAST_WIDTH = 1e-3  # of a bump, where the outputs have variance 1
_NARROWER = 0.8
_MOST_SHIFTS = 50
_MOST_WIDTHS = 12  # with as many modes as asked for, that are looked at
_LEAST_STEP = 0.02  # of the greatest cost: what costs less to join costs nothing
_APART = 0.5  # two groups of codes differ in a node by at least this


class Labelling(Protocol):
    """How outputs become groups."""

    n_groups: int

    def membership(self, y: np.ndarray) -> np.ndarray:
        """Outputs (sequences, nodes) -> shares (sequences, groups)."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """What it is, fit to be stored."""
        ...


def merge(
    means: np.ndarray, sizes: np.ndarray, n_groups: int | None, apart: float = 0.0
) -> np.ndarray:
    """Makes clumps one, by Ward's rule, until there are as many groups as asked for.

    Args:
        means: Of the clumps, shape (clumps, dimensions).
        sizes: Sequences in each, shape (clumps,).
        n_groups: How many; None: until no two differ by less than `apart` in every dimension,
            and none is smaller than `LEAST_SHARE` of all.
        apart: As above.

    Returns:
        The group of each clump, shape (clumps,), from 0, large groups first. Fewer groups than
        asked for where there are fewer clumps.

    Example:
        >>> merge(np.array([[0.0], [0.1], [5.0]]), np.array([3, 1, 9]), 2).tolist()
        [1, 1, 0]
    """
    means, sizes = means.astype(np.float64).copy(), sizes.astype(np.float64).copy()
    total, group = sizes.sum(), np.arange(len(means))
    alive = np.ones(len(means), bool)
    while alive.sum() > (n_groups or 1):
        at = np.flatnonzero(alive)
        away = means[at, None] - means[at]
        harmonic = sizes[at, None] * sizes[at] / (sizes[at, None] + sizes[at])
        cost = harmonic * (away**2).sum(axis=-1)
        np.fill_diagonal(cost, np.inf)
        if n_groups is None:
            small = sizes[at] < max(2, LEAST_SHARE * total)
            near = np.abs(away).max(axis=-1) < apart
            cost = np.where(near | small | small[:, None], cost, np.inf)
            np.fill_diagonal(cost, np.inf)
            if not np.isfinite(cost).any():
                break
        a, b = (at[k] for k in np.unravel_index(np.argmin(cost), cost.shape))
        means[a] = (sizes[a] * means[a] + sizes[b] * means[b]) / (sizes[a] + sizes[b])
        sizes[a] += sizes[b]
        alive[b], group[group == b] = False, a
    order = sorted(np.flatnonzero(alive), key=lambda k: (-sizes[k], k))
    return np.array([order.index(k) for k in group])


def coarser(labelling: Codes | Modes, y: np.ndarray, n_groups: int) -> Codes | Modes:
    """The same groups, some of them made one (`merge`).

    Args:
        labelling: Codes or modes.
        y: The outputs that were grouped, shape (sequences, nodes).
        n_groups: How many are left.
    """
    label = labelling.membership(y).argmax(axis=1)
    found, at, sizes = np.unique(label, return_inverse=True, return_counts=True)
    means = np.stack([y[at == k].mean(axis=0) for k in range(len(found))])
    group = np.zeros(labelling.n_groups, np.int64)
    group[found] = merge(means, sizes, n_groups)
    left = copy.copy(labelling)
    left.groups, left.n_groups = group[labelling.groups], int(group.max()) + 1
    return left


class Codes:
    """Groups of binary codes: a sequence has each code with the product of its nodes' shares.

    Args:
        groups: The group of each of the 2^nodes codes, the first node the lowest bit.
        n_groups: How many groups.
    """

    def __init__(self, groups: np.ndarray, n_groups: int) -> None:
        self.groups, self.n_groups = np.asarray(groups, np.int64), n_groups

    @classmethod
    def of(cls, y: np.ndarray, n_groups: int | None) -> Codes:
        """Of the outputs (sequences, nodes) that are to be grouped; see `merge`."""
        m = y.shape[1]
        if m > MAX_NODES:
            raise InputError("nodes", f"1 to {MAX_NODES} binary nodes", m)
        z = expit(y.astype(np.float64))
        code = (z > 0.5) @ (1 << np.arange(m))
        found, at, sizes = np.unique(code, return_inverse=True, return_counts=True)
        means = np.stack([z[at == k].mean(axis=0) for k in range(len(found))])
        group = merge(means, sizes, n_groups, _APART)
        # A code that no sequence had belongs where the nearest does that one had.
        bits = np.arange(2**m)[:, None] >> np.arange(m) & 1
        nearest = ((bits[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
        groups = group[nearest]
        groups[found] = group
        return cls(groups, int(group.max()) + 1)

    def membership(self, y: np.ndarray) -> np.ndarray:
        """See `Labelling`."""
        z = expit(np.asarray(y, np.float64))
        share = np.ones((len(z), 1))
        for node in z.T:
            share = np.concatenate([share * (1 - node[:, None]), share * node[:, None]], axis=1)
        return share @ np.eye(self.n_groups)[self.groups]

    def state(self) -> dict[str, np.ndarray]:
        """See `Labelling`."""
        return {"groups": self.groups}


class Modes:
    """Groups of modes of the outputs' own density: each bump belongs to the mode it climbs to.

    Args:
        bumps: Outputs, shape (bumps, nodes).
        groups: The group of each.
        variances: Of the bumps, shape (nodes,).
        n_groups: How many groups.
    """

    def __init__(
        self, bumps: np.ndarray, groups: np.ndarray, variances: np.ndarray, n_groups: int
    ) -> None:
        self.bumps = np.asarray(bumps, np.float32)
        self.groups, self.n_groups = np.asarray(groups, np.int64), n_groups
        self.variances = np.asarray(variances, np.float64)

    @classmethod
    def of(cls, y: np.ndarray, n_groups: int | None, rng: np.random.Generator) -> Modes:
        """Of the outputs (sequences, nodes) that are to be grouped.

        Of the widths of bumps with as many modes as groups are asked for, each of `LEAST_SHARE`
        or more of the sequences, the one is taken whose groups stand apart most plainly (mean
        silhouette), with all modes beyond the number made one with others (`merge`). Where no
        number is asked for, the bumps are as wide as the median distance to the sqrt(n)-th
        neighbour is long: the width that clumps have, not the whole.
        """
        bumps = np.asarray(y, np.float64)
        if len(bumps) > MAX_BUMPS:
            bumps = bumps[rng.choice(len(bumps), MAX_BUMPS, replace=False)]
        n, m = bumps.shape
        if n_groups is None:
            away = np.sqrt(((bumps[:, None] - bumps) ** 2).sum(axis=-1))
            near = np.sort(away, axis=1)[:, min(n - 1, math.ceil(math.sqrt(n)))]
            width = max(float(np.median(near)), _LEAST_WIDTH)
            clump = _modes(bumps, width)
        else:
            clump, width = _clearest(bumps, n_groups)
        sizes = np.bincount(clump)
        means = np.stack([bumps[clump == k].mean(axis=0) for k in range(len(sizes))])
        group = merge(means, sizes, n_groups)
        return cls(bumps, group[clump], np.full(m, width**2), int(group.max()) + 1)

    def membership(self, y: np.ndarray) -> np.ndarray:
        """See `Labelling`."""
        y = np.asarray(y, np.float64)
        owner = np.eye(self.n_groups)[self.groups]
        found = np.zeros((len(y), self.n_groups))
        for start in range(0, len(y), 1024):
            found[start : start + 1024] = (
                _weights(y[start : start + 1024], self.bumps, self.variances) @ owner
            )
        return found

    def state(self) -> dict[str, np.ndarray]:
        """See `Labelling`."""
        return {"bumps": self.bumps, "groups": self.groups, "variances": self.variances}


class Choice:
    """The groups that a softmax layer chooses among."""

    def __init__(self, n_groups: int) -> None:
        self.n_groups = n_groups

    def membership(self, y: np.ndarray) -> np.ndarray:
        """See `Labelling`."""
        return softmax(np.asarray(y, np.float64), axis=1)

    def state(self) -> dict[str, np.ndarray]:
        """See `Labelling`."""
        return {}


class Pooled:
    """Groups of what several networks say together: each sequence goes where the nearest mean is.

    Where each network cuts in another place, the sequences that most cuts leave together are those
    that belong together.

    Args:
        means: Of the answers of each group, shape (groups, answers).
        variance: Of an answer about the mean of its group.
        n_networks: That answer; they are witnesses of one thing, not so many things, so that a
            share is as sure as one of them is.
    """

    def __init__(self, means: np.ndarray, variance: float, n_networks: int) -> None:
        self.means = np.asarray(means, np.float32)
        self.variance, self.n_networks = float(variance), int(n_networks)
        self.n_groups = len(self.means)

    def membership(self, y: np.ndarray) -> np.ndarray:
        """See `Labelling`; `y` are the answers of all networks, (sequences, answers)."""
        y, means = np.asarray(y, np.float64), self.means.astype(np.float64)
        away = (y**2).sum(axis=1)[:, None] - 2 * y @ means.T + (means**2).sum(axis=1)
        return softmax(-0.5 * away / (self.variance * self.n_networks), axis=1)

    def state(self) -> dict[str, np.ndarray]:
        """See `Labelling`."""
        return {"means": self.means, "variance": np.array([self.variance])}


class Joining:
    """How sequences are joined two by two, by what several networks say of them (Ward's rule).

    Args:
        answers: z of all nodes of all networks, shape (sequences, networks x nodes).
        n_networks: That answer.
        rng: Draws which sequences are joined, where they are more than `MAX_JOINED`.
    """

    def __init__(self, answers: np.ndarray, n_networks: int, rng: np.random.Generator) -> None:
        at = np.arange(len(answers))
        if len(at) > MAX_JOINED:
            at = np.sort(rng.choice(len(at), MAX_JOINED, replace=False))
        self.answers, self.n_networks = np.asarray(answers[at], np.float64), n_networks
        self.n_different = len(np.unique(self.answers.round(6), axis=0))
        self._links = linkage(self.answers, "ward") if self.n_different > 1 else None

    def plainest(self, most: int) -> int:
        """The number of groups, 2 to `most`, before the step that the costs of joining take up.

        With k groups left, the next two cost h_k to join; groups that are one cost little, groups
        that are two much. The k is taken whose h_k is the most times h_{k+1}.
        """
        if self._links is None:
            return 1
        heights = self._links[::-1, 2][:most]  # h_2 first
        steps = heights[:-1] / (heights[1:] + _LEAST_STEP * heights[0])
        return 2 + int(steps.argmax()) if len(steps) else min(self.n_different, most)

    def cut(self, n_groups: int) -> Pooled:
        """The groups when so many are left, large ones first; fewer where too few differ."""
        label = np.zeros(len(self.answers), np.int64)
        if self._links is not None:
            label = fcluster(self._links, min(n_groups, self.n_different), "maxclust") - 1
        sizes = np.bincount(label)
        order = sorted(range(len(sizes)), key=lambda k: (-sizes[k], k))
        means = np.stack([self.answers[label == k].mean(axis=0) for k in order])
        variance = np.mean((self.answers - means[np.argsort(order)[label]]) ** 2)
        return Pooled(means, float(variance) + _LEAST_WIDTH**2, self.n_networks)


def _weights(y: np.ndarray, bumps: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Share of every bump in the density at y: (sequences, bumps), rows sum to 1."""
    scaled, centres = y / np.sqrt(variances), bumps / np.sqrt(variances)
    away = (scaled**2).sum(axis=1)[:, None] - 2 * scaled @ centres.T + (centres**2).sum(axis=1)
    return softmax(-0.5 * away, axis=1)


def _clearest(bumps: np.ndarray, n_groups: int) -> tuple[np.ndarray, float]:
    """The mode of each bump, at the width whose groups stand apart most plainly; the width."""
    n = len(bumps)
    least = max(1, round(LEAST_SHARE * n))
    width = float(bumps.std(axis=0).max()) + _LEAST_WIDTH
    clump, n_looked = _modes(bumps, width), 0
    best, best_score = (clump, width), -np.inf
    while width > _LEAST_WIDTH and n_looked < _MOST_WIDTHS:
        sizes = np.bincount(clump)
        if (sizes >= least).sum() >= n_groups:
            n_looked += 1
            means = np.stack([bumps[clump == k].mean(axis=0) for k in range(len(sizes))])
            group = merge(means, sizes, n_groups)[clump]
            is_one = not 1 < len(np.unique(group)) < n
            score = 0.0 if is_one else float(silhouette_score(bumps, group))
            if score > best_score:
                best, best_score = (clump, width), score
        elif best_score > -np.inf:  # too narrow: clumps fall to pieces
            break
        elif len(sizes) > len(np.bincount(best[0])):  # fewer groups than asked for, so far
            best = clump, width
        width *= _NARROWER
        clump = _modes(bumps, width)
    return best


def _modes(bumps: np.ndarray, width: float) -> np.ndarray:
    """The mode of each bump, numbered from 0: where it comes by mean shift, always uphill."""
    variances, y = np.full(bumps.shape[1], width**2), bumps
    for _ in range(_MOST_SHIFTS):
        moved = _weights(y, bumps, variances) @ bumps
        if np.abs(moved - y).max() < 1e-2 * width:
            break
        y = moved
    mode, centres = np.empty(len(y), np.int64), []
    for row, peak in enumerate(y):
        for k, centre in enumerate(centres):
            if ((peak - centre) ** 2).sum() < (0.5 * width) ** 2:
                mode[row] = k
                break
        else:
            mode[row] = len(centres)
            centres.append(peak)
    return mode
