"""The page for training: a folder is looked at, then learnt from while one watches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import streamlit as st

import lstmmusic
from lstmmusic.app import doctor, runs
from lstmmusic.app.charts import curve_figure
from lstmmusic.app.job_view import (
    follow,
    is_local,
    list_jobs,
    open_job,
    opened,
    session,
    state_line,
)
from lstmmusic.app.jobs import DONE, HERE, Job, Jobs, Status
from lstmmusic.app.looking import choose, look, music_of, offer_look, reading
from lstmmusic.app.sounding import hear_file
from lstmmusic.app.text import duration, plain
from lstmmusic.app.train_group import LABELS, Group, linked
from lstmmusic.corpus.report import SMALL_TUNES
from lstmmusic.errors import InputError
from lstmmusic.player import DEFAULT_MODEL, models_folder, shipped_models, user_models

KINDS = ("corpus", "train")
EXAMPLE = Path(lstmmusic.__file__).parents[1] / "datasets" / "twelve_bar"
RECIPES = Path(lstmmusic.__file__).parent / "fitting" / "recipes"

_USUAL, _SCRATCH = "As fits the music", "From scratch"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


def render() -> None:
    """Draws the page."""
    st.set_page_config("Train a model", layout="wide")
    st.title("Train a model on your music")
    job = opened(KINDS)
    if job is None:
        _choose_music()
    elif job.kind == "corpus":
        _music(job)
    else:
        _training(job)
    list_jobs(KINDS, job)


def _choose_music() -> None:
    st.write(
        "Choose music to learn from. Every file is looked at first: you see what was made of it "
        "before anything is learnt."
    )
    chosen = choose("Music", "train", _example if EXAMPLE.is_dir() else None)
    if chosen is not None:
        offer_look(chosen.look)


def _example() -> None:
    count = len(list(EXAMPLE.glob("*.abc")))
    st.caption(f"{count} blues choruses in many keys and forms, which come with this project.")
    # A browser from elsewhere tries the example for itself alone.
    offer_look(lambda: look(EXAMPLE.name, str(EXAMPLE), "" if is_local() else session()))


def _music(job: Job) -> None:
    """What was made of a folder, and what to do with it."""
    name = str(job.about["name"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(name), width="content")
        if st.button("Other music"):
            open_job(None)
            st.rerun()
    follow(job, reading)
    if Jobs().status(job).is_alive:
        return
    report = doctor.read_report(job.folder)
    if report is None:
        return
    chosen = doctor.show(report, music_of(job), job)
    if chosen and st.button(
        f"Leave out {len(chosen)} and look again"
        if len(chosen) > 1
        else "Leave it out and look again",
        key="leave_out",
    ):
        left_out = [*job.about["left_out"], *chosen]
        open_job(look(name, str(music_of(job)), job.session, left_out=left_out))
        st.rerun()
    if job.result:
        _ask_training(job, report)


def _group_of(job: Job) -> Group | None:
    """The group that the address names, if it does; told, with a way back to all of the music."""
    text = st.query_params.get("group")
    if not text:
        return None
    try:
        group = linked(text, job)
    except InputError as error:
        st.warning(plain(str(error)))
        return None
    files = "1 file is" if len(group.files) == 1 else f"{len(group.files)} files are"
    st.info(f"Of {plain(str(job.about['name']))}, {plain(group.title)}: {files} learnt from.")
    if st.button("Learn from all of it"):
        open_job(job)
        st.rerun()
    return group


def _ask_training(job: Job, report: dict[str, Any]) -> None:
    st.subheader("Train")
    group = _group_of(job)
    models = [*shipped_models(), *(user_models() if is_local() else ())]
    small = (report["tunes"] if group is None else len(group.files)) < SMALL_TUNES
    music = str(job.about["name"]) + (f", {group.title}" if group else "")
    with st.form("train"):
        left, right = st.columns(2)
        name = left.text_input("Name of the model", _free_name(music))
        starts = [_SCRATCH, *models]
        start = right.selectbox(
            "Begin with",
            starts,
            index=starts.index(DEFAULT_MODEL) if small else 0,
            help="What a trained model knows is kept and adapted; that needs less music.",
        )
        left, middle, right = st.columns(3)
        recipes = [_USUAL, *sorted(path.stem for path in RECIPES.glob("*.toml"))]
        recipe = left.selectbox(
            "Recipe", recipes, help="Sizes and schedules; usually chosen by the number of notes."
        )
        epochs = middle.number_input(
            "Epochs, at most", 1, 10_000, None, placeholder="as the recipe says"
        )
        sample_every = right.number_input(
            "A sample every so many epochs", 0, 1000, 5, help="0: no samples to hear."
        )
        pressed = st.form_submit_button("Train", type="primary")
    if not pressed:
        return
    try:
        arguments, run, made = _train_arguments(name.strip(), job)
    except InputError as error:
        st.error(plain(str(error)))
        return
    if recipe != _USUAL:
        arguments += ["--recipe", str(RECIPES / f"{recipe}.toml")]
    if epochs:
        arguments += ["--epochs", str(int(epochs))]
    if start != _SCRATCH:
        arguments += ["--from", start]
    if group is not None:
        arguments += ["--group", group.option]
    arguments += ["--sample-every", str(int(sample_every)), "--json"]
    about = {"corpus": job.id, "name": name.strip(), "model": made, "music": music}
    found = Jobs().start(
        "train",
        f"Train {name.strip()}",
        arguments,
        resume=("--resume",),
        run=run,
        session=job.session,
        about=about,
        files={} if group is None else {LABELS: group.labels},
    )
    open_job(found)
    st.rerun()


def _train_arguments(name: str, corpus: Job) -> tuple[list[str], str, str]:
    """Arguments, the run folder, and what the model is called when it plays.

    Raises:
        InputError: The name is none, or is taken.
    """
    if not _NAME.fullmatch(name):
        expected = "a name of letters, digits, spaces, dots and dashes, at most 60"
        raise InputError("name of the model", expected, repr(name))
    if name in shipped_models():
        raise InputError("name of the model", "one that no shipped model has", repr(name))
    arguments = ["train", str(corpus.folder / "corpus.parquet"), "-o"]
    if not is_local():  # the models of this computer's user are not for others to add to
        here = f"{HERE}/model/{name}"
        return [*arguments, here], f"{here}/run", here
    folder = models_folder() / name
    if folder.exists():
        raise InputError("name of the model", "a new one", repr(name))
    return [*arguments, name], str(folder / "run"), name


def _free_name(name: str) -> str:
    """A name for a model of that music that no model has."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:40] or "blues"
    taken = {*shipped_models(), *user_models()}
    names = [f"my-{stem}", *(f"my-{stem}-{number}" for number in range(2, 1000))]
    return next(found for found in names if found not in taken)


def _training(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(str(job.about["name"])), width="content")
        corpus = Jobs().find(str(job.about["corpus"]))
        if corpus is not None and st.button("Its music"):
            open_job(corpus)
            st.rerun()
        if st.button("Other music"):
            open_job(None)
            st.rerun()
    st.session_state["samples_shown"] = len(runs.samples(Path(job.run)))
    follow(job, _learning)
    if Jobs().status(job).state == DONE and job.result:
        _trained(job, job.result)
    _samples(job)


def _learning(job: Job, status: Status) -> None:
    """How a training goes; drawn every second while it does."""
    run = Path(job.run)
    state_line(job, status)
    curves, going = runs.curves(run), runs.going(run)
    if status.state == "running":
        if going is None:
            st.info("Loading what trains, and the music. The first epoch shows in half a minute.")
        else:
            left = going.seconds_left
            more = f", at most {duration(left)} left" if left is not None else ""
            st.progress(
                min(going.epoch / going.epochs, 1.0),
                f"{going.network.capitalize()}: epoch {going.epoch} of {going.epochs}{more}",
            )
        if len(runs.samples(run)) != st.session_state.get("samples_shown"):
            st.rerun()
    elif status.state == "queued":
        st.info("One job runs at a time. This one begins by itself.")
    if not curves:
        return
    for curve in curves:
        best = min(curve.unseen)
        epoch = curve.epochs[curve.unseen.index(best)]
        st.caption(
            f"{curve.network.capitalize()}: {best:.2f} {curve.measure} on music that it does not "
            f"learn from, at best, after epoch {epoch}. Less is better."
        )
    n_epochs = going.epochs if going else 0
    for column, curve in zip(st.columns(len(curves)), curves, strict=True):
        column.plotly_chart(
            curve_figure(curve, n_epochs),
            key=f"curve_{job.id}_{curve.network}",
            config={"displayModeBar": False},
            alt=f"{curve.network.capitalize()}: {curve.measure}, epoch by epoch, on the music that "
            "it learns from and on other music",
        )


def _trained(job: Job, result: dict[str, Any]) -> None:
    """What came out."""
    figures = [
        ("Learnt from", result["bits_per_note"]),
        ("Chose the epoch", result["val_bits_per_note"]),
        ("Test", result["test_bits_per_note"]),
        ("n-gram, same test", result["ngram_test_bits_per_note"]),
    ]
    st.markdown("**Bits per note**")
    with st.container(horizontal=True, gap="medium"):
        for label, value in figures:
            if value is not None:
                st.metric(label, f"{value:.2f}", width="content")
    for words in result["warnings"]:
        st.warning(plain(words))
    if st.button("Improvise with this model", type="primary", key="improvise_with"):
        from lstmmusic.app import improvise_page

        st.session_state["model"] = str(job.about["model"]).replace(HERE, str(job.folder))
        st.session_state.pop("history", None)  # an empty page, with this model chosen
        st.switch_page(st.Page(improvise_page.render, url_path="", default=True))


def _samples(job: Job) -> None:
    found = runs.samples(Path(job.run))
    if not found:
        return
    st.subheader("What it plays")
    epochs = sorted(found, reverse=True)
    # The newest, unless another is being heard.
    of, heard = st.session_state.get("heard_sample", ("", 0))
    index = epochs.index(heard) if of == job.id and heard in epochs else 0
    epoch = st.selectbox("After epoch", epochs, index=index, width=200)
    if st.button("Hear it", key="hear_sample"):
        of, heard = st.session_state["heard_sample"] = (job.id, epoch)
    if (of, heard) == (job.id, epoch):
        hear_file(found[epoch], "sample")
