"""`SequenceClusterer`: groups of sequences, with the manners of scikit-learn.

    sequences --views--> networks (restarts, side by side) --objective--> outputs
    outputs --codes, modes or choice--> groups of each restart --views told--> the one kept

Fitting needs Keras with TensorFlow; grouping what comes later, loading and saving do not.
"""

from __future__ import annotations

import itertools
import math
import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.special import expit
from scipy.stats import entropy
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from lstmmusic.clustering.encoder import (
    Encoders,
    Scaling,
    first_weights,
    outputs,
    read,
    scaling_of,
)
from lstmmusic.clustering.labelling import (
    MAX_NODES,
    Choice,
    Codes,
    Joining,
    Labelling,
    Modes,
    Pooled,
    coarser,
)
from lstmmusic.clustering.recipe import OBJECTIVES, Recipe
from lstmmusic.clustering.sequences import Sequences, as_items
from lstmmusic.errors import InputError
from lstmmusic.player.stored import CARD, read_card, read_weights, store_model

OUTLIER = -1
_KIND = "clusterer"
_WEIGHTS = "clusterer"  # the name of the one weight file
_MOST_VIEWED = 2000  # sequences whose views choose between restarts
# Shorter than what is heard in training: a cut through the middle of what goes on holds in two long
# stretches of a sequence nearly as well as one between groups, but not in two short ones.
_VIEWED_SHARE = 0.5
_VIEWS = 4  # of each sequence; every two are compared
_OPEN_COSTS = 2.0  # times what is told
_PIECES = 20  # progress is told so often
_FENCE = 3.0  # spreads between quartiles beyond the third, from which on an item is far out
_MOST_AUTO = 20  # groups, where no number is asked for
_LEAST_BITS = 1e-3  # where no node tells more, all are as good
_BOOTSTRAPS, _BOOTSTRAP_ROWS = 10, 1000  # samples, and sequences in each
_AS_GOOD = 0.02  # as the best agreement of two views, within this
_AUTO_NODES = {"codes": 4, "modes": 3, "choice": 8}

Progress = Callable[[int, int, Mapping[str, float]], None]


class SequenceClusterer(ClusterMixin, TransformerMixin, BaseEstimator):
    """Groups sequences without labels, by what an LSTM network finds worth telling.

    A peephole LSTM hears each sequence; of what it says, mean and spread over time are read; a
    linear layer on top is trained with an information-theoretic objective, and the groups are read
    off its outputs: the codes of binary nodes (`bingo`), the modes of the outputs' density (`neo`),
    or the choice of a softmax layer (`softmax_views`). Where codes or modes are more than the
    groups asked for, the nearest are made one (Ward's rule, `lstmmusic.clustering.labelling`);
    nothing else stands on top.

    Several networks are trained side by side, from other first weights, and one is kept by a rule
    without labels: two halves of each sequence, begun anywhere, are grouped by themselves; among
    those with as many groups as asked for, the network is kept by which either half tells most of
    the other's group, less twice what it leaves open (`information_of`). Where no number is asked
    for, the one with whose groups the other networks' agree best. Of `bingo` all may be kept: their
    answers together are the code, for each cuts in places of its own, and an answer weighs as many
    bits as the two halves tell of each other by it. They are kept where no number is asked for, and
    else where the same rule puts them before the best network alone.

    Sequences may be of any lengths. Every feature is standardised over all steps of the sequences
    that it is fitted to.

    Args:
        n_clusters: Number of groups; "auto": up to 20. Of all networks together as many as there
            are before joining two of them becomes dear (`labelling.Joining.plainest`); of one, as
            two halves of each sequence agree upon best (`as_many_as_agreed_upon`).
        objective: `bingo`, `neo`, `softmax_views`, or as the paper had them `bingo_2001`,
            `neo_2001`.
        n_restarts: Networks.
        units: Cells of each network's LSTM.
        nodes: Its outputs; "auto": enough for the groups.
        updates: Steps of training.
        batch_size: Sequences of a step.
        learning_rate: Of Adam.
        view_share: Length of a stretch in training, a share of its sequence.
        max_view_steps: And no longer than this; longer ones see slower things, and take longer.
        pooled: True: all networks are kept (codes alone can be); False: one; None: as above.
        outliers: True: sequences far outside of their group (three quartile ranges beyond the
            third quartile of distances from its mean) are in no group, -1. There may be none.
        random_state: An int for the same groups every time.
        progress: Called now and then with the updates done, all updates, and the mean `loss`.

    Attributes:
        labels_: Group of each sequence, from 0, large groups first; -1 for an outlier; (n,).
        membership_: Share of each group in each sequence, rows sum to 1; (n, groups).
        confidence_: The share of its own group; (n,).
        embedding_: Outputs of the network, (n, nodes); of several, the answers of their nodes, each
            0 to its weight, (n, networks x nodes).
        pooled_: True where all networks were kept.
        weights_: Of several networks: the bits that each node's answers to two halves of the
            sequences tell of each other, (networks x nodes,).
        n_clusters_: Groups found; fewer than asked for where the sequences are too alike.
        agreement_: Of the groups of two halves of each sequence: 1 the same, 0 chance.
        stability_: Mean agreement (adjusted mutual information) of these groups with those of the
            other restarts, each by itself; 1 with one restart.
        bootstrap_: Of several networks: mean agreement of these groups with groups made again of
            networks and sequences drawn with replacement; None of one network.
        restarts_: For each restart by itself its `information` (nats, by which it is kept or not),
            `agreement`, number of `groups`, `loss`, and whether it was `kept`.
        n_features_in_: Features of a step.

    Raises:
        InputError: When fitted: a parameter out of range, sequences that are none
            (`lstmmusic.clustering.sequences.as_items`), or more groups than sequences.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> low, high = np.sin(np.arange(30) / 3), np.sin(np.arange(30) / 1)
        >>> X = [wave[start:] for wave in (low, high) for start in rng.integers(15, size=20)]
        >>> grouped = SequenceClusterer(2, updates=60, n_restarts=2, random_state=0).fit(X)
        >>> grouped.labels_.shape, grouped.embedding_.shape
        ((40,), (40, 10))
        >>> grouped.score(X, np.repeat([0, 1], 20)) > 0.5  # with what is known of them
        True
    """

    facts_: dict[str, Any]

    def __init__(
        self,
        n_clusters: int | str = "auto",
        *,
        objective: str = "bingo",
        n_restarts: int = 5,
        units: int = 16,
        nodes: int | str = "auto",
        updates: int = 400,
        batch_size: int = 64,
        learning_rate: float = 0.02,
        view_share: float = 0.7,
        max_view_steps: int = 64,
        pooled: bool | None = None,
        outliers: bool = False,
        random_state: Any = None,
        progress: Progress | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.objective = objective
        self.n_restarts = n_restarts
        self.units = units
        self.nodes = nodes
        self.updates = updates
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.view_share = view_share
        self.max_view_steps = max_view_steps
        self.pooled = pooled
        self.outliers = outliers
        self.random_state = random_state
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> Self:
        """Trains the networks, keeps one, and groups the sequences.

        Args:
            X: What `as_items` takes: a list of arrays (time, features) or (time,), one array
                (n, time, features) or (n, time), or `Sequences`.
            y: Ignored.
        """
        items = self._items(X)
        recipe = self._checked(len(items))
        rng = check_random_state(self.random_state)
        seeds = rng.randint(2**31, size=self.n_restarts + 1).tolist()
        self.scaling_ = scaling_of(items)
        encoders, found, losses = self._trained(items, recipe, seeds[1:])
        return self.settle(items, self.scaling_, encoders, found, losses, seeds)

    def predict(self, X: Any) -> np.ndarray:
        """The group of each sequence, (n,), by the network and the groups that were found."""
        y = self.transform(X)
        return self._labels(y, self.labelling_.membership(y))

    def fit_predict(self, X: Any, y: Any = None, **kwargs: Any) -> np.ndarray:
        """`fit`, then `labels_`."""
        return self.fit(X, y, **kwargs).labels_

    def transform(self, X: Any) -> np.ndarray:
        """Outputs of the network, (n, nodes): where it puts each sequence."""
        check_is_fitted(self, "encoder_")
        items = self._items(X)
        if items[0].shape[1] != self.n_features_in_:
            raise InputError(
                "sequences",
                f"{self.n_features_in_} features at each step, as in the training",
                items[0].shape[1],
            )
        return self._told(self.encoder_, items)

    def membership(self, X: Any) -> np.ndarray:
        """Share of each group in each sequence, (n, groups), rows sum to 1."""
        return self.labelling_.membership(self.transform(X))

    def score(self, X: Any, y: Any = None) -> float:
        """How good the groups are: with `y`, by what is known; without, by agreement of views.

        Args:
            X: Sequences.
            y: What is known of each, (n,); None for nothing.

        Returns:
            Adjusted mutual information, 1 the same, 0 chance.
        """
        if y is not None:
            return float(adjusted_mutual_info_score(np.asarray(y).ravel(), self.predict(X)))
        check_is_fitted(self, "encoder_")
        rng = np.random.default_rng(0)
        return agreement_of(self.labelling_, self._views(self.encoder_, self._items(X), rng))

    def untrained_features(self, X: Any) -> np.ndarray:
        """What the kept network reads of sequences before any training, (n, units).

        The yardstick for what training adds: k-means on these.
        """
        check_is_fitted(self, "encoder_")
        network = first_weights(self.n_features_in_, self.units, 1, self.seed_)
        reading = OBJECTIVES[self.objective].reading
        return read(network, self._items(X), self.scaling_, reading)[0]

    def save(self, path: str | Path, facts: Mapping[str, Any] | None = None) -> None:
        """Writes a folder of a JSON card and one safetensors file; nothing in it can run.

        Args:
            path: The folder; what was there before is replaced.
            facts: More for the card, fit for JSON; read back as `facts_`.
        """
        check_is_fitted(self, "encoder_")
        from lstmmusic.fitting.run_folder import versions

        arrays = {f"network/{k}": v for k, v in self.encoder_._asdict().items()}
        arrays |= {f"labelling/{k}": v for k, v in self.labelling_.state().items()}
        arrays |= {"scaling/mean": self.scaling_.mean, "scaling/spread": self.scaling_.spread}
        if self.pooled_:
            arrays["labelling/weights"] = self.weights_
        arrays |= {"far/means": self.far_[0], "far/limits": self.far_[1]}
        card = {
            "kind": _KIND,
            "settings": {
                name: value
                for name, value in self.get_params().items()
                if name not in ("random_state", "progress")
            },
            "found": {
                "n_clusters": self.n_clusters_,
                "agreement": self.agreement_,
                "stability": self.stability_,
                "bootstrap": self.bootstrap_,
                "restarts": self.restarts_,
                "seed": self.seed_,
                "sequences": len(self.labels_) if hasattr(self, "labels_") else 0,
            },
            "facts": dict(facts or getattr(self, "facts_", {})),
            "versions": versions(),
        }
        store_model(Path(path), card, {_WEIGHTS: arrays})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What `save` wrote: groups new sequences; the labels of the old ones are not in it.

        Raises:
            InputError: No such folder, or files that are damaged or no clusterer's.
        """
        folder = Path(path)
        card = read_card(folder)
        try:
            if card["kind"] != _KIND:
                raise InputError(str(folder / CARD), f"kind: {_KIND}", card["kind"])
            settings, found = card["settings"], card["found"]
            sha256 = card["networks"][_WEIGHTS]["sha256"]
            self = cls(**settings)
            self.facts_ = dict(card.get("facts", {}))
            self._checked(1)
            self.n_clusters_ = int(found["n_clusters"])
            self.agreement_, self.stability_ = found["agreement"], found["stability"]
            self.bootstrap_ = found["bootstrap"]
            self.restarts_, self.seed_ = found["restarts"], int(found["seed"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(str(folder / CARD), "the card of a clusterer", repr(error)) from None
        file = folder / f"{_WEIGHTS}.safetensors"
        arrays = read_weights(file, sha256)
        try:
            self._take(arrays)
        except (KeyError, ValueError, IndexError, TypeError) as error:
            raise InputError(str(file), "the weights of a clusterer", repr(error)) from None
        return self

    def _take(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Sets what was stored; a ValueError where shapes do not go together."""
        self.encoder_ = Encoders(*(arrays[f"network/{name}"] for name in Encoders._fields))
        n_kept, n_features, four = self.encoder_.kernel.shape
        units, nodes = self.encoder_.recurrent_kernel.shape[1], self.encoder_.read_kernel.shape[2]
        n_read = units if OBJECTIVES[self.objective].reading == "last" else 2 * units
        self.pooled_ = "labelling/weights" in arrays
        expected = [
            (n_features, 4 * units),
            (units, 4 * units),
            (4 * units,),
            (3, units),
            (n_read, nodes),
            (nodes,),
        ]
        n_expected = self.n_restarts if self.pooled_ else 1
        shapes = [(n_expected, *shape) for shape in expected]
        if four != 4 * units or [a.shape for a in self.encoder_] != shapes:
            raise ValueError("shapes of the network")
        self.scaling_ = Scaling(arrays["scaling/mean"], arrays["scaling/spread"])
        self.far_ = arrays["far/means"], arrays["far/limits"]
        kind, k = OBJECTIVES[self.objective].labels, self.n_clusters_
        n_outputs = n_kept * nodes
        if self.pooled_:
            means, variance = arrays["labelling/means"], float(arrays["labelling/variance"][0])
            self.labelling_: Labelling = Pooled(means, variance, n_kept)
            self.weights_ = arrays["labelling/weights"]
            fits = means.shape == (k, n_outputs) and variance > 0
            fits = fits and self.weights_.shape == (n_outputs,)
        elif kind == "codes":
            self.labelling_ = Codes(arrays["labelling/groups"], k)
            fits = len(arrays["labelling/groups"]) == 2**nodes
        elif kind == "modes":
            names = ("bumps", "groups", "variances")
            bumps, groups, variances = (arrays[f"labelling/{name}"] for name in names)
            self.labelling_ = Modes(bumps, groups, variances, k)
            fits = arrays["labelling/bumps"].shape == (len(arrays["labelling/groups"]), nodes)
        else:
            self.labelling_ = Choice(nodes)
            fits = nodes == k
        groups = arrays.get("labelling/groups", np.zeros(1))
        if not fits or groups.min() < 0 or groups.max() >= k:
            raise ValueError("groups of the labelling")
        if self.far_[0].shape != (k, n_outputs) or self.scaling_.mean.shape != (n_features,):
            raise ValueError("shapes of what stands beside the network")
        if not all(np.isfinite(array).all() for name, array in arrays.items() if "far" not in name):
            raise ValueError("numbers that are not finite")
        self.n_features_in_ = n_features

    def _items(self, X: Any) -> tuple[np.ndarray, ...]:
        return X.items if isinstance(X, Sequences) else as_items(X)

    def _checked(self, n: int) -> Recipe:
        """The recipe that the parameters ask for."""
        k: Any = self.n_clusters
        if k != "auto":
            _whole("n_clusters", k, 1, '"auto" or a whole number from 1 on')
        for name in ("n_restarts", "units", "batch_size", "max_view_steps"):
            _whole(name, getattr(self, name), 1)
        _whole("updates", self.updates, 0)
        if self.objective not in OBJECTIVES:
            raise InputError("objective", "one of " + ", ".join(OBJECTIVES), repr(self.objective))
        if not 0 < self.learning_rate < 10:
            raise InputError("learning_rate", "a number above 0 and below 10", self.learning_rate)
        if not 0 < self.view_share <= 1:
            raise InputError("view_share", "a share above 0, up to 1", self.view_share)
        if k != "auto" and n > 1 and k > n:
            raise InputError("n_clusters", f"at most {n}, the number of sequences", k)
        if self.nodes != "auto":
            _whole("nodes", self.nodes, 1, '"auto" or a whole number from 1 on')
        if self.pooled and OBJECTIVES[self.objective].labels != "codes":
            raise InputError("pooled", f"None or False with {self.objective}", self.pooled)
        return Recipe(
            units=self.units,
            nodes=self._nodes(),
            updates=self.updates,
            batch=self.batch_size,
            view_share=self.view_share,
            max_view_steps=self.max_view_steps,
            learning_rate=self.learning_rate,
        )

    def _may_pool(self) -> bool:
        return OBJECTIVES[self.objective].pooled if self.pooled is None else self.pooled

    def _nodes(self) -> int:
        kind, k = OBJECTIVES[self.objective].labels, self.n_clusters
        if kind == "choice" and k != "auto":
            return int(k)
        if self.nodes != "auto":
            return int(self.nodes)
        if k == "auto":
            return _AUTO_NODES[kind]
        if kind == "codes":  # four nodes more than it takes, for nodes find what they like
            return min(math.ceil(math.log2(max(int(k), 2))) + 4, MAX_NODES)
        return max(int(k) - 1, _AUTO_NODES[kind])

    def _trained(
        self, items: Sequence[np.ndarray], recipe: Recipe, seeds: Sequence[int]
    ) -> tuple[Encoders, list[np.ndarray], np.ndarray]:
        from lstmmusic.clustering.learning import Learning, Views

        data = Views(items, self.scaling_, recipe)
        learning = Learning(self.objective, recipe, [data] * len(seeds), seeds)
        losses = np.zeros(len(seeds))
        # Nothing can be learnt where nothing differs.
        alike = all(np.array_equal(item, items[0]) for item in items)
        updates = 0 if alike else recipe.updates
        piece = max(1, math.ceil(updates / _PIECES))
        while learning.n_updates < updates:
            losses = learning.learn(min(piece, updates - learning.n_updates))
            if self.progress is not None:
                self.progress(learning.n_updates, updates, {"loss": float(np.mean(losses))})
        n = len(seeds)
        encoders, found = learning.encoders([items] * n, [self.scaling_] * n)
        return encoders, found, losses

    def settle(
        self,
        items: Sequence[np.ndarray],
        scaling: Scaling,
        encoders: Encoders,
        found: Sequence[np.ndarray],
        losses: np.ndarray,
        seeds: Sequence[int],
        warn: bool = True,
    ) -> Self:
        """The second half of `fit`: groups of the trained networks, together or of the one kept.

        Args:
            items: The sequences, each (time, features).
            scaling: Of their features.
            encoders: The networks.
            found: Their outputs, each (n, nodes).
            losses: At the end of their training, (networks,).
            seeds: Of what is random here, and then of each network.
            warn: False: fewer groups than asked for are no reason to say so.
        """
        self.n_features_in_, self.scaling_ = items[0].shape[1], scaling
        rng = np.random.default_rng(seeds[0])
        k = None if self.n_clusters == "auto" else int(self.n_clusters)
        viewed = rng.permutation(len(items))[:_MOST_VIEWED]
        view_seed = int(rng.integers(2**31))
        labellings, memberships, restarts, seen = [], [], [], []
        for row, y in enumerate(found):
            labelling = labelling_of(OBJECTIVES[self.objective].labels, y, k, rng)
            views = self._views(
                encoders.take([row]),
                [items[i] for i in viewed],
                np.random.default_rng(view_seed),  # the same stretches for every restart
                pooled=False,
            )
            seen.append(views)
            if k is None:
                labelling = as_many_as_agreed_upon(labelling, y, views)
            agreement = agreement_of(labelling, views)
            labellings.append(labelling)
            memberships.append(labelling.membership(y))
            _, sizes = np.unique(memberships[-1].argmax(axis=1), return_counts=True)
            loss = float(losses[row]) if np.isfinite(losses[row]) else math.inf
            restarts.append(
                {
                    "information": information_of(agreement, sizes),
                    "agreement": agreement,
                    "groups": len(sizes),
                    "loss": loss,
                }
            )
        labels = [shares.argmax(axis=1) for shares in memberships]
        shared = _agreements_with_others(labels)
        # Those with most groups; where no number was asked for, those the others agree with.
        fit = [
            round(a, 3) if k is None else min(one["groups"], k)
            for a, one in zip(shared, restarts, strict=True)
        ]
        rank = [
            (first, round(one["information"], 3), -one["loss"])
            for first, one in zip(fit, restarts, strict=True)
        ]
        best = max(range(len(rank)), key=rank.__getitem__)
        self.embedding_, self.labelling_ = found[best], labellings[best]
        self.agreement_, self.bootstrap_ = restarts[best]["agreement"], None
        all_of_them = _asked_together(found, seen, k, rng) if self._may_pool() else None
        # By the rule that chose the one, where a number is asked for and nothing else is wished.
        if self.pooled is None and k is not None and all_of_them is not None:
            rule = min(all_of_them.n_groups, k), round(all_of_them.information, 3)
            all_of_them = all_of_them if rule >= rank[best][:2] else None
        self.pooled_ = all_of_them is not None
        if all_of_them is not None:
            self.weights_, self.embedding_ = all_of_them.weights, all_of_them.answers
            self.labelling_, self.agreement_ = all_of_them.labelling, all_of_them.agreement
            self.bootstrap_ = _bootstrap(self.labelling_, all_of_them.joining, rng)
        kept = list(range(len(rank))) if self.pooled_ else [best]
        for n, one in enumerate(restarts):
            one["kept"] = n in kept
            one["loss"] = one["loss"] if math.isfinite(one["loss"]) else None
        self.restarts_, self.seed_ = restarts, int(seeds[1 + kept[0]])
        self.encoder_ = encoders.take(kept)
        self.n_clusters_ = self.labelling_.n_groups
        self.membership_ = self.labelling_.membership(self.embedding_)
        self.confidence_ = self.membership_.max(axis=1)
        ours = self.membership_.argmax(axis=1)
        others = [own for n, own in enumerate(labels) if kept != [n]]
        agreements = [adjusted_mutual_info_score(ours, own) for own in others]
        self.stability_ = float(np.mean(agreements)) if len(labels) > 1 else 1.0
        self.far_ = _fences(self.embedding_, ours, self.n_clusters_)
        self.labels_ = self._labels(self.embedding_, self.membership_)
        n_found = len(np.unique(ours))
        if warn and k is not None and n_found < k:
            warnings.warn(
                f"{n_found} of {k} groups were found: the sequences are too alike, or the "
                "training too short",
                stacklevel=3,
            )
        return self

    def _told(
        self, encoder: Encoders, items: Sequence[np.ndarray], pooled: bool | None = None
    ) -> np.ndarray:
        """What the groups are made of: outputs of the network, or answers of all of them."""
        reading = OBJECTIVES[self.objective].reading
        y = outputs(encoder, read(encoder, items, self.scaling_, reading))
        if self.pooled_ if pooled is None else pooled:
            return answers_of(y) * self.weights_
        return y[0]

    def _views(
        self,
        encoder: Encoders,
        items: Sequence[np.ndarray],
        rng: np.random.Generator,
        pooled: bool | None = None,
    ) -> list[np.ndarray]:
        """What is told of some halves of each sequence, begun anywhere: (sequences, nodes) each."""
        views = []
        for _ in range(_VIEWS):
            stretches = []
            for item in items:
                n = math.ceil(_VIEWED_SHARE * len(item))
                start = int(rng.integers(len(item) - n + 1))
                stretches.append(item[start : start + n])
            views.append(self._told(encoder, stretches, pooled))
        return views

    def _labels(self, y: np.ndarray, membership: np.ndarray) -> np.ndarray:
        labels = membership.argmax(axis=1)
        if self.outliers:
            means, limits = self.far_
            away = np.sqrt(((y - means[labels]) ** 2).sum(axis=1))
            labels = np.where(away > limits[labels], OUTLIER, labels)
        return labels

    def __sklearn_tags__(self) -> Any:
        """Sequences of any lengths are no table: two- and three-dimensional arrays are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.two_d_array = True
        return tags


class _Together(NamedTuple):
    """Groups of what all networks say."""

    weights: np.ndarray
    answers: np.ndarray
    joining: Joining
    labelling: Pooled
    agreement: float
    n_groups: int
    information: float


def _asked_together(
    found: Sequence[np.ndarray],
    seen: Sequence[Sequence[np.ndarray]],
    k: int | None,
    rng: np.random.Generator,
) -> _Together:
    """Groups the answers of all networks.

    Args:
        found: Outputs of each, (sequences, nodes).
        seen: The same of two halves of some sequences.
        k: How many groups; None: as many as are plain.
        rng: Draws which sequences are joined, where they are very many.
    """
    weights = _bits_told(seen)
    answers = answers_of(found) * weights
    joining = Joining(answers, len(found), rng)
    labelling = joining.cut(k or joining.plainest(_MOST_AUTO))
    views = [answers_of(view) * weights for view in zip(*seen, strict=True)]
    agreement = agreement_of(labelling, views)
    _, sizes = np.unique(labelling.membership(answers).argmax(axis=1), return_counts=True)
    information = information_of(agreement, sizes)
    return _Together(weights, answers, joining, labelling, agreement, len(sizes), information)


def labelling_of(kind: str, y: np.ndarray, k: int | None, rng: np.random.Generator) -> Labelling:
    """Groups of the outputs (sequences, nodes), as the objective's kind has them."""
    if kind == "codes":
        return Codes.of(y, k)
    return Modes.of(y, k, rng) if kind == "modes" else Choice(y.shape[1])


def _agreements_with_others(labels: Sequence[np.ndarray]) -> list[float]:
    """Of each restart's groups with those of the others, on the average; 1 where there are none."""
    if len(labels) == 1:
        return [1.0]
    agreement = np.zeros((len(labels), len(labels)))
    for a, b in itertools.combinations(range(len(labels)), 2):
        agreement[a, b] = agreement[b, a] = adjusted_mutual_info_score(labels[a], labels[b])
    return [float(total) / (len(labels) - 1) for total in agreement.sum(axis=1)]


def agreement_of(labelling: Labelling, views: Sequence[np.ndarray]) -> float:
    """Of the groups of every two views of the same sequences: 1 the same, 0 as by chance."""
    labels = [labelling.membership(y).argmax(axis=1) for y in views]
    pairs = itertools.combinations(labels, 2)
    return float(np.mean([adjusted_mutual_info_score(*pair) for pair in pairs]))


def information_of(agreement: float, sizes: Sequence[int] | np.ndarray) -> float:
    """What the groups of one view tell of those of another, less twice what they leave open.

    With H the entropy of the groups, A H is told and (1 - A) H left open. What is left open weighs
    more, so that even groups do not win by their entropy over plainer ones.

    Args:
        agreement: A, of `agreement_of`.
        sizes: Sequences in each group.

    Returns:
        Nats, up to the entropy; below 0 where the views agree upon less than two thirds.

    Example:
        >>> [round(information_of(a, [50, 50]), 2) for a in (1.0, 0.9, 0.5)]
        [0.69, 0.49, -0.35]
    """
    return float(entropy(sizes)) * (agreement - _OPEN_COSTS * (1 - agreement))


def as_many_as_agreed_upon(
    labelling: Labelling, y: np.ndarray, views: Sequence[np.ndarray]
) -> Labelling:
    """Groups made one as long as the groups of two views of a sequence agree the better for it.

    Of 2 to `_MOST_AUTO` groups the largest number whose agreement is within `_AS_GOOD` of the best.
    A softmax layer's choices are left as they are.

    Args:
        labelling: Codes, modes or choices.
        y: The outputs that were grouped, shape (sequences, nodes).
        views: Outputs at two views, each (sequences, nodes).
    """
    if not isinstance(labelling, Codes | Modes) or labelling.n_groups <= 2:
        return labelling
    coarse = [coarser(labelling, y, k) for k in range(2, min(labelling.n_groups, _MOST_AUTO) + 1)]
    agreements = [agreement_of(one, views) for one in coarse]
    least = max(agreements) - _AS_GOOD
    return [one for one, found in zip(coarse, agreements, strict=True) if found >= least][-1]


def answers_of(y: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """The answers σ(y) of all networks, (networks, n, nodes) -> (n, networks x nodes)."""
    return np.concatenate([expit(one) for one in y], axis=1)


def _bits_told(seen: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Of every node, how many bits its answers to two views tell of each other, 0 to 1.

    A node that cuts through the middle of what goes on says now this, now that of what lies there;
    one that cuts where there is a gap says the same.
    """
    from lstmmusic.objectives import two_view_gain

    pairs = [zip(*itertools.combinations(views, 2), strict=True) for views in seen]
    gains = [np.asarray(two_view_gain(*map(np.concatenate, views)), np.float64) for views in pairs]
    bits = np.maximum(np.concatenate(gains) / math.log(2), 0.0).astype(np.float32)
    return bits if bits.max() > _LEAST_BITS else np.ones_like(bits)


def _bootstrap(labelling: Labelling, joining: Joining, rng: np.random.Generator) -> float:
    """Mean agreement with groups of networks and sequences drawn with replacement."""
    answers, n = joining.answers, joining.n_networks
    ours = labelling.membership(answers).argmax(axis=1)
    by_network = answers.reshape(len(answers), n, -1)
    found = []
    for _ in range(_BOOTSTRAPS):
        networks = rng.integers(n, size=n)
        rows = np.unique(rng.integers(len(answers), size=min(len(answers), _BOOTSTRAP_ROWS)))
        drawn = by_network[rows][:, networks].reshape(len(rows), -1)
        again = Joining(drawn, n, rng).cut(labelling.n_groups).membership(drawn)
        found.append(adjusted_mutual_info_score(ours[rows], again.argmax(axis=1)))
    return float(np.mean(found))


def _fences(y: np.ndarray, labels: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of the groups, (groups, nodes), and how far from them is far out, (groups,)."""
    means, limits = np.zeros((k, y.shape[1]), np.float32), np.full(k, np.inf, np.float32)
    for group in range(k):
        own = y[labels == group]
        if len(own):
            means[group] = own.mean(axis=0)
            away = np.sqrt(((own - means[group]) ** 2).sum(axis=1))
            low, high = np.quantile(away, [0.25, 0.75])
            # Nothing lies farther out than itself where all others are in one place.
            limits[group] = high + _FENCE * (high - low) + 1e-6
    return means, limits


def _whole(name: str, value: Any, least: int, expected: str | None = None) -> None:
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_whole or value < least:
        raise InputError(name, expected or f"a whole number from {least} on", repr(value))
