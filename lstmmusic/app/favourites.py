"""Favourites: pieces that are kept on this computer, as what was asked for, not as sound."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from lstmmusic.app.jobs import read_json, write_json
from lstmmusic.app.share import Take, from_query, to_query
from lstmmusic.errors import InputError
from lstmmusic.player.stored import user_folder

MAX_FAVOURITES = 100
MAX_NAME = 60


@dataclass(frozen=True)
class Favourite:
    """A name and what stands in the link to the piece."""

    name: str
    query: dict[str, str]

    def take(self, models: Container[str]) -> Take:
        """What is to be played.

        Raises:
            InputError: The file was written by another version, or its model is gone.
        """
        found = from_query(self.query, models)
        if found is None:
            raise InputError("favourite", "a seed", "none")
        return found


def path() -> Path:
    """Where they are kept: in the folder that `LSTMMUSIC_FAVOURITES` names, else the user's."""
    return user_folder("favourites") / "favourites.json"


def listed() -> list[Favourite]:
    """All favourites, the newest first; what cannot be read is left out."""
    found = []
    rows = read_json(path()).get("favourites")
    for row in rows if isinstance(rows, list) else []:
        name, query = (row.get("name"), row.get("query")) if isinstance(row, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(query, dict):
            continue
        if all(isinstance(value, str) for value in query.values()):
            found.append(Favourite(name[:MAX_NAME], query))
    return found


def keep(name: str, take: Take) -> None:
    """Keeps a piece; one of the same name is replaced.

    Raises:
        InputError: No name, or a piece that no list can bring back.
        OutputError: The folder cannot be written to.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise InputError("name", f"1 to {MAX_NAME} letters", f"{len(name)}")
    if Path(take.settings.model).name != take.settings.model:
        raise InputError("model", "one that has a name", "a folder")
    others = [row for row in listed() if row.name != name]
    if len(others) >= MAX_FAVOURITES:
        raise InputError("favourites", f"at most {MAX_FAVOURITES}", f"{len(others) + 1}")
    _write([Favourite(name, to_query(take)), *others])


def forget(name: str) -> None:
    """Removes the favourite of that name."""
    _write([row for row in listed() if row.name != name])


def _write(rows: list[Favourite]) -> None:
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    table = [{"name": row.name, "query": row.query} for row in rows]
    write_json(target, {"favourites": table})


def show(take: Take, models: Container[str]) -> Take | None:
    """An expander with the favourites; what was chosen to be played just now."""
    chosen = None
    rows = listed()
    title = f"Favourites ({len(rows)})" if rows else "Favourites"
    with st.expander(title, key="favourites"):
        with (
            st.form("keep", border=False, clear_on_submit=True),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            name = st.text_input("Name of this piece", max_chars=MAX_NAME)
            pressed = st.form_submit_button("Keep this piece")
        if pressed:
            keep(name, take)
            st.rerun()
        if not rows:
            st.caption("None yet. What is kept stays on this computer, over reloads.")
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center"):
                # As text: a name is shown letter by letter.
                st.text(row.name, width="stretch")
                if st.button("Play", key=f"play_{row.name}", help=f"Play {row.name}"):
                    chosen = row.take(models)
                st.button(
                    "Remove",
                    key=f"remove_{row.name}",
                    type="tertiary",
                    help=f"Remove {row.name}",
                    on_click=forget,
                    args=(row.name,),
                )
    return chosen
