import pytest

from lstmmusic.errors import InputError
from lstmmusic.score import FORMS, Key, form_named, format_chart
from lstmmusic.score.form import Form

TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "F#", "G", "Ab", "A", "Bb", "B", "C#", "Cb")

DOMINANT, MINOR, MAJOR = (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11)
HALF_DIMINISHED, DIMINISHED = (0, 3, 6, 10), (0, 3, 6, 9)

ONE, FOUR, FIVE, SIX = [(0, DOMINANT)], [(5, DOMINANT)], [(7, DOMINANT)], [(9, DOMINANT)]
TWO_FIVE = [(2, MINOR), (7, DOMINANT)]
MINOR_ONE, MINOR_FOUR = [(0, MINOR)], [(5, MINOR)]

# Name -> bars of (semitones from tonic to root, semitones above the root), inner chorus.
FUNCTIONS = {
    "standard": [ONE] * 4 + [FOUR] * 2 + [ONE] * 2 + [FIVE, FOUR, ONE, FIVE],
    "quick-change": [ONE, FOUR, ONE, ONE] + [FOUR] * 2 + [ONE] * 2 + [FIVE, FOUR, ONE, FIVE],
    "jazz": [
        *[ONE, FOUR, ONE, [(7, MINOR), (0, DOMINANT)]],
        *[FOUR, [(6, DIMINISHED)], ONE, SIX],
        *[[(2, MINOR)], FIVE, [(0, DOMINANT), (9, DOMINANT)], TWO_FIVE],
    ],
    "bird": [
        *[[(0, MAJOR)], [(11, HALF_DIMINISHED), (4, DOMINANT)], [(9, MINOR), (2, DOMINANT)]],
        *[[(7, MINOR), (0, DOMINANT)]],
        *[FOUR, [(5, MINOR), (10, DOMINANT)], [(4, MINOR), (9, DOMINANT)]],
        *[[(3, MINOR), (8, DOMINANT)]],
        *[[(2, MINOR)], FIVE, [(0, MAJOR), (9, DOMINANT)], TWO_FIVE],
    ],
    "minor": [
        *[MINOR_ONE] * 4,
        *[MINOR_FOUR] * 2,
        *[MINOR_ONE] * 2,
        *[[(8, DOMINANT)], FIVE, MINOR_ONE, MINOR_ONE],
    ],
    "eight-bar": [ONE, FIVE, FOUR, FOUR, ONE, FIVE, ONE, FIVE],
    "sixteen-bar": [ONE] * 8 + [FOUR] * 2 + [ONE] * 2 + [FIVE, FOUR, ONE, FIVE],
}
# What the last chorus ends with instead of turning round.
ENDINGS = {
    "standard": [ONE],
    "quick-change": [ONE],
    "jazz": [ONE, ONE],
    "bird": [[(0, MAJOR)], [(0, MAJOR)]],
    "minor": [MINOR_ONE],
    "eight-bar": [ONE],
    "sixteen-bar": [ONE],
}
CHORUSES = {
    ("standard", "Bb"): "| Bb7 | Bb7 | Bb7 | Bb7 | Eb7 | Eb7 | Bb7 | Bb7 | F7 | Eb7 | Bb7 | Bb7 |",
    ("standard", "F#"): "| F#7 | F#7 | F#7 | F#7 | B7 | B7 | F#7 | F#7 | C#7 | B7 | F#7 | F#7 |",
    ("quick-change", "Ab"): (
        "| Ab7 | Db7 | Ab7 | Ab7 | Db7 | Db7 | Ab7 | Ab7 | Eb7 | Db7 | Ab7 | Ab7 |"
    ),
    ("quick-change", "F#"): "| F#7 | B7 | F#7 | F#7 | B7 | B7 | F#7 | F#7 | C#7 | B7 | F#7 | F#7 |",
    ("jazz", "Bb"): (
        "| Bb7 | Eb7 | Bb7 | Fm7 Bb7 | Eb7 | Edim7 | Bb7 | G7 | Cm7 | F7 | Bb7 | Bb7 |"
    ),
    ("jazz", "F#"): (
        "| F#7 | B7 | F#7 | C#m7 F#7 | B7 | Cdim7 | F#7 | D#7 | G#m7 | C#7 | F#7 | F#7 |"
    ),
    ("jazz", "Ab"): (
        "| Ab7 | Db7 | Ab7 | Ebm7 Ab7 | Db7 | Ddim7 | Ab7 | F7 | Bbm7 | Eb7 | Ab7 | Ab7 |"
    ),
    ("bird", "Bb"): (
        "| Bbmaj7 | Am7b5 D7 | Gm7 C7 | Fm7 Bb7 | Eb7 | Ebm7 Ab7 | Dm7 G7 | Dbm7 Gb7"
        " | Cm7 | F7 | Bbmaj7 | Bbmaj7 |"
    ),
    ("bird", "Ab"): (
        "| Abmaj7 | Gm7b5 C7 | Fm7 Bb7 | Ebm7 Ab7 | Db7 | Dbm7 Gb7 | Cm7 F7 | Bm7 E7"
        " | Bbm7 | Eb7 | Abmaj7 | Abmaj7 |"
    ),
    ("minor", "Bb"): (
        "| Bbm7 | Bbm7 | Bbm7 | Bbm7 | Ebm7 | Ebm7 | Bbm7 | Bbm7 | Gb7 | F7 | Bbm7 | Bbm7 |"
    ),
    ("minor", "F#"): (
        "| F#m7 | F#m7 | F#m7 | F#m7 | Bm7 | Bm7 | F#m7 | F#m7 | D7 | C#7 | F#m7 | F#m7 |"
    ),
    ("eight-bar", "Ab"): "| Ab7 | Eb7 | Db7 | Db7 | Ab7 | Eb7 | Ab7 | Ab7 |",
    ("sixteen-bar", "Bb"): (
        "| Bb7 | Bb7 | Bb7 | Bb7 | Bb7 | Bb7 | Bb7 | Bb7 | Eb7 | Eb7 | Bb7 | Bb7"
        " | F7 | Eb7 | Bb7 | Bb7 |"
    ),
}

each_form = pytest.mark.parametrize("name", FORMS)
in_each_key = pytest.mark.parametrize("tonic", TONICS)


def functions(bars, key):
    return [
        [((chord.root_pitch_class - key.pitch_class) % 12, chord.kind.intervals) for chord in bar]
        for bar in bars
    ]


def test_no_form_is_without_a_table_here():
    assert set(FORMS) == set(FUNCTIONS) == set(ENDINGS)


@each_form
@in_each_key
def test_an_inner_chorus_has_the_functions_of_its_form(name, tonic):
    bars = FORMS[name].bars(Key(tonic), last=False)
    assert functions(bars, Key(tonic)) == FUNCTIONS[name]


@each_form
@in_each_key
def test_the_last_chorus_ends_on_the_tonic(name, tonic):
    bars = FORMS[name].bars(Key(tonic))
    ending = ENDINGS[name]
    assert functions(bars, Key(tonic)) == FUNCTIONS[name][: -len(ending)] + ending


@pytest.mark.parametrize(
    ("name", "n_bars"),
    [
        *[("standard", 12), ("quick-change", 12), ("jazz", 12), ("bird", 12), ("minor", 12)],
        *[("eight-bar", 8), ("sixteen-bar", 16)],
    ],
)
def test_a_chorus_is_as_long_as_its_name_says(name, n_bars):
    form = form_named(name)
    assert form.n_bars == n_bars
    assert len(form.bars(Key("C"), last=True)) == len(form.bars(Key("C"), last=False)) == n_bars


@pytest.mark.parametrize(("name", "tonic"), CHORUSES)
def test_chords_are_spelt_as_players_write_them(name, tonic):
    assert format_chart(FORMS[name].bars(Key(tonic))) == CHORUSES[name, tonic]


@each_form
def test_only_the_last_of_several_choruses_ends(name):
    form, key = FORMS[name], Key("Eb")
    inner, last = form.bars(key, last=False), form.bars(key, last=True)
    assert form.chart_for(key, 3) == inner + inner + last
    assert form.chart_for(key, 1) == last


def test_a_minor_form_takes_the_minor_of_a_major_name():
    assert FORMS["minor"].key(Key("G")) == Key("G", "minor")
    assert FORMS["minor"].bars(Key("G")) == FORMS["minor"].bars(Key("G", "minor"))
    assert FORMS["standard"].key(Key("A", "minor")) == Key("A")


def test_an_unknown_form_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"^form: expected one of standard, .*, got 'waltz'"):
        form_named("waltz")


def test_a_chart_of_no_numerals_is_our_own_mistake():
    with pytest.raises(ValueError, match=r"not a Roman numeral: 'H'"):
        Form("broken", "I|H|V").bars(Key("C"))
