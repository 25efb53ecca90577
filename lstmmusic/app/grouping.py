"""What is to be grouped and how: the form, and the job that it starts (`lstmmusic cluster`)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st

from lstmmusic.app.jobs import HERE, Job, Jobs
from lstmmusic.app.looking import music_of
from lstmmusic.app.text import plain
from lstmmusic.app.uploads import MAX_FILES, MAX_MIB
from lstmmusic.clustering.features import (
    DEFAULT_FEATURES,
    FEATURES,
    LEAST_NOTES,
    MAX_NOTES,
    MOST_NOTES,
    check_features,
)
from lstmmusic.clustering.recipe import OBJECTIVES
from lstmmusic.clustering.run import DEFAULT_OBJECTIVE
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.clustering.tables import READERS
from lstmmusic.errors import InputError

TABLES = tuple(READERS)  # suffixes of numbers
MOST_GROUPS, MOST_UPDATES = 64, 20_000
_SEED_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Material:
    """Sequences that can be grouped, again and again.

    Attributes:
        name: For people.
        key: The same for the same sequences: two runs on them can be compared.
        paths: What the command reads; `{job}` stands for the folder of its job.
        music: Where the files lie that can be heard; empty for numbers.
        session: Whose they are, as of a job.
        files: What is to be written into the folder of the job.
        uploads: The names that uploads came under, in the order of `paths`.
        look: The id of the job that has read the music; empty for numbers.
    """

    name: str
    key: str
    paths: tuple[str, ...]
    music: str
    session: str
    files: Mapping[str, bytes]
    uploads: tuple[str, ...] = ()
    look: str = ""


def of_music(look: Job) -> Material:
    """What a look at music has read."""
    path = str(look.folder / "corpus.parquet")
    name, music = str(look.about["name"]), str(music_of(look))
    return Material(name, look.id, (path,), music, look.session, {}, look=look.id)


def of_numbers(name: str, files: Sequence[tuple[str, bytes]], session: str) -> Material:
    """Tables and arrays, stored under names of ours.

    Args:
        name: For people.
        files: Name and content of each.
        session: Whose they are.

    Raises:
        InputError: There are none, too many, or some are no tables or arrays.

    Example:
        >>> found = of_numbers("mine", [("../a.csv", b"1,2")], "")
        >>> found.paths, list(found.files), found.uploads
        (('{job}/numbers/table-1.csv',), ['numbers/table-1.csv'], ('../a.csv',))
    """
    if not files:
        raise InputError("files", "at least one", "none")
    size = sum(len(data) for _, data in files)
    if len(files) > MAX_FILES or size > MAX_MIB * 2**20:
        expected = f"at most {MAX_FILES:,} and {MAX_MIB} MiB"
        raise InputError("files", expected, f"{len(files):,} and {size / 2**20:,.0f} MiB")
    content, digest = {}, hashlib.sha256()
    for number, (given, data) in enumerate(files, 1):
        suffix = PurePosixPath(given).suffix.lower()
        if suffix not in TABLES:
            raise InputError("files", "all music, or all " + " ".join(TABLES), repr(suffix))
        content[f"numbers/table-{number}{suffix}"] = data
        digest.update(hashlib.sha256(data).digest())
    paths = tuple(f"{HERE}/{path}" for path in content)
    names = tuple(given for given, _ in files)
    return Material(name, digest.hexdigest(), paths, "", session, content, names)


def as_table(sequences: Sequences) -> bytes:
    r"""A long table, as an upload may be.

    Example:
        >>> as_table(Sequences([[0.5, 1.0]], ["a"])).decode().splitlines()
        ['name,time,value', 'a,0,0.5', 'a,1,1.0']
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "time", *sequences.feature_names])
    for name, item in zip(sequences.names, sequences.items):
        writer.writerows([name, step, *row] for step, row in enumerate(item.tolist()))
    return text.getvalue().encode()


def again(job: Job) -> Material:
    """What a job has grouped.

    Raises:
        InputError: It is not there any more.
    """
    told = job.about["material"]
    gone = InputError("sequences", "those that were grouped", "none, they have been removed")
    if told["look"]:
        look = Jobs().find(told["look"])
        if look is None:
            raise gone
        return of_music(look)
    names = [path.replace(f"{HERE}/", "") for path in told["paths"]]
    try:
        files = {name: (job.folder / name).read_bytes() for name in names}
    except OSError:
        raise gone from None
    uploads = tuple(told["uploads"])
    name, key = told["name"], told["key"]
    return Material(name, key, tuple(told["paths"]), "", job.session, files, uploads)


def paths_of(job: Job) -> list[Path]:
    """The files that a job has grouped."""
    return [Path(path.replace(HERE, str(job.folder))) for path in job.about["material"]["paths"]]


def ask(is_music: bool, known: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """Draws the form.

    Args:
        is_music: Features can be chosen.
        known: Settings to begin with.
        key: Of the form.

    Returns:
        Settings, fit for JSON, once the button is pressed; else None.
    """
    with st.form(key):
        left, middle, right = st.columns(3)
        names = list(OBJECTIVES)
        objective = left.selectbox(
            "Objective",
            names,
            index=names.index(known.get("objective", DEFAULT_OBJECTIVE)),
            format_func=lambda name: f"{name}: {OBJECTIVES[name].about}",
            help="What the network learns for. Try bingo first, and neo where groups are no halves "
            "of something.",
            key=f"{key}_objective",
        )
        clusters = middle.number_input(
            "Number of groups",
            1,
            MOST_GROUPS,
            known.get("clusters"),
            placeholder="as many as are found",
            help="Ask for the number that you can use; empty: what the network makes of them.",
            key=f"{key}_clusters",
        )
        seed = right.number_input(
            "Seed",
            0,
            _SEED_LIMIT,
            known.get("seed", 0),
            help="The same one gives the same groups.",
            key=f"{key}_seed",
        )
        features, notes = None, None
        if is_music:
            wide, narrow = st.columns([2, 1])
            features = wide.multiselect(
                "What the network is told of each note",
                list(FEATURES),
                known.get("features") or list(DEFAULT_FEATURES),
                help="Fewer that matter make better groups than many. For rhythm alone values and "
                "rests, for melody alone intervals.\n\n"
                + "\n".join(f"* {name}: {plain(one.about)}" for name, one in FEATURES.items()),
                key=f"{key}_features",
            )
            notes = narrow.number_input(
                "Notes from the beginning, at most",
                LEAST_NOTES,
                MOST_NOTES,
                known.get("notes") or MAX_NOTES,
                key=f"{key}_notes",
            )
        left, right = st.columns([1, 2], vertical_alignment="bottom")
        updates = left.number_input(
            "Updates of each network",
            0,
            MOST_UPDATES,
            known.get("updates"),
            placeholder="as usual",
            help="How long each is trained. Fewer are quicker.",
            key=f"{key}_updates",
        )
        yardsticks = right.toggle(
            "Hold it against yardsticks",
            known.get("yardsticks", True),
            help="Groups that are made otherwise, and how far they agree: k-means on simple "
            "figures, and the same network untrained.",
            key=f"{key}_yardsticks",
        )
        pressed = st.form_submit_button("Find groups", type="primary", key=f"{key}_find")
    if not pressed:
        return None
    return {
        "objective": objective,
        "clusters": clusters and int(clusters),
        "seed": int(seed),
        "features": features,
        "notes": notes and int(notes),
        "updates": None if updates is None else int(updates),
        "yardsticks": bool(yardsticks),
    }


def start(material: Material, settings: Mapping[str, Any], before: str = "") -> Job:
    """Starts looking for groups.

    Args:
        material: What is grouped.
        settings: As `ask` returns them.
        before: The id of the run that this one is to be compared with.

    Raises:
        InputError: Features that cannot be.
    """
    arguments = ["cluster", *material.paths, "-o", f"{HERE}/labels.csv", "--save", f"{HERE}/model"]
    arguments += ["--objective", settings["objective"], "--seed", str(settings["seed"])]
    arguments += ["--clusters", str(settings["clusters"] or "auto")]
    arguments += ["--baselines", "quick" if settings["yardsticks"] else "none"]
    if settings["features"] is not None:
        check_features(settings["features"], settings["notes"])
        arguments += ["--features", ",".join(settings["features"])]
        arguments += ["--notes", str(settings["notes"])]
    if settings["updates"] is not None:
        arguments += ["--updates", str(settings["updates"])]
    told = {
        "name": material.name,
        "key": material.key,
        "paths": list(material.paths),
        "music": material.music,
        "uploads": list(material.uploads),
        "look": material.look,
    }
    groups = settings["clusters"] or "auto"
    return Jobs().start(
        "cluster",
        f"Group {material.name}: {settings['objective']}, {groups}, seed {settings['seed']}",
        [*arguments, "--force", "--json"],
        session=material.session,
        about={"material": told, "settings": dict(settings), "before": before},
        files=dict(material.files),
    )
