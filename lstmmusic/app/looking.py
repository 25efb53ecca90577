"""Looks at music: jobs that read a folder or uploads into a corpus, for more than one page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from lstmmusic.app import doctor
from lstmmusic.app.job_view import is_local, state_line
from lstmmusic.app.jobs import HERE, Job, Jobs, Status
from lstmmusic.errors import InputError


def path_here(text: str) -> Path:
    """A path of this computer that someone has typed.

    Raises:
        InputError: It is none, nothing is there, or the browser is on another computer.
    """
    if not is_local():
        raise InputError("folder", "an upload", "a folder, from another computer")
    if not text.strip():
        raise InputError("folder", "the path of a folder", "none")
    try:
        path = Path(text.strip()).expanduser().absolute()
        exists = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError("folder", "the path of a folder", error) from None
    if not exists:
        raise InputError("folder", "a folder that is there", repr(text.strip()))
    return path


def look(
    name: str,
    music: str,
    owner: str,
    files: dict[str, bytes] | None = None,
    left_out: Sequence[str] = (),
) -> Job:
    """Starts a look at music.

    Args:
        name: For people.
        music: A folder or an archive; `{job}` stands for the folder of the job.
        owner: The browser session that it belongs to; empty: this computer.
        files: Uploads, as `uploads.packed` gives them.
        left_out: What is not to be looked at, by its names in an earlier report.
    """
    arguments = ["corpus", music, "-o", f"{HERE}/corpus.parquet", "--force", "--json"]
    files = dict(files or {})
    if left_out:
        files["left_out.toml"] = doctor.overrides_without(left_out)
        arguments += ["--overrides", f"{HERE}/left_out.toml"]
    about = {"name": name, "music": music, "left_out": list(left_out)}
    return Jobs().start(
        "corpus", f"Look at {name}", arguments, session=owner, about=about, files=files
    )


def music_of(job: Job) -> Path:
    """The folder or the archive that a job has looked at."""
    return Path(str(job.about["music"]).replace(HERE, str(job.folder)))


def open_in_training(job: Job) -> None:
    """Goes to the page for training, with a look at music."""
    from lstmmusic.app import train_page  # which needs this module

    st.switch_page(st.Page(train_page.render, url_path="train"), query_params={"job": job.id})


def reading(job: Job, status: Status) -> None:
    """How far a look has come; drawn every second while it goes on."""
    state_line(job, status)
    if status.state != "running":
        return
    found = re.fullmatch(r"([\d,]+) of ([\d,]+) files(.*)", job.last_words)
    done, total = (int(found[k].replace(",", "")) for k in (1, 2)) if found else (0, 1)
    st.progress(done / max(total, 1), job.last_words if found else "Reading the files")
