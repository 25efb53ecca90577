"""The page of the experiments: what each is, what others reached, and running it oneself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

import lstmmusic
from lstmmusic.app import blues_inside, runs
from lstmmusic.app.charts import inside_figure, rounds_figure
from lstmmusic.app.job_view import (
    follow,
    is_local,
    list_jobs,
    open_job,
    opened,
    session,
    state_line,
)
from lstmmusic.app.jobs import DONE, HERE, Job, Jobs, Status, read_json
from lstmmusic.app.text import duration, plain, with_code
from lstmmusic.errors import InputError
from lstmmusic.step import Activations
from lstmmusic.tasks import Task, inside, list_tasks

KINDS = ("task",)
RESULTS = Path(lstmmusic.__file__).parents[1] / "training" / "results"
_MAX_SEEDS = 5
_VIEWS = _EXPERIMENTS, _INSIDE = "Experiments", "Inside a blues"


def render() -> None:
    """Draws the page."""
    st.set_page_config("Lab", layout="wide")
    st.title("Lab")
    job = opened(KINDS)
    view = st.segmented_control("Look at", _VIEWS, default=_VIEWS[0], key="lab_view")
    if view == _INSIDE:
        blues_inside.show()
        return
    st.write(
        "The experiments that LSTM was first tried on. Each can be run here: networks learn while "
        "you watch, then they are tested once."
    )
    task = _choose(job)
    job = job if job is not None and job.about["task"] == task.name else None
    _about(task)
    _ask(task)
    if job is not None:
        _running(task, job)
    _inside(task, job)
    list_jobs(KINDS, job)


def _choose(job: Job | None) -> Task:
    tasks = {task.name: task for task in list_tasks()}
    if job is not None and st.session_state.get("lab_job") != job.id:
        st.session_state["lab_job"] = job.id
        if job.about["task"] in tasks:
            st.session_state["lab_task"] = job.about["task"]
    name = st.selectbox(
        "Experiment", list(tasks), key="lab_task", format_func=lambda name: tasks[name].title
    )
    return tasks[name]


def _about(task: Task) -> None:
    with st.container(horizontal=True):
        for tag in task.tags:
            st.badge(tag, color="gray")
    st.write(with_code(task.about))
    st.subheader("What others reached")
    st.dataframe(
        [
            {
                "Figure": f"{figure.value:,g} {figure.unit}",
                "Network": figure.network,
                "Source": figure.source + (f" ({figure.doubt})" if figure.doubt else ""),
            }
            for figure in task.published
        ],
        hide_index=True,
        alt="Published figures",
    )
    st.subheader("What was recorded here")
    rows = recorded(task)
    if rows:
        st.dataframe(rows, hide_index=True, width="content", alt="Recorded figures")
    else:
        st.info("Nothing was recorded of this experiment yet.")


def recorded(task: Task) -> list[dict[str, str]]:
    """The recorded runs of an experiment, as `docs/experiments.md` tells them."""
    rows = read_json(RESULTS / f"{task.name}.json").get("results", [])
    return [
        {
            "Preset": row["preset"],
            "Network": row["variant"],
            "Solved": f"{row['solved']} of {row['seeds']}",
            f"Median {row['step_unit']}": f"{row['steps']:,}",
            "Seconds": f"{row['seconds']:.0f}",
        }
        for row in rows
    ]


def _ask(task: Task) -> None:
    quick = task.presets["quick"]
    st.subheader("Run it")
    st.caption(
        f"The quick form takes a minute or two on two cores. To reach: {with_code(quick.bar)}."
        if quick.bar
        else "The quick form takes a minute or two on two cores."
    )
    with st.form("run"):
        left, middle, right = st.columns(3)
        variant = left.selectbox("Network", task.variants, key=f"variant_{task.name}")
        seeds = middle.number_input("How many networks, side by side", 1, _MAX_SEEDS, 3)
        seed = right.number_input("Seed of the first", 0, 2**31 - 1, 0)
        pressed = st.form_submit_button("Run", type="primary")
    if pressed:
        open_job(_start(task, variant, int(seeds), int(seed)))
        st.rerun()


def _start(task: Task, variant: str, seeds: int, seed: int) -> Job:
    arguments = ["task", "run", task.name, "--variant", variant, "--seeds", str(seeds)]
    arguments += ["--seed", str(seed), "-o", f"{HERE}/run", "--json"]
    return Jobs().start(
        "task",
        f"{task.title}: {variant}, seed {seed}",
        arguments,
        resume=("--resume",),
        run=f"{HERE}/run",
        session="" if is_local() else session(),
        about={"task": task.name, "variant": variant, "seeds": seeds},
    )


def _running(task: Task, job: Job) -> None:
    st.subheader(plain(job.title))
    follow(job, _progress)
    if Jobs().status(job).state == DONE and job.result:
        _result(job.result)


def _progress(job: Job, status: Status) -> None:
    state_line(job, status)
    config, rows = runs.task_metrics(Path(job.run))
    if status.state == "queued":
        st.info("One job runs at a time. This one begins by itself.")
    elif status.state == "running" and not rows:
        st.info("Loading what trains. The first round shows in half a minute.")
    if not rows:
        return
    steps, budget = rows[-1]["steps"], config["budget"]
    if status.state == "running":
        left = status.seconds * (budget - steps) / max(steps, 1)
        st.progress(
            min(steps / budget, 1.0),
            f"{steps:,.0f} of at most {budget:,} {config['step_unit']}, {rows[-1]['stopped']:.0f} "
            f"of {config['seeds']} networks have stopped, at most {duration(left)} left",
        )
    st.plotly_chart(
        rounds_figure(rows, config["step_unit"]),
        key=f"rounds_{job.id}",
        config={"displayModeBar": False},
        alt="What was measured, round by round",
    )


def _result(result: dict[str, Any]) -> None:
    with st.container(horizontal=True, gap="medium"):
        st.metric("Solved", f"{result['solved']} of {result['seeds']}", width="content")
        st.metric(f"Median {result['step_unit']}", f"{result['steps']:,}", width="content")
        for name, value in result["metrics"].items():
            st.metric(name.replace("_", " "), f"{value:.4g}", width="content")
    bar = result["bar"]
    if bar:
        words = with_code(bar["text"])
        (st.success if bar["reached"] else st.warning)(
            f"{'Reached' if bar['reached'] else 'Missed'}: {words}."
        )


def _inside(task: Task, now_open: Job | None) -> None:
    """The cells of two networks, with and without peepholes, over the same string."""
    sides = [
        next((name for name in names if name in task.variants), None)
        for names in (inside.WITH, inside.WITHOUT)
    ]
    variants = [name for name in sides if name is not None]
    if len(variants) < 2:
        return
    st.subheader("Inside the cells, with and without peepholes")
    seen = [
        job
        for job in Jobs().listed(session(), is_local())
        if job.kind == "task" and job.about["task"] == task.name
    ]
    finished = {
        variant: next(
            (
                job
                for job in seen
                if job.about["variant"] == variant and Jobs().status(job).state == DONE
            ),
            None,
        )
        for variant in variants
    }
    missing = [variant for variant, job in finished.items() if job is None]
    if missing:
        st.info(
            "To see a network of each kind read the same string, run both. Missing: "
            + ", ".join(f"`{variant}`" for variant in missing)
            + "."
        )
        waiting = [job for job in reversed(seen) if Jobs().status(job).is_alive]
        for job in waiting:
            if job != now_open:  # that one is followed above
                st.markdown(plain(job.title))
                follow(job, state_line)
        if not waiting and st.button("Run what is missing", key="run_missing"):
            started = [_start(task, variant, 1, 0) for variant in missing]
            open_job(started[0])
            st.rerun()
        return
    kind = st.segmented_control(
        "Show",
        list(inside.KINDS),
        default="c",
        format_func=lambda kind: inside.KINDS[kind],
        key="inside_kind",
    )
    chosen = {variant: job for variant, job in finished.items() if job is not None}
    configs = [read_json(Path(job.run) / "config.json") for job in chosen.values()]
    try:
        inputs = inside.example_of(Path(chosen[variants[0]].run))
    except InputError as error:
        st.warning(plain(f"expected {error.expected}, got {error.received}"))
        return
    found = {variant: _read_inside(job, inputs) for variant, job in chosen.items()}
    values = [getattr(one, kind or "c") for one in found.values() if one is not None]
    is_pair = len(values) == 2 and configs[0].get("seed") == configs[1].get("seed")
    if is_pair and values[0].shape == values[1].shape:
        furthest = abs(values[0] - values[1]).max()
        st.caption(
            "Both read the same string and began with the same weights, as far as they have the "
            f"same ones. They differ by {furthest:.2f} at most."
        )
    for column, (variant, activations) in zip(st.columns(2), found.items(), strict=True):
        with column:
            st.markdown(f"**{'With' if variant in inside.WITH else 'Without'}** (`{variant}`)")
            if activations is not None:
                _draw_inside(variant, inputs, activations, kind or "c")


def _read_inside(job: Job, inputs: np.ndarray) -> Activations | None:
    """What a string does in a job's network; None, with a word, where that is not told."""
    try:
        return inside.inside_of(Path(job.run), inputs)
    except InputError as error:
        st.warning(plain(f"{job.title}: expected {error.expected}, got {error.received}"))
        return None


def _draw_inside(variant: str, inputs: np.ndarray, found: Activations, kind: str) -> None:
    st.plotly_chart(
        inside_figure(inputs, getattr(found, kind), inside.KINDS[kind], kind in "ifo"),
        key=f"inside_{variant}",
        config={"displayModeBar": False},
        alt=f"{inside.KINDS[kind]}, step by step, below the input",
    )
