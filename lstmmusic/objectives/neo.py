"""NEO, nonparametric entropy optimisation: outputs that gather in clumps, or spread.

The density of the outputs is estimated by a Gaussian bump on every other pattern of the batch
(Parzen), and the entropy from it, each pattern left out of its own estimate:

    p_i = 1/(N-1) Σ_{j≠i} N(y_i; y_j, diag s)          H = -1/N Σ_i ln p_i

The bumps' variances s, one a dimension, are those that make the outputs likeliest, by the fixed
point of

    s_d = 1/N Σ_i Σ_j π_ij (y_id - y_jd)²              π_ij = N(y_i; y_j) / Σ_{k≠i} N(y_i; y_k)

held fixed while the slope is taken: at that point ∂H/∂s = 0, so nothing is lost.

Maximised, within bounds, H spreads the outputs: every pattern tells as much as it can. Minimised as
it is, it would fall without end while all outputs meet in one point. So what is minimised is the
entropy of the *whitened* outputs: no scaling, turning or shearing changes it, and all that is left
to gain by is to be clumped.

References:
    Viola, Schraudolph, Sejnowski (1996), "Empirical Entropy Manipulation for Real-World Problems",
    NIPS 8. Schraudolph (2004), "Gradient-Based Manipulation of Nonparametric Entropy Estimates",
    IEEE Transactions on Neural Networks 15(4) (kernel shape, affine invariance).
    Klapper-Rybicka, Schraudolph, Schmidhuber (2001), "Unsupervised Learning in LSTM Recurrent
    Neural Networks", ICANN.
"""

from __future__ import annotations

import math
from typing import Any

import keras

from lstmmusic.errors import InputError
from lstmmusic.objectives._outputs import check_outputs, one_of, ops, two_views

DIRECTIONS = ("minimise", "maximise")
_RIDGE = 1e-4  # added to the correlations, so that they can be inverted where nodes are all alike
_LEAST_VARIANCE = 1e-12
_FAR = 1e30  # a squared distance that no bump reaches


def parzen_entropy(y: Any, variances: Any) -> Any:
    """H of a batch, each pattern told by the bumps on all others.

    Args:
        y: Outputs, shape (..., batch, nodes).
        variances: Of the bumps, shape (..., nodes).

    Returns:
        Nats, shape (...); below 0 where the density is high.

    Example:
        >>> import numpy as np
        >>> y = np.random.default_rng(0).normal(size=(1000, 1))
        >>> round(float(parzen_entropy(y, kernel_variances(y))), 1)  # of the Gaussian, 1.42
        1.4
    """
    y = check_outputs(y, least=2)
    variances = ops.cast(ops.convert_to_tensor(variances), y.dtype)
    log_bumps = _log_bumps(y, variances)
    norm = 0.5 * ops.sum(ops.log(2 * math.pi * variances), axis=-1) + math.log(y.shape[-2] - 1)
    return norm - ops.mean(ops.logsumexp(log_bumps, axis=-1), axis=-1)


def kernel_variances(y: Any, iterations: int = 20, floor: float = 1e-3) -> Any:
    """The variances of the bumps that make the outputs likeliest; no slope goes through them.

    Args:
        y: Outputs, shape (..., batch, nodes).
        iterations: Steps of the fixed point, from the outputs' own variances scaled for the size
            of the batch (Scott's rule).
        floor: Least width, a standard deviation in the units of y.

    Returns:
        Shape (..., nodes).

    Example:
        >>> y = keras.ops.convert_to_tensor([[0.0], [0.1], [5.0], [5.1]])
        >>> round(float(kernel_variances(y)[0]) ** 0.5, 3)  # how far the next one is
        0.1
    """
    y = ops.stop_gradient(check_outputs(y, least=2))
    n, m = y.shape[-2:]
    least = floor**2
    s = ops.var(y, axis=-2) * n ** (-2 / (m + 4)) + least
    squares = (ops.expand_dims(y, -2) - ops.expand_dims(y, -3)) ** 2
    for _ in range(iterations):
        weights = ops.softmax(_log_bumps(y, s), axis=-1)
        found = ops.sum(ops.expand_dims(weights, -1) * squares, axis=(-3, -2)) / n
        s = ops.maximum(found, least)
    return ops.stop_gradient(s)


def _log_bumps(y: Any, variances: Any) -> Any:
    """-½ Σ_d (y_id - y_jd)² / s_d, and nothing to itself; shape (..., batch, batch)."""
    scaled = y / ops.expand_dims(ops.sqrt(variances), -2)
    away = ops.expand_dims(scaled, -2) - ops.expand_dims(scaled, -3)
    itself = _FAR * ops.eye(y.shape[-2], dtype=y.dtype)
    return -0.5 * ops.sum(away**2, axis=-1) - itself


def whitened(y: Any) -> Any:
    """The batch moved, turned and scaled to mean 0 and unit covariance.

    Each node is scaled by its own spread, then y ↦ L⁻¹ y with LLᵀ the correlations.

    Args:
        y: Shape (..., batch, nodes).

    Returns:
        The same shape. In directions without any spread it stays near 0.

    Example:
        >>> import numpy as np
        >>> y = np.random.default_rng(0).normal(size=(500, 2)) @ [[3.0, 1.0], [0.0, 2.0]] + 7
        >>> np.cov(keras.ops.convert_to_numpy(whitened(y)).T, bias=True).round(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    y = check_outputs(y, least=2)
    centred = y - ops.mean(y, axis=-2, keepdims=True)
    variance = ops.mean(centred**2, axis=-2, keepdims=True)
    scaled = centred / ops.sqrt(variance + _LEAST_VARIANCE)
    up = ops.swapaxes(scaled, -1, -2)
    correlations = ops.matmul(up, scaled) / y.shape[-2]
    root = ops.cholesky(correlations + _RIDGE * ops.eye(y.shape[-1], dtype=y.dtype))
    return ops.swapaxes(ops.solve_triangular(root, up, lower=True), -1, -2)


@keras.saving.register_keras_serializable(package="lstmmusic")
class NonparametricEntropy(keras.losses.Loss):
    """The nonparametric entropy (NEO) of a layer's outputs, in nats, to make small or great.

    `minimise`: H of `whitened` outputs. A Gaussian cloud has 1.42 nats a node, and clumps less, the
    less the tighter they are, down to about ln(floor) a node.
    `maximise`: -H of tanh(outputs), as much as N patterns can tell within ±1.

    Minimised, it fails where a few outliers make a direction of their own: groups smaller than
    `batch / 20` are clumps like others. A run that has found no clumps has a value that is plainly
    higher, so that failures can be told from it; good runs cannot be ranked by it. Maximised, it
    finds what varies most (of a wave read at its last step, the phase), in groups or not.

    Its cost grows with the square of the batch: 100 to 200 patterns are enough.

    Args:
        direction: `minimise` or `maximise`.
        iterations: Of the bumps' variances.
        floor: Least width of a bump, a standard deviation, where the whitened outputs have 1.
        views: 1; or 2: the rows of a batch are one view of every pattern and then, in the same
            order, another. Then what the two leave open is added, the entropy of a Gaussian
            around their mean: ½ Σ_d ln(2πe (floor² + <(y_d - y'_d)²> / 2)).
        name: Of the loss.
        **kwargs: As every Keras loss.

    Call args:
        y_true: Ignored.
        y_pred: Outputs of a linear layer, shape (batch, nodes), three patterns or more.

    Raises:
        InputError: An unknown direction, or a number out of its range.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> cloud = rng.normal(size=(200, 1))
        >>> clumps = np.sign(cloud) + 0.1 * rng.normal(size=(200, 1))
        >>> neo = NonparametricEntropy()
        >>> [round(float(neo(cloud, y)), 1) for y in (cloud, 10 * cloud + 3, clumps)]
        [1.4, 1.4, -0.1]

    References:
        See the module.
    """

    def __init__(
        self,
        direction: str = "minimise",
        iterations: int = 20,
        floor: float = 0.03,
        views: int = 1,
        name: str = "nonparametric_entropy",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.direction = one_of("direction", direction, DIRECTIONS)
        self.iterations, self.floor = int(iterations), float(floor)
        self.views = one_of("views", views, (1, 2) if direction == "minimise" else (1,))
        if self.iterations < 1:
            raise InputError("iterations", "1 or more", iterations)
        if not self.floor > 0:
            raise InputError("floor", "a width above 0", floor)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of one batch, or of several, (..., batch, nodes) -> (...)."""
        y = check_outputs(y_pred, least=3, views=self.views)
        if self.direction == "maximise":
            y = ops.tanh(y)
            return -parzen_entropy(y, kernel_variances(y, self.iterations, self.floor))
        y = whitened(y)
        entropy = parzen_entropy(y, kernel_variances(y, self.iterations, self.floor))
        if self.views == 1:
            return entropy
        first, second = two_views(y)
        left_open = ops.mean((first - second) ** 2, axis=-2) / 2 + self.floor**2
        return entropy + 0.5 * ops.sum(ops.log(2 * math.pi * math.e * left_open), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """As every Keras loss."""
        own = ("direction", "iterations", "floor", "views")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
