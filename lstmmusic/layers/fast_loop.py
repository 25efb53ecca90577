"""The loop over time with a backward pass of its own, compiled: what makes `PeepholeLSTM` fast.

TensorFlow differentiates a loop by keeping a list for every number in it and walking the lists
back; compiled, that grows faster than the sequence. Here the loop back is written out. It needs,
of each step, only the step's own slopes: those TensorFlow finds from `PeepholeLSTMCell.turn`, so
that the equations still stand once, for every variant.

    forward    z(t) = [x(t), s(t-1)] W + b          s(t), c(t) = turn(z(t), c(t-1))
    back       dz(t), dc(t-1) = slopes of turn at z(t), c(t-1) times ds(t), dc(t)
               ds(t-1) = dz(t) U^T
    after it   dW = Σ_t [x(t), s(t-1)]^T dz(t),  db = Σ_t dz(t),  dx(t) = dz(t) V^T

with s what the next step sees (the outputs, and gates that are fed back), c the cells, V the
rows of W for the inputs and U those for s. The sums over time are one matrix product each.

For the way back z, s and c of all steps are kept: per cell, step and sequence 4 + 1 + 1 numbers
without blocks, ordinary units and fed-back gates, so 4 · 6 · units · time · batch bytes in float32
(94 MB for 256 units, 480 steps, 32 sequences), and as much for dz.

References:
    Werbos (1990), "Backpropagation through time", Proceedings of the IEEE 78(10).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import tensorflow as tf

from lstmmusic.errors import InputError
from lstmmusic.step import sigmoid


class FastLoop:
    """Runs a cell over sequences inside a TensorFlow graph.

    Args:
        cell: A built `PeepholeLSTMCell` without recurrent dropout.
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell
        # Compiled, σ costs half as much by way of tanh; the two differ in the last bit.
        by_tanh = cell.recurrent_activation is keras.activations.sigmoid
        self._gate = partial(sigmoid, _Tanh) if by_tanh else None
        self._forward = tf.function(partial(self._run, keep=False), jit_compile=True)
        self._forward_to_learn = tf.function(partial(self._run, keep=True), jit_compile=True)
        self._back = tf.function(self._run_back, jit_compile=True)

    def __call__(
        self, sequences: Any, sources: Any, cells: Any, mask: Any, learning: bool
    ) -> tuple[Any, Any]:
        """What the cell makes of sequences.

        Args:
            sequences: Shape (batch, time, features), the time known.
            sources: What the first step sees of the step before, shape (batch, size).
            cells: Cells before the first step, shape (batch, units).
            mask: Shape (batch, time); a False step leaves all as it was. None for none.
            learning: True where gradients will be asked for: keeps what they need. Asked for all
                the same, they cost one more pass.

        Returns:
            All outputs and gates, shape (time, batch, size), and the last cells.
        """
        cell = self._cell
        kernel = tf.concat([cell.kernel, cell.recurrent_kernel], axis=0)
        bias = tf.zeros(kernel.shape[1:], kernel.dtype) if cell.bias is None else cell.spread_bias()
        peephole = cell.peephole_kernel
        if peephole is None:
            peephole = tf.zeros((0, cell.units), kernel.dtype)
        peephole = tf.convert_to_tensor(peephole)

        @tf.custom_gradient
        def run(*start: Any) -> Any:
            kept = (self._forward_to_learn if learning else self._forward)(*start, mask)

            def back(d_seen: Any, d_cells: Any) -> Any:
                had = kept if learning else self._forward_to_learn(*start, mask)
                return [_last(d) for d in self._gradients(start, mask, had, d_seen, d_cells)]

            return (kept[0], kept[1]), back

        return run(sequences, sources, cells, kernel, tf.convert_to_tensor(bias), peephole)

    def _run(
        self,
        sequences: Any,
        sources: Any,
        cells: Any,
        kernel: Any,
        bias: Any,
        peephole: Any,
        mask: Any,
        keep: bool,
    ) -> tuple[Any, ...]:
        """All sources, the last cells; to keep: all cells and net inputs, (time, batch, ...)."""
        n_steps = sequences.shape[1]
        x = tf.transpose(sequences, (1, 0, 2))
        shown = None if mask is None else tf.expand_dims(tf.transpose(mask), -1)
        lists = [_list_of(n_steps, sources)]
        if keep:
            lists += [_list_of(n_steps, cells), _list_of(n_steps, sources, kernel.shape[1])]

        kernels = self._by_kind(kernel, axis=1)

        def body(time: Any, sources: Any, cells: Any, lists: Any) -> Any:
            seen = tf.concat([x[time], sources], axis=1)
            net = tf.concat([tf.matmul(seen, w) for w in kernels], axis=1) + bias
            step_shown = None if shown is None else shown[time]
            sources, cells = self._turn(self._parts(net), sources, cells, step_shown, peephole)
            found = (sources, cells, net)[: len(lists)]
            lists = [kept.write(time, value) for kept, value in zip(lists, found, strict=True)]
            return time + 1, sources, cells, lists

        start = (0, sources, cells, lists)
        _, _, cells, lists = tf.while_loop(
            lambda time, *_: time < n_steps, body, start, maximum_iterations=n_steps
        )
        seen, *kept = (values.stack() for values in lists)
        return (seen, cells, *kept)

    def _parts(self, net: Any) -> dict[str, Any]:
        sizes = self._cell.sizes
        return dict(zip(sizes, self._by_kind(net, axis=-1), strict=True))

    def _by_kind(self, values: Any, axis: int) -> list[Any]:
        """The net inputs' axis, split by kind.

        Products are taken one kind at a time: in one piece a step's product is spread over threads,
        which wait for each other at every step longer than they save (6 % of the CPU time and 9 %
        of the time at 256 units on two cores).
        """
        return tf.split(values, list(self._cell.sizes.values()), axis=axis)

    def _turn(self, parts: Any, sources: Any, cells: Any, shown: Any, peephole: Any) -> Any:
        """One step from the net inputs; where it is not shown, all stays as it was."""
        new_sources, new_cells, _ = self._cell.turn(parts, cells, peephole, self._gate)
        if shown is None:
            return new_sources, new_cells
        return tf.where(shown, new_sources, sources), tf.where(shown, new_cells, cells)

    def _run_back(
        self,
        sources: Any,
        cells: Any,
        recurrent_kernel: Any,
        peephole: Any,
        mask: Any,
        seen: Any,
        all_cells: Any,
        nets: Any,
        d_seen: Any,
        d_cells: Any,
    ) -> tuple[Any, ...]:
        """Errors at all net inputs (time, batch, ...), first sources and cells, peepholes."""
        n_steps = nets.shape[0]
        shown = None if mask is None else tf.expand_dims(tf.transpose(mask), -1)
        sources_before = tf.concat([sources[None], seen[:-1]], axis=0)
        cells_before = tf.concat([cells[None], all_cells[:-1]], axis=0)
        gates, size = self._cell.blocks.peepholes, self._cell.cells_per_block
        # Transposed once: a product with it as it is costs half more.
        upward = self._by_kind(tf.transpose(recurrent_kernel), axis=0)

        def spread(gate: Any) -> Any:  # from blocks to cells
            return gate if size == 1 else tf.repeat(gate, size, axis=-1)

        def body(steps: Any, d_sources: Any, d_cells: Any, d_rows: Any, d_nets: Any) -> Any:
            time = n_steps - 1 - steps
            parts = self._parts(nets[time])
            before = (sources_before[time], cells_before[time])
            step_shown = None if shown is None else shown[time]
            tape: Any = tf.GradientTape()
            with tape:
                tape.watch((parts, before))
                after = self._turn(parts, *before, step_shown, peephole)
            d_parts, (d_past, d_cells) = tape.gradient(
                after,
                (parts, before),
                output_gradients=(d_sources + d_seen[time], d_cells),
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            d_rows = [
                row + spread(d_parts[gate]) * (all_cells[time] if gate == "o" else before[1])
                for gate, row in zip(gates, d_rows, strict=True)
            ]
            d_net = tf.concat(list(d_parts.values()), axis=-1)
            d_sources = tf.add_n([tf.matmul(d, up) for d, up in zip(d_parts.values(), upward)])
            if step_shown is not None:
                d_sources += d_past
            return steps + 1, d_sources, d_cells, d_rows, d_nets.write(time, d_net)

        d_nets = _list_of(n_steps, sources, nets.shape[2])
        # The peepholes' errors are summed over the batch at the end: in every step it costs more.
        start = (0, tf.zeros_like(sources), d_cells, [tf.zeros_like(cells) for _ in gates], d_nets)
        _, d_sources, d_cells, d_rows, d_nets = tf.while_loop(
            lambda steps, *_: steps < n_steps, body, start, maximum_iterations=n_steps
        )
        rows = [tf.reduce_sum(row, axis=0) for row in d_rows]
        d_peephole = tf.stack(rows) if rows else tf.zeros_like(peephole)
        return d_nets.stack(), d_sources, d_cells, d_peephole

    def _gradients(
        self, start: tuple[Any, ...], mask: Any, had: tuple[Any, ...], d_seen: Any, d_cells: Any
    ) -> tuple[Any, ...]:
        """Of all that the loop starts with; products over all steps are not compiled."""
        sequences, sources, cells, kernel, _, peephole = start
        seen, _, all_cells, nets = had
        n_features = sequences.shape[2]
        d_nets, d_sources, d_cells, d_peephole = self._back(
            sources,
            cells,
            kernel[n_features:],
            peephole,
            mask,
            seen,
            all_cells,
            nets,
            d_seen,
            d_cells,
        )

        def over_time(values: Any) -> Any:
            return tf.reshape(values, (-1, values.shape[2]))

        errors = over_time(d_nets)
        x = tf.transpose(sequences, (1, 0, 2))
        sources_before = tf.concat([sources[None], seen[:-1]], axis=0)
        d_kernel = tf.concat(
            [
                tf.matmul(over_time(x), errors, transpose_a=True),
                tf.matmul(over_time(sources_before), errors, transpose_a=True),
            ],
            axis=0,
        )
        d_x = tf.reshape(tf.matmul(errors, kernel[:n_features], transpose_b=True), tf.shape(x))
        d_sequences = tf.transpose(d_x, (1, 0, 2))
        return d_sequences, d_sources, d_cells, d_kernel, tf.reduce_sum(errors, axis=0), d_peephole


@tf.custom_gradient
def _last(gradient: Any) -> Any:
    """The gradient itself, which says so where someone asks for its gradient."""

    def no_further(_: Any) -> Any:
        raise InputError("use_cudnn", "False for gradients of gradients", "the fast loop")

    return tf.identity(gradient), no_further


class _Tanh:
    """The one function that `lstmmusic.step.sigmoid` asks its namespace for."""

    tanh = staticmethod(tf.tanh)


def _list_of(n_steps: int, like: Any, width: int | None = None) -> Any:
    """An empty list of rows as long as the batch of `like`, and as wide unless said otherwise."""
    shape = (like.shape[0], like.shape[1] if width is None else width)
    return tf.TensorArray(like.dtype, size=n_steps, element_shape=shape)
