"""Charts: plotly figures that take their colours from the page's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lstmmusic.app.runs import Curve

_MARGIN = {"l": 10, "r": 10, "t": 40, "b": 10}
# Legible on light and on dark paper; never the only difference between two lines.
SEEN, UNSEEN = "#1971c2", "#d9480f"


def bars_figure(title: str, pairs: Sequence[tuple[str, int]]) -> go.Figure:
    """How many files each value has.

    Args:
        title: With its unit.
        pairs: Value and count.
    """
    labels, counts = [label for label, _ in pairs], [count for _, count in pairs]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=counts,
            width=0.7 if len(labels) > 2 else 0.3,
            marker_color=SEEN,
            hovertemplate="%{x}: %{y}<extra></extra>",
        )
    )
    figure.update_layout(
        title={"text": title, "font": {"size": 14}}, height=240, margin=_MARGIN, showlegend=False
    )
    is_roomy = len(labels) <= (12 if max(map(len, labels), default=0) <= 3 else 4)
    figure.update_xaxes(type="category", fixedrange=True, tickangle=0 if is_roomy else -40)
    figure.update_yaxes(title="files", fixedrange=True, rangemode="tozero")
    return figure


def curve_figure(curve: Curve, n_epochs: int = 0) -> go.Figure:
    """A network's figure on seen and on unseen music, epoch by epoch.

    Args:
        curve: Of the network.
        n_epochs: How far the axis goes at least.
    """
    figure = go.Figure()
    lines = (
        ("learnt from", curve.seen, SEEN, "dot"),
        ("other music", curve.unseen, UNSEEN, "solid"),
    )
    for name, values, colour, dash in lines:
        if all(value is None for value in values):
            continue
        figure.add_trace(
            go.Scatter(
                x=curve.epochs,
                y=values,
                name=name,
                mode="lines+markers" if len(values) < 20 else "lines",
                line={"color": colour, "dash": dash},
                hovertemplate=f"epoch %{{x}}: %{{y:.2f}} {curve.measure}<extra>{name}</extra>",
            )
        )
    last = max(n_epochs, *curve.epochs)
    figure.update_xaxes(title="epoch", range=[-last / 40, last * 1.03])
    if last <= 10:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(title=curve.measure)
    figure.update_layout(
        title={"text": curve.network.capitalize(), "font": {"size": 14}},
        height=320,
        margin={**_MARGIN, "b": 60},
        uirevision="keep",
        showlegend=True,
        legend={"orientation": "h", "y": -0.25},
    )
    return figure


def rounds_figure(rows: Sequence[Mapping[str, float]], step_unit: str) -> go.Figure:
    """What an experiment measures, a panel each, against the steps taken.

    Args:
        rows: Of its run folder.
        step_unit: What steps count.
    """
    names = [name for name in rows[-1] if name not in ("epoch", "steps", "stopped")]
    n_columns = min(len(names), 2)
    figure = make_subplots(
        rows=-(-len(names) // n_columns),
        cols=n_columns,
        subplot_titles=[name.replace("_", " ") for name in names],
    )
    steps = [row["steps"] for row in rows]
    for place, name in enumerate(names):
        at: dict[str, Any] = {"row": place // n_columns + 1, "col": place % n_columns + 1}
        values = [row.get(name) for row in rows]
        figure.add_trace(go.Scatter(x=steps, y=values, mode="lines", line_color=SEEN), **at)
        figure.update_xaxes(title=step_unit, rangemode="tozero", **at)
    figure.update_layout(
        height=260 * -(-len(names) // n_columns),
        margin=_MARGIN,
        showlegend=False,
        uirevision="keep",
    )
    return figure


def inside_figure(inputs: np.ndarray, values: np.ndarray, name: str, is_gate: bool) -> go.Figure:
    """A picture of what happens in a layer, step by step, below what it reads.

    Args:
        inputs: Shape (time, features).
        values: Shape (time, units).
        name: Of the values.
        is_gate: They lie between 0 and 1.
    """
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.3, 0.7],
        vertical_spacing=0.08,
        subplot_titles=["Input", name],
    )
    limit = float(np.abs(values).max()) or 1.0
    figure.add_trace(go.Heatmap(z=inputs.T, colorscale="Greys", showscale=False), row=1, col=1)
    scale = {"colorscale": "Viridis", "zmin": 0, "zmax": 1}
    if not is_gate:
        scale = {"colorscale": "RdBu", "zmin": -limit, "zmax": limit, "reversescale": True}
    figure.add_trace(
        go.Heatmap(
            z=values.T,
            hovertemplate="step %{x}, unit %{y}: %{z:.2f}<extra></extra>",
            colorbar={"thickness": 10},
            **scale,
        ),
        row=2,
        col=1,
    )
    figure.update_xaxes(title="step", row=2, col=1)
    figure.update_yaxes(title="feature", row=1, col=1, dtick=max(1, inputs.shape[1] // 4))
    figure.update_yaxes(title="unit", row=2, col=1)
    figure.update_layout(height=420, margin=_MARGIN)
    return figure
