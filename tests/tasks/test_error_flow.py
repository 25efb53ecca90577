"""How errors flow back, held against the product of what each step does to them."""

import keras
import numpy as np
import pytest

from lstmmusic.layers import PeepholeLSTM
from lstmmusic.tasks import task_named
from lstmmusic.tasks._error_flow import errors_back

pytestmark = pytest.mark.keras


def test_a_plain_network_multiplies_by_its_weights_and_slopes():
    """The slow twin: the error times one Jacobian a step, from the last step back."""
    rng = np.random.default_rng(0)
    layer = keras.layers.SimpleRNN(3, dtype="float64")
    layer.build((None, None, 2))
    kernel, recurrent, bias = (np.asarray(v.value) for v in layer.trainable_variables)
    inputs, direction = rng.normal(size=(1, 8, 2)), rng.normal(size=(1, 3))
    states = [np.zeros(3)]
    for x in inputs[0]:
        states.append(np.tanh(x @ kernel + states[-1] @ recurrent + bias))
    error, expected = direction[0], []
    for y in states[:1:-1]:
        error = recurrent @ ((1 - y**2) * error)
        expected.append(np.linalg.norm(error))
    np.testing.assert_allclose(errors_back(layer, inputs, direction)[0], expected, rtol=1e-10)


def test_a_cell_by_itself_keeps_all_of_it():
    """No forget gate, no way back but the cell: what an output wrote stays as it is."""
    layer = PeepholeLSTM(
        2, forget_gate=False, input_gate=False, output_gate=False, peepholes=False,
        activation="linear", use_bias=False, dtype="float64",
    )  # fmt: skip
    layer.build((None, None, 1))
    layer.cell.recurrent_kernel.assign(0.5 * np.eye(2))
    layer.cell.kernel.assign(np.zeros((1, 2)))
    flow = errors_back(layer, np.zeros((1, 6, 1)), np.array([[1.0, 0.0]]))
    # c = c' + y' / 2 with y' = c': what is added to y' alone reaches c by 1/2, and then grows.
    np.testing.assert_allclose(flow[0], 0.5 * 1.5 ** np.arange(5), rtol=1e-12)


def test_too_little_at_the_last_lag_is_not_solved():
    task = task_named("error_flow")
    settings = task.presets["paper"].settings
    for kept, solved in ((0.11, True), (0.09, False), (np.nan, False), (0.0, False)):
        shares = np.ones((1, settings.lags, 1))
        shares[0, -1] = kept
        assert task.test(settings, 0, lambda x, s=shares: s).solved == solved
    assert not task.test(settings, 0, np.zeros_like).solved
