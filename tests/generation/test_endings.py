"""Endings, turnarounds, stop-time and pickups: what is asked is what is played."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmmusic.errors import ChordError, InputError
from lstmmusic.generation import ENDINGS, TURNAROUNDS, Settings, improvise
from lstmmusic.generation.endings import last_bars, lick, turned
from lstmmusic.generation.settings import parse_choruses
from lstmmusic.io import format_midi, load, parse_midi, save
from lstmmusic.player import load_model
from lstmmusic.score import FORMS, Chord, Key, Metre, format_chart, parse_chart

MODEL = load_model()
BAND = ("bass (rules)", "piano (rules)", "drums (rules)")
FORM_NAMES = st.sampled_from(sorted(FORMS))
KEYS = st.sampled_from(("C", "Bb", "F#", "A"))
STYLES = st.sampled_from(("shuffle", "jump", "straight", "slow"))
SEEDS = st.integers(0, 999)


def bars_of(part, score, first, last):
    """Notes that begin in bars (from 1): place in quarters from the first, length, pitch."""
    bar = score.metre.bar_quarters
    start, stop = score.pickup_quarters + (first - 1) * bar, score.pickup_quarters + last * bar
    return [
        (onset - start, length, pitch)
        for onset, length, pitch, _ in part.notes.tolist()
        if start - 1e-6 <= onset < stop - 1e-6
    ]


@settings(max_examples=25)
@given(st.sampled_from(ENDINGS), FORM_NAMES, KEYS, STYLES, SEEDS, st.booleans())
def test_an_ending_comes_home_to_the_tonic(ending, form, key, style, seed, by_network):
    chosen = {"harmony": "model"} if by_network else {"form": form}
    blues = improvise(ending=ending, key=key, style=style, seed=seed, model=MODEL, **chosen)
    score = blues.score
    tonic = Key(key).pitch_class
    last = score.parts[0].notes[-1]
    assert last["pitch"] % 12 == tonic
    final = score.bar_starts[-1] + (score.metre.bar_quarters / 2 if ending == "turnaround" else 0)
    assert last["onset_quarters"] == pytest.approx(final)
    assert last["duration_quarters"] == pytest.approx(score.metre.bar_quarters / 2)
    assert score.parts[0].is_monophonic
    assert parse_chart(blues.report["chords"])[-1][-1].root_pitch_class == tonic
    bass = score.part("bass (rules)").notes[-1]
    assert (bass["pitch"] % 12, bass["onset_quarters"]) == (tonic, pytest.approx(final))
    assert blues.report["settings"]["ending"] == ending


@pytest.mark.parametrize("form", FORMS)
def test_a_tag_is_the_last_line_once_more(form):
    plain = improvise(form=form, key="C", seed=1, model=MODEL)
    tag = improvise(form=form, key="C", seed=1, ending="tag", model=MODEL)
    assert tag.report["bars"] == plain.report["bars"] + 4
    before, chords = (parse_chart(blues.report["chords"]) for blues in (plain, tag))
    assert chords == (*before, *before[-4:])
    places = [(onset, text) for onset, text in tag.score.sections]
    assert places == [(0.0, "Chorus 1"), (4.0 * plain.report["bars"], "Tag")]


def test_a_turnaround_ending_falls_to_five_while_the_bass_climbs():
    blues = improvise(key="C", seed=3, ending="turnaround", swing=0.5, model=MODEL)
    assert blues.report["chords"].endswith("| C7 C7/E F7 Ab7 | G7 C7 |")
    found = bars_of(blues.score.parts[0], blues.score, 11, 12)
    assert [(place, pitch % 12) for place, _, pitch in found] == [
        (0, 0),
        *((1, 10), (1.5, 0), (2, 9), (2.5, 0), (3, 8), (3.5, 0)),
        *((4, 7), (6, 0)),
    ]
    bass = bars_of(blues.score.part("bass (rules)"), blues.score, 11, 12)
    assert [pitch % 12 for place, _, pitch in bass if place in (0, 1, 2, 3, 4, 6)] == [
        *(0, 4, 5, 8, 7, 0),
    ]
    assert (40.0, "Turnaround (rules)") in list(blues.score.sections)


@given(st.sampled_from(("major", "minor")), KEYS, st.sampled_from(("2/4", "3/4", "4/4", "5/4")))
def test_the_lick_fits_the_chords_of_its_bar_in_every_metre(mode, key, metre):
    """What falls is a tone of the chord below it."""
    metre = Metre.parse(metre)
    home = Key(key, mode)
    tonic = Chord(home.tonic, "m7" if home.is_minor else "7")
    first, last = last_bars("turnaround", home, metre, tonic)
    assert len(first) == min(metre.n_beats, 4)
    start = 60 + home.pitch_class
    events = lick((0, 12, start), home, metre, 48, 90)
    for onset, duration, pitch in events[:-1]:
        beat, step = divmod(onset, 12)
        if step == 0:
            chord = first[len(first) - (metre.n_beats - beat)]
            assert pitch % 12 in chord.pitch_classes
        else:
            assert pitch == start
        assert (onset + duration) % 6 == 0
    assert events[-1][0] == metre.n_beats * 12
    assert events[-1][2] % 12 == last[0].root_pitch_class


def test_the_lick_lies_an_octave_higher_where_it_would_leave_the_range():
    assert min(p for _, _, p in lick((0, 12, 60), Key("C"), Metre(), 57, 86)) == 67
    assert min(p for _, _, p in lick((0, 12, 60), Key("C"), Metre(), 50, 86)) == 55


def test_a_stop_ending_leaves_the_melody_alone_before_the_last_chord():
    blues = improvise(key="C", seed=3, ending="stop", model=MODEL)
    for name in BAND:
        found = bars_of(blues.score.part(name), blues.score, 11, 11)
        assert found
        assert {place for place, _, _ in found} == {0}
        assert max(length for _, length, _ in found) < 1.01
    assert bars_of(blues.score.parts[0], blues.score, 11, 11)


@pytest.mark.parametrize("ending", ENDINGS)
def test_up_to_the_ending_the_music_is_as_it_was(ending):
    plain = improvise(seed=6, choruses=2, model=MODEL).score
    asked = improvise(seed=6, choruses=2, ending=ending, model=MODEL).score
    stop = 20 if ending == "tag" else 21
    for part in plain.parts:
        assert bars_of(asked.part(part.name), asked, 1, stop) == bars_of(part, plain, 1, stop)


@pytest.mark.parametrize("name", TURNAROUNDS)
def test_inner_choruses_turn_round_as_asked(name):
    blues = improvise(turnaround=name, choruses=3, key="C", seed=1, model=MODEL)
    chords = parse_chart(blues.report["chords"])
    wanted = turned(FORMS["standard"], name).bars(Key("C"), last=False)[-2:]
    assert chords[10:12] == chords[22:24] == wanted
    assert chords[34:] == FORMS["standard"].bars(Key("C"))[-2:]
    assert chords[:10] == FORMS["standard"].bars(Key("C"))[:10]
    assert blues.report["form"] == "standard"


def test_the_turnarounds_are_those_of_the_books():
    found = {
        name: format_chart(turned(FORMS["standard"], name).bars(Key("C"), last=False)[-2:])
        for name in TURNAROUNDS
    }
    assert found == {
        "plain": "| C7 | G7 |",
        "four": "| C7 F7 | C7 G7 |",
        "six-two-five": "| C7 A7 | Dm7 G7 |",
        "diminished": "| C7 C#dim7 | Dm7 G7 |",
        "tritone": "| C7 Eb7 | Ab7 Db7 |",
    }


@settings(max_examples=15)
@given(st.sets(st.integers(1, 3), min_size=1), STYLES, SEEDS, st.booleans())
def test_in_stop_time_the_band_strikes_beat_one_alone(choruses, style, seed, count_in):
    text = ",".join(map(str, sorted(choruses)))
    asked = improvise(
        stop_time=text, style=style, seed=seed, choruses=3, count_in=count_in, model=MODEL
    ).score
    plain = improvise(style=style, seed=seed, choruses=3, count_in=count_in, model=MODEL).score
    assert asked.parts[0] == plain.parts[0]
    beat = asked.metre.beat_quarters
    for name in BAND:
        for chorus in range(1, 4):
            first = 12 * (chorus - 1) + 1
            line = [bars_of(asked.part(name), asked, bar, bar) for bar in range(first, first + 4)]
            if chorus in choruses:
                assert all(line)
                for bar in line:
                    assert {round(place, 6) for place, _, _ in bar} == {0}
                    assert max(length for _, length, _ in bar) <= beat
            rest = (first + 4, first + 11)
            if name != "piano (rules)":  # whose voices are led on from what was struck
                assert bars_of(asked.part(name), asked, *rest) == bars_of(
                    plain.part(name), plain, *rest
                )


def test_all_choruses_can_stop():
    every = improvise(stop_time="all", choruses=2, seed=1, model=MODEL).score
    named = improvise(stop_time="1-2", choruses=2, seed=1, model=MODEL).score
    assert every == named


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", {1}), ("1,3", {1, 3}), (" 2 - 4 , 6", {2, 3, 4, 6}), ("all", None), ("ALL", None)],
)
def test_choruses_are_read(text, expected):
    assert parse_choruses(text) == expected


@settings(max_examples=15)
@given(st.integers(1, 3), FORM_NAMES, KEYS, STYLES, SEEDS, st.booleans())
def test_a_pickup_begins_before_bar_1_and_bar_1_is_where_the_band_begins(
    beats, form, key, style, seed, count_in
):
    blues = improvise(
        pickup=beats, form=form, key=key, style=style, seed=seed, count_in=count_in, model=MODEL
    )
    score = blues.score
    lead_in = 4 if count_in else beats
    assert score.pickup_quarters == lead_in * score.metre.beat_quarters
    assert score.n_bars == blues.report["bars"] == FORMS[form].n_bars
    first = score.parts[0].notes["onset_quarters"][0]
    assert (lead_in - beats) * score.metre.beat_quarters <= first < score.pickup_quarters
    assert score.part("bass (rules)").notes["onset_quarters"][0] == score.pickup_quarters
    read = parse_midi(format_midi(score))
    assert (read.pickup_quarters, read.n_bars) == (score.pickup_quarters, score.n_bars)
    assert score.chords[0].onset_quarters == score.pickup_quarters


def test_a_pickup_is_written_as_one(tmp_path):
    blues = improvise(pickup=2, seed=1, model=MODEL)
    save(blues.written, tmp_path / "a.musicxml")
    read = load(tmp_path / "a.musicxml")
    assert (read.pickup_quarters, read.n_bars) == (2, 12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ending": "fade"}, "^ending: expected one of tag, turnaround, stop, got 'fade'$"),
        ({"ending": "tag", "bars": 12}, "^ending: expected choruses for a tag.*, got bars$"),
        ({"ending": "stop", "bars": 1}, "^ending: expected two bars or more, got 1$"),
        ({"ending": "stop", "chords": "C7"}, "^ending: expected a form, .*, got a typed chart$"),
        ({"turnaround": "up"}, "^turnaround: expected one of plain, .*, got 'up'$"),
        ({"turnaround": "four", "form": "minor"}, "^turnaround: expected a form whose .* minor$"),
        ({"turnaround": "four", "chords": "C7"}, "^turnaround: .*, got a typed chart$"),
        ({"turnaround": "four", "harmony": "model"}, "^turnaround: .* chords of the network$"),
        ({"stop_time": "2"}, r"^stop_time: expected choruses of the piece \(1 to 1\), got 2$"),
        ({"stop_time": "0"}, "^stop_time: expected choruses such as 1, 2-3 or all, got '0'$"),
        ({"stop_time": "3-1"}, "^stop_time: expected choruses such as .*, got '3-1'$"),
        ({"stop_time": "1", "band": False}, "^stop_time: expected the band, which stops"),
        ({"pickup": 4}, "^pickup: expected 0 to 3 felt beats, less than a bar of 4/4, got 4$"),
        ({"pickup": -1}, "^pickup: expected 0 or more felt beats, less than a bar, got -1$"),
        ({"pickup": 1.5}, "^pickup: expected a whole number, got 1.5$"),
    ],
    ids=str,
)
def test_what_cannot_be_is_one_line(changes, message):
    with pytest.raises(InputError, match=message):
        improvise(model=MODEL, **changes)


def test_a_primer_and_a_pickup_exclude_each_other():
    start = improvise(seed=1, bars=4, model=MODEL).score
    with pytest.raises(InputError, match=r"^pickup: expected either this or a primer, got both$"):
        improvise(primer=start, pickup=1, model=MODEL)
    with pytest.raises(
        InputError, match=r"^ending: expected a piece that ends where a chorus does"
    ):
        improvise(primer=start, ending="stop", model=MODEL)


def test_one_beat_in_a_bar_has_no_room_for_five_and_one():
    bars = last_bars("turnaround", Key("C"), Metre(3, 4), Chord("C", "7"))
    assert format_chart(bars) == "| C7 F7 Ab7 | G7 C7 |"
    with pytest.raises(ChordError):
        improvise(chords="| C7 F7 C7 G7 C7 |", model=MODEL)


def test_the_usual_settings_ask_for_none_of_it():
    usual = Settings()
    assert (usual.answer, usual.bends, usual.pickup) == (None, 0, 0)
    assert (usual.ending, usual.turnaround, usual.stop_time) == (None, None, None)
    plain = improvise(seed=1, model=MODEL).score
    assert np.isin([text for _, text in plain.sections], ["Chorus 1"]).all()
