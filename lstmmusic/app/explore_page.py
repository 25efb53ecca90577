"""The page for exploring: sequences are chosen, grouped by a network, and looked at group by group.

What groups them is imported where it is used: it takes seconds to load, and no other page needs it.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

import lstmmusic
from lstmmusic.app.job_view import (
    follow,
    is_local,
    list_jobs,
    open_job,
    opened,
    session,
    state_line,
)
from lstmmusic.app.jobs import DONE, FAILED, Job, Jobs, Status
from lstmmusic.app.looking import choose, look, offer_look, open_in_training, reading
from lstmmusic.app.text import duration, plain
from lstmmusic.errors import InputError

KINDS = ("corpus", "cluster")
_CHORUSES = "twelve_bar"
_DONE_OF_ALL = re.compile(r"([\d,]+) of ([\d,]+) (files|updates|yardsticks)")


def render() -> None:
    """Draws the page."""
    st.set_page_config("Explore", layout="wide")
    st.title("Explore what is alike")
    job = opened(KINDS)
    if job is None:
        _choose()
    elif job.kind == "corpus":
        _music(job)
    else:
        _groups(job)
    list_jobs(KINDS, job)


def _choose() -> None:
    st.write(
        "A network hears melodies, or sequences of numbers, and puts together what is alike. It is "
        "told nothing of what they are."
    )
    from lstmmusic.app.grouping import TABLES

    chosen = choose("Sequences", "explore", _choose_example, TABLES)
    if chosen is None:
        return
    if not chosen.is_of(TABLES):
        offer_look(chosen.look)
        return
    try:
        files = chosen.contents()
    except InputError as error:
        st.error(plain(str(error)))
        return
    _offer_numbers(chosen.name, files, "" if chosen.path else session())


def _choose_example() -> None:
    from lstmmusic.clustering.examples import TUNES, examples

    folders = _folders()
    told = {
        name: about for name, about in examples().items() if name in folders or name not in TUNES
    }
    if _CHORUSES in folders:
        count = len(list(folders[_CHORUSES].glob("*.abc")))
        told[_CHORUSES] = f"{count} blues choruses, which come with this project"
    name = st.selectbox(
        "Example",
        list(told),
        index=list(told).index("rhythm"),
        format_func=lambda name: f"{name}: {told[name]}",
        key="explore_example",
    )
    owner = "" if is_local() else session()
    if name in folders:
        offer_look(lambda: look(folders[name].name, str(folders[name]), owner))
        return
    table = _table_of(name)
    _offer_numbers(name, [(f"{name}.csv", table)], owner)
    st.download_button(
        "Download the example as a table",
        table,
        f"{name}.csv",
        "text/csv",
        on_click="ignore",
        type="tertiary",
        help="A table of your own may look like this.",
    )


@st.cache_data(max_entries=4, show_spinner=False)
def _table_of(name: str) -> bytes:
    from lstmmusic.app.grouping import as_table
    from lstmmusic.clustering.examples import example_sequences

    return as_table(example_sequences(name))


def _folders() -> dict[str, Path]:
    """Examples that are folders of music, where they are there."""
    from lstmmusic.clustering.examples import TUNES

    found = {_CHORUSES: Path(lstmmusic.__file__).parents[1] / "datasets" / _CHORUSES}
    spec = importlib.util.find_spec("music21")
    if spec is not None and spec.origin:
        found |= {name: Path(spec.origin).parent / "corpus" / name for name in TUNES}
    return {name: path for name, path in found.items() if path.is_dir()}


def _offer_numbers(name: str, files: Sequence[tuple[str, bytes]], owner: str) -> None:
    """The form for sequences of numbers."""
    from lstmmusic.app import grouping

    settings = grouping.ask(False, {}, "group_numbers")
    if settings is None:
        return
    try:
        job = grouping.start(grouping.of_numbers(name, files, owner), settings)
    except InputError as error:
        st.error(plain(str(error)))
        return
    open_job(job)
    st.rerun()


def _music(job: Job) -> None:
    """What was made of music, and what to look for in it."""
    from lstmmusic.app import doctor, grouping

    _heading(str(job.about["name"]))
    follow(job, reading)
    report = doctor.read_report(job.folder)
    if Jobs().status(job).state != DONE or report is None:
        return
    n_used = report["used"] + report["repaired"]
    st.write(
        f"{n_used:,} of {report['files']:,} files have a melody and are no copies: these are "
        "grouped."
    )
    if st.button("What was made of each file", type="tertiary"):
        open_in_training(job)
    settings = grouping.ask(True, {}, f"group_{job.id}")
    if settings is None:
        return
    try:
        open_job(grouping.start(grouping.of_music(job), settings))
    except InputError as error:
        st.error(plain(str(error)))
        return
    st.rerun()


def _heading(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(name), width="content")
        if st.button("Other sequences"):
            open_job(None)
            st.rerun()


def _groups(job: Job) -> None:
    material = job.about["material"]
    _heading(str(material["name"]))
    settings = job.about["settings"]
    told = [settings["objective"], *(settings["features"] or ())]
    with st.container(horizontal=True):
        for word in told:
            st.badge(plain(word), color="gray")
    follow(job, _grouping)
    status = Jobs().status(job)
    if status.state == FAILED and len(material["uploads"]) > 0:
        named = zip(material["paths"], material["uploads"])
        pairs = [f"{Path(path).name} is {name}" for path, name in named]
        st.caption(plain("; ".join(pairs[:10])))
    if status.state == DONE and job.result:
        from lstmmusic.app import groups_view

        groups_view.show(job)


def _grouping(job: Job, status: Status) -> None:
    """How far a grouping has come; drawn every second while it goes on."""
    state_line(job, status)
    if status.state == "queued":
        st.info("One job runs at a time. This one begins by itself.")
    if status.state != "running":
        return
    found = _DONE_OF_ALL.fullmatch(job.last_words)
    if found is None:
        st.info("Loading what learns, and the sequences. The first updates show in half a minute.")
        return
    done, total = (int(found[k].replace(",", "")) for k in (1, 2))
    words = job.last_words
    if found[3] == "updates" and done:
        left = status.seconds * (total - done) / done
        words = f"Learning: {words}, at most {duration(left)} left"
        if job.about["settings"]["yardsticks"]:
            words += ", then the yardsticks"
    elif found[3] == "yardsticks":
        words = f"Learnt. Held against yardsticks: {words}"
    st.progress(min(done / max(total, 1), 1.0), words)
