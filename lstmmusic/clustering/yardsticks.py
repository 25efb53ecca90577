"""What a clustering is held against: groups made without the objective, or without a network.

`YARDSTICKS` is one table; each makes so many groups of sequences. Where labels are known they are
scored on those; where not, `held_against` says how far two ways of grouping agree, and `stability`
how far one agrees with itself on other halves of the data.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.clustering.encoder import first_weights, read, scaling_of
from lstmmusic.clustering.recipe import Recipe
from lstmmusic.clustering.sequences import as_items
from lstmmusic.errors import InputError

N_UNITS = Recipe().units
N_GRAM = 3
N_BINS = 8  # of a feature with more different values than `MAX_SYMBOLS`
MAX_SYMBOLS = 32
N_DIMENSIONS = 20
N_FREQUENCIES = 64
MAX_SLOW = 300  # sequences that DTW is asked for by `--baselines all`

Items = Sequence[np.ndarray]
Group = Callable[[Items, int, int], np.ndarray]


@dataclass(frozen=True)
class Yardstick:
    """A way to group sequences.

    Attributes:
        about: In a few words.
        group: From items, the number of groups and a seed, the group of each; shape (n,).
        is_quick: False where it is shown on request only.
        max_items: Above so many it is left out; None for no limit.
    """

    about: str
    group: Group
    is_quick: bool = True
    max_items: int | None = None


@dataclass(frozen=True)
class Held:
    """One clustering beside a yardstick.

    Attributes:
        name, about: Of the yardstick.
        labels: Its groups; shape (n,).
        agreement: Adjusted mutual information with the groups in question: 1 the same, 0 chance.
        score: Likewise with what is known; None where nothing is.
        seconds: What it took.
    """

    name: str
    about: str
    labels: np.ndarray
    agreement: float
    score: float | None
    seconds: float


def held_against(
    X: Any,
    labels: Sequence[int] | np.ndarray,
    names: Iterable[str] | None = None,
    n_clusters: int | None = None,
    random_state: int = 0,
    truth: Sequence[Any] | np.ndarray | None = None,
    units: int = N_UNITS,
) -> list[Held]:
    """Groups the same sequences by yardsticks, and compares.

    Args:
        X: What `as_items` takes.
        labels: The groups in question; -1 for what is in none.
        names: Of `YARDSTICKS`; None for the quick ones.
        n_clusters: How many groups; None for as many as `labels` has.
        random_state: Seed of the yardsticks.
        truth: What is known of each sequence, if anything.
        units: Cells of the network in question, for `untrained`.

    Raises:
        InputError: No such yardstick, or the lengths do not agree.

    Example:
        >>> from lstmmusic.clustering.synthetic import make_family
        >>> sequences, labels = make_family("frequency", 30)
        >>> [found] = held_against(sequences, labels, ["spectra"], truth=labels)
        >>> found.score
        1.0
    """
    from sklearn.metrics import adjusted_mutual_info_score

    items = as_items(X)
    labels = np.asarray(labels)
    for label, values in (("labels", labels), ("truth", labels if truth is None else truth)):
        if len(values) != len(items):
            raise InputError(label, f"{len(items)}, one for each sequence", len(values))
    found = []
    for name in quick() if names is None else names:
        yardstick = yardstick_named(name)
        if yardstick.max_items is not None and len(items) > yardstick.max_items:
            continue
        started = time.perf_counter()
        k = min(n_clusters or len(np.unique(labels[labels >= 0])) or 1, len(items))
        if name == "untrained":
            theirs = _untrained(items, k, random_state, units)
        else:
            theirs = yardstick.group(items, k, random_state)
        seconds = time.perf_counter() - started
        known = None if truth is None else float(adjusted_mutual_info_score(truth, theirs))
        agreement = float(adjusted_mutual_info_score(labels, theirs))
        found.append(Held(name, yardstick.about, theirs, agreement, known, seconds))
    return found


def stability(
    group: Group, X: Any, n_clusters: int, random_state: int = 0, n_pairs: int = 3
) -> float:
    """How far a way of grouping agrees with itself.

    Two samples, four fifths of the sequences each, are grouped; the measure is the adjusted mutual
    information on those in both, the mean over pairs.

    Example:
        >>> from lstmmusic.clustering.synthetic import make_family
        >>> sequences, _ = make_family("frequency", 40)
        >>> stability(YARDSTICKS["spectra"].group, sequences, 3)
        1.0
    """
    from sklearn.metrics import adjusted_mutual_info_score

    items = as_items(X)
    rng = np.random.default_rng(random_state)
    found = []
    for pair in range(n_pairs):
        labels = np.full((2, len(items)), -1)
        for row in range(2):
            at = rng.permutation(len(items))[: max(4 * len(items) // 5, 1)]
            k = min(n_clusters, len(at))
            labels[row, at] = group([items[i] for i in at], k, random_state + 2 * pair + row)
        both = (labels >= 0).all(axis=0)
        found.append(adjusted_mutual_info_score(*labels[:, both]))
    return float(np.mean(found))


def yardstick_named(name: str) -> Yardstick:
    """The yardstick of a name.

    Raises:
        InputError: There is none.
    """
    if name not in YARDSTICKS:
        raise InputError("baselines", "all, or some of " + ", ".join(YARDSTICKS), repr(name))
    return YARDSTICKS[name]


def quick() -> list[str]:
    """The names of those that always stand beside a result."""
    return [name for name, yardstick in YARDSTICKS.items() if yardstick.is_quick]


def k_means(vectors: np.ndarray, n_clusters: int, random_state: int) -> np.ndarray:
    """Groups vectors by k-means, the best of ten beginnings; equal vectors are one group."""
    from sklearn.cluster import KMeans

    n_different = len(np.unique(vectors, axis=0))
    ten: Any = 10  # the library's own types know `auto` alone
    model = KMeans(min(n_clusters, n_different), n_init=ten, random_state=random_state)
    return model.fit_predict(vectors)


def symbols(items: Items) -> list[list[int]]:
    """Steps as symbols: of each feature its value, or its eighth of all values where many differ.

    Example:
        >>> symbols([np.array([[0.0], [2.0]]), np.array([[2.0], [0.0]])])
        [[0, 1], [1, 0]]
    """
    whole = np.concatenate(items)
    codes = np.zeros(len(whole), np.int64)
    for column in whole.T:
        borders = np.unique(column)
        if len(borders) > MAX_SYMBOLS:
            borders = np.unique(np.quantile(column, np.arange(1, N_BINS) / N_BINS))
            code = np.searchsorted(borders, column, side="right")
        else:
            code = np.searchsorted(borders, column)
        codes = codes * (len(borders) + 1) + code
        codes = np.unique(codes, return_inverse=True)[1]
    return [
        part.tolist() for part in np.split(codes, np.cumsum([len(item) for item in items])[:-1])
    ]


def _ngrams(items: Items, n_clusters: int, random_state: int) -> np.ndarray:
    """Trigrams of each feature by itself: of all together hardly one comes twice.

    Features with two values, which are flags of one thing, count as one feature.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    def trigrams(row: list[int]) -> list[tuple[int, ...]]:
        n = min(N_GRAM, len(row))
        return list(zip(*(row[i:] for i in range(n))))

    grams: Any = trigrams
    vectors = []
    for columns in _separate(np.concatenate(items)):
        rows = symbols([item[:, columns] for item in items])
        counts = TfidfVectorizer(analyzer=grams).fit_transform(rows)
        n_dimensions = min(N_DIMENSIONS, min(counts.shape) - 1)
        if n_dimensions < 1 or len(set(map(tuple, rows))) == 1:
            vectors.append(counts.toarray())
        else:
            svd = TruncatedSVD(n_dimensions, random_state=random_state)
            vectors.append(svd.fit_transform(counts))
    return k_means(np.concatenate(vectors, axis=1), n_clusters, random_state)


def _separate(steps: np.ndarray) -> list[list[int]]:
    """The columns of each feature: flags together, all others by themselves."""
    flags = [column for column, values in enumerate(steps.T) if len(np.unique(values)) <= 2]
    others = [[column] for column in range(steps.shape[1]) if column not in flags]
    return [flags, *others] if flags else others


def _spectra(items: Items, n_clusters: int, random_state: int) -> np.ndarray:
    """Magnitudes at 64 frequencies of each feature, all together of length 1: loudness is out."""
    rows = []
    for item in items:
        padded = np.zeros((max(2 * N_FREQUENCIES, len(item)), item.shape[1]))
        padded[: len(item)] = item - item.mean(axis=0)
        magnitude = np.abs(np.fft.rfft(padded, axis=0))[1:]
        at = np.linspace(0, len(magnitude) - 1, N_FREQUENCIES)
        spectrum = [np.interp(at, np.arange(len(magnitude)), column) for column in magnitude.T]
        rows.append(np.ravel(spectrum) / max(np.linalg.norm(spectrum), 1e-9))
    return k_means(np.array(rows), n_clusters, random_state)


def _moments(items: Items, n_clusters: int, random_state: int) -> np.ndarray:
    """Mean and spread of each feature, and of its change, over the sequence."""
    rows = []
    for item in items:
        change = np.diff(item, axis=0) if len(item) > 1 else np.zeros_like(item)
        rows.append(np.concatenate([item.mean(0), item.std(0), np.abs(change).mean(0)]))
    vectors = np.array(rows, np.float64)
    return k_means(_standard(vectors), n_clusters, random_state)


def _dtw(items: Items, n_clusters: int, random_state: int) -> np.ndarray:
    try:
        from tslearn.clustering import TimeSeriesKMeans
        from tslearn.utils import to_time_series_dataset
    except ImportError:
        expected = "pip install 'lstmmusic[baselines]' for `dtw`"
        raise InputError("baselines", expected, "no tslearn") from None
    spread = np.concatenate(items).std(axis=0)
    scaled = to_time_series_dataset([item / np.where(spread > 0, spread, 1) for item in items])
    model = TimeSeriesKMeans(n_clusters, metric="dtw", max_iter=10, random_state=random_state)
    return np.asarray(model.fit_predict(scaled))


def _autoencoder(items: Items, n_clusters: int, random_state: int) -> np.ndarray:
    """k-means on the last state of an LSTM from which another tells the sequence again."""
    keras: Any = importlib.import_module("keras")

    whole = np.concatenate(items)
    spread = whole.std(axis=0)
    n_steps = min(max(map(len, items)), 128)
    mask = np.zeros((len(items), n_steps), np.float32)
    x = np.zeros((len(items), n_steps, items[0].shape[1]), np.float32)
    for row, item in enumerate(items):
        part = item[:n_steps]
        x[row, : len(part)] = (part - whole.mean(0)) / np.where(spread > 0, spread, 1)
        mask[row, : len(part)] = 1
    seeds = iter(range(random_state * 8 + 1, random_state * 8 + 9))

    def lstm(units: int, **more: Any) -> Any:
        return keras.layers.LSTM(
            units,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            **more,
        )

    heard = keras.Input((n_steps, x.shape[2]))
    heard_mask = keras.Input((n_steps,), dtype="bool")
    code = lstm(24)(heard, mask=heard_mask)
    told = lstm(24, return_sequences=True)(keras.layers.RepeatVector(n_steps)(code))
    dense = keras.layers.Dense(
        x.shape[2], kernel_initializer=keras.initializers.GlorotUniform(next(seeds))
    )
    model = keras.Model([heard, heard_mask], dense(told))
    model.compile(keras.optimizers.Adam(5e-3), "mse")
    rng = np.random.default_rng(random_state)
    batch = min(64, len(items))
    for _ in range(40):
        order = rng.permutation(len(items))
        for start in range(0, len(items) - batch + 1, batch):
            at = order[start : start + batch]
            model.train_on_batch([x[at], mask[at] > 0], x[at], sample_weight=mask[at])
    vectors = keras.Model([heard, heard_mask], code).predict([x, mask > 0], 256, verbose=0)
    return k_means(vectors, n_clusters, random_state)


def _untrained(
    items: Items, n_clusters: int, random_state: int, units: int = N_UNITS
) -> np.ndarray:
    """k-means on what the network reads with the weights that it begins with."""
    network = first_weights(items[0].shape[1], units, 1, random_state)
    vectors = read(network, items, scaling_of(items))[0]
    return k_means(_standard(vectors), n_clusters, random_state)


def _standard(vectors: np.ndarray) -> np.ndarray:
    spread = vectors.std(axis=0)
    return (vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1)


YARDSTICKS: Mapping[str, Yardstick] = {
    "moments": Yardstick("k-means on means and spreads", _moments),
    "ngrams": Yardstick("k-means on trigrams (tf-idf)", _ngrams),
    "spectra": Yardstick("k-means on spectra", _spectra),
    "untrained": Yardstick("k-means on the same network untrained", _untrained),
    "dtw": Yardstick("DTW k-means", _dtw, is_quick=False, max_items=MAX_SLOW),
    "autoencoder": Yardstick("k-means on an LSTM autoencoder", _autoencoder, is_quick=False),
}
