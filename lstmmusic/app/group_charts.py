"""Charts of groups: the map of all items, and one item of numbers over time."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

# A group is told by its symbol as much as by its colour; both are legible on light and dark paper.
SYMBOLS = (
    ("circle", "●"),
    ("square", "■"),
    ("triangle-up", "▲"),
    ("diamond", "◆"),
    ("cross", "✚"),
    ("x", "✖"),
    ("star", "★"),
    ("triangle-down", "▼"),
)
COLOURS = ("#1971c2", "#d9480f", "#2f9e44", "#ae3ec9", "#e03131", "#0c8599", "#b08800")
NO_GROUP = "#868e96"
MOST_LINES = 8
MOST_LEGEND = 8  # groups; more are told by the table
_MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}


def mark_of(number: int) -> str:
    """The symbol of a group, as a character."""
    return "○" if number < 0 else SYMBOLS[number % len(SYMBOLS)][1]


def map_figure(
    places: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    titles: dict[int, str],
    shares: tuple[float, float],
    chosen: int | None = None,
    near: Sequence[int] = (),
) -> go.Figure:
    """All items where the network puts them; `customdata` is the number of an item.

    Args:
        places: Shape (n, 2).
        labels: Shape (n,).
        names: Of the items.
        titles: Of the groups.
        shares: How much of the spread each direction shows, 0 to 1.
        chosen: The item with a ring around it.
        near: Its neighbours, with thin rings.
    """
    figure = go.Figure()
    for number in np.unique(labels).tolist():
        inside = np.flatnonzero(labels == number)
        symbol = "circle-open" if number < 0 else SYMBOLS[number % len(SYMBOLS)][0]
        title = escape(titles.get(number, str(number)))
        figure.add_trace(
            go.Scatter(
                x=places[inside, 0],
                y=places[inside, 1],
                name=f"{title} ({len(inside)})",
                mode="markers",
                customdata=inside,
                marker={
                    "symbol": symbol,
                    "size": 9,
                    "color": NO_GROUP if number < 0 else COLOURS[number % len(COLOURS)],
                    "line": {"width": 0},
                },
                # Streamlit dims what is not selected; the ring tells what is chosen.
                selected={"marker": {"opacity": 0.85}},
                unselected={"marker": {"opacity": 0.85}},
                opacity=0.85,
                hovertext=[escape(names[i]) for i in inside.tolist()],
                hovertemplate=f"%{{hovertext}}<extra>{title}</extra>",
            )
        )
    the_one = [] if chosen is None else [chosen]
    # White around black is seen on every colour and on either paper.
    rings = [(list(near), 14, 3, "white"), (list(near), 14, 1, "black")]
    rings += [(the_one, 20, 6, "white"), (the_one, 20, 3, "black")]
    for items, size, width, colour in rings:
        figure.add_trace(
            go.Scatter(
                x=places[items, 0],
                y=places[items, 1],
                mode="markers",
                marker={
                    "symbol": "circle-open",
                    "size": size,
                    "color": colour,
                    "line": {"width": width},
                },
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for axis, update, share in (
        ("first", figure.update_xaxes, shares[0]),
        ("second", figure.update_yaxes, shares[1]),
    ):
        update(title=f"{axis} direction, {share:.0%} of the spread", zeroline=False)
    figure.update_layout(
        height=480,
        margin=_MARGIN,
        uirevision="keep",
        clickmode="event+select",
        dragmode="pan",
        hovermode="closest",
        legend={"orientation": "h", "y": -0.2, "yanchor": "top"},
        showlegend=len(np.unique(labels)) <= MOST_LEGEND,
    )
    return figure


def lines_figure(item: np.ndarray, features: Sequence[str]) -> go.Figure:
    """A sequence of numbers over its steps, at most eight features of it.

    Args:
        item: Shape (time, features).
        features: Their names.
    """
    figure = go.Figure()
    dashes = ("solid", "dash", "dot", "dashdot")
    for column, name in enumerate(features[:MOST_LINES]):
        figure.add_trace(
            go.Scatter(
                x=np.arange(1, len(item) + 1),
                y=item[:, column],
                name=escape(name),
                mode="lines+markers" if len(item) <= 100 else "lines",
                marker={"size": 4},
                line={
                    "color": COLOURS[column % len(COLOURS)],
                    "dash": dashes[column % len(dashes)],
                    "width": 1.5,
                },
                hovertemplate="step %{x}: %{y:.4g}<extra></extra>",
            )
        )
    is_one = len(features) == 1
    figure.update_xaxes(title="step", fixedrange=True)
    figure.update_yaxes(title=escape(features[0]) if is_one else "value", fixedrange=True)
    figure.update_layout(
        height=300,
        margin=_MARGIN,
        showlegend=not is_one,
        legend={"orientation": "h", "y": -0.3},
    )
    return figure
