from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import analysis as benchmark
from lstmmusic.analysis import find_chords
from lstmmusic.score import Chord, Key, Metre, Note, Part, Score, Timed, parse_chart
from tests.strategies import scores


def agreement(score, found):
    """Share of the beats whose root and intervals are the written ones."""
    beats = np.arange(score.pickup_quarters, score.length_quarters, score.metre.beat_quarters)
    there = replace(score, chords=found.value)
    return np.mean(
        [there.chord_at(at).pitch_classes == score.chord_at(at).pitch_classes for at in beats]
    )


def blocks(chart, bar_quarters=4.0, low=48):
    """Chords of a chart held in root position, bar by bar."""
    notes = []
    for number, bar in enumerate(parse_chart(chart)):
        length = bar_quarters / len(bar)
        for place, chord in enumerate(bar):
            for pitch_class in chord.pitch_classes:
                above = (pitch_class - chord.pitch_classes[0]) % 12
                pitch = low + chord.pitch_classes[0] + above
                notes.append(Note(number * bar_quarters + place * length, length, pitch))
    return Part(notes)


def symbols(found):
    return [(onset, str(chord)) for onset, chord in found.value]


def test_chords_of_our_own_pieces_come_back(blues):
    found = find_chords(replace(blues, chords=()), blues.key, 0)
    assert agreement(blues, found) > 0.9
    assert found.source == "played"
    assert found.confidence > 0.8


def test_melody_and_bass_tell_most_chords(blues):
    parts = [part for part in blues.parts if not part.name.startswith("piano")]
    found = find_chords(replace(blues, parts=parts, chords=()), blues.key, 0)
    assert agreement(blues, found) > 0.8
    assert found.source == "inferred"


def test_a_melody_alone_tells_the_form_with_less_confidence(shuffle):
    alone = replace(shuffle, parts=shuffle.parts[:1], chords=())
    found = find_chords(alone, shuffle.key, 0)
    full = find_chords(replace(shuffle, chords=()), shuffle.key, 0)
    assert agreement(shuffle, found) > 0.8
    assert found.source == "inferred"
    assert found.confidence < full.confidence
    assert find_chords(alone, shuffle.key, 0, from_melody=False) == ((), 0.0, "inferred")


def test_transposing_a_piece_transposes_its_chords(blues):
    hidden = replace(blues, chords=())
    here = find_chords(hidden, blues.key, 0)
    there = find_chords(hidden.transpose(-3), blues.key.transpose(-3), 0)
    assert [onset for onset, _ in there.value] == [onset for onset, _ in here.value]
    for (_, moved), (_, chord) in zip(there.value, here.value, strict=True):
        assert moved.pitch_classes == chord.transpose(-3).pitch_classes
    assert there.confidence == pytest.approx(here.confidence)


@pytest.mark.parametrize("up", [-12, 12, 24])
def test_octaves_of_the_bass_do_not_matter(blues, up):
    hidden = replace(blues, chords=())
    parts = [p.transpose(up) if p.name.startswith("bass") else p for p in hidden.parts]
    assert find_chords(replace(hidden, parts=parts), blues.key, 0) == find_chords(
        hidden, blues.key, 0
    )


def test_written_chords_are_kept(shuffle):
    assert find_chords(shuffle, shuffle.key, 0) == (shuffle.chords, 1.0, "written")


@pytest.mark.parametrize(
    ("key", "chart"),
    [
        ("C", "| C7 | F7 | C7 | Gm7 C7 | F7 | F#dim7 | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7 |"),
        ("G", "| G | C | G | D7 | G | Em | Am | D7 | G |"),
        ("Cm", "| Cm7 | Fm7 | Dm7b5 | G7 | Abmaj7 | G7 | Cm7 |"),
        ("Eb", "| Ebmaj7 | Fm7 Bb7 | Ebmaj7 | Cm7 | Fm7 | Bb7 | Ebmaj7 |"),
    ],
)
def test_held_chords_are_read_as_they_are(key, chart):
    found = find_chords(Score([blocks(chart)]), Key.parse(key), None)
    bars = parse_chart(chart)
    onsets = [4.0 * n + 4 / len(bar) * p for n, bar in enumerate(bars) for p in range(len(bar))]
    written = [str(chord) for bar in bars for chord in bar]
    changes = [n for n in range(len(written)) if n == 0 or written[n] != written[n - 1]]
    assert symbols(found) == [(onsets[n], written[n]) for n in changes]


@pytest.mark.parametrize(("metre", "second"), [("3/4", 2.0), ("6/8", 1.5), ("9/8", 3.0)])
def test_chords_change_inside_bars_of_other_metres(metre, second):
    metre = Metre.parse(metre)
    notes = []
    for bar in range(4):
        start = bar * metre.bar_quarters
        for onset, length, pitches in (
            (start, second, (60, 64, 67)),
            (start + second, metre.bar_quarters - second, (55, 59, 62, 65)),
        ):
            notes += [Note(onset, length, pitch) for pitch in pitches]
    found = find_chords(Score([Part(notes)], metres=[Timed(0.0, metre)]), Key("C"), None)
    bar = metre.bar_quarters
    expected = [(bar * n + at, name) for n in range(4) for at, name in ((0, "C"), (second, "G7"))]
    assert symbols(found) == expected


def test_chords_begin_after_the_pickup():
    part = Part(
        [Note(0, 1, 67), *(Note(1 + n.onset_quarters, *n[1:]) for n in blocks("C | F | C"))]
    )
    found = find_chords(Score([part], pickup_quarters=1.0), Key("C"), None)
    assert symbols(found) == [(1.0, "C"), (5.0, "F"), (9.0, "C")]


def test_silence_is_no_chord():
    """At the start from one bar on, inside from two; a bar's rest goes on sounding."""
    held = [Note(4 + n.onset_quarters, *n[1:]) for n in blocks("C7 | F7")]
    held += [Note(16 + n.onset_quarters, *n[1:]) for n in blocks("F7")]
    held += [Note(28 + n.onset_quarters, *n[1:]) for n in blocks("C7")]
    found = find_chords(Score([Part(held)]), Key("C"), None)
    assert symbols(found) == [
        *[(0.0, "N.C."), (4.0, "C7"), (8.0, "F7")],
        *[(20.0, "N.C."), (28.0, "C7")],
    ]


def test_chords_are_spelt_in_the_key():
    found = find_chords(Score([blocks("Gb7 | B7 | Gb7")]), Key("Gb"), None)
    assert [name for _, name in symbols(found)] == ["Gb7", "B7", "Gb7"]


@pytest.mark.parametrize(
    "score",
    [
        Score(),
        Score(length_quarters=16),
        Score([Part([Note(0, 1, 40)], is_drum=True)], length_quarters=16),
        Score([Part([Note(0, 1, 60)])]),
    ],
    ids=["empty", "silent", "drums", "one note"],
)
def test_too_little_tells_no_chords(score):
    melody = 0 if score.parts and not score.parts[0].is_drum else None
    assert find_chords(score, Key("C"), melody).value == ()


def test_one_pitch_over_and_over_is_the_key():
    score = Score([Part([Note(beat, 1, 67) for beat in range(32)])])
    found = find_chords(score, Key("G"), 0)
    assert {chord.root for _, chord in found.value} == {"G"}
    assert found.confidence < 0.8


@given(scores(pitches=st.integers(20, 100)))
def test_chords_are_in_order_inside_the_piece_and_change(score):
    score = replace(score, chords=())
    melody = next((n for n, part in enumerate(score.parts) if not part.is_drum), None)
    found = find_chords(score, Key("C"), melody)
    onsets = [onset for onset, _ in found.value]
    assert onsets == sorted(set(onsets))
    assert all(0 <= onset < max(score.length_quarters, 1e-9) for onset in onsets)
    values = [chord for _, chord in found.value]
    assert all(one != other for one, other in pairwise(values))
    assert all(isinstance(chord, Chord) for chord in values)
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize(
    ("heard", "floor"), [("chords and bass", 0.88), ("melody and roots", 0.72), ("melody", 0.36)]
)
def test_chords_of_real_blues(shared_data, heard, floor):
    found = [
        benchmark.recall(piece.score.chords, chords.value, score)["majmin"]
        for piece in benchmark.pieces(shared_data / "blues")[::2]
        if piece.score.chords and piece.key is not None
        for score in [benchmark.HEARD[heard](benchmark.hidden(piece.score))]
        for chords in [find_chords(score, piece.key, 0)]
    ]
    assert np.mean(found) > floor
