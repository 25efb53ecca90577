"""Training examples, against tunes small enough to work out by hand."""

import numpy as np
import pytest

from lstmmusic.encoding.harmony_clock import N_SYMBOLS, symbol_of
from lstmmusic.encoding.melody_features import NO_ROOT
from lstmmusic.models import Tune, harmony_example, melody_example, pad_batch
from lstmmusic.player.network import LOWEST_PITCH
from lstmmusic.score import Chord, Key, Metre, Note, Part, Score, Timed, form_named, place_chart

pytestmark = pytest.mark.keras


def tune(notes, key="C", n_bars=12, form="standard", style="shuffle"):
    key = Key.parse(key)
    score = Score(
        parts=[Part([Note(*note) for note in notes], "melody")],
        chords=place_chart(form_named(form).bars(key)[:n_bars], Metre()),
        keys=[Timed(0.0, key)],
        length_quarters=4 * n_bars,
    )
    return Tune.of("tune", score, form, style)


# An eighth and a triplet in bar 1, a fourth a bar later, and bar 5 with a note over F7.
NOTES = [(0, 0.5, 60), (1, 1 / 3, 63), (4, 2, 67), (16, 1, 70)]


def test_melody_example_of_a_hand_made_tune():
    inputs, targets = melody_example([tune(NOTES)])
    assert targets["ioi"].tolist() == [48 - 1, 12 - 1, 36 - 1, 144 - 1]
    assert targets["duration"].tolist() == [6 - 1, 4 - 1, 24 - 1, 12 - 1]
    assert (targets["pitch"] + LOWEST_PITCH).tolist() == [60, 63, 67, 70]
    assert inputs["last"].ravel().tolist() == [60, 60, 63, 67]
    assert inputs["tonic"].ravel().tolist() == [0, 0, 0, 0]
    assert inputs["root"].ravel().tolist() == [0, 0, 0, 5]
    assert inputs["looked_back"].ravel().tolist() == [-1, -1, -1, 60]  # bar 5 looks at bar 1
    # Degree in the key, then in the chord: the last is 10 in C and 5 over F.
    degrees = [np.flatnonzero(row).tolist() for row in inputs["degrees"]]
    assert degrees == [[0, 12], [3, 15], [7, 19], [10, 12 + 5]]


def test_long_lengths_share_the_last_index():
    _, targets = melody_example([tune([(0, 40, 60), (40, 1, 62)])])
    assert targets["ioi"].tolist() == [47, 191]
    assert targets["duration"].tolist() == [191, 11]


def test_no_chord_has_no_root():
    bare = tune(NOTES)
    silent = Tune.of("bare", Score(bare.score.parts, length_quarters=48), "standard", "shuffle")
    inputs, _ = melody_example([silent])
    assert inputs["root"].ravel().tolist() == [NO_ROOT] * 4
    assert [int(np.flatnonzero(row)[-1]) for row in inputs["degrees"]] == [24] * 4


@pytest.mark.parametrize("semitones", [-3, 2, 5])
def test_transposing_moves_pitches_and_tonic_and_nothing_relative(semitones):
    before, target = melody_example([tune(NOTES)])
    after, moved = melody_example([tune(NOTES)], semitones)
    assert (moved["pitch"] - target["pitch"]).tolist() == [semitones] * 4
    assert set(after["tonic"].ravel()) == {semitones % 12}
    for name in ("root", "degrees", "rhythm_cue", "pitch_cue"):
        np.testing.assert_array_equal(after[name], before[name])
    for name in ("ioi", "duration"):
        np.testing.assert_array_equal(moved[name], target[name])


def test_second_tune_follows_in_the_key_of_the_first():
    """The second is in F; its first note stands at the start of bar 13."""
    late = (44, 1, 72)
    _, targets = melody_example([tune([*NOTES, late]), tune([(0, 1, 65), (2, 1, 69)], key="F")])
    assert (targets["ioi"][-2:] + 1).tolist() == [48, 24]
    assert (targets["pitch"] + LOWEST_PITCH).tolist() == [60, 63, 67, 70, 72, 60, 64]


def test_pickup_into_the_next_chorus_yields_to_a_note_that_still_goes_on():
    """The second tune begins two beats early; the first has a note there and one later."""
    second = tune([(2, 1, 65), (4, 1, 67)])
    early = Tune(second.name, second.score, "standard", "shuffle", second.events, second.symbols)
    early.events[:, 0] -= 48
    _, targets = melody_example([tune([(46, 1, 60), (47, 1, 62)]), early])
    # -24 falls on 552, where the first tune plays until 576: only the note on 576 remains.
    assert (targets["pitch"] + LOWEST_PITCH).tolist() == [60, 62, 67]
    assert (targets["ioi"][1:] + 1).tolist() == [12, 12]


def test_second_chorus_hears_its_own_chords():
    second = tune([(4 * 4, 1, 60)])
    inputs, _ = melody_example([tune(NOTES), second])
    assert inputs["root"].ravel().tolist() == [0, 0, 0, 5, 5]


def test_harmony_example_hears_the_symbol_before_and_the_half_of_the_bar():
    symbols = np.array([0, 0, 40, 56])
    inputs, targets = harmony_example(symbols, is_minor=True)
    heard = [np.flatnonzero(row).tolist() for row in inputs["heard"]]
    first, second, minor = N_SYMBOLS, N_SYMBOLS + 1, N_SYMBOLS + 2
    assert heard == [
        [first, minor],
        [0, second, minor],
        [0, first, minor],
        [40, second, minor],
    ]
    assert targets["symbol"].tolist() == symbols.tolist()


def test_major_is_told_from_minor():
    inputs, _ = harmony_example(np.array([0, 0]), is_minor=False)
    assert inputs["heard"][:, -1].tolist() == [0, 0]


def test_tune_knows_its_chords_by_half_bars():
    found = tune(NOTES, key="F").symbols
    one, four, five = (symbol_of(Chord(root, "7"), 5) for root in ("F", "Bb", "C"))
    bars = [one] * 4 + [four] * 2 + [one] * 2 + [five, four, one, one]
    assert found.tolist() == np.repeat(bars, 2).tolist()


def test_pad_batch_cuts_pads_and_weighs():
    examples = [harmony_example(np.arange(n), False) for n in (2, 3, 5)]
    inputs, targets, weights = pad_batch(examples, 3)
    assert targets["symbol"].tolist() == [[0, 1, 0], [0, 1, 2], [0, 1, 2]]
    assert weights["symbol"].tolist() == [[1, 1, 0], [1, 1, 1], [1, 1, 1]]
    np.testing.assert_array_equal(inputs["heard"][0, 2], 0)
    np.testing.assert_array_equal(inputs["heard"][2], examples[2][0]["heard"][:3])
