"""From music to a stored model: what `lstmmusic train` does.

MODEL/card.json, *.safetensors   the model, written last
MODEL/run/                       config, status, result; `corpus.parquet` where a folder was read
MODEL/run/harmony/, melody/, feel/  metrics and checkpoints of each network
MODEL/run/samples/               what the network plays after some of the epochs
MODEL/run/tensorboard/           the metrics as event files
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.corpus.labels import files_of_group
from lstmmusic.corpus.piece import Piece
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.encoding.melody_features import LINE_BARS
from lstmmusic.errors import InputError, OutputError
from lstmmusic.evaluation.line import read_line
from lstmmusic.evaluation.melody_statistics import breathing
from lstmmusic.fitting.feel import train_feel
from lstmmusic.fitting.networks import BITS_PER_NOTE, Weights, checksum, train_harmony, train_melody
from lstmmusic.fitting.performances import performance
from lstmmusic.fitting.recipe import Network, Recipe, read_recipe, usual_recipe
from lstmmusic.fitting.run_folder import RunFolder, versions
from lstmmusic.fitting.tunes import chord_choruses, melody_tunes, usual
from lstmmusic.generation import improvise
from lstmmusic.io import save
from lstmmusic.models import Performance, StoredNetwork, Tune
from lstmmusic.player import StoredModel, load_model, shipped_models, store_model
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.player.stored import CARD

RUN = "run"
LABELS_SUFFIX = ".csv"
LICENCE = "your own data"
MIN_CHORUSES = 6  # with chords, of known forms, for a harmony network
MIN_PERFORMED_NOTES = 2000  # to learn from, for a feel network
MIN_LINES = 24  # of four bars, to tell what lines have in common
SLOWER = 0.3  # share of the recipe's learning rate for a network that has learnt before
SAMPLE_BARS = 16  # of a sample without a form

Progress = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Material:
    """Music, split and ready to train on; no piece is on two sides.

    Attributes:
        train, validation, test: Melodies: to learn from, to choose the epoch, to be tried on once.
        choruses: Chords to learn from.
        about: What the card says of them.
        usual: What is usual in each metre, as `lstmmusic.fitting.tunes.usual` gives it.
        performances: Melodies as players played them, by split.
    """

    train: tuple[Tune, ...]
    validation: tuple[Tune, ...]
    test: tuple[Tune, ...] = ()
    choruses: tuple[Tune, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    usual: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    performances: Mapping[str, tuple[Performance, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedModel:
    """What came out of a training.

    Attributes:
        folder: Of the model.
        card: As it is stored.
        seconds: Spent in training, all goes together.
        warnings: In words for people.
    """

    folder: Path
    card: dict[str, Any]
    seconds: float
    warnings: tuple[str, ...] = ()

    def report(self) -> dict[str, Any]:
        """Fit for JSON: bits a note on the training, validation and test pieces, ours and n-gram's.

        `bits_per_note` is on the training pieces, `ngram_bits_per_note` on the validation pieces,
        to stand beside `val_bits_per_note`; figures of the test pieces are None where there are no
        such pieces.
        """
        scores = self.card["scores"]["melody"]
        return {
            "model": str(self.folder),
            "epochs": scores["epochs"],
            "best_epoch": scores["best_epoch"],
            "seconds": round(self.seconds, 1),
            "bits_per_note": scores["train_bits_per_note"],
            "val_bits_per_note": scores["bits_per_note"],
            "test_bits_per_note": scores.get("test_bits_per_note"),
            "ngram_bits_per_note": scores["ngram"]["bits_per_note"],
            "ngram_test_bits_per_note": scores["ngram"].get("test_bits_per_note"),
            "notes": {
                "train": scores["train_notes"],
                "validation": scores["unseen_notes"],
                "test": scores.get("test_notes", 0),
            },
            "harmony": "harmony" in self.card["networks"],
            "feel": "feel" in self.card["networks"],
            "recipe": self.card["recipe"],
            "seed": self.card["seed"],
            "knows": self.card["knows"]["metres"],
            "run": str(self.folder / RUN),
            "warnings": list(self.warnings),
        }


def train_model(
    music: Sequence[Piece] | str | Path,
    out: str | Path,
    recipe: str | Path | None = None,
    epochs: int | None = None,
    start_from: str | None = None,
    group: str | None = None,
    resume: bool = False,
    seed: int | None = None,
    sample_every: int = 5,
    progress: Progress | None = None,
    force: bool = False,
) -> TrainedModel:
    """Trains a model on music and stores it.

    The melody is always learnt. The chords are, too, where the training pieces have at least
    `MIN_CHORUSES` choruses of known forms whose chords are written or played; the feel, where at
    least `MIN_PERFORMED_NOTES` notes of them are as a player placed them. The validation pieces
    choose the epoch; the test pieces are looked at once, with the weights that are stored.

    Args:
        music: Pieces; or a corpus (`.parquet`); or a folder of music, of which a corpus is made
            first.
        out: Folder of the model.
        recipe: A TOML file; None: one that comes with the package, by the number of notes.
        epochs: In place of the recipe's, for all networks.
        start_from: Name or folder of a model to begin with; it gives the number of units, and
            learning is slower.
        group: Learn only from one group of pieces: a performer, a folder, a group's number in the
            corpus, or `LABELS.csv:NUMBER`, one of the groups that `lstmmusic cluster` has found.
        resume: Go on with the run in `out`, if there is one; all other arguments as before.
        seed: In place of the recipe's.
        sample_every: Epochs between two samples; 0 = none.
        progress: Hears after each epoch a mapping with `network`, `epoch`, `epochs`, the metrics,
            `seconds_left`, and `warning` (None where there is none); while a folder is read,
            `files` and `of`.
        force: Replace a model that is in `out`.

    Returns:
        The model's card and what there is to tell. The same music, arguments and versions give the
        same weights on the same machine.

    Raises:
        InputError: An argument, the music or the recipe is not what it must be.
        OutputError: The folder holds something else, another training is at work in it, or there
            is no room to write: what was written stays, and `resume` goes on with it.
    """
    folder = Path(out)
    if not folder.name:
        raise InputError("output", "the name or the folder of a model", repr(str(out)))
    if sample_every < 0:
        raise InputError("sample_every", "0 (none) or more epochs", sample_every)
    if folder.name in shipped_models():
        raise OutputError("out", "a name that no shipped model has", repr(folder.name))
    _check_place(folder, resume, force)
    if force and not resume:
        _forget_run(folder)
    asked = {
        "source": "pieces" if not isinstance(music, str | Path) else Path(music).name,
        "recipe": None if recipe is None else Path(recipe).name,
        "epochs": epochs,
        "start_from": start_from,
        "group": group,
        "seed": seed,
    }
    was_there = [path for path in (folder, folder / RUN) if path.exists()]
    run = RunFolder(folder / RUN, asked, resume)
    try:
        pieces, about = _pieces(music, run, progress)
        material = _material(pieces, group, about)
        plan, start = _plan(material, recipe, epochs, start_from, seed)
        networks, scores, warnings = train_networks(
            material, plan, run, start, resume, sample_every, progress
        )
        card = {
            "name": folder.name,
            "title": f"Trained on {material.about['title']}",
            "licence": LICENCE,
            "trained_on": dict(material.about),
            "knows": {**facts_of(material), **(feel_facts(material) if "feel" in networks else {})},
            "scores": scores,
            "recipe": plan.name,
            "settings": asdict(plan),
            "seed": plan.seed,
            "started_from": None if start is None else start.name,
            "warnings": warnings,
            "versions": versions(),
        }
        store_model(folder, card, networks)
    except KeyboardInterrupt:
        run.leave("interrupted")
        raise
    except BaseException:
        run.leave("failed")
        if run.path not in was_there and not list(run.path.glob("*/metrics.jsonl")):
            # Nothing was learnt: what was refused is to be put right, not gone on with.
            shutil.rmtree(run.path, ignore_errors=True)
            if folder not in was_there:
                with contextlib.suppress(OSError):
                    folder.rmdir()
        raise
    seconds = sum(RunFolder.seconds_in(run.path / kind) for kind in networks)
    trained = TrainedModel(folder, load_model(str(folder)).card, seconds, tuple(warnings))
    run.save_result(trained.report())
    run.set_state("done", epoch=scores["melody"]["epochs"])
    return trained


def train_networks(
    material: Material,
    recipe: Recipe,
    run: RunFolder,
    start: StoredModel | None = None,
    resume: bool = False,
    sample_every: int = 0,
    progress: Progress | None = None,
) -> tuple[dict[str, Weights], dict[str, Any], list[str]]:
    """Trains the networks that the music is enough for.

    Args:
        material: The music.
        recipe: Sizes and schedules.
        run: Gets a run folder for each network.
        start: A model to begin with.
        resume: Go on with what is in the run folder.
        sample_every: Epochs between two samples of the melody; 0 = none.
        progress: As in `train_model`.

    Returns:
        Weights and scores by network, and warnings in words.
    """
    networks: dict[str, Weights] = {}
    scores: dict[str, Any] = {}
    watch = _Watch(material, recipe, run, sample_every, progress)
    known = {form for forms in recipe.harmony_streams for form in forms}
    choruses = [tune for tune in material.choruses if tune.form in known]
    if len(choruses) >= MIN_CHORUSES:
        networks["harmony"], scores["harmony"] = train_harmony(
            choruses,
            recipe,
            run.path,
            start=start.networks.get("harmony") if start else None,
            resume=resume,
            after_epoch=watch.after_epoch,
        )
    networks["melody"], scores["melody"] = train_melody(
        material.train,
        material.validation,
        recipe,
        run.path,
        test=material.test,
        start=start.networks["melody"] if start else None,
        resume=resume,
        after_epoch=watch.after_epoch,
    )
    heard = material.performances
    enough = sum(map(len, heard.get("train", ()))) >= MIN_PERFORMED_NOTES
    if recipe.feel is not None and enough and heard.get("validation"):
        networks["feel"], scores["feel"] = train_feel(
            heard["train"],
            heard["validation"],
            recipe,
            run.path,
            test=heard.get("test", ()),
            start=start.networks.get("feel") if start else None,
            resume=resume,
            after_epoch=watch.after_epoch,
        )
    found = _overfitting(run.path / "melody") if start else None
    return networks, scores, [found] if found else []


def facts_of(material: Material) -> dict[str, Any]:
    """What the card says that the model knows: lengths, usual range, notes a bar, metres, styles.

    Returns:
        `metres`, the commonest first, and, where that is known, `usual` in each; `styles`; `iois`
        and `durations`: lengths in steps that occur at least twice; `range`: the 1st and 99th
        percentile of the pitches; `degrees`: for each mode the degrees above the tonic that occur
        at least twice; `notes_per_bar`: the mean of each style; with enough lines of
        four bars also `notes_per_bar_range`: the 5th and 95th percentile of tunes, and
        `breathing`: the share of lines that end with a rest.
    """
    iois, durations, pitches, busy = [], [], [], {}
    degrees: dict[str, list[int]] = {}
    for tune in material.train:
        onsets = tune.events[:, 0]
        iois += [int(onsets[0]) + steps_per_bar(tune.score.metre), *np.diff(onsets).tolist()]
        durations += tune.events[:, 1].tolist()
        pitches += tune.events[:, 2].tolist()
        key = tune.setting().key
        above_tonic = (tune.events[:, 2] - key.pitch_class) % 12
        degrees.setdefault(key.mode, []).extend(above_tonic.tolist())
        busy.setdefault(tune.style, []).append(len(onsets) / tune.score.n_bars)
    long = [tune for tune in material.train if tune.score.n_bars >= LINE_BARS]
    rests = [breathing(read_line(tune.score)) or 0.0 for tune in long]
    lines = [tune.score.n_bars // LINE_BARS for tune in long]
    rates = [len(tune.events) / tune.score.n_bars for tune in long]
    low, high = np.percentile(pitches, [1, 99])
    counted = Counter(str(tune.score.metre) for tune in material.train)
    metres = list(material.usual) or [metre for metre, _ in counted.most_common()]
    return {
        "metres": metres,
        "styles": sorted(busy),
        **({"usual": {k: dict(v) for k, v in material.usual.items()}} if material.usual else {}),
        "steps_per_beat": STEPS_PER_BEAT,
        "iois": _common(iois),
        "durations": _common(durations),
        "range": [int(low), int(high)],
        "degrees": {mode: _often(found) for mode, found in sorted(degrees.items())},
        "notes_per_bar": {style: round(float(np.mean(v)), 2) for style, v in sorted(busy.items())},
        **(
            {
                "notes_per_bar_range": np.percentile(rates, [5, 95]).round(2).tolist(),
                "breathing": round(float(np.average(rests, weights=lines)), 6),
            }
            if sum(lines) >= MIN_LINES
            else {}
        ),
    }


def feel_facts(material: Material) -> dict[str, Any]:
    """What the card says that a model with a feel network knows: what it was learnt from."""
    heard = material.performances["train"]
    metres = Counter(str(found.setting.metre) for found in heard)
    return {
        "feel": {
            "metres": [metre for metre, _ in metres.most_common()],
            "performances": len(heard),
            "performers": len({found.performer for found in heard}),
            "notes": sum(map(len, heard)),
        }
    }


class _Watch:
    """After each epoch: a sample, the state of the run, progress, a warning."""

    def __init__(
        self,
        material: Material,
        recipe: Recipe,
        run: RunFolder,
        sample_every: int,
        progress: Progress | None,
    ) -> None:
        self._recipe, self._run, self._progress = recipe, run, progress
        self._sample_every = sample_every
        self._card = {"name": recipe.name, "knows": facts_of(material)}

    def after_epoch(self, network: StoredNetwork, epoch: int, metrics: Mapping[str, float]) -> None:
        """See `lstmmusic.fitting.loop.fit`."""
        options: Network = getattr(self._recipe, network.kind)
        is_due = self._sample_every and epoch and epoch % self._sample_every == 0
        if network.kind == "melody" and is_due:
            self._sample(network, epoch)
        state = {"network": network.kind, "epoch": epoch, "epochs": options.schedule.epochs}
        self._run.set_state("running", **state)
        if self._progress is None:
            return
        folder = self._run.path / network.kind
        spent = RunFolder.seconds_in(folder)
        left = spent / (epoch - 1) * (options.schedule.epochs - epoch) if epoch > 1 else None
        warning = _overfitting(folder, metrics) if network.kind == "melody" else None
        self._progress({**state, **metrics, "seconds_left": left, "warning": warning})

    def _sample(self, network: StoredNetwork, epoch: int) -> None:
        model = StoredModel("sample", self._card, {network.kind: network.stored_weights()})
        asked: dict[str, Any] = {"metre": self._card["knows"]["metres"][0]}
        usual = self._card["knows"].get("usual", {}).get(asked["metre"])
        if usual is not None and not usual["forms"]:
            asked["bars"] = SAMPLE_BARS
        folder = self._run.path / "samples"
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(str(folder), "a folder that can be made", error.strerror) from None
        piece = improvise(model=model, seed=self._recipe.seed, **asked)
        save(piece.score, folder / f"epoch-{epoch:03}.mid", force=True)


def _check_place(folder: Path, resume: bool, force: bool) -> None:
    """That it is new, empty, or holds a model or run that may be replaced or gone on with."""
    try:
        names = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(str(folder), "a folder for a model", error.strerror) from None
    ours = CARD in names or RunFolder.is_run(folder / RUN)
    if names and not ours:
        raise OutputError(str(folder), "a new or empty folder", "one that holds something else")
    if CARD in names and not (resume or force):
        raise OutputError(str(folder), "a new model, or --force to replace it", "one that exists")
    if RUN in names and not RunFolder.is_run(folder / RUN):
        raise OutputError(str(folder / RUN), "the run of a training", "something else")
    if RUN in names and not (resume or force):
        expected = "a new model, --resume to go on, or --force to begin again"
        raise OutputError(str(folder), expected, "a training that was begun")


def _forget_run(folder: Path) -> None:
    run = folder / RUN
    if not run.is_dir():
        return
    for path in (run, run / "harmony", run / "melody", run / "feel"):
        RunFolder.check_free(path)
    try:
        shutil.rmtree(run)
    except OSError as error:
        raise OutputError(str(run), "a run that can be removed", error.strerror) from None


def _pieces(
    music: Sequence[Piece] | str | Path, run: RunFolder, progress: Progress | None
) -> tuple[list[Piece], dict[str, Any]]:
    """The pieces, and where they come from; a folder is made a corpus first, once."""
    if not isinstance(music, str | Path):
        return list(music), {"dataset": "pieces", "title": "pieces"}
    from lstmmusic.corpus import Corpus, build  # Parquet only where it is used

    def show(done: int, total: int) -> None:
        run.beat()
        if progress is not None:
            progress({"files": done, "of": total})

    path = Path(music)
    about = {"dataset": path.name, "title": path.name}
    if path.is_dir():
        made = run.path / "corpus.parquet"
        if not made.is_file():
            build(path, made, progress=show, force=True)
        path = made
    corpus = Corpus.read(path)
    with path.open("rb") as file:
        about["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
    return list(corpus.pieces()), about


def _material(pieces: list[Piece], group: str | None, about: dict[str, Any]) -> Material:
    """Tunes of every split.

    Raises:
        InputError: Nothing is left to learn from, or nothing else to be tried on.
    """
    if group is not None:
        is_of = _is_of(group)
        chosen = [piece for piece in pieces if is_of(piece)]
        if not chosen:
            groups = len({piece.group for piece in pieces})
            expected = (
                f"a performer, a folder, the number of one of {groups} groups, or "
                "LABELS.csv:NUMBER of a table that has files of this music"
            )
            raise InputError("group", expected, repr(group))
        pieces = chosen
    tunes = {piece.file: melody_tunes(piece) for piece in pieces}
    left_out = [piece.file for piece in pieces if not tunes[piece.file]]
    pieces = _with_validation([piece for piece in pieces if tunes[piece.file]])
    split = {
        name: [piece for piece in pieces if piece.split == name]
        for name in ("train", "validation", "test")
    }
    if not split["train"] or not split["validation"]:
        expected = "at least two pieces with a melody, to learn from one and be tried on the other"
        raise InputError("music", expected, f"{len(pieces)}")
    by_split = {n: tuple(t for p in found for t in tunes[p.file]) for n, found in split.items()}
    about = {
        **about,
        "title": about["title"] if group is None else f"{about['title']}, {_told_of(group)}",
        "licence": LICENCE,
        "music_sha256": checksum(tune for found in by_split.values() for tune in found),
        "tunes": len(split["train"]),
        "unseen_tunes": len(split["validation"]),
        "test_tunes": len(split["test"]),
        "notes": {name: sum(len(t.events) for t in found) for name, found in by_split.items()},
        "files": {name: [piece.file for piece in found] for name, found in split.items()},
        "left_out": left_out,
    }
    performances = {
        name: tuple(one for piece in found if (one := performance(piece)) is not None)
        for name, found in split.items()
    }
    about["performed_notes"] = {name: sum(map(len, x)) for name, x in performances.items()}
    choruses = tuple(tune for piece in split["train"] for tune in chord_choruses(piece))
    about["choruses"] = len(choruses)
    return Material(
        by_split["train"],
        by_split["validation"],
        by_split["test"],
        choruses,
        about,
        usual(split["train"], by_split["train"]),
        performances,
    )


def _told_of(group: str) -> str:
    """A group for people: of a table its name, not where it lies."""
    table, colon, number = group.rpartition(":")
    is_table = Path(table).suffix.lower() == ".csv"
    return f"{Path(table).name}{colon}{number}" if is_table else group


def _is_of(group: str) -> Callable[[Piece], bool]:
    """Says of a piece whether it is of the group."""
    table, _, number = group.rpartition(":")
    if table.lower().endswith(LABELS_SUFFIX):
        files = files_of_group(table, number)
        return lambda piece: piece.file in files
    folder = group.rstrip("/") + "/"
    return lambda piece: (
        piece.file.replace("\\", "/").startswith(folder)
        or str(piece.group) == group
        or piece.performer.casefold() == group.casefold()
    )


def _with_validation(pieces: list[Piece]) -> list[Piece]:
    """Where the split leaves nothing to choose the epoch by, every sixth tune does, by checksum.

    Versions of one tune stay together. That happens in small folders, and in those where all hangs
    together by one performer; the test pieces stay where two other tunes are left.
    """
    if {"train", "validation"} <= {piece.split for piece in pieces}:
        return pieces
    free = {piece.tune for piece in pieces if piece.split != "test"}
    kept = {piece.tune for piece in pieces} - free if len(free) > 1 else set()
    tunes = {piece.tune for piece in pieces} - kept
    order = sorted(tunes, key=lambda tune: hashlib.sha256(tune.encode()).hexdigest())
    chosen = order[: max(len(order) // 6, 1)]
    return [
        piece
        if piece.tune in kept
        else replace(piece, split="validation" if piece.tune in chosen else "train")
        for piece in pieces
    ]


def _plan(
    material: Material,
    recipe: str | Path | None,
    epochs: int | None,
    start_from: str | None,
    seed: int | None,
) -> tuple[Recipe, StoredModel | None]:
    """The recipe with all changes, and the model to start from."""
    n_notes = sum(len(tune.events) for tune in material.train)
    plan = read_recipe(usual_recipe(n_notes) if recipe is None else recipe)
    if seed is not None:
        plan = replace(plan, seed=seed)
    start = None if start_from is None else load_model(start_from)
    for kind in ("harmony", "melody", "feel"):
        options: Network | None = getattr(plan, kind)
        if options is None:
            continue
        schedule = options.schedule
        if epochs is not None:
            schedule = replace(schedule, epochs=epochs)
        if start is not None and kind in start.networks:
            units = len(start.networks[kind]["lstm/recurrent_kernel"])
            if recipe is not None and units != options.units:
                expected = f"a {kind} network of {options.units} units, as the recipe has it"
                raise InputError("from", expected, f"{units} units in {start.name}")
            options = replace(options, units=units)
            schedule = replace(schedule, learning_rate=schedule.learning_rate * SLOWER)
        plan = replace(plan, **{kind: replace(options, schedule=schedule)})
    return plan, start


def _overfitting(folder: Path, now: Mapping[str, float] | None = None) -> str | None:
    """What there is to say where a network forgets more than it learns, else None.

    Args:
        folder: The run folder of a network that had learnt before; its epoch 0 is the start.
        now: Metrics of the present epoch; None: the last one.
    """
    curve = RunFolder.metrics_in(folder)
    if not curve or curve[0]["epoch"] != 0:
        return None
    name = BITS_PER_NOTE.name
    first, last = curve[0], now or curve[-1]
    if last[f"val_{name}"] <= first[f"val_{name}"] or last[name] >= first[name]:
        return None
    return (
        f"the network learns your pieces by heart: on those it learns from it went from "
        f"{first[name]:.2f} to {last[name]:.2f} bits a note, on those it does not see from "
        f"{first[f'val_{name}']:.2f} to {last[f'val_{name}']:.2f}; the epoch that was best on the "
        f"latter is kept; more pieces, or fewer epochs, would help"
    )


def _common(lengths: list[int]) -> list[int]:
    return _often([n for n in lengths if 1 <= n <= MAX_STEPS])


def _often(values: list[int]) -> list[int]:
    """Those that occur at least twice, or once where none does."""
    found, counts = np.unique(values, return_counts=True)
    return found[counts >= min(2, counts.max())].tolist()
