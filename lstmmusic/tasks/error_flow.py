"""Why LSTM: how much of an error arrives at earlier steps.

An error that flows back through a plain recurrent network is multiplied at every step by weights
and slopes, and vanishes (or explodes) exponentially with the lag; inside a cell without a forget
gate it is multiplied by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks.task import Job, Preset, Published, Task, Trained, Verdict, check_whole


@dataclass(frozen=True)
class FlowSettings:
    """What is measured.

    Attributes:
        lags: Steps that errors flow back.
        units: Of the hidden layer.
        features: Of the inputs, normally distributed.
        forget_bias: Of forget gates, in all variants but `keras_lstm`, which has Keras' own 1.
        sequences: Each measured error is a mean over so many.
        batch_sequences: Measured at a time.
        kept_share: Success: so much of what arrives one step back arrives at the last lag.
        told_lags: Whose shares are told.
    """

    lags: int = 100
    units: int = 16
    features: int = 2
    forget_bias: float = 4.6
    sequences: int = 64
    batch_sequences: int = 64
    kept_share: float = 0.1
    told_lags: tuple[int, ...] = (10, 50, 100)

    def __post_init__(self) -> None:
        for name in ("lags", "units", "features", "sequences", "batch_sequences"):
            check_whole(name, getattr(self, name), least=1)
        if max(self.told_lags) > self.lags:
            raise InputError("told_lags", f"lags up to {self.lags}", self.told_lags)


def _train(job: Job) -> list[Trained]:
    """Trains nothing: measures networks as they start."""
    from lstmmusic.tasks import _error_flow, _networks, _training

    settings: FlowSettings = job.settings
    # Of 1997, with the weights of Experiment 4.
    original = _networks.Original(
        blocks=settings.units,
        cells_per_block=1,
        biased=("input", "output", "cell"),
        has_output_bias=True,
        weight_range=0.1,
    )
    layers = [
        _networks.layers_of(
            job.variant,
            seed,
            settings.features,
            1,
            settings.units,
            original,
            1.0 if job.variant == "keras_lstm" else settings.forget_bias,
            dtype="float64",
        )[0]
        for seed in job.seeds
    ]
    return _training.train(_error_flow.FlowMeter(layers, job.seeds, settings), job)


def _test(settings: FlowSettings, seed: int, solver: Any) -> Verdict:
    flow = np.asarray(solver(np.zeros((1, settings.lags, 1))))[0, :, 0]
    shares = flow / flow[0] if flow[0] > 0 else np.zeros_like(flow)
    kept = float(shares[-1])
    told = {f"share_at_{lag}": float(shares[lag - 1]) for lag in settings.told_lags}
    per_step = kept ** (1 / max(settings.lags - 1, 1))
    return Verdict(kept >= settings.kept_share, {**told, "kept_per_step": float(per_step)})


def _oracle(settings: FlowSettings) -> Any:
    """The carousel alone: all arrives."""
    return lambda inputs: np.ones(inputs.shape)


_SOURCE = "Hochreiter, Schmidhuber (1997), section "

TASKS = (
    Task(
        name="error_flow",
        title="Why LSTM: how far errors flow back",
        family="error_flow",
        tags=("long lag", "analysis", "1997"),
        about=(
            "Nothing is learnt. Of networks with first weights, reading normally distributed noise "
            "of two features, it is measured how much of an error at the outputs h(t) of the "
            "hidden layer arrives at h(t - q): the length of dE(t)/dh(t - q), dE(t)/dh(t) having "
            "a random direction, a mean over 64 sequences, q from 1 to "
            f"{FlowSettings.lags}. Success: at q = {FlowSettings.lags} at least a tenth of what "
            "arrives at q = 1. Told are these shares at a few lags, and what is kept per step. "
            f"Forget gates have a bias of {FlowSettings.forget_bias}, `keras_lstm` has Keras' own "
            "of 1; `elman` is a plain network of logistic units with weights up to 0.2, `rnn` "
            "Keras' `SimpleRNN`."
        ),
        published=(
            Published(1, "kept per step", "a cell of 1997 by itself", _SOURCE + "3.2", "lstm1997"),
            Published(
                0.25,
                "kept per step at most, times the weight",
                "a logistic unit by itself",
                _SOURCE + "3.1",
                "elman",
            ),
        ),
        presets={
            "quick": Preset(
                "quick",
                FlowSettings(sequences=16, batch_sequences=16),
                64,
                bar="a tenth of the error arrives 100 steps back, in 2 of 3 networks",
            ),
            "paper": Preset("paper", FlowSettings(), 64),
        },
        tiny=Preset(
            "tiny",
            FlowSettings(
                lags=4, units=2, sequences=4, batch_sequences=2, told_lags=(2, 4), kept_share=1e-9
            ),
            4,
        ),
        variants=(
            "lstm1997",
            "no_forget",
            "peephole",
            "no_peepholes",
            "keras_lstm",
            "rnn",
            "elman",
        ),
        step_unit="sequences measured",
        train=_train,
        test=_test,
        oracle=_oracle,
    ),
)
