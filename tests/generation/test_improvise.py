"""What was asked is what comes out: in the score and in the report."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lstmmusic.errors import ChordError, InputError
from lstmmusic.generation import STYLE_TEMPO, Settings, improvise
from lstmmusic.io import format_midi
from lstmmusic.player import load_model
from lstmmusic.score import FORMS, Chord, Key, format_chart, parse_chart
from tests.tiny_model import tiny_model

STYLES = ("shuffle", "jump", "straight", "slow")
BAND = ["bass (rules)", "piano (rules)", "drums (rules)"]


@pytest.fixture(scope="module")
def model():
    return load_model()


def melody(blues):
    return blues.score.part("melody").notes


def sounds(bars):
    """Chords of bars by what sounds: root, intervals."""
    return [[(chord.root_pitch_class, chord.kind.intervals) for chord in bar] for bar in bars]


@pytest.mark.parametrize(
    ("form", "key", "style"), list(product(FORMS, ("Bb", "F#"), STYLES)), ids="-".join
)
def test_every_form_key_and_style_gives_the_form_and_ends_at_home(model, form, key, style):
    """The chords are the form's, the last note a tone of the tonic chord, in the last bar."""
    blues = improvise(form=form, key=key, style=style, seed=2, model=model)
    score, report = blues.score, blues.report
    expected_key = FORMS[form].key(Key(key))
    bars = FORMS[form].bars(expected_key)
    assert report["chords"] == format_chart(bars)
    assert (report["form"], report["style"], report["harmony"]) == (form, style, "imposed")
    assert score.key == expected_key
    assert report["key"] == str(expected_key)
    assert score.n_bars == report["bars"] == len(bars)
    assert score.tempo_bpm == report["tempo"] == STYLE_TEMPO[style]
    assert str(score.metre) == report["metre"] == ("12/8" if style == "slow" else "4/4")
    assert [part.name for part in score.parts] == ["melody", *BAND]
    last = melody(blues)[-1]
    third = 3 if expected_key.is_minor else 4
    assert (last["pitch"] - expected_key.pitch_class) % 12 in (0, third, 7)
    assert last["onset_quarters"] == score.bar_starts[-1]
    assert bars[-1][-1].root_pitch_class == expected_key.pitch_class


@pytest.mark.parametrize("seed", range(10))
def test_the_melody_keeps_to_the_model_s_range_and_one_note_at_a_time(model, seed):
    blues = improvise(seed=seed, choruses=2, model=model)
    low, high = model.card["knows"]["range"]
    notes = melody(blues)
    assert len(notes) > 24
    assert low <= notes["pitch"].min() <= notes["pitch"].max() <= high
    assert blues.score.part("melody").is_monophonic
    assert notes["onset_quarters"][0] >= 0
    assert blues.score.part("melody").end_quarters <= blues.score.length_quarters


@pytest.mark.parametrize(("text", "low", "high"), [("A3-A4", 57, 69), ("72-90", 72, 90)])
def test_a_range_asked_for_is_kept(model, text, low, high):
    pitches = melody(improvise(range=text, seed=1, choruses=3, model=model))["pitch"]
    assert low <= pitches.min() <= pitches.max() <= high
    assert len(np.unique(pitches)) > 4


def test_the_same_seed_gives_the_same_bytes_and_another_gives_other_notes(model):
    first, again, other = (
        improvise(seed=seed, choruses=2, harmony="model", model=model) for seed in (4, 4, 5)
    )
    assert format_midi(first.score) == format_midi(again.score)
    assert first.report == again.report
    assert melody(first).tolist() != melody(other).tolist()


def test_random_weights_make_whole_pieces_too():
    """Nothing depends on what the shipped model has learnt."""
    for seed in range(5):
        blues = improvise(seed=seed, key="Eb", choruses=2, harmony="model", model=tiny_model(seed))
        assert blues.score.n_bars == 24
        assert blues.score.part("melody").is_monophonic
        assert (melody(blues)["pitch"][-1] - 3) % 12 in (0, 4, 7)
        (last,) = parse_chart(blues.report["chords"])[-1]
        assert last.root == "Eb"
        assert 4 in last.kind.intervals


@pytest.mark.parametrize("n_bars", [1, 2, 7, 12, 13, 25, 100])
def test_bars_asked_for_are_the_length_and_end_at_home(model, n_bars):
    blues = improvise(bars=n_bars, seed=3, key="G", model=model)
    assert blues.score.n_bars == blues.report["bars"] == n_bars
    assert len(parse_chart(blues.report["chords"])) == n_bars
    assert parse_chart(blues.report["chords"])[-1] == (Chord("G", "7"),)
    last = melody(blues)[-1]
    assert (last["pitch"] - 7) % 12 in (0, 4, 7)
    assert last["onset_quarters"] == 4 * (n_bars - 1)


@pytest.mark.parametrize("form", ["standard", "jazz", "eight-bar"])
def test_choruses_repeat_the_form_and_only_the_last_one_ends(model, form):
    blues = improvise(form=form, choruses=3, key="C", seed=1, model=model)
    inner, last = FORMS[form].bars(Key("C"), last=False), FORMS[form].bars(Key("C"))
    assert parse_chart(blues.report["chords"]) == (*inner, *inner, *last)
    n_bars = FORMS[form].n_bars
    starts = [(4.0 * n_bars * n, f"Chorus {n + 1}") for n in range(3)]
    assert list(blues.score.sections) == starts


@pytest.mark.parametrize(
    "chart",
    [
        "| C7 | F7 | C7 | Gm7 C7 |",
        "| Am7 | % | D9 Ab7#11 G13 | G7/B |",
        "| N.C. | Ebmaj7 |",
        "Cm7b5 F7alt Bbm6",
    ],
)
def test_typed_chords_are_played_as_typed(model, chart):
    blues = improvise(chords=chart, choruses=2, seed=1, model=model)
    bars = parse_chart(chart)
    assert parse_chart(blues.report["chords"]) == (*bars, *bars)
    assert blues.report["form"] is None
    assert blues.score.n_bars == 2 * len(bars)
    onset = 0.0
    for bar in (*bars, *bars):
        assert blues.score.chord_at(onset) == bar[0]
        assert blues.score.chord_at(onset + 3.99) == bar[-1]
        onset += 4


@pytest.mark.parametrize(
    ("chart", "key"), [("| F7 | C7 |", "F"), ("| Dm7 | G7 |", "Dm"), ("| N.C. | Eb6 |", "Eb")]
)
def test_typed_chords_tell_the_key_unless_it_is_asked_for(model, chart, key):
    assert improvise(chords=chart, model=model).report["key"] == key
    assert improvise(chords=chart, key="A", model=model).report["key"] == "A"


def test_bars_of_typed_chords_go_round(model):
    blues = improvise(chords="| C7 | F7 | G7 |", bars=5, model=model)
    assert blues.report["chords"] == "| C7 | F7 | G7 | C7 | F7 |"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", ["Eb", "A"])
def test_transposing_the_key_transposes_the_chords(model, form, key):
    home, away = (
        parse_chart(improvise(form=form, key=name, seed=1, bars=16, model=model).report["chords"])
        for name in ("C", key)
    )
    shift = Key(key).pitch_class
    assert sounds([[c.transpose(shift) for c in bar] for bar in home]) == sounds(away)


@pytest.mark.parametrize("mode", ["", "m"])
def test_the_network_plays_the_same_degrees_in_every_key(model, mode):
    home, away = (
        parse_chart(
            improvise(harmony="model", key=name + mode, seed=6, choruses=3, model=model).report[
                "chords"
            ]
        )
        for name in ("C", "Ab")
    )
    assert sounds([[c.transpose(8) for c in bar] for bar in home]) == sounds(away)


def test_a_minor_key_takes_the_minor_form_unless_another_is_asked_for(model):
    blues = improvise(key="Am", model=model)
    assert (blues.report["form"], blues.report["key"]) == ("minor", "Am")
    with pytest.raises(InputError, match="key: expected a major key for the form standard, got Am"):
        improvise(key="Am", form="standard", model=model)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_the_melody_keeps_to_the_degrees_of_its_mode(model, mode):
    """No major third in a minor blues, which the network, that heard few, plays otherwise."""
    known = model.card["knows"]["degrees"][mode]
    assert (4 in known) == (mode == "major")
    key = "A" if mode == "major" else "Am"
    for seed in range(6):
        degrees = (melody(improvise(key=key, seed=seed, model=model))["pitch"] - 9) % 12
        assert np.isin(degrees, known).all()


def test_notes_of_a_slow_blues_are_written_in_eighths(model):
    """Those that begin on an eighth of 12/8 end on one; each ends where the next begins at most."""
    for seed in range(8):
        notes = improvise(style="slow", seed=seed, model=model).written.parts[0].notes
        starts, stops = (
            notes["onset_quarters"],
            notes["onset_quarters"] + notes["duration_quarters"],
        )
        on_eighths = np.isclose(starts * 2 % 1, 0, atol=1e-6)
        assert on_eighths.mean() > 0.8
        off = np.abs(stops[on_eighths] * 2 - np.rint(stops[on_eighths] * 2))
        within = np.append(starts[1:], np.inf)[on_eighths] > stops[on_eighths] + 1e-6
        assert (off[within] < 1e-6).all()
        assert (stops[:-1] <= starts[1:] + 1e-6).all()
        assert (notes["duration_quarters"] > 0).all()


@pytest.mark.parametrize("name", ["twelve-bar", "soloist"])
def test_notes_are_written_as_players_write_them(name):
    """They end on eighths, triplets or sixteenths, across a beat on an eighth, or with the next."""
    played = load_model(name)
    for seed in range(4):
        notes = improvise(seed=seed, model=played).written.parts[0].notes
        ends = notes["onset_quarters"] + notes["duration_quarters"]
        starts, stops = (np.rint(12 * x).astype(int) for x in (notes["onset_quarters"], ends))
        np.testing.assert_allclose(ends * 12, stops, atol=1e-6)
        then = np.append(starts[1:], 10**6)
        assert ((stops > starts) & (stops <= then)).all()
        on_grid = (starts % 4 == 0) | (starts % 3 == 0)
        assert on_grid.mean() > 0.9
        beats_end = (starts // 12 + 1) * 12
        within = (stops <= beats_end) & ((stops % 4 == 0) | (stops % 3 == 0) | (stops == then))
        beyond = (stops > beats_end) & (stops % 6 == 0)
        assert (within | beyond)[on_grid].all()


@pytest.mark.parametrize(("metre", "beat_quarters"), [("4/4", 1), ("12/8", 1.5)])
def test_tempo_counts_felt_beats(model, metre, beat_quarters):
    blues = improvise(metre=metre, tempo=90, model=model)
    assert blues.score.tempo_map.quarter_bpm == 90 * beat_quarters
    assert blues.score.tempo_bpm == blues.report["tempo"] == 90
    assert blues.report["seconds"] == pytest.approx(12 * 4 * 60 / 90)


def test_more_density_gives_more_notes(model):
    """Averaged over seeds, and near to what was asked for."""

    def notes_a_bar(density):
        counts = [
            improvise(density=density, seed=seed, choruses=2, band=False, model=model).report
            for seed in range(12)
        ]
        return np.mean([report["notes"] / report["bars"] for report in counts])

    sparse, usual, busy = (notes_a_bar(density) for density in (2, 4, 7))
    assert sparse < 0.85 * usual < 0.85 * 0.85 * busy
    assert sparse == pytest.approx(2, abs=1)
    assert usual == pytest.approx(4, abs=1)


def test_without_the_band_the_melody_stays_as_it_was(model):
    alone = improvise(seed=7, band=False, model=model)
    together = improvise(seed=7, model=model)
    assert [part.name for part in alone.score.parts] == ["melody"]
    assert alone.score.part("melody") == together.score.part("melody")
    assert alone.report["parts"] == {"melody": alone.report["notes"]}


def test_swing_and_instrument_leave_the_choice_of_notes_alone(model):
    """Settings of the performance: the same seed plays the same tune."""
    one = improvise(seed=8, swing=0.5, instrument="harmonica", tempo=70, model=model)
    other = improvise(seed=8, swing=0.7, instrument="trumpet", model=model)
    assert melody(one)["pitch"].tolist() == melody(other)["pitch"].tolist()
    assert melody(one)["onset_quarters"].tolist() != melody(other)["onset_quarters"].tolist()
    assert (one.score.parts[0].program, other.score.parts[0].program) == (22, 56)


def test_what_is_written_is_what_sounds_but_straight(model):
    blues = improvise(seed=8, swing=0.7, model=model)
    straight = improvise(seed=8, swing=0.5, model=model)
    for written, sounding in zip(blues.written.parts, straight.score.parts, strict=True):
        for column in ("onset_quarters", "pitch", "velocity"):
            np.testing.assert_array_equal(written.notes[column], sounding.notes[column])
    for name in ("bass (rules)", "piano (rules)"):
        eighths = blues.written.part(name).notes["duration_quarters"] * 2
        np.testing.assert_array_equal(eighths, np.round(eighths))
    assert (blues.written.feel, straight.written.feel) == ("Swing", "")


def test_count_in_shifts_the_piece_by_a_bar_that_is_not_counted(model):
    plain, counted = (improvise(seed=9, count_in=c, model=model) for c in (False, True))
    assert counted.score.n_bars == plain.score.n_bars == counted.report["bars"]
    assert counted.score.bar_starts[0] == 4
    shifted = melody(counted)["onset_quarters"] - 4
    np.testing.assert_allclose(shifted, melody(plain)["onset_quarters"])
    drums = counted.score.part("drums (rules)").notes
    assert drums["onset_quarters"][:4].tolist() == [0, 1, 2, 3]
    assert counted.report["chords"] == plain.report["chords"]


def test_temperature_zero_does_not_depend_on_the_seed(model):
    one, other = (improvise(temperature=0, seed=seed, band=False, model=model) for seed in (1, 2))
    assert melody(one).tolist() == melody(other).tolist()


def test_the_report_tells_all_that_was_asked_and_done(model):
    blues = improvise(seed=11, key="E", top_k=5, model=model)
    names = "seed model bars key tempo metre form swing chords harmony notes seconds settings"
    assert set(names.split()) <= blues.report.keys()
    assert blues.report["settings"] == vars(Settings(seed=11, key="E", top_k=5))
    assert blues.report["model"] == "twelve-bar"
    assert blues.report["notes"] == len(melody(blues))
    assert blues.report["seconds"] == pytest.approx(blues.score.seconds, abs=1e-3)
    assert blues.report["parts"] == {part.name: len(part) for part in blues.score.parts}


def test_the_report_says_who_made_the_harmony(model):
    report = improvise(harmony="model", choruses=2, model=model).report
    assert (report["harmony"], report["form"], report["bars"]) == ("model", None, 24)
    assert improvise(chords="C7", model=model).report["harmony"] == "imposed"


def test_a_metre_that_the_model_does_not_know_is_refused(model):
    with pytest.raises(InputError, match=r"^metre: expected 4/4 or 12/8 \(what the model knows\)"):
        improvise(metre="5/4", model=model)


def test_too_many_chords_in_a_bar_are_refused(model):
    with pytest.raises(ChordError, match=r"^chords, bar 2, .* at most 4 chords in a bar of 4/4"):
        improvise(chords="| C7 | C7 F7 C7 F7 C7 |", model=model)


def test_a_model_may_be_thinned_piece_by_piece():
    """The card says so; a piece is the same again, and another than the whole network's."""
    model = tiny_model()
    knows = {**model.card["knows"], "thinned": [0.3, 0.5]}
    thinned = replace(model, card={**model.card, "knows": knows})
    pieces = [improvise(model=m, seed=3).score for m in (model, thinned, thinned)]
    notes = [piece.parts[0].notes.tobytes() for piece in pieces]
    assert notes[0] != notes[1] == notes[2]
