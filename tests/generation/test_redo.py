"""Other notes in some bars: what is outside stays on its tick, what is new fits between."""

import io
from dataclasses import replace
from importlib import import_module

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmmusic.encoding import MelodyEvents, melody_part
from lstmmusic.errors import InputError
from lstmmusic.evaluation import measure
from lstmmusic.generation import Settings, improvise, parse_bars, redo
from lstmmusic.generation.context import context_of
from lstmmusic.generation.melody import melody_player
from lstmmusic.generation.primer import notes_as_written
from lstmmusic.io import format_midi, load, parse_midi
from lstmmusic.player import load_model
from lstmmusic.score import (
    FORMS,
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
from tests.tiny_model import tiny_model

MODEL = load_model()
SOLOS = ("Charlie_Parker__Billie_s_Bounce__052", "Dexter_Gordon__Stanley_the_Steamer__125")


def bar_ticks(score, first, last):
    """Where bars begin and end, in ticks; worked out from metre and pickup alone."""
    clock, bar = score.ticks_per_quarter, score.metre.bar_quarters
    start = score.pickup_quarters + (first - 1) * bar if first else 0.0
    return round(start * clock), round((score.pickup_quarters + last * bar) * clock)


def outside(score, first, last):
    """Every event of the MIDI file outside the bars, and every note not wholly inside them."""
    start, stop = bar_ticks(score, first, last)
    melody = score.parts.index(melody_part(score)) + 1
    found = []
    for number, track in enumerate(mido.MidiFile(file=io.BytesIO(format_midi(score))).tracks):
        tick, sounding = 0, {}
        for message in track:
            tick += message.time
            timeless = message.copy(time=0)
            if message.type == "note_on" and message.velocity:
                sounding[message.note] = (tick, message.velocity)
            elif message.type in ("note_on", "note_off"):
                onset, velocity = sounding.pop(message.note)
                if number != melody or onset < start or tick > stop:
                    found.append((number, onset, tick, message.note, velocity))
            elif number != melody or not start <= tick < stop:
                found.append((number, tick, timeless.hex() if not message.is_meta else timeless))
    return found


def melody_rows(score):
    return melody_part(score).notes.tolist()


@st.composite
def asked(draw):
    """A piece of ours and bars of it."""
    form = draw(st.sampled_from(sorted(FORMS)))
    wanted = Settings(
        form=form,
        key=draw(st.sampled_from(("C", "Eb", "F#", "A"))),
        style=draw(st.sampled_from(("shuffle", "jump", "straight", "slow"))),
        seed=draw(st.integers(0, 99)),
        choruses=draw(st.integers(1, 2)),
        pickup=draw(st.integers(0, 2)),
        bends=draw(st.sampled_from((0.0, 1.0))),
        band=draw(st.booleans()),
    )
    blues = improvise(wanted, model=MODEL)
    first = draw(st.integers(0 if wanted.pickup else 1, blues.score.n_bars))
    return blues, first, draw(st.integers(first, min(first + 3, blues.score.n_bars)))


@settings(max_examples=25)
@given(asked(), st.integers(0, 9))
def test_every_event_outside_the_bars_stays(case, seed):
    blues, first, last = case
    # As anyone would: from the file.
    score = parse_midi(format_midi(blues.score))
    done = redo(score, (first, last), seed=seed, model=MODEL)
    assert outside(done.score, first, last) == outside(score, first, last)
    start, stop = bar_ticks(score, first, last)
    melody = melody_part(done.score)
    assert melody.is_monophonic
    clock = score.ticks_per_quarter
    onsets = np.rint(melody.notes["onset_quarters"] * clock)
    n_inside = np.count_nonzero((onsets >= start) & (onsets < stop))
    assert done.report["new_notes"] <= n_inside
    assert parse_midi(format_midi(done.score)).n_bars == score.n_bars


@given(st.integers(0, 9))
@settings(max_examples=5)
def test_all_bars_twice_with_one_seed_are_the_same_bytes(seed):
    blues = improvise(seed=3, model=MODEL).score
    one, two = (redo(blues, "1-12", seed=seed, model=MODEL) for _ in range(2))
    assert format_midi(one.score) == format_midi(two.score)
    assert one.report == two.report
    assert melody_rows(one.score) != melody_rows(blues)


@pytest.mark.parametrize("seed", range(6))
def test_the_notes_are_others(seed):
    blues = improvise(seed=seed, model=MODEL).score
    assert melody_rows(redo(blues, "5-6", seed=seed, model=MODEL).score) != melody_rows(blues)


def test_the_last_bar_comes_home_again():
    for seed in range(6):
        blues = improvise(seed=seed, key="Bb", model=MODEL).score
        last = melody_part(redo(blues, "11-12", seed=seed, model=MODEL).score).notes[-1]
        assert (last["pitch"] - 10) % 12 in (0, 4, 7)
        assert last["onset_quarters"] == 44


def test_new_notes_lie_on_the_grid_and_in_the_swing_of_the_piece():
    for swing in (0.5, 0.6, 0.7):
        blues = improvise(seed=5, swing=swing, choruses=2, model=MODEL).score
        done = redo(parse_midi(format_midi(blues)), "1-24", seed=1, model=MODEL)
        assert done.report["swing"] == pytest.approx(swing, abs=0.002)
        shares = melody_part(done.score).notes["onset_quarters"] % 1
        off_beats = shares[(shares > 0.45) & (shares < 0.72)]
        assert len(off_beats) > 8
        assert np.median(off_beats) == pytest.approx(swing, abs=0.005)


def test_what_is_written_is_straight():
    blues = improvise(seed=5, swing=0.7, model=MODEL)
    done = redo(blues.score, "9-10", seed=1, model=MODEL)
    assert done.written.feel == "Swing"
    for part in done.written.parts:
        steps = part.notes["onset_quarters"] * 12
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)
    outside_onsets = [n.onset_quarters for n in blues.written.parts[0] if n.onset_quarters < 32]
    found = [n.onset_quarters for n in done.written.parts[0] if n.onset_quarters < 32]
    assert found == pytest.approx(outside_onsets)


def tune(notes, n_bars=12, key="C", metre="4/4", chords=None, pickup=0.0, name="melody"):
    found = Metre.parse(metre)
    return Score(
        parts=[
            Part(
                [Note(*note) for note in notes],
                name,
                controls=[(1.0, 7, 90), (17.5, 64, 127)],
                bends=[(0.5, 100), (0.75, 0), (17.0, -500), (17.5, 0)],
            ),
            Part([Note(n * 4.0, 4, 48) for n in range(n_bars)], "bass"),
        ],
        chords=place_chart(parse_chart(chords), found, pickup) if chords else (),
        metres=[Timed(0.0, found)],
        keys=[Timed(0.0, Key.parse(key))] if key else [],
        tempo_map=TempoMap(((0.0, 100.0), (18.0, 80.0))),
        sections=[Timed(0.0, "Intro")],
        pickup_quarters=pickup,
        length_quarters=pickup + n_bars * found.bar_quarters,
        ticks_per_quarter=480,
    )


WALK = [(beat, 1, 60 + 2 * (beat % 5), 60 + beat % 7) for beat in range(48)]


def test_a_note_held_across_either_edge_is_kept():
    notes = [*WALK[:15], (15, 3, 72, 80), (18, 1, 65), (19, 3.5, 67, 81), *WALK[23:]]
    score = tune(notes)
    done = redo(score, "5", seed=1, model=MODEL).score
    rows = melody_rows(done)
    assert (15.0, 3.0, 72, 80) in rows
    assert (19.0, 3.5, 67, 81) in rows
    new = [row for row in rows if 16 <= row[0] < 19]
    assert all(row[0] >= 18 and row[0] + row[1] <= 19 for row in new)
    assert outside(done, 5, 5) == outside(score, 5, 5)


def test_bends_of_notes_that_go_go_with_them_and_the_wheel_is_where_it_was():
    score = tune(WALK)
    done = redo(score, "5", seed=1, model=MODEL).score
    assert done.parts[0].bends.tolist() == [(0.5, 100), (0.75, 0)]
    # A bend that is still held where the bars begin rests there, and holds again where they end.
    part = replace(score.parts[0], bends=[(15.5, 300), (17.0, 500), (21.0, 0)])
    bent = replace(score, parts=[part, score.parts[1]])
    done = redo(bent, "5", seed=1, model=MODEL).score
    assert done.parts[0].bends.tolist() == [
        (15.5, 300),
        (16.0, 0),
        (20 - 1 / 480, 500),
        (21.0, 0),
    ]
    assert outside(done, 5, 5) == outside(bent, 5, 5)


def test_controls_tempo_and_markers_stay_inside_the_bars_too():
    score = tune(WALK)
    done = redo(score, "5-6", seed=1, model=MODEL).score
    assert done.parts[0].controls.tolist() == score.parts[0].controls.tolist()
    assert done.parts[1] == score.parts[1]
    assert (done.tempo_map, done.sections, done.keys) == (
        score.tempo_map,
        score.sections,
        score.keys,
    )
    assert done.ticks_per_quarter == 480


def test_loudness_and_range_are_the_melody_s():
    notes = [(beat, 1, 45 + 3 * (beat % 6), 40) for beat in range(48)]
    rows = melody_part(redo(tune(notes), "1-12", seed=2, model=MODEL).score).notes
    assert rows["velocity"].mean() == pytest.approx(40, abs=6)
    assert 45 <= rows["pitch"].min() <= rows["pitch"].max() <= 60


def test_a_player_behind_the_beat_stays_behind_it():
    late = [(beat + 0.1, 0.8, 60 + 2 * (beat % 5)) for beat in range(47)]
    found = melody_part(redo(tune(late), "5-8", seed=2, model=MODEL).score).notes
    shares = found["onset_quarters"][(found["onset_quarters"] >= 16)] % 1
    assert np.count_nonzero(np.abs(shares - 0.1) < 0.01) > len(shares) / 2


def test_the_best_lead_into_what_follows_is_taken():
    """Of its tries the network takes the one after which the next notes are likeliest."""
    blues = improvise(seed=4, model=MODEL).score
    done = redo(blues, "7", seed=1, model=MODEL)

    def led(score):
        """How likely bar 8 is after what stands before it: by the definition, on a fresh player."""
        context = context_of(blues, blues.parts[0], 6, Settings(), MODEL)
        player = melody_player(MODEL, context.setting, 60, 80, np.random.default_rng(0))
        part = score.parts[0]
        straight = replace(part, notes=notes_as_written(part, score, 2 / 3))
        events = MelodyEvents().encode(replace(score, parts=[straight])).tolist()
        total, asked_about = 0.0, 0
        for event in events:
            if event[0] >= 7 * 48 and asked_about < 4:
                total += player.log_likelihood(tuple(event))
                asked_about += 1
            player.hear(tuple(event))
        return total

    others = []
    for number in range(8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_module("lstmmusic.generation.redo"), "N_TRIES", number + 1)
            others.append(led(redo(blues, "7", seed=1, model=MODEL).score))
    assert others == sorted(others)
    assert led(done.score) == max(others)
    assert others[-1] > others[0]


def test_a_melody_that_rests_for_bars_is_not_filled():
    """How busy the bars are that have notes is what the network is told, not what it must reach."""
    blues = improvise(seed=1, choruses=3, model=MODEL).score
    part = blues.parts[0]
    bars = part.notes["onset_quarters"] // 4
    sparse = replace(blues, parts=[replace(part, notes=part.notes[bars % 4 < 2])])
    counts = []
    for seed in range(6):
        notes = melody_part(redo(sparse, "25-26", seed=seed, model=MODEL).score).notes
        counts.append(np.count_nonzero(notes["onset_quarters"] // 4 // 2 == 12))
    assert np.mean(counts) <= 12


def test_a_line_that_is_played_anew_keeps_its_rest():
    rests = []
    for seed in range(5):
        blues = improvise(seed=seed, model=MODEL).score
        rests += [measure(redo(blues, bar, seed=1, model=MODEL).score) for bar in ("4", "8")]
    assert [found.numbers["breathing"] for found in rests] == [1] * 10


def test_the_context_is_heard():
    blues = improvise(seed=4, model=MODEL).score
    part = blues.parts[0]
    notes = part.notes.copy()
    notes["pitch"][notes["onset_quarters"] < 16] = 64
    other = replace(blues, parts=[replace(part, notes=notes), *blues.parts[1:]])

    def bar_five(score):
        rows = melody_rows(redo(score, "5-6", seed=2, model=MODEL).score)
        return [row for row in rows if 16 <= row[0] < 24]

    assert bar_five(blues) != bar_five(other)


def test_the_place_in_the_form_is_that_of_the_file():
    blues = improvise(form="eight-bar", choruses=3, seed=1, model=MODEL).score
    context = context_of(blues, blues.parts[0], 17, Settings(), MODEL)
    assert (context.setting.form_bars, context.setting.first_form_bar) == (8, 0)
    assert context.setting.chart == parse_chart(
        improvise(form="eight-bar", choruses=3, seed=1, model=MODEL).report["chords"]
    )
    tagged = improvise(ending="tag", seed=1, model=MODEL).score
    context = context_of(tagged, tagged.parts[0], 14, Settings(), MODEL)
    assert (context.setting.form_bars, context.setting.tag_bars) == (12, 4)
    np.testing.assert_array_equal(context.setting.place(12 * 48), context.setting.place(8 * 48))
    inside = improvise(bars=5, seed=1, model=MODEL).score
    following = improvise(primer=inside, bars=12, seed=1, model=MODEL).score
    context = context_of(following, following.parts[0], 0, Settings(), MODEL)
    assert context.setting.first_form_bar == 5


@pytest.mark.parametrize(("swing", "style"), [(0.5, "straight"), (0.6, "jump"), (0.7, "shuffle")])
def test_the_style_is_told_by_the_swing(swing, style):
    blues = improvise(swing=swing, seed=5, choruses=2, model=MODEL).score
    assert redo(blues, "1", seed=1, model=MODEL).report["style"] == style


@pytest.mark.parametrize("name", SOLOS)
def test_other_people_s_solos(shared_data, name):
    path = shared_data / "blues" / f"{name}.mid"
    if not path.is_file():
        pytest.skip(f"no such file: {path.name}")
    score = load(path)
    for bars in ((5, 6), (13, 16)):
        done = redo(score, bars, seed=1, model=MODEL)
        assert outside(done.score, *bars) == outside(score, *bars)
        assert done.report["new_notes"] > 0
        assert done.report["key"] == str(score.key)
        assert melody_rows(done.score) != melody_rows(score)


def test_random_weights_make_whole_bars_too():
    for seed in range(4):
        blues = improvise(seed=seed, model=MODEL).score
        done = redo(blues, "3-7", seed=seed, model=tiny_model(seed)).score
        assert outside(done, 3, 7) == outside(blues, 3, 7)
        assert melody_part(done).is_monophonic


def test_new_notes_bend_where_that_is_asked_for():
    blues = improvise(seed=4, instrument="clean-guitar", model=MODEL).score
    done = redo(blues, "5-8", seed=1, bends=1.0, model=MODEL).score
    bends = done.parts[0].bends
    assert len(bends)
    assert bends["onset_quarters"].min() >= 16
    assert bends["onset_quarters"].max() < 32
    assert bends["bend"][-1] == 0
    assert (16.0, 6, 2) in done.parts[0].controls.tolist()
    assert outside(done, 5, 8) == outside(blues, 5, 8)
    piano = improvise(seed=4, instrument="piano", model=MODEL).score
    with pytest.raises(InputError, match=r"^bends: expected a melody on an instrument that bends"):
        redo(piano, "5-8", bends=1.0, model=MODEL)


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        ("13", "^bars: expected bars within 1 to 12, got 13$"),
        ("9-99", "^bars: expected bars within 1 to 12, got 9-99$"),
        ("0", "^bars: expected bars within 1 to 12, got 0$"),
        ("4-3", "^bars: expected a bar or a span of bars, such as 9 or 9-10, got '4-3'$"),
        ("a", "^bars: expected a bar or a span of bars, such as 9 or 9-10, got 'a'$"),
        ("", "^bars: expected a bar or a span"),
    ],
)
def test_bars_that_are_not_there_are_one_line(bars, message):
    with pytest.raises(InputError, match=message):
        redo(tune(WALK), bars, model=MODEL)


def test_a_pickup_is_bar_0():
    score = tune([(0, 1, 67), *((n + 1, 1, 60) for n in range(40))], pickup=1.0)
    done = redo(score, "0", seed=1, model=MODEL).score
    assert outside(done, 0, 0) == outside(score, 0, 0)
    with pytest.raises(
        InputError, match=r"^bars: expected bars within 1 to 12, or 0 for the pickup"
    ):
        redo(score, "14", model=MODEL)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (Score(length_quarters=48), "^melody: expected a part with pitched notes, got none$"),
        (
            tune([(n, 2, p) for n in range(0, 48, 2) for p in (60, 64)]),
            "^melody: expected one note at a time .*, got several at once in bar 5$",
        ),
        (tune([(0, 48, 60)]), "^bars: expected bars with room for other notes, got one note held"),
        (
            tune(WALK, metre="5/4"),
            r"^metre: expected 4/4 or 12/8 \(what the model knows\), got 5/4",
        ),
        (
            replace(tune(WALK), metres=[Timed(0.0, Metre()), Timed(16.0, Metre(3, 4))]),
            "^metre: expected the same throughout the piece, got a change in bar 5$",
        ),
    ],
    ids=["no melody", "chords", "held", "metre", "metres"],
)
def test_what_cannot_be_is_one_line(score, message):
    with pytest.raises(InputError, match=message):
        redo(score, "5", model=MODEL)


def test_chords_and_key_are_found_where_the_file_names_none():
    blues = improvise(seed=4, key="Eb", model=MODEL).score
    bare = replace(blues, chords=(), keys=())
    done = redo(bare, "5-6", seed=1, model=MODEL)
    assert (done.report["key"], done.report["harmony"]) == ("Eb", "found")
    found, played = (
        parse_chart(done.report["chords"]),
        parse_chart(redo(blues, "5-6", seed=1, model=MODEL).report["chords"]),
    )
    assert [bar[0].root_pitch_class for bar in found] == [bar[0].root_pitch_class for bar in played]
    assert outside(done.score, 5, 6) == outside(bare, 5, 6)
    assert redo(replace(bare, keys=()), "5", key="Ab", model=MODEL).report["key"] == "Ab"


def test_too_few_notes_name_no_key_and_no_chords():
    score = tune([(0, 1, 60), (40, 1, 62)], key="G")
    lone = replace(score, parts=score.parts[:1])
    report = redo(lone, "5", seed=1, model=MODEL).report
    assert (report["key"], report["harmony"]) == ("G", "imposed")
    assert report["chords"].startswith("| G7 | G7 | G7 | G7 | C7 |")


def test_legato_is_no_chord():
    notes = [(beat, 1.2, 60 + 2 * (beat % 5)) for beat in range(47)]
    assert redo(tune(notes), "5", seed=1, model=MODEL).report["new_notes"] > 0


def test_a_span_of_bars_is_read():
    assert parse_bars(" 9 - 10 ") == (9, 10)
    assert parse_bars(7) == (7, 7)
    with pytest.raises(InputError, match=r"^bars"):
        parse_bars((-1, 3))


def test_a_part_without_notes_is_written_without():
    blues = improvise(seed=1, model=MODEL).score
    silent = replace(blues, parts=[*blues.parts, Part([], "silent")])
    found = redo(silent, "9", seed=2, model=MODEL)
    assert found.written.parts[-1] == found.score.parts[-1] == silent.parts[-1]
