"""What the networks of a clustering are to want, and how they learn: tables, no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Objective:
    """What networks want of their outputs.

    Attributes:
        about: For people.
        loss: The class in `lstmmusic.objectives`.
        settings: Its arguments.
        labels: What groups are made of: `codes`, `modes` or `choice`.
        views: Stretches of each sequence in a batch.
        reading: Of the LSTM: `moments` over time (mean and spread) or `last` step.
        standardised: True where what is read is standardised over the batch.
        scale: Of the outputs: `deviation` (each node gets mean 0 and the gain as its standard
            deviation, so that none can fall silent), `white` (the loss is blind to scale) or
            `none`.
        pooled: True where groups may be read off all networks together; else one network is kept.
        gain: Where that standard deviation starts and ends: small, a node is unsure and can still
            change its mind.
    """

    about: str
    loss: str
    labels: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    views: int = 2
    reading: str = "moments"
    standardised: bool = True
    scale: str = "none"
    pooled: bool = False
    gain: tuple[float, float] = (1.0, 1.0)


OBJECTIVES: Mapping[str, Objective] = {
    "bingo": Objective(
        "binary information gain, of two views",
        "BinaryInformationGain",
        "codes",
        {"views": 2},
        scale="deviation",
        pooled=True,
        gain=(2.0, 4.0),
    ),
    "neo": Objective(
        "nonparametric entropy, minimised, of two views",
        "NonparametricEntropy",
        "modes",
        {"views": 2, "floor": 0.1},
        scale="white",
    ),
    "softmax_views": Objective(
        "a softmax relative of bingo, of two views", "SoftmaxInformation", "choice"
    ),
    "bingo_2001": Objective(
        "binary information gain as in 2001: the layer's rule, read at the last step",
        "BinaryInformationGain",
        "codes",
        {"prior": "layer"},
        views=1,
        reading="last",
        standardised=False,
    ),
    "neo_2001": Objective(
        "nonparametric entropy as in 2001: maximised, read at the last step",
        "NonparametricEntropy",
        "modes",
        {"direction": "maximise"},
        views=1,
        reading="last",
        standardised=False,
    ),
}


@dataclass(frozen=True)
class Recipe:
    """How networks learn.

    Attributes:
        units: Cells of the LSTM.
        nodes: Outputs.
        updates: Steps of Adam.
        batch: Sequences of an update.
        view_share: Length of a view, a share of its sequence.
        max_view_steps: And no longer than this.
        learning_rate: Of Adam, after the warm-up; it falls along a half cosine to a twentieth.
        warm_up: Updates until it is reached.
        decorrelation: How much less it is worth what nodes of `bingo` share. 1: each finds
            something else, if there is as much; below, several may tell the same, and what is
            plain is told by more nodes than what is not.
    """

    units: int = 16
    nodes: int = 3
    updates: int = 400
    batch: int = 64
    view_share: float = 0.7
    max_view_steps: int = 64
    learning_rate: float = 0.02
    warm_up: int = 20
    decorrelation: float = 0.3
