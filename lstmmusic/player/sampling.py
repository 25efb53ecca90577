"""From logits to a choice: temperature, top-k, top-p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstmmusic.errors import InputError


class Lean(NamedTuple):
    """Other probabilities to mix in.

    Attributes:
        share: Of the mixture, 0 to 1.
        probs: Of the choices, shape (choices,), adding up to 1.
    """

    share: float
    probs: np.ndarray


@dataclass(frozen=True)
class Sampling:
    """How to choose.

    Args:
        temperature: Divides the logits; 0 takes the likeliest, 1 keeps what was learnt.
        top_p: Keep the likeliest choices that together have at least this probability.
        top_k: Keep that many of the likeliest; 0 keeps all.

    Raises:
        InputError: A value outside its range.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise InputError("temperature", "0 to 10", self.temperature)
        if not 0 < self.top_p <= 1:
            raise InputError("top_p", "more than 0, at most 1", self.top_p)
        if self.top_k < 0:
            raise InputError("top_k", "0 (all) or more", self.top_k)

    def probs(self, logits: np.ndarray, allowed: np.ndarray | None = None) -> np.ndarray:
        """Probabilities of the choices.

        Args:
            logits: Shape (choices,).
            allowed: Flags of the choices that are open; at least one.

        Example:
            >>> Sampling(top_k=1).probs(np.array([0.0, 1.0])).tolist()
            [0.0, 1.0]
        """
        scores = np.asarray(logits, np.float64)
        if allowed is not None:
            scores = np.where(allowed, scores, -np.inf)
        order = np.argsort(-scores, kind="stable")
        if self.temperature == 0:
            probs = np.zeros(len(scores))
            probs[order[0]] = 1.0
            return probs
        with np.errstate(over="ignore"):  # next to no temperature: -inf is what is meant
            scores = np.exp((scores - scores[order[0]]) / self.temperature)
        probs = scores / scores.sum()
        if self.top_k:
            probs[order[self.top_k :]] = 0
        if self.top_p < 1:
            before = np.cumsum(probs[order]) - probs[order]
            probs[order[before >= self.top_p * probs.sum()]] = 0
        return probs / probs.sum()

    def choose(
        self,
        logits: np.ndarray,
        rng: np.random.Generator,
        allowed: np.ndarray | None = None,
        lean: Lean | None = None,
    ) -> int:
        """One choice; uses exactly one random number, whatever the logits."""
        probs = self.probs(logits, allowed)
        if lean is not None:
            probs = (1 - lean.share) * probs + lean.share * lean.probs
            if self.temperature == 0:  # of the mixture, too, the likeliest
                probs = np.arange(len(probs)) == probs.argmax()
        cumulative = np.cumsum(probs)
        return int(
            min(
                np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"),
                len(cumulative) - 1,
            )
        )
