import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import HarmonyClock
from lstmmusic.encoding.harmony_clock import (
    FAMILIES,
    N_SYMBOLS,
    SILENT,
    chord_of,
    family_of,
    symbol_of,
)
from lstmmusic.score import (
    FORMS,
    NO_CHORD,
    Chord,
    Key,
    Metre,
    Score,
    Timed,
    parse_chart,
    parse_quality,
    place_chart,
)
from tests.strategies import chords, keys

FAMILY_OF = {
    "7": ("7", "9", "13b9", "7#9", "7alt", "7#5", "7b5"),
    "m7": ("m7", "m9", "m11", "m7#5"),
    "maj7": ("maj7", "maj9", "maj7#11", "maj7#5"),
    "m7b5": ("m7b5", "m9b5"),
    "dim7": ("dim7", "dim", "dimmaj7"),
    "": ("", "6", "69", "add9", "aug"),
    "m": ("m", "m6", "mmaj7", "madd9"),
    "sus4": ("sus4", "7sus4", "9sus4", "sus2"),
}


@pytest.mark.parametrize(("family", "symbols"), FAMILY_OF.items())
def test_a_quality_belongs_to_the_family_of_its_third_fifth_and_seventh(family, symbols):
    assert {family_of(parse_quality(symbol)) for symbol in symbols} == {family}


@given(symbol=st.integers(0, N_SYMBOLS - 1), key=keys)
def test_symbols_and_chords_are_inverse(symbol, key):
    assert symbol_of(chord_of(symbol, key), key.pitch_class) == symbol


@given(chord=chords, key=keys, semitones=st.integers(-11, 11))
def test_all_keys_are_one(chord, key, semitones):
    moved = chord.transpose(semitones), key.transpose(semitones)
    assert symbol_of(moved[0], moved[1].pitch_class) == symbol_of(chord, key.pitch_class)


def test_silence_has_a_symbol_of_its_own():
    assert symbol_of(NO_CHORD, 5) == SILENT == 12 * len(FAMILIES)
    assert chord_of(SILENT, Key("C")) == NO_CHORD


def score_of(text, key="C", **fields):
    chart = parse_chart(text)
    metre = fields.pop("metre", Metre())
    start = fields.get("pickup_quarters", 0.0)
    return Score(
        chords=place_chart(chart, metre, start),
        metres=[Timed(0.0, metre)],
        keys=[Timed(0.0, Key.parse(key))],
        length_quarters=start + len(chart) * metre.bar_quarters,
        **fields,
    )


@pytest.mark.parametrize("metre", [Metre(4, 4), Metre(12, 8), Metre(2, 2)])
@pytest.mark.parametrize("pickup", [0.0, 1.0])
def test_the_clock_ticks_in_half_bars_from_bar_1(metre, pickup):
    score = score_of("| C7 | Gm7 C7 | F7 |", metre=metre, pickup_quarters=pickup)
    one, four, minor_five = 0, 5 * len(FAMILIES), 7 * len(FAMILIES) + FAMILIES.index("m7")
    assert HarmonyClock().encode(score).tolist() == [one, one, minor_five, one, four, four]


def test_the_form_looks_the_same_in_every_key():
    for form in FORMS.values():
        arrays = []
        for tonic in ("C", "F#", "Bb"):
            key = form.key(Key(tonic))
            score = Score(
                chords=place_chart(form.bars(key), Metre()),
                keys=[Timed(0.0, key)],
                length_quarters=4 * form.n_bars,
            )
            arrays.append(HarmonyClock().encode(score))
        np.testing.assert_array_equal(arrays[0], arrays[1])
        np.testing.assert_array_equal(arrays[0], arrays[2])


def test_decoded_chords_are_written_at_bar_lines_and_changes():
    score = score_of("| F7 | F7 | Cm7 F7 | N.C. |", key="F")
    decoded = HarmonyClock().decode(HarmonyClock().encode(score), score)
    assert decoded.chords == score.chords
    assert decoded == score


def test_a_chord_inside_a_tick_is_not_heard():
    score = score_of("| C7 Dm7 G7 C7 |")
    assert [str(chord) for _, chord in HarmonyClock().quantise(score).chords] == ["C7", "G7"]
    beats = HarmonyClock(steps_per_bar=4).quantise(score)
    assert [str(chord) for _, chord in beats.chords] == ["C7", "Dm7", "G7", "C7"]


def test_a_score_without_a_key_is_read_in_c():
    score = Score(chords=[Timed(0.0, Chord("G", "7"))], length_quarters=4)
    assert HarmonyClock().encode(score).tolist() == [56, 56]
