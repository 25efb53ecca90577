"""Looks at music: jobs that read a folder or uploads into a corpus, for more than one page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from lstmmusic.app import doctor
from lstmmusic.app.job_view import is_local, open_job, session, state_line
from lstmmusic.app.jobs import HERE, Job, Jobs, Status
from lstmmusic.app.text import plain
from lstmmusic.app.uploads import MAX_FILES, MAX_MIB, TYPES, packed
from lstmmusic.errors import InputError

EXAMPLE, FOLDER, UPLOAD = "An example", "A folder", "Files to upload"

File = tuple[str, bytes]


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


@dataclass(frozen=True)
class Chosen:
    """What someone has chosen to be looked at or grouped.

    Attributes:
        name: For people.
        path: Of a folder or a file of this computer; empty for uploads.
        files: Uploads: name and content of each.
    """

    name: str
    path: str = ""
    files: tuple[File, ...] = ()

    def is_of(self, suffixes: tuple[str, ...]) -> bool:
        """True where it is a file, or has uploads, with one of these suffixes."""
        names = [name for name, _ in self.files] or [self.path]
        return any(name.strip().lower().endswith(suffixes) for name in names)

    def contents(self) -> list[File]:
        """Names and contents of the uploads, or of the one file.

        Raises:
            InputError: It is not there, or too large.
        """
        if not self.path:
            return list(self.files)
        path = path_here(self.path)
        try:
            if path.stat().st_size > MAX_MIB * 2**20:
                raise InputError("file", f"at most {MAX_MIB} MiB here", "a larger one")
            return [(path.name, path.read_bytes())]
        except OSError as error:
            raise InputError(str(path), "a file that can be read", error) from None

    def look(self) -> Job:
        """Starts a look at it.

        Raises:
            InputError: Nothing was chosen, it is not there, or it is too much.
        """
        if not self.files:
            path = path_here(self.path)
            return look(path.name, str(path), "")
        content, music = packed(self.files)
        return look(self.name, f"{HERE}/{music}", session(), content)


def choose(
    label: str, key: str, example: Callable[[], None] | None, tables: tuple[str, ...] = ()
) -> Chosen | None:
    """Draws the ways to choose music: an example, a folder on this computer, uploads.

    Args:
        label: Of the choice.
        key: Begins the keys of what is drawn.
        example: Draws what can be chosen as an example; None where there is none.
        tables: Suffixes of numbers that may be chosen, too.

    Returns:
        What is chosen; None where nothing is, or where the example has buttons of its own.
    """
    ways = [EXAMPLE] if example is not None else []
    ways += [FOLDER] if is_local() else []
    ways += [UPLOAD]
    way = st.segmented_control(label, ways, default=ways[0], key=f"{key}_way") or ways[0]
    more = "; tables (.csv .tsv .txt), long or wide; arrays (.npy .npz)" if tables else ""
    if way == EXAMPLE and example is not None:
        example()
        return None
    if way == FOLDER:
        others = ", a table, an array" if tables else ""
        typed = st.text_input(
            f"Folder of music on this computer, or one file: a zip archive{others}",
            placeholder="~/Music/blues",
            max_chars=1000,
            key=f"{key}_folder",
            help="Read with all folders in it: MIDI, MusicXML, ABC and zip archives of them"
            f"{more}.",
        )
        return Chosen(Path(typed.strip()).name, typed)
    files = st.file_uploader(
        "MIDI, MusicXML, ABC, or zip archives of them"
        + (", or tables and arrays" if tables else ""),
        [*TYPES, *(suffix.removeprefix(".") for suffix in tables)],
        accept_multiple_files=True,
        key=f"{key}_uploads",
        help=f"At most {MAX_FILES:,} files and {MAX_MIB} MiB together. Only this browser session "
        "sees them, and who knows the address of the page.",
    )
    if not files:
        st.caption("Nothing is chosen yet.")
        return None
    title = files[0].name if len(files) == 1 else f"{len(files)} uploaded files"
    return Chosen(title, "", tuple((f.name, f.getvalue()) for f in files))


def offer_look(start: Callable[[], Job]) -> None:
    """A button that starts reading music."""
    if not st.button("Look at the files", type="primary"):
        return
    try:
        job = start()
    except InputError as error:
        st.error(plain(str(error)))
        return
    open_job(job)
    st.rerun()


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


def open_in_training(job: Job, group: str = "") -> None:
    """Goes to the page for training, with a look at music.

    Args:
        job: The look.
        group: The group to learn from alone, as `train_group.link_of` names it; empty: all.
    """
    from lstmmusic.app import train_page  # which needs this module

    query = {"job": job.id} | ({"group": group} if group else {})
    st.switch_page(st.Page(train_page.render, url_path="train"), query_params=query)


def reading(job: Job, status: Status) -> None:
    """How far a look has come; drawn every second while it goes on."""
    state_line(job, status)
    if status.state != "running":
        return
    found = re.fullmatch(r"([\d,]+) of ([\d,]+) files(.*)", job.last_words)
    done, total = (int(found[k].replace(",", "")) for k in (1, 2)) if found else (0, 1)
    st.progress(done / max(total, 1), job.last_words if found else "Reading the files")
