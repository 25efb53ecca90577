"""From files to groups on disk: all that `lstmmusic cluster` does."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.clustering.estimator import SequenceClusterer
from lstmmusic.clustering.exploring import Exploration, Fitted, Grouped, explore
from lstmmusic.clustering.features import DEFAULT_FEATURES, MAX_NOTES
from lstmmusic.clustering.reading import Read, read_sequences
from lstmmusic.clustering.recipe import OBJECTIVES
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.clustering.writing import check_folder, check_sources, labels_csv, sort_into
from lstmmusic.clustering.yardsticks import (
    YARDSTICKS,
    Held,
    held_against,
    quick,
    stability,
    yardstick_named,
)
from lstmmusic.errors import InputError, OutputError
from lstmmusic.io import check_output, write_bytes

SUFFIX = ".csv"
DEFAULT_OBJECTIVE = "bingo"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Settings:
    """What is wanted.

    Attributes:
        objective: One of `OBJECTIVES`; None for `bingo`.
        clusters: How many groups, or `auto`.
        features: Of music; None for the default, or what the model was fitted to.
        max_notes: Likewise.
        in_windows, layout, workers: As `read_sequences` takes them.
        model: Assign to its groups and fit nothing.
        save: Where the fitted model is kept.
        baselines: `quick`, `all`, `none`, or names in `YARDSTICKS`.
        names: Of the groups, in their order.
        sort_into: Where the files are copied to.
        updates: Of each network; None for the clusterer's default.
        seed: Of everything that is drawn.
        force: Replace existing files.
    """

    objective: str | None = None
    clusters: int | str = "auto"
    features: tuple[str, ...] | None = None
    max_notes: int | None = None
    in_windows: bool = False
    layout: str = "auto"
    workers: int | None = None
    model: Path | None = None
    save: Path | None = None
    baselines: str | tuple[str, ...] = "quick"
    names: tuple[str, ...] = ()
    sort_into: Path | None = None
    updates: int | None = None
    seed: int = 0
    force: bool = False


@dataclass(frozen=True)
class Beside:
    """A yardstick beside the result.

    Attributes:
        held: Its groups, and how far they agree with those of the network.
        stability: How far it agrees with itself on other samples; None where that takes long.
    """

    held: Held
    stability: float | None


@dataclass(frozen=True)
class Report:
    """What came out.

    Attributes:
        read: What was read.
        found: The groups.
        objective: That the network learnt for.
        labels: The file of labels.
        baselines: Yardsticks; empty where groups were assigned.
        model, sorted_into: Where the model and the files are; empty for none.
        n_sorted: How many files were copied.
        bootstrap: How far groups of networks and sequences drawn anew agree; None of one network.
        seed, seconds: Of the run.
    """

    read: Read
    found: Exploration
    objective: str
    labels: Path
    baselines: tuple[Beside, ...]
    model: str
    sorted_into: str
    n_sorted: int
    bootstrap: float | None
    seed: int
    seconds: float

    def describe(self) -> str:
        """For people."""
        lines = [self._heading(), *self._files(), self.found.describe()]
        if self.baselines:
            lines.append("beside it (1 the same groups, 0 agreement as by chance):")
            for row in self.baselines:
                held = row.held
                lines.append(
                    f"  {held.about:44} agreement {held.agreement:5.2f}  "
                    f"stability {_shown(row.stability)}  {held.seconds:.1f} s"
                )
        if self.sorted_into:
            lines.append(f"{self.n_sorted} files copied into {self.sorted_into}")
        if self.model:
            lines.append(f"model: {self.model}")
        lines.append(f"labels: {self.labels}")
        return "\n".join(lines)

    def _heading(self) -> str:
        n, n_groups = len(self.found.sequences), len(self.found.groups)
        one, more = ("melody", "melodies") if self.read.is_music else ("sequence", "sequences")
        whole = self.found.stability
        sure = "" if whole is None else f", stability {whole:.2f}"
        sure += "" if self.bootstrap is None else f", bootstrap {self.bootstrap:.2f}"
        return (
            f"{n} {one if n == 1 else more} in {n_groups} {'group' if n_groups == 1 else 'groups'} "
            f"by {self.objective}{sure} (seed {self.seed}, {self.seconds:.0f} s)"
        )

    def _files(self) -> list[str]:
        counts = self.read.files
        if not self.read.left_out:
            return []
        parts = [f"{count} {status}" for status, count in counts.items() if count]
        lines = [f"files: {', '.join(parts)}"] if parts else []
        lines += [f"  left out {name}: {reason}" for name, reason in self.read.left_out[:5]]
        more = len(self.read.left_out) - 5
        return [*lines, f"  and {more} more"] if more > 0 else lines

    def to_json(self) -> dict[str, Any]:
        """One object, fit for JSON."""
        return {
            "objective": self.objective,
            "clusters": len(self.found.groups),
            "sizes": [len(group.items) for group in self.found.groups],
            "outliers": len(self.found.outliers),
            "stability": None if self.found.stability is None else round(self.found.stability, 4),
            "bootstrap": None if self.bootstrap is None else round(self.bootstrap, 4),
            "baselines": {
                row.held.name: {
                    "about": row.held.about,
                    "agreement": round(row.held.agreement, 4),
                    "stability": None if row.stability is None else round(row.stability, 4),
                    "sizes": np.bincount(row.held.labels).tolist(),
                    "seconds": round(row.held.seconds, 2),
                }
                for row in self.baselines
            },
            "labels": str(self.labels),
            "groups": self.found.to_json(),
            "items": len(self.found.sequences),
            "features": list(self.found.sequences.feature_names),
            "files": self.read.files,
            "left_out": [{"item": name, "reason": why} for name, why in self.read.left_out],
            "model": self.model or None,
            "sorted_into": self.sorted_into or None,
            "copied": self.n_sorted,
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
        }


def _shown(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.2f}"


def run(
    paths: Sequence[str | Path],
    output: Path,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Report:
    """Groups what is in some files, or assigns it to groups that are known.

    Args:
        paths: As `read_sequences` takes them.
        output: The labels, a `.csv` file.
        settings: What is wanted.
        progress: Called with what is done, how much of it, and of how much.

    Raises:
        InputError: An argument or a file is not what it must be.
        OutputError: Something exists (without `force`) or cannot be written.
    """
    settings = settings or Settings()
    started = time.perf_counter()
    show = progress or (lambda what, done, total: None)
    wanted = _check(output, settings)
    known = None if settings.model is None else SequenceClusterer.load(settings.model)
    features, max_notes, names = _reading(settings, known)
    read = read_sequences(
        paths,
        features,
        max_notes,
        settings.in_windows,
        settings.layout,
        settings.workers,
        lambda done, total: show("files", done, total),
        settings.seed,
    )
    sequences = read.sequences
    if settings.sort_into:
        check_sources(sequences)
    if known is not None:
        clusterer, grouped = known, _assigned(known, sequences)
    else:
        clusterer = _fitted(sequences, settings, show)
        grouped = clusterer
    found = explore(grouped, sequences, settings.seed).named(names)
    baselines = _beside(sequences, clusterer, grouped, wanted, settings.seed, show)
    if settings.save:
        facts: dict[str, Any] = {"names": list(names), "columns": list(sequences.feature_names)}
        if read.is_music:
            facts |= {"features": list(features), "max_notes": max_notes}
        clusterer.save(settings.save, facts)
    content = labels_csv(sequences.names, grouped.labels_, grouped.confidence_)
    write_bytes(output, content, settings.force)
    n_sorted = sort_into(settings.sort_into, found) if settings.sort_into else 0
    return Report(
        read=read,
        found=found,
        objective=clusterer.objective,
        labels=output,
        baselines=baselines,
        model=str(settings.save or settings.model or ""),
        sorted_into=str(settings.sort_into or ""),
        n_sorted=n_sorted,
        bootstrap=None if settings.model else clusterer.bootstrap_,
        seed=settings.seed,
        seconds=time.perf_counter() - started,
    )


def _check(output: Path, settings: Settings) -> list[str]:
    """Says at once what could not be done; the names of the yardsticks that are wanted."""
    if output.suffix.lower() != SUFFIX:
        raise InputError(str(output), f"a name that ends in {SUFFIX}", repr(output.suffix))
    check_output(output, settings.force)
    if settings.save:
        if settings.model:
            raise InputError("save", "no --save beside --model (nothing is fitted)", "both")
        if settings.save.exists() and not settings.force:
            raise OutputError(str(settings.save), "a new folder (or --force)", "one that is there")
    if settings.sort_into:
        check_folder(settings.sort_into)
    clusters, objective = settings.clusters, settings.objective
    if isinstance(clusters, int) and clusters < 1:
        raise InputError("clusters", "a number from 1 on, or auto", clusters)
    if objective is not None and objective not in OBJECTIVES:
        raise InputError("objective", "one of " + ", ".join(OBJECTIVES), repr(objective))
    if settings.model and (objective is not None or clusters != "auto"):
        raise InputError("model", "no --objective or --clusters beside it", "one of them")
    if settings.baselines == "none" or (settings.model and settings.baselines == "quick"):
        return []
    if settings.baselines in ("quick", "all"):
        return quick() if settings.baselines == "quick" else list(YARDSTICKS)
    for name in settings.baselines:
        yardstick_named(name)
    return list(settings.baselines)


def _reading(
    settings: Settings, known: SequenceClusterer | None
) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    """Features, notes and names of the groups: those of the model where it has them."""
    facts: Mapping[str, Any] = getattr(known, "facts_", {})
    told = tuple(facts.get("features", DEFAULT_FEATURES))
    if known is not None and settings.features not in (None, told):
        raise InputError("features", f"those of the model ({', '.join(told)})", settings.features)
    return (
        settings.features or told,
        settings.max_notes or int(facts.get("max_notes", MAX_NOTES)),
        settings.names or tuple(facts.get("names", ())),
    )


def _fitted(sequences: Sequences, settings: Settings, show: Progress) -> SequenceClusterer:
    clusterer = SequenceClusterer(
        settings.clusters,
        objective=settings.objective or DEFAULT_OBJECTIVE,
        random_state=settings.seed,
        progress=lambda done, total, _: show("updates", done, total),
    )
    if settings.updates is not None:
        clusterer.set_params(updates=settings.updates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the report says how many groups there are
        return clusterer.fit(sequences)


def _assigned(known: SequenceClusterer, sequences: Sequences) -> Grouped:
    """Sequences in the groups of a model."""
    membership = known.membership(sequences)
    labels = known.predict(sequences)
    embedding = known.transform(sequences)
    confidence = membership.max(axis=1)
    n_groups = known.n_clusters_
    return Grouped(labels, confidence, membership, embedding, n_groups, known)


def _beside(
    sequences: Sequences,
    clusterer: SequenceClusterer,
    grouped: Fitted,
    wanted: Sequence[str],
    seed: int,
    show: Progress,
) -> tuple[Beside, ...]:
    """The yardsticks, with as many groups as the network found."""
    rows = []
    for done, name in enumerate(wanted):
        show("yardsticks", done, len(wanted))
        k, units = grouped.n_clusters_, clusterer.units
        held = held_against(sequences, grouped.labels_, [name], k, seed, units=units)
        for row in held:
            group = YARDSTICKS[name].group
            # What is slow is not run six times more to see how steady it is.
            steady = stability(group, sequences, k, seed) if YARDSTICKS[name].is_quick else None
            rows.append(Beside(row, steady))
    return tuple(rows)
