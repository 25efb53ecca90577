"""What a grouping found: the groups, the map, the items, and other ways of grouping beside it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from lstmmusic.app import explored, grouping, playing, train_group
from lstmmusic.app.explored import Explored, labels_to_keep, names_of, title_of
from lstmmusic.app.group_charts import MOST_LINES, lines_figure, map_figure, mark_of
from lstmmusic.app.job_view import is_local, open_job, session
from lstmmusic.app.jobs import Job, Jobs
from lstmmusic.app.looking import open_in_training
from lstmmusic.app.sounding import hear_item, hear_score
from lstmmusic.app.text import plain
from lstmmusic.clustering.exploring import Difference, compare
from lstmmusic.errors import InputError
from lstmmusic.io import format_midi

_N_MOVED = 5


def show(job: Job) -> None:
    """Draws a finished grouping."""
    try:
        with st.spinner("Reading the groups"):
            found = _loaded(str(job.folder), (job.folder / "result.json").stat().st_mtime_ns)
    except (InputError, OSError) as error:
        st.error(plain(str(error)))
        _again(job)
        return
    names = names_of(job)
    _figures(found)
    _left_out(found.report)
    st.subheader("Groups")
    _table(found, names)
    _group(job, found, names)
    st.subheader("Map")
    _map(job, found)
    _yardsticks(found.report)
    _comparison(job, found, names)
    _keep(job, found, names)
    _again(job)


@st.cache_resource(max_entries=4, show_spinner=False)
def _loaded(folder: str, changed: int) -> Explored:
    job = Jobs(Path(folder).parent).find(Path(folder).name)
    if job is None:
        raise InputError("job", "one that is there", "none")
    return explored.load(job)


def _figures(found: Explored) -> None:
    report = found.report
    figures = [
        ("Sequences", f"{report['items']:,}", None),
        ("Groups", str(report["clusters"]), None),
        (
            "Stability",
            "-" if report["stability"] is None else f"{report['stability']:.2f}",
            "Agreement with networks that began with other weights: 1 the same groups, 0 as by "
            "chance.",
        ),
        ("Seed", str(report["seed"]), None),
    ]
    with st.container(horizontal=True, gap="medium"):
        for label, value, words in figures:
            st.metric(label, value, width="content", help=words)
    if report["clusters"] == 1:
        st.info(
            "There is one group: the network found nothing to tell the sequences apart by. Ask for "
            "a number of groups, or tell it other features."
        )


def _left_out(report: Mapping[str, Any]) -> None:
    if report["left_out"]:
        rows = [{"Sequence": row["item"], "Reason": row["reason"]} for row in report["left_out"]]
        with st.expander(f"Left out ({len(rows)})"):
            st.dataframe(rows, hide_index=True, alt="What was left out, and why")


def _words(difference: Mapping[str, Any]) -> str:
    digits = 2 if abs(difference["here"]) < 10 else 0
    return str(Difference(**difference, digits=digits))


def _table(found: Explored, names: Mapping[int, str]) -> None:
    groups = found.report["groups"]
    rows = [
        {
            "Group": f"{mark_of(group['cluster'])} {title_of(group['cluster'], names)}",
            "Size": group["size"],
            "Stable": round(group["stability"], 2),
            "Prototype": group["prototype"] or "",
            "What sets it apart": "; ".join(_words(row) for row in group["differences"])
            or "nothing that there are words for",
        }
        for group in groups
    ]
    stable = st.column_config.NumberColumn(
        format="percent",
        help="Sequences that are put into the group too where only a stretch of two thirds of each "
        "is heard.",
    )
    wide = st.column_config.TextColumn(width="large")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"Stable": stable, "What sets it apart": wide},
        alt="The groups: size, stability, what sets each apart, and its prototype",
    )


def _group(job: Job, found: Explored, names: Mapping[int, str]) -> None:
    """One group: its name, its typical items and those on its edge."""
    groups = {group["cluster"]: group for group in found.report["groups"]}
    if not groups:
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    number = left.selectbox(
        "Look at",
        list(groups),
        # Without the name: a choice whose label changes would be another choice to the browser.
        format_func=lambda number: f"{mark_of(number)} {title_of(number, {})}",
        key=f"group_{job.id}",
    )
    if number is None:
        return
    group, key = groups[number], f"name_{job.id}_{number}"

    def rename() -> None:
        try:
            explored.rename(job, number, st.session_state[key])
        except InputError as error:
            st.session_state["name_refused"] = str(error)

    right.text_input(
        "Its name",
        names.get(number, ""),
        max_chars=explored.MAX_NAME,
        placeholder="Give it a name",
        key=key,
        on_change=rename,
    )
    if refused := st.session_state.pop("name_refused", ""):
        st.error(plain(refused))
    st.markdown("\n".join(f"* {plain(_words(row))}" for row in group["differences"]))
    _items(job, found, "Typical", group["typical"], f"typical_{number}")
    edges = [row for row in group["edge"] if row["other"] is not None]
    others = [f"or {title_of(row['other'], names)}" for row in edges]
    _items(job, found, "On the edge", [row["item"] for row in edges], f"edge_{number}", others)
    _offer_playing(job, found, number)
    _offer_training(job, found, number)


def _items(
    job: Job,
    found: Explored,
    words: str,
    names: Sequence[str],
    key: str,
    more: Sequence[str] = (),
) -> None:
    """Buttons that choose items."""
    known = [name for name in names if name in found.index]
    if not known:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{words}:", width="content")
        for place, name in enumerate(known):
            tail = f" ({more[place]})" if more else ""
            st.button(
                plain(_short(name) + tail),
                key=f"{key}_{place}",
                help=plain(name),
                on_click=_choose,
                args=(job, found.index[name]),
            )


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"…{name[-39:]}"


def _choose(job: Job, item: int) -> None:
    st.session_state[f"item_{job.id}"] = item


def _offer_playing(job: Job, found: Explored, number: int) -> None:
    """A blues that is more like the music of a group, made here and heard here."""
    look = job.about["material"]["look"]
    if not look or not found.members(number):
        return
    key = f"like_{job.id}_{number}"
    if st.button(
        "Play like this group",
        key="play_like",
        help="A blues by the usual model, its choices tilted towards the notes of these files; as "
        "`lstmmusic generate --like FOLDER`.",
    ):
        st.session_state[key] = secrets.randbelow(2**31)
    seed = st.session_state.get(key)
    if seed is None:
        return
    try:
        with st.spinner("Listening to the group, and playing"):
            piece = playing.like_group(look, tuple(found.members(number)), seed)
    except InputError as error:
        st.error(plain(str(error)))
        return
    told = piece.report["like"]
    words = "too short to tell how like the group"
    if told["overlap"] is not None and told["without"] is not None:
        words = (
            f"overlap with the group {told['overlap']:.2f}, without it {told['without']:.2f} "
            "(1: the same notes, as often)"
        )
    report = piece.report
    st.caption(f"{report['bars']} bars in {report['key']}, seed {seed}: {words}.")
    hear_score(piece.score, "like_roll")
    st.download_button(
        "Download MIDI",
        lambda: format_midi(piece.score),
        f"like-group-{number}-{seed}.mid",
        "audio/midi",
        on_click="ignore",
        key="download_like",
    )


def _offer_training(job: Job, found: Explored, number: int) -> None:
    """The way to the page for training, with the files of a group."""
    source = Jobs().find(job.about["material"]["look"])
    n_files = len(found.members(number))
    if source is None or not n_files:
        return
    files = "1 file" if n_files == 1 else f"{n_files} files"
    if st.button(
        f"Train on this group ({files})",
        key="train_on",
        help="On the page Train, where a model learns from these files alone; as "
        "`lstmmusic train --group LABELS.csv:NUMBER`.",
    ):
        open_in_training(source, train_group.link_of(job, number))


@st.fragment
def _map(job: Job, found: Explored) -> None:
    """The map and the item that is chosen in it, or beside it."""
    key, chart = f"item_{job.id}", f"map_{job.id}"
    names = found.sequences.names

    def clicked() -> None:
        points = st.session_state[chart]["selection"]["points"]
        chosen = [_item_of(point.get("customdata")) for point in points]
        known = [item for item in chosen if item is not None and 0 <= item < len(names)]
        if known:
            st.session_state[key] = known[-1]

    left, right = st.columns([3, 2])
    with right:
        item = st.selectbox(
            "Item",
            range(len(names)),
            index=None,
            format_func=lambda item: names[item],
            placeholder="Choose one, or click it in the map",
            key=key,
        )
    near = [] if item is None else found.nearest(item)
    titles = {number: title_of(number, names_of(job)) for number in set(found.labels.tolist())}
    with right:  # before the map, which takes longer to draw: what was clicked is told at once
        _told(job, found, item, near, titles)
    with left:
        st.plotly_chart(
            map_figure(found.places, found.labels, names, titles, found.shares, item, near),
            key=chart,
            on_select=clicked,
            selection_mode="points",
            config={"scrollZoom": True, "displaylogo": False},
            alt="Map of all items; those that the network finds alike are near to each other. "
            "Items can be chosen beside it.",
        )
    if item is not None:
        _item(job, found, item)


def _told(
    job: Job, found: Explored, item: int | None, near: Sequence[int], titles: Mapping[int, str]
) -> None:
    """What is chosen in the map, and its neighbours."""
    if item is None:
        st.caption(
            "Nothing is chosen. Click a point, or choose an item above: it is shown below, and "
            "heard if it is music."
        )
        return
    names, number = found.sequences.names, int(found.labels[item])
    st.markdown(
        f"**{plain(names[item])}**  \n{mark_of(number)} {plain(titles[number])}, "
        f"confidence {found.confidence[item]:.0%}"
    )
    st.markdown("Nearest:")
    for place, other in enumerate(near):
        st.button(
            plain(f"{mark_of(int(found.labels[other]))} {_short(names[other])}"),
            key=f"near_{place}",
            help=plain(names[other]),
            on_click=_choose,
            args=(job, other),
        )


def _item_of(data: Any) -> int | None:
    """What a click says: a number, or a list with one in it; it comes from the browser."""
    value = data[0] if isinstance(data, list) and data else data
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return None
    return int(value)


def _item(job: Job, found: Explored, item: int) -> None:
    sequences, music = found.sequences, job.about["material"]["music"]
    if music:
        hear_item(Path(music), sequences.names[item], "item")
        return
    if sequences.n_features > MOST_LINES:
        st.caption(f"The first {MOST_LINES} of {sequences.n_features} features.")
    st.plotly_chart(
        lines_figure(sequences.items[item], sequences.feature_names),
        key="item_lines",
        config={"displayModeBar": False},
        alt=f"{sequences.names[item]}, step by step",
    )


def _yardsticks(report: Mapping[str, Any]) -> None:
    if not report["baselines"]:
        return
    st.subheader("Beside it")
    st.caption(
        "The same sequences in as many groups, made otherwise. Agreement with the groups above: 1 "
        "the same, 0 as by chance. Stability: agreement with itself on two samples of four fifths. "
        "Trust what is more stable."
    )
    rows = [
        {
            "Made by": row["about"],
            "Agreement": row["agreement"],
            "Stability": row["stability"],
            "Sizes": ", ".join(map(str, row["sizes"])),
        }
        for row in report["baselines"].values()
    ]
    two = st.column_config.NumberColumn(format="%.2f")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"Agreement": two, "Stability": two},
        alt="Yardsticks beside the groups",
    )


def _comparison(job: Job, found: Explored, names: Mapping[int, str]) -> None:
    """How far another run on the same sequences agrees."""
    others = {
        other.id: other for other in explored.rivals(job, Jobs().listed(session(), is_local()))
    }
    if not others:
        return
    st.subheader("Compare with another run")
    chosen = st.selectbox(
        "Other run",
        list(others),
        format_func=lambda other: others[other].title,
        key=f"rival_{job.id}",
    )
    other = others[chosen]
    try:
        labels, _ = explored.read_labels(other.folder / explored.LABELS)
        told = compare(found.labels, labels)
    except InputError as error:
        st.error(plain(str(error)))
        return
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Agreement",
            f"{told.agreement:.2f}",
            width="content",
            help="Adjusted mutual information: 1 the same groups, 0 as by chance.",
        )
        st.metric("Moved", f"{len(told.moved):,}", width="content")
    their = names_of(other)
    rows = [
        {
            "This run": title_of(match.first, names),
            "Other run": title_of(match.second, their),
            "Overlap": round(match.overlap, 2),
        }
        for match in told.matches
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "Overlap": st.column_config.NumberColumn(
                format="percent", help="Items in both groups, of those in one or the other."
            )
        },
        alt="The groups of this run, and those of the other that are most like them",
    )
    if told.moved:
        moved = [found.sequences.names[i] for i in told.moved[:_N_MOVED]]
        more = ", …" if len(told.moved) > _N_MOVED else ""
        st.caption(f"In no matching groups: {plain(', '.join(moved))}{more}")
    else:
        st.caption("Every item is in a matching group.")


def _keep(job: Job, found: Explored, names: Mapping[int, str]) -> None:
    stem = Path(job.about["material"]["name"]).stem or "groups"
    with st.container(horizontal=True):
        st.download_button(
            "Download the labels",
            lambda: labels_to_keep(found, names),
            f"{stem}.labels.csv",
            "text/csv",
            on_click="ignore",
            key="download_labels",
        )
        st.download_button(
            "Download the report",
            (job.folder / "result.json").read_bytes,
            f"{stem}.groups.json",
            "application/json",
            on_click="ignore",
            key="download_report",
        )


def _again(job: Job) -> None:
    """Other groups of the same sequences, or the same again."""
    settings = job.about["settings"]
    pressed = st.button(
        "Same seed again",
        key="again",
        help="The same settings: on the same computer the groups must be the same.",
    )
    with st.expander("Group them otherwise"):
        other = grouping.ask(bool(job.about["material"]["music"]), settings, f"again_{job.id}")
    wanted = settings if pressed else other
    if wanted is None:
        return
    try:
        open_job(grouping.start(grouping.again(job), wanted, before=job.id))
    except InputError as error:
        st.error(plain(str(error)))
        return
    st.rerun()
