"""A relative of BINGO for a choice among groups: one softmax layer in place of binary nodes.

The nodes of BINGO each divide the data in two; a softmax layer says p, the probabilities of K
groups, and gains

    one view    I = H(<p>) - <H(p)>
    two views   I = 2 H(marginal) - H(J),       J = <p ⊗ q>, made symmetric

with p, q the answers to two views of the same pattern. It is no part of the papers of 2001: it
stands beside BINGO and NEO to compare with.

References:
    Bridle, Heading, MacKay (1991), "Unsupervised Classifiers, Mutual Information and 'Phantom
    Targets'", NIPS 4 (one view). Ji, Henriques, Vedaldi (2019), "Invariant Information Clustering
    for Unsupervised Image Classification and Segmentation", ICCV (two views).
"""

from __future__ import annotations

from typing import Any

import keras

from lstmmusic.objectives._outputs import check_outputs, one_of, ops, plogp, two_views


def softmax_information(y: Any, views: int = 2) -> Any:
    """What the choice among groups tells about which pattern was seen.

    Args:
        y: Logits, shape (..., batch, groups); with two views, those of one above the other's.
        views: 1 or 2.

    Returns:
        Nats, 0 to ln(groups), shape (...).

    Example:
        >>> y = 60.0 * keras.ops.eye(3)
        >>> round(float(softmax_information(y, views=1)), 4)  # ln 3
        1.0986
        >>> round(float(softmax_information(keras.ops.concatenate([y, y]), views=2)), 4)
        1.0986
    """
    y = check_outputs(y, least=views, views=views)
    if views == 1:
        p = ops.softmax(y, axis=-1)
        sure = -ops.sum(p * ops.log_softmax(y, axis=-1), axis=-1)
        return ops.sum(plogp(ops.mean(p, axis=-2)), axis=-1) - ops.mean(sure, axis=-1)
    p, q = (ops.softmax(view, axis=-1) for view in two_views(y))
    joint = ops.mean(ops.expand_dims(p, -1) * ops.expand_dims(q, -2), axis=-3)
    joint = (joint + ops.swapaxes(joint, -1, -2)) / 2
    marginal = ops.sum(joint, axis=-1)
    return 2 * ops.sum(plogp(marginal), axis=-1) - ops.sum(plogp(joint), axis=(-2, -1))


@keras.saving.register_keras_serializable(package="lstmmusic")
class SoftmaxInformation(keras.losses.Loss):
    """Minus what a softmax layer tells about the pattern, in nats: `softmax_information`.

    It fails where groups die: two are merged and one is never said, which is stable. Several runs
    differ then in their value, so that the best of them is to be kept.

    Args:
        views: 2: the rows of a batch are one view of every pattern and then, in the same order,
            another; or 1.
        name: Of the loss.
        **kwargs: As every Keras loss.

    Call args:
        y_true: Ignored.
        y_pred: Logits, shape (batch, groups).

    Raises:
        InputError: Neither one nor two views.

    Example:
        >>> loss = SoftmaxInformation(views=1)
        >>> round(float(loss(keras.ops.zeros(4), 60.0 * keras.ops.eye(4))), 4)  # -ln 4
        -1.3863

    References:
        See the module.
    """

    def __init__(self, views: int = 2, name: str = "softmax_information", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.views = one_of("views", views, (1, 2))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of one batch, or of several, (..., batch, groups) -> (...)."""
        return -softmax_information(y_pred, self.views)

    def get_config(self) -> dict[str, Any]:
        """As every Keras loss."""
        return {**super().get_config(), "views": self.views}
