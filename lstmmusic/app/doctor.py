"""What was made of a folder of music: every file with its reason, plots, and what would help."""

from __future__ import annotations

import glob
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from lstmmusic.app.charts import bars_figure
from lstmmusic.app.jobs import Job, read_json
from lstmmusic.app.sounding import hear_item
from lstmmusic.app.text import plain
from lstmmusic.corpus.report import REPAIRED, STATUSES, USED, Row
from lstmmusic.corpus.report_page import distributions

_NAMES = {
    "file": "File",
    "status": "Status",
    "reason": "Reason",
    "key": "Key",
    "metre": "Metre",
    "tempo": "Beats a minute",
    "swing": "Swing",
    "forms": "Forms",
    "bars": "Bars",
    "notes": "Notes",
    "chords": "Chords",
    "split": "Used for",
}
_ALL = "all"


def read_report(folder: Path) -> dict[str, Any] | None:
    """The report of the corpus of a job; None where there is none."""
    return read_json(folder / "corpus.report.json") or None


def overrides_without(files: Sequence[str]) -> bytes:
    r"""The overrides of a corpus that leave files out, by their exact names.

    Example:
        >>> print(overrides_without(["a[1].mid"]).decode())
        ["a[[]1].mid"]
        exclude = true
        <BLANKLINE>
    """
    tables = (
        f"[{json.dumps(glob.escape(name), ensure_ascii=False)}]\nexclude = true\n"
        for name in dict.fromkeys(files)
    )
    return "".join(tables).encode()


def show(report: dict[str, Any], music: Path, job: Job) -> list[str]:
    """Draws a report.

    Args:
        report: As `lstmmusic corpus` writes it.
        music: Where the files are.
        job: That made it.

    Returns:
        The names of the files that are selected.
    """
    rows = [Row(**row) for row in report["rows"]]
    with st.container(horizontal=True, gap="medium"):
        st.metric("Files", f"{report['files']:,}", width="content")
        for name, count in zip(
            ("Used", "Repaired", "Skipped", "Duplicates"),
            (report[name] for name in ("used", "repaired", "skipped", "duplicates")),
            strict=True,
        ):
            st.metric(name, f"{count:,}", width="content")
        st.metric("Tunes", f"{report['tunes']:,}", width="content")
        st.metric("Choruses", f"{report['choruses']:,}", width="content")
        st.metric("Notes of melody", f"{report['notes']:,}", width="content")
    if report["advice"]:
        lines = "\n".join(f"* {plain(words)}" for words in report["advice"])
        st.info(f"**What would help most**\n\n{lines}")
    chosen = _table(rows)
    if len(chosen) == 1:
        with st.container(horizontal=True):
            if st.button(f"Hear {chosen[0]}", key="hear_file"):
                st.session_state["heard_file"] = (job.id, chosen[0])
        if st.session_state.get("heard_file") == (job.id, chosen[0]):
            hear_item(music, chosen[0], "file")
    elif not chosen:
        st.caption("Select a file to hear it, or to leave it out; select several to leave out all.")
    kept = [row for row in rows if row.status in (USED, REPAIRED)]
    if kept:
        _plots(kept)
    _downloads(job)
    return chosen


def _table(rows: Sequence[Row]) -> list[str]:
    counted = {status: sum(row.status == status for row in rows) for status in STATUSES}
    choices = [_ALL, *(status for status, count in counted.items() if count)]
    status = st.segmented_control(
        "Files that are", choices, default=_ALL, key="status", format_func=str.capitalize
    )
    shown = [row for row in rows if status in (_ALL, None, row.status)]
    state: Any = st.dataframe(
        [_line(row) for row in shown],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"files_{status}",
        placeholder="",
        height=min(36 * (len(shown) + 1) + 2, 420),
        alt="What was made of every file",
    )
    return [shown[index].file for index in state["selection"]["rows"] if index < len(shown)]


def _line(row: Row) -> dict[str, Any]:
    forms = row.found.get("forms")
    known = {
        **row.found,
        "file": row.file,
        "status": row.status,
        "reason": row.reason,
        "forms": ", ".join(forms) if isinstance(forms, list) else forms,
        "split": row.split,
    }
    return {title: known.get(name) for name, title in _NAMES.items()}


def _plots(kept: Sequence[Row]) -> None:
    st.subheader("What was found")
    with st.container(horizontal=True):
        for title, pairs in distributions(kept).items():
            if not pairs:
                continue
            st.plotly_chart(
                bars_figure(title, pairs),
                key=f"plot_{title}",
                width=340,
                config={"displayModeBar": False},
                alt=f"{title}: " + ", ".join(f"{label} {count}" for label, count in pairs),
            )


def _downloads(job: Job) -> None:
    files = [("report as a page", "html", "text/html"), ("table of the files", "csv", "text/csv")]
    with st.container(horizontal=True):
        for label, suffix, mime in files:
            path = job.folder / f"corpus.report.{suffix}"
            if path.is_file():
                st.download_button(
                    f"Download the {label}",
                    path.read_bytes,
                    f"{job.about['name']}.report.{suffix}",
                    mime,
                    on_click="ignore",
                    key=f"download_{suffix}",
                )
