"""Many small networks trained at once: copies of a layer with weights of their own, in one array.

An experiment asks for many networks that differ in their seed alone. One by one, each costs the
same few microseconds of overhead per operation; side by side they cost them once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from lstmmusic.errors import InputError


class SideBySide(keras.layers.Layer):
    """Copies of a layer, each on its own slice of the input.

    With the TensorFlow backend, recurrent layers run as one compiled loop with a backward pass of
    its own: sequences may be long, and the time grows with them in proportion. Nothing is shared
    between copies, so that a sum of their losses trains each as if it were alone.

    Args:
        copies: Built layers of one configuration, that draw no random numbers when called.
            Recurrent ones return sequences.
        **kwargs: As every Keras layer.

    Call args:
        inputs: Shape (copies, batch, ...), as the copies want it behind the first axis.
        initial_state: Of recurrent copies, each (copies, batch, size), as `start` gives them; no
            error reaches them. None: the copies' own.
        only: Which copies, by number; the first axis of inputs, states and outputs is theirs.
            None: all.

    Returns:
        Shape (copies, batch, ...), as the copies give it.

    Raises:
        InputError: No copies, copies that are not built or of different configuration, or
            recurrent ones that do not return sequences.

    Example:
        >>> import keras
        >>> copies = [keras.layers.LSTM(4, return_sequences=True) for _ in range(3)]
        >>> for copy in copies: copy.build((None, None, 2))
        >>> layer = SideBySide(copies)
        >>> layer(keras.ops.ones((3, 8, 5, 2))).shape
        TensorShape([3, 8, 5, 4])
        >>> layer.count_params() == 3 * copies[0].count_params()
        True
        >>> layer(keras.ops.ones((2, 8, 5, 2)), only=[0, 2]).shape
        TensorShape([2, 8, 5, 4])
    """

    def __init__(self, copies: Sequence[keras.layers.Layer], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not copies or not all(copy.built for copy in copies):
            raise InputError("copies", "one or more built layers", [copy.name for copy in copies])
        if any(_kind_of(copy) != _kind_of(copies[0]) for copy in copies):
            raise InputError("copies", "layers of one configuration", "several")
        self._recurrent = isinstance(copies[0], keras.layers.RNN)
        if self._recurrent and not getattr(copies[0], "return_sequences", False):
            raise InputError("copies", "return_sequences=True", False)
        # In a tuple within a tuple, so that Keras does not take the copies' weights for ours, too.
        self._untracked = (lambda: copies,)
        names = [variable.name for variable in copies[0].trainable_variables]
        for row, name in enumerate(names):
            values = np.stack([np.asarray(c.trainable_variables[row].value) for c in copies])
            weight = self.add_weight(values.shape, name=name, dtype=values.dtype.name)
            weight.assign(values)
        self.built = True

    @property
    def copies(self) -> Sequence[keras.layers.Layer]:
        """The layers as they were given; see `write_back`."""
        return self._untracked[0]()

    def write_back(self) -> None:
        """Gives each copy its weights as they are now."""
        for row, weight in enumerate(self.trainable_variables):
            for copy, values in zip(self.copies, np.asarray(weight.value), strict=True):
                copy.trainable_variables[row].assign(values)

    def call(self, inputs: Any, initial_state: Sequence[Any] = (), only: Any = None) -> Any:
        weights = [weight + 0.0 for weight in self.trainable_variables]  # values, not variables
        if only is not None:
            weights = [ops.take(weight, only, axis=0) for weight in weights]
        state = [ops.stop_gradient(part) for part in initial_state or ()]
        if keras.backend.backend() != "tensorflow":
            return self.one_by_one(inputs, weights, state)
        if self._recurrent:
            return self._loop(inputs, weights, state)
        return self._pass(inputs, weights)

    def one_by_one(
        self, inputs: Any, weights: Sequence[Any], initial_state: Sequence[Any] = ()
    ) -> Any:
        """The same in turn: on any backend, and what the tests compare with."""
        layer: Any = self.copies[0]
        run = self._of_one(
            lambda x, *state: layer(x, initial_state=list(state)) if state else layer(x)
        )
        rows: Any = [
            run([w[n] for w in weights], inputs[n], *(part[n] for part in initial_state))
            for n in range(inputs.shape[0])
        ]
        return ops.stack(rows)

    def _of_one(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(weights of one copy, arguments) -> what the function gives of a copy with those."""
        variables = self.copies[0].trainable_variables

        def run(weights: Sequence[Any], *arguments: Any) -> Any:
            with keras.StatelessScope(list(zip(variables, weights, strict=True))):
                return function(*arguments)

        return run

    def start(self, batch_size: int) -> list[Any]:
        """States of recurrent copies before the first step, each (copies, batch, size)."""
        weights = [weight + 0.0 for weight in self.trainable_variables]
        layer: Any = self.copies[0]
        of_one = self._of_one(lambda _: layer.get_initial_state(batch_size))
        return list(_at_once(of_one, weights, ops.zeros(len(self.copies))))

    def step(self, inputs: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """One step of recurrent copies.

        Args:
            inputs: Shape (copies, batch, features).
            states: Of `start`, or of the step before.

        Returns:
            Outputs (copies, batch, units), and the new states.
        """
        weights = [weight + 0.0 for weight in self.trainable_variables]
        layer: Any = self.copies[0]
        of_one = self._of_one(lambda x, states: layer.cell(x, states))
        outputs, found = _at_once(of_one, weights, inputs, list(states))
        return outputs, list(found)

    @cached_property
    def _pass(self) -> Callable[..., Any]:
        import tensorflow as tf

        of_one = self._of_one(lambda x: self.copies[0](x))
        slopes_of_one = _slopes_of(of_one)

        def run(inputs: Any, weights: Sequence[Any]) -> Any:
            @tf.custom_gradient
            def passed(inputs: Any, *weights: Any) -> Any:
                def gradient(d_outputs: Any) -> Any:
                    found = _at_once(slopes_of_one, list(weights), inputs, d_outputs)
                    d_weights, d_inputs = found
                    return [d_inputs, *d_weights]

                return _at_once(of_one, list(weights), inputs), gradient

            return passed(inputs, *weights)

        return run

    @cached_property
    def _loop(self) -> Callable[..., Any]:
        import tensorflow as tf

        layer: Any = self.copies[0]
        start_of_one = self._of_one(lambda x: layer.get_initial_state(tf.shape(x)[0]))
        step_of_one = self._of_one(lambda x, states: layer.cell(x, states))
        start_slopes, step_slopes = _slopes_of(start_of_one), _slopes_of(step_of_one)

        def over_time(inputs: Any) -> Any:
            return tf.transpose(inputs, (2, 0, 1, 3))

        @tf.function(jit_compile=True)
        def forward(inputs: Any, weights: Any, state: Any) -> Any:
            """Outputs (copies, batch, time, units); states before every step, time in front."""
            x, n_steps = over_time(inputs), inputs.shape[2]
            states = state or _at_once(start_of_one, weights, inputs)
            lists = [_list_of(state, n_steps) for state in (states[0], *states)]

            def body(time: Any, states: Any, lists: Any) -> Any:
                output, new_states = _at_once(step_of_one, weights, x[time], states)
                found = (output, *states)
                lists = [kept.write(time, value) for kept, value in zip(lists, found, strict=True)]
                return time + 1, new_states, lists

            _, _, lists = tf.while_loop(
                lambda time, *_: time < n_steps,
                body,
                (0, states, lists),
                maximum_iterations=n_steps,
            )
            outputs, *before = (values.stack() for values in lists)
            return tf.transpose(outputs, (1, 2, 0, 3)), before

        @tf.function(jit_compile=True)
        def back(
            inputs: Any, weights: Any, before: Any, d_outputs: Any, has_own_start: bool
        ) -> Any:
            """Errors at the inputs and at all weights."""
            x, n_steps, d_outputs = over_time(inputs), inputs.shape[2], over_time(d_outputs)

            def body(steps: Any, d_states: Any, d_weights: Any, d_x: Any) -> Any:
                time = n_steps - 1 - steps
                before_step = [states[time] for states in before]
                d_found = (d_outputs[time], d_states)
                found = _at_once(step_slopes, weights, x[time], before_step, d_found)
                more, d_step, d_states = found
                d_weights = [a + b for a, b in zip(d_weights, more, strict=True)]
                return steps + 1, d_states, d_weights, d_x.write(time, d_step)

            _, d_states, d_weights, d_x = tf.while_loop(
                lambda steps, *_: steps < n_steps,
                body,
                (
                    0,
                    [tf.zeros_like(states[0]) for states in before],
                    [tf.zeros_like(weight) for weight in weights],
                    _list_of(x[0], n_steps),
                ),
                maximum_iterations=n_steps,
            )
            if has_own_start:
                more, _ = _at_once(start_slopes, weights, inputs, d_states)
                d_weights = [a + b for a, b in zip(d_weights, more, strict=True)]
            return tf.transpose(d_x.stack(), (1, 2, 0, 3)), d_weights

        def loop(inputs: Any, weights: Sequence[Any], state: Sequence[Any]) -> Any:
            @tf.custom_gradient
            def run(inputs: Any, *weights: Any) -> Any:
                outputs, before = forward(inputs, list(weights), list(state))

                def gradient(d_outputs: Any) -> Any:
                    d_inputs, d_weights = back(inputs, list(weights), before, d_outputs, not state)
                    return [d_inputs, *d_weights]

                return outputs, gradient

            return run(inputs, *weights)

        return loop


def by_copy(values: Any, like: Any) -> Any:
    """What is said of each copy, (copies,), as (copies, 1, ...), to go with `like`.

    Example:
        >>> import keras
        >>> by_copy(keras.ops.ones(3), keras.ops.ones((3, 4, 5))).shape
        TensorShape([3, 1, 1])
    """
    return ops.reshape(values, (-1, *[1] * (len(like.shape) - 1)))


def _at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function of every copy's slice of the arguments."""
    import tensorflow as tf

    return tf.vectorized_map(
        lambda slices: function(*slices), arguments, fallback_to_while_loop=False
    )


def _slopes_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """(arguments, errors at what the function gives of them) -> errors at the arguments.

    Taken for one copy, within what runs for all at once: from outside, every shape that the
    gradient needs would be an input of it, and every call would compile anew.
    """

    def slopes(*arguments_and_errors: Any) -> Any:
        import tensorflow as tf

        *arguments, errors = arguments_and_errors
        tape: Any = tf.GradientTape()
        with tape:
            tape.watch(arguments)
            found = function(*arguments)
        return tape.gradient(found, arguments, errors, tf.UnconnectedGradients.ZERO)

    return slopes


def _list_of(like: Any, n_steps: int) -> Any:
    import tensorflow as tf

    return tf.TensorArray(like.dtype, size=n_steps, element_shape=like.shape)


def _kind_of(layer: keras.layers.Layer) -> Any:
    """All of the configuration but what names and seeds a copy."""

    def shorn(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: shorn(v) for k, v in value.items() if k not in ("name", "seed")}
        return value

    return type(layer), shorn(layer.get_config())
