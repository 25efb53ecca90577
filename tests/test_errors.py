import pytest

from lstmmusic.errors import ChordError, InputError, InternalError, LSTMMusicError, OutputError


def test_an_input_error_reads_argument_expected_received():
    error = InputError("tempo", "20 to 400 beats per minute", 0)
    assert str(error) == "tempo: expected 20 to 400 beats per minute, got 0"
    assert (error.argument, error.expected, error.received) == (
        "tempo",
        "20 to 400 beats per minute",
        0,
    )


def test_a_chord_error_names_bar_column_and_token():
    error = ChordError("H7", bar=3, column=14)
    assert (error.bar, error.column, error.token) == (3, 14, "H7")
    assert str(error).startswith("chords, bar 3, column 14: expected a chord such as C7")
    assert str(error).endswith("got 'H7'")


@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (InputError("a", "b", "c"), (LSTMMusicError, ValueError)),
        (ChordError("H"), (InputError, LSTMMusicError, ValueError)),
        (OutputError("a", "b", "c"), (InputError, LSTMMusicError, ValueError)),
        (InternalError("a"), (LSTMMusicError, RuntimeError)),
    ],
)
def test_each_error_is_ours_and_of_the_builtin_kind(error, kinds):
    for kind in kinds:
        assert isinstance(error, kind)


def test_our_own_fault_is_no_input_error():
    assert not issubclass(InternalError, (InputError, ValueError))
