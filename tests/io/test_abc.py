import re

import pytest

from lstmmusic.errors import InputError
from lstmmusic.io import load
from lstmmusic.score import Chord, Key, Metre, Timed

TUNE = """X:1
T:Porch Light
M:4/4
L:1/8
Q:1/4=126
K:F
F2|"F7"A2 _A=A (3cBA F2|"Bb7"_A4- _A2 z2|"F7"c'4 C,4|"Gm7"z4 "C7"[EGB]4|]
"""


@pytest.fixture
def read(tmp_path):
    def read_text(text, name="tune.abc"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path)

    return read_text


def test_a_tune_is_read_note_by_note(read):
    score = read(TUNE)
    third = 1 / 3
    expected = [
        *[(0, 1, 65), (1, 1, 69), (2, 0.5, 68), (2.5, 0.5, 69)],
        *[(3, third, 72), (3 + third, third, 70), (3 + 2 * third, third, 69), (4, 1, 65)],
        *[(5, 3, 68), (9, 2, 84), (11, 2, 48)],
        *[(15, 2, 64), (15, 2, 67), (15, 2, 70)],
    ]
    found = [note[:3] for note in score.parts[0]]
    assert [pitch for *_, pitch in found] == [pitch for *_, pitch in expected]
    assert [time for *times, _ in found for time in times] == pytest.approx(
        [time for *times, _ in expected for time in times]
    )


def test_a_tune_tells_its_title_tempo_metre_key_and_chords(read):
    score = read(TUNE)
    assert score.title == "Porch Light"
    assert score.tempo_map.changes == ((0, 126),)
    assert score.metres == (Timed(0.0, Metre(4, 4)),)
    assert score.keys == (Timed(0.0, Key("F")),)
    assert score.chords == (
        *(Timed(1.0, Chord("F", "7")), Timed(5.0, Chord("Bb", "7")), Timed(9.0, Chord("F", "7"))),
        *(Timed(13.0, Chord("G", "m7")), Timed(15.0, Chord("C", "7"))),
    )


def test_a_tune_with_a_pickup_begins_with_bar_0(read):
    score = read(TUNE)
    assert score.pickup_quarters == 1
    assert score.bar_starts.tolist() == [1, 5, 9, 13]
    assert score.length_quarters == 17


@pytest.mark.parametrize(
    ("field", "tempo_bpm", "quarter_bpm"),
    [("Q:1/4=100", 100, 100), ("Q:3/8=60", 60, 90)],
)
def test_a_slow_blues_counts_dotted_quarters(read, field, tempo_bpm, quarter_bpm):
    metre = "M:12/8" if "3/8" in field else "M:4/4"
    score = read(f"X:1\nT:Slow\n{metre}\nL:1/8\n{field}\nK:Cm\n C12|]\n")
    assert score.tempo_map.quarter_bpm == pytest.approx(quarter_bpm)
    assert score.tempo_bpm == pytest.approx(tempo_bpm)
    assert score.key == Key("C", "minor")


@pytest.mark.parametrize(
    ("field", "key"), [("K:F#m", "F#m"), ("K:Bb", "Bb"), ("K:Ebm", "Ebm"), ("K:C#", "C#")]
)
def test_accidentals_of_the_key_are_heard(read, field, key):
    score = read(f"X:1\nT:t\nM:4/4\nL:1/4\n{field}\nCDEF GABc|]\n")
    assert str(score.key) == key
    sharps = {letter: score.key.signature > order for order, letter in enumerate("FCGDAEB")}
    flats = {letter: -score.key.signature > order for order, letter in enumerate("BEADGCF")}
    naturals = zip("CDEFGABC", (60, 62, 64, 65, 67, 69, 71, 72), strict=True)
    expected = [pitch + sharps[letter] - flats[letter] for letter, pitch in naturals]
    assert score.parts[0].notes["pitch"].tolist() == expected


def test_repeats_are_played_out(read):
    score = read("X:1\nT:t\nM:4/4\nL:1/4\nK:C\n|:CDEF|G4|A4:|c4|C4|]\n")
    repeated = [60, 62, 64, 65, 67, 69]
    assert score.parts[0].notes["pitch"].tolist() == [*repeated, *repeated, 72, 60]


def test_the_first_of_several_tunes_is_read(read):
    second = TUNE.replace("X:1", "X:2").replace("Porch Light", "Other")
    assert read(TUNE + "\n" + second) == read(TUNE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an ABC tune with the fields X: and K:, got an empty file"),
        ("just words", "an ABC tune with the fields X: and K:, got bytes that begin with"),
        ("X:1\nT:no key\n", "an ABC tune with the fields X: and K:"),
        (b"MThd\x00\x00\x00\x06", "an ABC tune with the fields X: and K:, got a MIDI file"),
        ("X:1\nM:0/4\nL:1/8\nK:C\nC4|]\n", "abc that can be read, got damage"),
        ("X:1\nM:4/0\nL:1/8\nK:C\nC4|]\n", "abc that can be read, got damage"),
        ("X:1\nM:4/4\nQ:1/4=0\nK:C\nC4|]\n", "abc that can be read, got damage"),
        ("X:1\nM:4/4\nL:1/4\nK:C\nC9999999|]\n", "at most 1,000,000 quarter notes, got 9,999,999"),
    ],
)
def test_what_is_no_tune_is_refused_with_what_it_is(read, tmp_path, text, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(text)
    assert caught.value.argument == str(tmp_path / "tune.abc")
