"""Hypothesis strategies for music in memory.

Whatever has a place in time lies on a tick, so that tests can ask for equality instead of nearness.
"""

from hypothesis import strategies as st

from lstmmusic.score import Chord, Key, Metre, Note, Part, Score, TempoMap, Timed
from lstmmusic.score.pitch import name_of

# One symbol for every kind of chord that the package tells apart in the common books.
QUALITIES = (
    *("", "m", "dim", "aug", "m#5", "sus2", "sus4", "5", "add9", "madd9", "6", "m6", "69", "m69"),
    *("7", "m7", "maj7", "mmaj7", "dim7", "dimmaj7", "m7b5", "9", "m9", "maj9", "mmaj9"),
    *("11", "m11", "maj11", "13", "m13", "maj13", "7sus4", "7sus2", "9sus4", "13sus4", "7alt"),
    *("7b5", "7#5", "maj7#5", "maj7#11", "7b9", "7#9", "7#11", "7b13", "7b5b9", "7#5#9"),
    *("7b9#11", "7b9b13", "9#5", "9#11", "9b5", "13b9", "13#9", "13#11", "m7#5", "m9b5", "6#11"),
    *("7sus4b9", "13sus4b9"),
)
CLOCKS = (48, 96, 480, 960)
LAST_TICK_QUARTERS = 24

all_pitches = st.integers(0, 127)
note_names = st.builds(name_of, st.integers(-15, 19))  # two accidentals at most
keys = st.builds(Key.from_signature, st.integers(-7, 7), st.sampled_from(("major", "minor")))
sounding_chords = st.builds(
    Chord, note_names, st.sampled_from(QUALITIES), st.one_of(st.just(""), note_names)
)
chords = st.one_of(st.just(Chord()), sounding_chords)
metres = st.builds(Metre, st.integers(1, 13), st.sampled_from((2, 4, 8, 16)))
quarter_bpms = st.floats(1, 2000)
# Tempi that MIDI can say: whole microseconds per quarter note, in three bytes.
midi_bpms = st.integers(30_000, 2**24 - 1).map(lambda microseconds: 60_000_000 / microseconds)
# Words of people; chord symbols and the end are markers of our own.
labels = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters="="), min_size=1, max_size=8
).filter(lambda text: text != "end")


@st.composite
def notes(draw, clock=96, last_tick=None, pitches=all_pitches) -> Note:
    """One note on ticks."""
    onset = draw(st.integers(0, last_tick or LAST_TICK_QUARTERS * clock))
    length = draw(st.integers(1, 4 * clock))
    return Note(onset / clock, length / clock, draw(pitches), draw(st.integers(1, 127)))


def without_overlap(found: list[Note]) -> list[Note]:
    """Leaves out every note that starts while its pitch still sounds."""
    ends: dict[int, float] = {}
    kept = []
    for note in sorted(found):
        if note.onset_quarters >= ends.get(note.pitch, 0):
            kept.append(note)
            ends[note.pitch] = note.onset_quarters + note.duration_quarters
    return kept


@st.composite
def timed(draw, values, clock=96, first_tick=0, max_size=4) -> list[Timed]:
    """Changes on ticks, at most one at each."""
    ticks = st.integers(first_tick, LAST_TICK_QUARTERS * clock)
    found = draw(st.dictionaries(ticks, values, max_size=max_size))
    return [Timed(tick / clock, value) for tick, value in sorted(found.items())]


@st.composite
def parts(draw, clock=96, pitches=all_pitches, max_notes=12) -> Part:
    """A part with notes, at most one of each pitch at a time, and controls and bends."""
    is_drum = draw(st.booleans())
    several = st.lists(notes(clock, pitches=pitches), min_size=1, max_size=max_notes)
    ticks = st.integers(0, LAST_TICK_QUARTERS * clock).map(lambda tick: tick / clock)
    data = st.integers(0, 127)
    return Part(
        without_overlap(draw(several)),
        draw(st.one_of(st.just(""), labels)),
        0 if is_drum else draw(data),
        is_drum,
        draw(st.lists(st.tuples(ticks, data, data), max_size=6)),
        draw(st.lists(st.tuples(ticks, st.integers(-8192, 8191)), max_size=6)),
    )


@st.composite
def tempo_maps(draw, clock=96, bpms=quarter_bpms) -> TempoMap:
    """Tempo changes on ticks."""
    return TempoMap(((0, draw(bpms)), *draw(timed(bpms, clock, first_tick=1))))


@st.composite
def metre_changes(draw, clock=96, pickup_quarters=0.0) -> list[Timed[Metre]]:
    """Metres, each after the first at a bar line and unlike the one before.

    The first lasts two bars at least: a single short first bar is how MIDI says pickup.
    """
    found = [Timed(0.0, draw(metres))]
    onset = pickup_quarters
    for following in draw(st.lists(metres, max_size=2)):
        before = found[-1].value
        onset += draw(st.integers(2, 4)) * before.bar_quarters
        if following != before:
            found.append(Timed(onset, following))
    return found


@st.composite
def scores(draw, clocks=CLOCKS, bpms=midi_bpms, pitches=all_pitches, max_parts=3) -> Score:
    """A piece with everything that a score can hold."""
    clock = draw(st.sampled_from(clocks))
    changes = draw(metre_changes(clock))
    pickup = 0.0
    if draw(st.booleans()):
        bar_64ths = round(changes[0].value.bar_quarters * 16)
        pickup = draw(st.integers(1, min(bar_64ths - 1, 64))) / 16 if bar_64ths > 1 else 0.0
        changes = [Timed(onset + pickup if onset else 0.0, metre) for onset, metre in changes]
    words = st.one_of(st.just(""), labels)
    return Score(
        parts=draw(st.lists(parts(clock, pitches), max_size=max_parts)),
        chords=draw(timed(chords, clock)),
        metres=changes,
        tempo_map=draw(tempo_maps(clock, bpms)),
        keys=draw(timed(keys, clock)),
        sections=draw(timed(labels, clock)),
        title=draw(words),
        feel=draw(words),
        pickup_quarters=pickup,
        length_quarters=draw(st.integers(0, 2 * LAST_TICK_QUARTERS)),
        ticks_per_quarter=clock,
    )


NOTATED_METRES = ("4/4", "3/4", "12/8", "6/8", "2/2", "5/4", "7/8")
STEPS_PER_QUARTER = 12


@st.composite
def notated_notes(draw, n_steps: int) -> list[Note]:
    """A melody or a web of voices on the twelfths of a quarter, no pitch struck while it sounds."""
    is_melody = draw(st.booleans())
    rows = st.tuples(st.integers(0, 30), st.integers(1, 60), st.integers(21, 108))
    found, step = [], 0
    for gap, duration, pitch in draw(st.lists(rows, max_size=8)):
        step += gap
        if step + duration > n_steps:
            break
        found.append(Note(step / STEPS_PER_QUARTER, duration / STEPS_PER_QUARTER, pitch))
        step += duration if is_melody else 0
    return without_overlap(found)


@st.composite
def notated_scores(draw) -> Score:
    """What notation can say of one part."""
    metre = Metre.parse(draw(st.sampled_from(NOTATED_METRES)))
    bar = round(metre.bar_quarters * STEPS_PER_QUARTER)
    # Eighths, and less than a whole note: a lone whole rest would say "this bar is silent".
    pickup = draw(st.integers(0, min(bar // 6 - 1, 7))) * 6
    length = pickup + draw(st.integers(1, 4)) * bar

    def changes(values, first=()):
        later = draw(st.dictionaries(st.integers(0, length - 1), values, max_size=3))
        found = {**later, **dict(first)}
        return [Timed(step / STEPS_PER_QUARTER, value) for step, value in sorted(found.items())]

    beats = st.integers(40, 240).map(lambda beat_bpm: beat_bpm * metre.beat_quarters)
    program = draw(st.integers(0, 127))
    return Score(
        parts=[Part(draw(notated_notes(length)), draw(labels), program)],
        chords=changes(chords),
        metres=[Timed(0.0, metre)],
        tempo_map=TempoMap(tuple(changes(beats, first=[(0, draw(beats))]))),
        keys=[Timed(0.0, draw(keys))],
        sections=changes(labels),
        title=draw(labels),
        feel=draw(st.sampled_from(("", "Swing", "Slow and easy"))),
        pickup_quarters=pickup / STEPS_PER_QUARTER,
        length_quarters=length / STEPS_PER_QUARTER,
    )
