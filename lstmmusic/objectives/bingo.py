"""BINGO, binary information gain optimisation: nodes that find what divides the data.

A node has a net input y and says z = σ(y), the probability that its feature is there. Before the
pattern is seen it expects ẑ; seeing it, the node gains the information

    KL(z ‖ ẑ) = z (y - ŷ) - softplus(y) + softplus(ŷ),      ẑ = σ(ŷ)

whose slope, ẑ held, is ∂KL/∂y = σ'(y) (y - ŷ). To gain much on the average a node must be sure of
every pattern and say yes as often as no: it puts its border where there are few patterns.

Two priors:

    rule              ŷ = y + (Q - 2I)(y - <y>)        Q the correlations of y, <.> the batch's mean
    mutual information  ẑ = <z>:  <KL> = h(<z>) - <h(z)>         h the entropy of a binary choice

The rule lets the nodes of a layer predict one another (one node alone expects <y>), so that two
nodes that agree gain nothing. It is no slope of any one number, and grows with |y| without bound.
The mutual information is one, between 0 and ln 2 a node; nodes are kept apart by what
`decorrelation` takes from it.

References:
    Schraudolph, Sejnowski (1993), "Unsupervised Discrimination of Clustered Data via Optimization
    of Binary Information Gain", NIPS 5.
    Klapper-Rybicka, Schraudolph, Schmidhuber (2001), "Unsupervised Learning in LSTM Recurrent
    Neural Networks", ICANN.
"""

from __future__ import annotations

from typing import Any

import keras

from lstmmusic.objectives._outputs import (
    binary_entropy,
    binary_entropy_of_logit,
    check_outputs,
    one_of,
    ops,
    plogp,
    two_views,
)

PRIORS = ("mean", "layer")
_LEAST_VARIANCE = 1e-3  # so that a node that says always the same correlates with nothing


def information_gain(y: Any) -> Any:
    """I = h(<z>) - <h(z)>: what each node tells about which pattern was seen.

    Args:
        y: Net inputs, shape (..., batch, nodes).

    Returns:
        Nats, 0 to ln 2, shape (..., nodes).

    Example:
        >>> sure = keras.ops.convert_to_tensor([[-50.0], [-50.0], [50.0], [50.0]])
        >>> [round(float(information_gain(y)[0]), 4) for y in (sure, sure * 0)]
        [0.6931, 0.0]
    """
    y = check_outputs(y, least=1)
    before = binary_entropy(ops.mean(ops.sigmoid(y), axis=-2))
    return before - ops.mean(binary_entropy_of_logit(y), axis=-2)


def two_view_gain(first: Any, second: Any) -> Any:
    """I(a; b) of each node's answers a, b to two views of the same patterns.

    With z the answers to one view and w to the other, the joint distribution of the two bits is
    J = <[z, 1-z] ⊗ [w, 1-w]>, made symmetric, and I = 2 H(marginal) - H(J). A node gains by what
    it finds in both views; what is in one alone (a phase, noise) is worth nothing.

    Args:
        first: Net inputs at one view, shape (..., batch, nodes).
        second: At the other, row by row of the same patterns.

    Returns:
        Nats, 0 to ln 2, shape (..., nodes).

    Example:
        >>> y = keras.ops.convert_to_tensor([[-50.0], [50.0], [-50.0], [50.0]])
        >>> round(float(two_view_gain(y, y)[0]), 4), round(float(two_view_gain(y, -y)[0]), 4)
        (0.6931, 0.6931)
        >>> round(float(two_view_gain(y, keras.ops.flip(keras.ops.sort(y, 0)))[0]), 4)
        0.0
    """
    z, w = (ops.sigmoid(check_outputs(y, least=1)) for y in (first, second))
    both = ops.mean(z * w, axis=-2)
    marginal = (ops.mean(z, axis=-2) + ops.mean(w, axis=-2)) / 2
    one = marginal - both  # of one view alone; the same for either, being symmetric
    neither = 1 - both - 2 * one
    joint = plogp(both) + 2 * plogp(one) + plogp(neither)
    return 2 * binary_entropy(marginal) - joint


def gain_over_prior(y: Any) -> Any:
    """<KL(z ‖ ẑ)> of each node, with the layer's prior ŷ = y + (Q - 2I)(y - <y>) held fixed.

    Its slope is the rule of the papers, σ'(y) (y - ŷ) / batch. Not a yardstick: it has no bound,
    and its slope is none of its own, since ŷ moves as well.

    Args:
        y: Net inputs, shape (..., batch, nodes).

    Returns:
        Nats, from 0 on, shape (..., nodes).

    Example:
        >>> y = keras.ops.convert_to_tensor([[-2.0, -2.0], [2.0, 2.0]])  # two nodes that agree
        >>> [round(float(gain), 3) for gain in gain_over_prior(y)]
        [0.0, 0.0]
        >>> round(float(gain_over_prior(y[:, :1])[0]), 3)
        0.328
    """
    y = check_outputs(y, least=1)
    centred = y - ops.mean(y, axis=-2, keepdims=True)
    q = correlations(y)
    # y - ŷ = (2I - Q)(y - <y>), with a diagonal of ones in Q; Q is symmetric.
    surprise = ops.stop_gradient(centred - ops.matmul(centred, q))
    y_hat = ops.stop_gradient(y) - surprise
    gain = ops.sigmoid(y) * (y - y_hat) - ops.softplus(y) + ops.softplus(y_hat)
    return ops.mean(gain, axis=-2)


def correlations(y: Any) -> Any:
    """Correlations between nodes over the batch, the diagonal left at 0.

    Args:
        y: Shape (..., batch, nodes).

    Returns:
        Shape (..., nodes, nodes); 1e-3 is added to every variance.

    Example:
        >>> y = keras.ops.convert_to_tensor([[-9.0, 9.0], [9.0, -9.0], [9.0, -9.0]])
        >>> keras.ops.convert_to_numpy(correlations(y)).round(3).tolist()
        [[0.0, -1.0], [-1.0, 0.0]]
    """
    y = check_outputs(y, least=1)
    centred = y - ops.mean(y, axis=-2, keepdims=True)
    scale = ops.sqrt(ops.mean(centred**2, axis=-2, keepdims=True) + _LEAST_VARIANCE)
    scaled = centred / scale
    q = ops.mean(ops.expand_dims(scaled, -1) * ops.expand_dims(scaled, -2), axis=-3)
    return q * (1 - ops.eye(y.shape[-1], dtype=q.dtype))


def decorrelation(z: Any) -> Any:
    """Half the sum of squared correlations, Σ_{i<j} q_ij²: what nodes of one layer share.

    Args:
        z: Shape (..., batch, nodes).

    Returns:
        Shape (...).
    """
    return 0.5 * ops.sum(correlations(z) ** 2, axis=(-2, -1))


@keras.saving.register_keras_serializable(package="lstmmusic")
class BinaryInformationGain(keras.losses.Loss):
    """Minus the binary information gain (BINGO) of a layer of nodes, in nats.

    With `prior="mean"`, what is minimised is

        -Σ_i I_i + decorrelation · Σ_{i<j} q_ij²

    with I of `information_gain` (or, of two views, `two_view_gain`) and q the correlations of z;
    with `prior="layer"` it is -Σ_i of `gain_over_prior`, whose slope is the papers' rule, and no
    decorrelation is added, for the rule has its own.

    It fails where: all patterns are alike (nothing to tell); an easy feature that is none of the
    wanted ones is balanced as well (of a wave read at its last step, the phase): read the mean
    over time, and give two views; the layer has more nodes than the data have features (the rest
    halve groups). With `prior="layer"` the value grows with |y|: never choose between runs by it.

    Args:
        prior: `mean` or `layer`.
        decorrelation: Weight of what nodes share; with `prior="mean"` only.
        views: 1; or 2: the rows of a batch are one view of every pattern and then, in the same
            order, another; with `prior="mean"` only.
        name: Of the loss.
        **kwargs: As every Keras loss.

    Call args:
        y_true: Ignored.
        y_pred: Net inputs of the nodes (of a linear layer, before any squashing), shape
            (batch, nodes); float. Any finite value is safe.

    Raises:
        InputError: An unknown prior, or a setting that the prior does not have.

    Example:
        >>> import numpy as np
        >>> data = np.random.default_rng(0).normal(size=(64, 2)) * 0.3
        >>> data[:32, 0] += 3  # two groups
        >>> keras.utils.set_random_seed(0)
        >>> node = keras.Sequential([keras.layers.Dense(1)])
        >>> node.compile(keras.optimizers.Adam(0.1), BinaryInformationGain())
        >>> history = node.fit(data, np.zeros(64), batch_size=64, epochs=60, verbose=0)
        >>> said = keras.ops.convert_to_numpy(node(data))[:, 0] > 0
        >>> abs(int(said[:32].sum()) - int(said[32:].sum()))  # one group yes, the other no
        32

    References:
        See the module.
    """

    def __init__(
        self,
        prior: str = "mean",
        decorrelation: float = 1.0,
        views: int = 1,
        name: str = "binary_information_gain",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.prior = one_of("prior", prior, PRIORS)
        self.decorrelation = float(decorrelation)
        self.views = one_of("views", views, (1, 2) if prior == "mean" else (1,))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of one batch, or of several, (..., batch, nodes) -> (...)."""
        y = check_outputs(y_pred, least=2, views=self.views)
        if self.prior == "layer":
            return -ops.sum(gain_over_prior(y), axis=-1)
        gain = information_gain(y) if self.views == 1 else two_view_gain(*two_views(y))
        return self.decorrelation * decorrelation(ops.sigmoid(y)) - ops.sum(gain, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """As every Keras loss."""
        own = {"prior": self.prior, "decorrelation": self.decorrelation, "views": self.views}
        return {**super().get_config(), **own}
