"""Sequences as a clustering takes them: arrays of (time, features), with names.

However they come (lists, arrays, files: `lstmmusic.clustering.reading`), from here on they are one
tuple of float32 arrays, checked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstmmusic.errors import InputError


@dataclass(frozen=True, eq=False)
class Sequences:
    """Several sequences, of any lengths, with names.

    Args:
        items: What `as_items` takes; kept as float32 arrays of shape (time, features).
        names: One for each, all different; None for `1`, `2`, ...
        feature_names: One for each feature; None for `value`, or `value 1`, `value 2`, ...
        sources: The file of each, empty where it came from none; None for none at all.
        facts: By name, what else is known of each and can be read by people: shape (n,), NaN
            where it is not known.

    Raises:
        InputError: As `as_items`; or the names are not as many as what they name, or not
            different.

    Example:
        >>> found = Sequences([[1, 2, 3], [4, 5]], names=["up", "down"])
        >>> len(found), found.n_features, [item.shape for item in found.items]
        (2, 1, [(3, 1), (2, 1)])
    """

    items: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    feature_names: tuple[str, ...]
    sources: tuple[str, ...]
    facts: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __init__(
        self,
        items: Any,
        names: Iterable[str] | None = None,
        feature_names: Iterable[str] | None = None,
        sources: Iterable[str] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        kept = as_items(items, names := None if names is None else tuple(map(str, names)))
        n, n_features = len(kept), kept[0].shape[1]
        numbered = ["value"] if n_features == 1 else [f"value {i + 1}" for i in range(n_features)]
        names = tuple(str(i + 1) for i in range(n)) if names is None else names
        features = tuple(numbered if feature_names is None else map(str, feature_names))
        files = ("",) * n if sources is None else tuple(map(str, sources))
        for label, values, count in (
            ("names", names, n),
            ("feature_names", features, n_features),
            ("sources", files, n),
        ):
            if len(values) != count:
                raise InputError(label, f"{count}, one for each", len(values))
        if len(set(names)) < n:
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("names", "another name for every sequence", f"{twice!r} twice")
        known = {}
        for name, values in (facts or {}).items():
            known[name] = np.asarray(values, np.float64)
            if known[name].shape != (n,):
                raise InputError(f"facts, {name}", f"{n} numbers", known[name].shape)
        for label, value in (
            ("items", kept),
            ("names", names),
            ("feature_names", features),
            ("sources", files),
            ("facts", known),
        ):
            object.__setattr__(self, label, value)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def n_features(self) -> int:
        """Numbers at each step."""
        return self.items[0].shape[1]

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each sequence."""
        return np.array([len(item) for item in self.items])

    def take(self, indices: Sequence[int] | np.ndarray) -> Sequences:
        """Some of them, in the order asked for.

        Example:
            >>> Sequences([[1], [2], [3]]).take([2, 0]).names
            ('3', '1')
        """
        at = [int(index) for index in indices]
        return Sequences(
            [self.items[i] for i in at],
            [self.names[i] for i in at],
            self.feature_names,
            [self.sources[i] for i in at],
            {name: values[at] for name, values in self.facts.items()},
        )

    def named(self, names: Iterable[str]) -> Sequences:
        """The same sequences under other names."""
        return Sequences(self.items, names, self.feature_names, self.sources, self.facts)


def as_items(X: Any, names: Sequence[str] | None = None) -> tuple[np.ndarray, ...]:
    """Sequences in any of the usual forms, checked.

    Args:
        X: A list of arrays, each (time, features) or (time,), of any lengths; or one array
            (n, time, features) or (n, time); or `Sequences`.
        names: What errors call them; else their numbers from 1 on.

    Returns:
        float32 arrays of shape (time, features), at least one step each, all with the same
        features.

    Raises:
        InputError: No sequence, or one that is empty, of another rank, with another number of
            features than the first, or with what is no finite number; it names the sequence.

    Example:
        >>> [item.shape for item in as_items([[1.0, 2.0], [[3.0], [4.0], [5.0]]])]
        [(2, 1), (3, 1)]
        >>> as_items(np.zeros((5, 8, 2)))[0].shape
        (8, 2)
    """
    if isinstance(X, Sequences):
        return X.items
    rows = _rows(X)
    if not rows:
        raise InputError("sequences", "at least one", "none")
    items = []
    for index, row in enumerate(rows):
        item = _item(row, _called(index, names))
        if items and item.shape[1] != items[0].shape[1]:
            expected = f"{items[0].shape[1]} features at each step, as the first has"
            raise InputError(_called(index, names), expected, item.shape[1])
        items.append(item)
    return tuple(items)


def _called(index: int, names: Sequence[str] | None) -> str:
    if names is None or index >= len(names):
        return f"sequence {index + 1}"
    return f"sequence {names[index]!r}"


def _rows(X: Any) -> list[Any]:
    if hasattr(X, "toarray"):
        raise InputError("sequences", "a list of arrays, or one dense array", "a sparse matrix")
    if hasattr(X, "to_numpy"):  # a table of another library: a row a sequence
        X = X.to_numpy()
    elif hasattr(X, "__array__") and not hasattr(X, "__len__"):
        X = np.asarray(X)
    if isinstance(X, str | bytes | Mapping) or not hasattr(X, "__len__"):
        raise InputError("sequences", "a list of arrays, or one array", type(X).__name__)
    if isinstance(X, np.ndarray) and X.dtype != object:
        if X.ndim not in (2, 3):
            expected = "an array (n, time, features) or (n, time), or a list of arrays"
            raise InputError("sequences", expected, f"shape {X.shape}")
        if not X.size:
            raise InputError("sequences", "at least one of at least one number", X.shape)
    return list(X)


def _item(row: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(row)
        is_number = array.dtype.kind in "biuf"
        if array.dtype == object:
            array, is_number = array.astype(np.float64), True
    except (TypeError, ValueError):
        raise InputError(name, "numbers, as many at every step", "something else") from None
    if not is_number:
        raise InputError(name, "real numbers", f"{array.dtype} values")
    if array.ndim not in (1, 2):
        raise InputError(name, "shape (time, features) or (time,)", f"shape {array.shape}")
    if not array.size:
        raise InputError(name, "at least one step of at least one number", f"shape {array.shape}")
    array = array.reshape(len(array), -1)
    with np.errstate(over="ignore"):
        item = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(item).all():
        step, feature = np.argwhere(~np.isfinite(item))[0]
        found = f"{array[step, feature]} at step {step + 1}"
        raise InputError(name, "finite numbers (no NaN, no infinity, below 3e38)", found)
    return item
