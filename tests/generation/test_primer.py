"""Going on from someone's last phrase: where it begins, what is kept, where new notes enter."""

import numpy as np
import pytest

from lstmmusic.encoding import MelodyEvents, melody_part
from lstmmusic.errors import InputError
from lstmmusic.generation import improvise, last_phrase
from lstmmusic.io import load
from lstmmusic.player import load_model
from lstmmusic.score import (
    FORMS,
    Chord,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    parse_chart,
    place_chart,
)

# Solos of the Weimar Jazz Database: in several keys, major and minor, each ending in its own bar.
SOLOS = (
    "Charlie_Parker__Billie_s_Bounce__052",
    "Charlie_Parker__K_C_Blues__058",
    "Clifford_Brown__Sandu__094",
    "Curtis_Fuller__Down_Under__103",
    "Dexter_Gordon__Stanley_the_Steamer__125",
    "Dizzy_Gillespie__Blue_n_Boogie__135",
)


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(params=SOLOS)
def solo(request, shared_data):
    path = shared_data / "blues" / f"{request.param}.mid"
    if not path.is_file():
        pytest.skip(f"no such file: {path.name}")
    return load(path)


def tune(notes, n_bars=12, key="C", metre="4/4", chords=None, sections=(), tempo=100, pickup=0.0):
    metre = Metre.parse(metre)
    placed = place_chart(parse_chart(chords), metre) if chords else ()
    return Score(
        parts=[Part([Note(*note) for note in notes], "melody")],
        chords=placed,
        metres=[Timed(0.0, metre)],
        keys=[Timed(0.0, Key.parse(key))] if key else [],
        sections=sections,
        tempo_map=TempoMap.constant(tempo * metre.beat_quarters),
        pickup_quarters=pickup,
        length_quarters=n_bars * metre.bar_quarters,
    )


# Four notes in bars 1 and 2; after a rest, five in bars 4 and 5, the last over the bar line.
PHRASES = [
    *((0, 1, 60), (1, 1, 62), (2, 1, 64), (4, 1, 65)),
    *((13, 1, 67), (14, 0.5, 70), (15, 1, 67), (16, 1, 65), (19, 3, 63)),
]


def grid(score):
    """Onsets in steps of the grid, durations in steps, pitches."""
    return MelodyEvents().encode(score).tolist()


def test_a_phrase_begins_after_a_rest_and_ends_with_its_bar():
    phrase = last_phrase(tune(PHRASES))
    assert (phrase.n_bars, phrase.form_bar) == (2, 3)
    # From the start of bar 4; the last note is cut where bar 5 ends.
    assert phrase.events == ((12, 12, 67), (24, 6, 70), (36, 12, 67), (48, 12, 65), (84, 12, 63))


def test_a_rest_before_fewer_than_four_notes_does_not_part_phrases():
    phrase = last_phrase(tune([*PHRASES, (24, 1, 60), (25, 1, 60)]))
    assert [pitch for _, _, pitch in phrase.events] == [67, 70, 67, 65, 63, 60, 60]


def test_a_phrase_without_rests_is_cut_to_eight_bars():
    phrase = last_phrase(tune([(beat, 1, 60 + beat % 5) for beat in range(80)], n_bars=20))
    assert phrase.n_bars == 8
    assert 7 * 4 < len(phrase.events) <= 8 * 4


def test_the_place_in_the_form_is_counted_from_the_chorus():
    sections = [Timed(0.0, "Intro"), Timed(8.0, "Chorus 1")]
    assert last_phrase(tune(PHRASES, sections=sections)).form_bar == 1
    weimar = [Timed(0.0, "form=I1 chorus=0"), Timed(4.0, "form=A1 chorus=1")]
    assert last_phrase(tune(PHRASES, sections=weimar)).form_bar == 2
    ending = [Timed(0.0, "form=A1 chorus=1"), Timed(8.0, "form=I2 chorus=0")]
    assert last_phrase(tune(PHRASES, sections=ending)).form_bar == 3
    later = [Timed(0.0, "Chorus 1"), Timed(32.0, "Chorus 2")]
    assert last_phrase(tune(PHRASES, sections=later)).form_bar == 3
    assert last_phrase(tune(PHRASES)).form_bar == 3


def test_a_pickup_is_not_a_bar_of_the_form():
    notes = [(onset + 1, length, pitch) for onset, length, pitch in PHRASES]
    assert last_phrase(tune([(0, 1, 55), *notes], pickup=1.0)).form_bar == 3


def test_a_phrase_takes_its_own_chords_key_metre_and_tempo():
    score = tune(PHRASES, key="Eb", tempo=87, chords="| Eb7 | Ab7 | Eb7 | Bbm7 Eb7 | Ab7 | Adim7 |")
    phrase = last_phrase(score)
    assert phrase.chart == parse_chart("| Bbm7 Eb7 | Ab7 |")
    assert (phrase.key, phrase.metre) == (Key("Eb"), Metre(4, 4))
    assert phrase.tempo_bpm == pytest.approx(87)
    assert last_phrase(tune(PHRASES)).chart is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_new_notes_enter_at_the_next_bar_and_the_next_place_in_the_form(model, seed):
    """The phrase ends in bar 5 of the standard form: what is new begins with bar 6."""
    blues = improvise(primer=tune(PHRASES, key="G"), seed=seed, swing=0.5, model=model)
    standard = FORMS["standard"].bars(Key("G"), last=False)
    chart = parse_chart(blues.report["chords"])
    assert chart == (*standard[5:], *standard[:5])
    assert blues.report["bars"] == blues.score.n_bars == 12
    kept = improvise(
        primer=tune(PHRASES, key="G"), keep_primer=True, seed=seed, swing=0.5, model=model
    )
    new = [row for row in grid(kept.score) if row[0] >= 2 * 48]
    assert [[onset - 2 * 48, length, pitch] for onset, length, pitch in new] == grid(blues.score)
    assert min(onset for onset, _, _ in grid(blues.score)) >= 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_keep_primer_keeps_the_notes_of_the_primer_in_place(model, seed):
    """From the first bar of the phrase on, before the first new note."""
    blues = improvise(primer=tune(PHRASES), keep_primer=True, seed=seed, swing=0.5, model=model)
    assert grid(blues.score)[:5] == [
        [12, 12, 67],
        [24, 6, 70],
        [36, 12, 67],
        [48, 12, 65],
        [84, 12, 63],
    ]
    assert grid(blues.score)[5][0] >= 2 * 48
    assert (blues.report["primer_bars"], blues.report["bars"], blues.score.n_bars) == (2, 14, 14)
    standard = FORMS["standard"].bars(Key("C"), last=False)
    assert parse_chart(blues.report["chords"])[:3] == standard[3:6]


def test_the_primer_sets_key_metre_and_tempo_unless_asked_otherwise(model):
    primer = tune([(n * 1.5, 1.5, 60 + n) for n in range(9)], key="Eb", metre="12/8", tempo=63)
    report = improvise(primer=primer, model=model).report
    assert (report["key"], report["metre"], report["tempo"]) == ("Eb", "12/8", 63)
    report = improvise(primer=primer, key="A", metre="4/4", tempo=140, model=model).report
    assert (report["key"], report["metre"], report["tempo"]) == ("A", "4/4", 140)


@pytest.mark.parametrize(
    ("key", "shift"), [("C", 0), ("D", 2), ("F", 5), ("G", -5), ("A", -3), ("F#", -6)]
)
def test_a_primer_in_another_key_is_transposed_the_short_way(model, key, shift):
    primer = tune(PHRASES, chords="| C7 | F7 | C7 | Gm7 C7 | F7 | F#dim7 |")
    blues = improvise(primer=primer, key=key, keep_primer=True, seed=1, model=model)
    pitches = blues.score.part("melody").notes["pitch"][:5]
    assert pitches.tolist() == [pitch + shift for pitch in (67, 70, 67, 65, 63)]
    own = [chord.transpose(shift) for bar in parse_chart("Gm7 C7 | F7") for chord in bar]
    found = [chord for bar in parse_chart(blues.report["chords"])[:2] for chord in bar]
    assert [c.pitch_classes for c in found] == [c.pitch_classes for c in own]


def test_a_primer_of_unknown_key_stays_where_it_is(model):
    blues = improvise(primer=tune(PHRASES, key=None), key="A", keep_primer=True, model=model)
    assert blues.score.part("melody").notes["pitch"][:5].tolist() == [67, 70, 67, 65, 63]


def test_the_primer_is_heard(model):
    """Another phrase in the same bars, and what follows is other music of the same seed."""
    other = [(onset, length, pitch - 7) for onset, length, pitch in PHRASES]
    one, two = (improvise(primer=tune(p), seed=4, model=model) for p in (PHRASES, other))
    assert one.report["chords"] == two.report["chords"]
    assert grid(one.score) != grid(two.score)


def test_typed_chords_go_on_at_the_place_of_the_primer(model):
    blues = improvise(primer=tune(PHRASES), chords="| C7 | F7 | Bb7 |", bars=4, model=model)
    assert blues.report["chords"] == "| Bb7 | C7 | F7 | Bb7 |"  # bar 6 is the third of the chart


def test_the_network_goes_on_at_the_place_of_the_primer(model):
    """Bar 6 of the form: its network has played five bars unheard."""
    blues = improvise(primer=tune(PHRASES), harmony="model", bars=20, seed=3, model=model)
    alone = improvise(harmony="model", bars=25, seed=3, model=model)
    assert parse_chart(blues.report["chords"])[:-1] == parse_chart(alone.report["chords"])[5:-1]


@pytest.mark.parametrize(
    "score",
    [Score(), Score([Part([Note(0, 1, 36)], "drums", is_drum=True)]), Score([Part([], "melody")])],
    ids=["nothing", "drums alone", "no notes"],
)
def test_a_primer_without_notes_is_one_line(model, score):
    with pytest.raises(
        InputError, match=r"^primer: expected a piece with a melody, got no pitched notes$"
    ):
        improvise(primer=score, model=model)


def test_a_primer_in_another_metre_is_one_line(model):
    waltz = tune(PHRASES, metre="3/4")
    with pytest.raises(InputError, match=r"^primer: expected 4/4 or 12/8 \(what the model knows\)"):
        improvise(primer=waltz, model=model)
    with pytest.raises(InputError, match=r"^primer: expected a piece with 4 beats a bar, got 3/4$"):
        improvise(primer=waltz, metre="4/4", model=model)


def chorus_bar(solo):
    """Index in its chorus of the bar in which a solo ends, by the markers of the file."""
    last_bar = int(solo.parts[0].notes["onset_quarters"].max() / 4 + 1 / 96)
    choruses = [
        onset / 4
        for onset, text in solo.sections
        if "chorus=" in text and "chorus=0" not in text and onset / 4 <= last_bar
    ]
    return last_bar - int(choruses[-1])


def test_a_real_solo_goes_on_at_the_next_bar_of_its_chorus(model, solo):
    blues = improvise(primer=solo, seed=1, model=model)
    assert blues.report["key"] == str(solo.key)
    form = FORMS[blues.report["form"]]
    place = (chorus_bar(solo) + 1) % form.n_bars
    bars = form.bars(solo.key, last=False)
    expected = [bars[(place + bar) % form.n_bars] for bar in range(form.n_bars)]
    if place == 0:
        expected = list(form.bars(solo.key))
    assert list(parse_chart(blues.report["chords"])) == expected
    assert blues.score.part("melody").notes["onset_quarters"].min() >= 0
    assert blues.score.part("melody").is_monophonic


def test_a_real_solo_is_kept_note_by_note(model, solo):
    """In its own order, bars and swing; a player's freedom within the beat is not kept."""
    blues = improvise(primer=solo, keep_primer=True, seed=1, model=model)
    n_notes = blues.report["notes"] - improvise(primer=solo, seed=1, model=model).report["notes"]
    assert n_notes >= 4
    own = melody_part(solo).notes[-n_notes:]
    kept = blues.score.parts[0].notes
    np.testing.assert_array_equal(kept["pitch"][:n_notes], own["pitch"])
    moved = own["onset_quarters"] - kept["onset_quarters"][:n_notes]
    bars = np.round(np.median(moved) / 4) * 4
    assert np.median(np.abs(moved - bars)) < 0.06
    assert np.abs(moved - bars).max() < 0.25
    assert kept["onset_quarters"][n_notes] >= 4 * blues.report["primer_bars"]


@pytest.mark.parametrize("options", [{}, {"style": "jump"}, {"style": "straight"}, {"swing": 0.6}])
def test_a_swung_piece_is_taken_back_to_where_it_is_written(model, options):
    blues = improvise(seed=1, choruses=2, model=model, **options)
    phrase = last_phrase(blues.score)
    written = MelodyEvents().encode(blues.written)[-len(phrase.events) :]
    moved = written[:, 0] - np.array([event[0] for event in phrase.events])
    assert set(moved) == {moved[0]}
    assert moved[0] % 48 == 0
    assert phrase.swing == pytest.approx(blues.report["swing"], abs=0.005)


def test_a_chain_of_primers_goes_on_in_the_form(model):
    first = improvise(bars=5, seed=1, model=model)
    second = improvise(primer=first.score, bars=3, seed=1, model=model)
    third = improvise(primer=second.score, bars=4, seed=1, model=model)
    assert second.report["chords"] == "| F7 | C7 | C7 |"
    assert third.report["chords"] == "| G7 | F7 | C7 | C7 |"


def test_a_real_solo_keeps_its_chords_in_another_key(model, solo):
    own = improvise(primer=solo, keep_primer=True, seed=1, model=model)
    key = Key("D", solo.key.mode)
    moved = improvise(primer=solo, keep_primer=True, seed=1, key=str(key), model=model)
    shift = key.pitch_class - solo.key.pitch_class
    for before, after in zip(own.score.chords, moved.score.chords, strict=True):
        chord: Chord = before.value.transpose(shift)
        assert chord.pitch_classes == after.value.pitch_classes
