"""What the pages that start jobs share: whose they are, the one that is open, and its state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from lstmmusic.app.jobs import FAILED, Job, Jobs, Status
from lstmmusic.app.text import duration, plain

_STATES: dict[str, tuple[str, str, Any]] = {
    "queued": ("Waiting", ":material/hourglass_empty:", "gray"),
    "running": ("Running", ":material/play_circle:", "blue"),
    "done": ("Finished", ":material/check_circle:", "green"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Stopped", ":material/pause_circle:", "orange"),
    "lost": ("Lost", ":material/help:", "orange"),
}
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_PARAMETER = "job"

Draw = Callable[[Job, Status], None]


def session() -> str:
    """A name that only this browser session has."""
    return st.session_state.setdefault("session", secrets.token_hex(16))


def is_local() -> bool:
    """True where the browser is on the computer of the app: bound to it, and behind no proxy."""
    if st.get_option("server.address") not in _LOCAL_HOSTS:
        return False
    headers = {name.lower(): value for name, value in st.context.headers.to_dict().items()}
    if any(name == "forwarded" or name.startswith("x-forwarded") for name in headers):
        return False
    return urlsplit("//" + headers.get("host", "localhost")).hostname in _LOCAL_HOSTS


def opened(kinds: Sequence[str]) -> Job | None:
    """The job that the address names, if it is of such a kind; else says that there is none."""
    name = st.query_params.get(_PARAMETER)
    if not name:
        return None
    job = Jobs().find(name)
    if job is None or job.kind not in kinds:
        st.warning("The link names no job of this page. It may have been removed.")
        return None
    return job


def open_job(job: Job | None) -> None:
    """Makes a job the one that the page shows; None: none."""
    st.query_params.from_dict({} if job is None else {_PARAMETER: job.id})


def follow(job: Job, draw: Draw) -> None:
    """Draws a job, again every second as long as it is alive."""
    if not Jobs().status(job).is_alive:
        draw(job, Jobs().status(job))
        return

    @st.fragment(run_every=1)
    def live() -> None:
        now = Jobs().status(job)
        if not now.is_alive:
            st.rerun()
        draw(job, now)

    live()


def state_line(job: Job, status: Status) -> None:
    """The state of a job, and what can be done about it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        word, icon, colour = _STATES[status.state]
        st.badge("Stopping" if status.is_stopping else word, icon=icon, color=colour)
        st.markdown(_told(status), width="content")
        if status.is_alive:
            st.button(
                "Stop",
                key=f"stop_{job.id}",
                disabled=status.is_stopping,
                on_click=Jobs().stop,
                args=(job,),
            )
        elif status.can_resume and st.button("Resume", key=f"resume_{job.id}"):
            Jobs().resume(job)
            st.rerun()
    if status.state == FAILED:
        st.error(plain(job.last_words or "It ended without a word."))
    if status.state == "lost":
        st.warning(
            "Its process has gone: the computer was switched off, had no memory left, or someone "
            "ended it. What had been done by then is kept; Resume goes on from there."
        )


def list_jobs(kinds: Sequence[str], now_open: Job | None) -> None:
    """The jobs that this browser may see, each to be opened or removed."""
    found = [job for job in Jobs().listed(session(), is_local()) if job.kind in kinds]
    if not found:
        return
    with st.expander(f"All jobs ({len(found)})", expanded=now_open is None):
        for job in found:
            _entry(job, job.id == (now_open.id if now_open else ""))


def _entry(job: Job, is_open: bool) -> None:
    status = Jobs().status(job)
    word, icon, colour = _STATES[status.state]
    with st.container(horizontal=True, vertical_alignment="center", key=f"job_{job.id}"):
        st.badge(word, icon=icon, color=colour)
        st.markdown(plain(job.title), width="stretch")
        if is_open:
            st.caption("open", width="content")
        elif st.button("Open", key=f"open_{job.id}", help=f"Open {job.title}"):
            open_job(job)
            st.rerun()
        if not status.is_alive and st.button(
            "Remove", key=f"remove_{job.id}", type="tertiary", help=f"Remove {job.title}"
        ):
            _remove(job, is_open)


@st.dialog("Remove this job?")
def _remove(job: Job, is_open: bool) -> None:
    st.write(plain(job.title))
    st.write("Its files and its progress are deleted. A model that it has made stays.")
    if st.button("Remove it", type="primary"):
        if is_open:
            open_job(None)
        Jobs().forget(job)
        st.rerun()


def _told(status: Status) -> str:
    if status.state == "queued":
        jobs = "1 job" if status.ahead == 1 else f"{status.ahead} jobs"
        return f"{jobs} before it" if status.ahead else "about to start"
    return duration(status.seconds) if status.seconds else ""
