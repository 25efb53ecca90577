"""Small networks in double precision, whose arithmetic is held against slower ways."""

from lstmmusic.tasks._networks import layers_of

VARIANTS = ("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn")


def network(variant, seed=3, units=3, n_inputs=2, n_outputs=1, starts=True):
    """Layer and head; every unit's forget gate has a bias of its own."""
    return layers_of(
        variant,
        seed,
        n_inputs,
        n_outputs,
        units,
        forget_bias=[0.5, 1.0, 2.0][:units],
        input_bias=-1.0,
        learn_initial_state=starts,
        dtype="float64",
    )
