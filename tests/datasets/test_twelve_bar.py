"""The music that we ship: whole, what it says it is, and blues by the measures of real ones."""

import hashlib
import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from lstmmusic.corpus import PASSPORT, read_passport
from lstmmusic.encoding import STYLES, MelodyEvents, steps_per_bar
from lstmmusic.score import FORMS, Metre, form_named, read_chart

LINE_BARS = 4
METRES = {style: Metre(4, 4) for style in STYLES} | {"slow": Metre(12, 8)}
TEMPI = {"shuffle": (90, 140), "jump": (150, 200), "straight": (100, 150), "slow": (50, 72)}


@pytest.fixture(scope="module")
def passport(twelve_bar):
    return read_passport(twelve_bar)


@pytest.fixture(scope="module")
def tunes(passport):
    return list(passport.scores())


@pytest.fixture(scope="module")
def melodies(tunes):
    """Onset, duration, pitch of every note, in twelfths of a beat from bar 1."""
    return {entry.file: MelodyEvents().encode(score) for entry, score in tunes}


def test_the_passport_knows_every_file_by_its_checksum(passport, twelve_bar):
    present = {path.name for path in twelve_bar.iterdir()} - {PASSPORT}
    assert {entry.file for entry in passport.entries} == present
    for entry in passport.entries:
        data = (twelve_bar / entry.file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry.sha256, entry.file


def test_the_passport_is_complete(passport):
    assert passport.licence == "CC0-1.0"
    assert all((passport.title, passport.origin, passport.citation))


def test_the_set_has_enough_of_everything(tunes):
    assert len(tunes) >= 60
    assert len({score.key.tonic for _, score in tunes}) >= 6
    assert {entry.form for entry, _ in tunes} == set(FORMS)
    assert {entry.style for entry, _ in tunes} == set(STYLES)


def test_no_tune_is_there_twice(passport, tunes):
    assert len({entry.sha256 for entry in passport.entries}) == len(tunes)
    assert len({score.title for _, score in tunes}) == len(tunes)


def test_a_sixth_of_the_tunes_or_so_validates(passport):
    splits = Counter(entry.split for entry in passport.entries)
    assert set(splits) == {"train", "validation"}
    assert 0.1 <= splits["validation"] / splits.total() <= 0.25


def test_form_and_style_are_those_of_the_files(passport, twelve_bar):
    for entry in passport.entries:
        text = (twelve_bar / entry.file).read_text(encoding="ascii")
        fields = dict(re.findall(r"^([A-Z]):(.*)$", text, re.MULTILINE))
        assert (entry.form, entry.style) == (fields["G"], fields["R"]), entry.file


def test_every_bar_adds_up(tunes):
    for entry, score in tunes:
        bar_quarters = METRES[entry.style].bar_quarters
        assert [metre for _, metre in score.metres] == [METRES[entry.style]], entry.file
        assert score.n_bars == form_named(entry.form).n_bars, entry.file
        assert 0 <= score.pickup_quarters < bar_quarters, entry.file
        expected = score.pickup_quarters + score.n_bars * bar_quarters
        assert score.length_quarters == pytest.approx(expected), entry.file


def test_chords_are_those_of_the_form_in_the_key(tunes):
    for entry, score in tunes:
        found = read_chart(score.chords, score.bar_starts, score.metre.bar_quarters)
        form = form_named(entry.form)
        assert found == form.bars(score.key, last=False), entry.file
        assert form.key(score.key) == score.key, entry.file


def test_tempi_are_those_of_the_style(tunes):
    for entry, score in tunes:
        slowest, fastest = TEMPI[entry.style]
        assert len(score.tempo_map.changes) == 1, entry.file
        assert slowest <= score.tempo_bpm <= fastest, entry.file


def test_melodies_are_one_voice_on_the_grid(tunes, melodies):
    for entry, score in tunes:
        (part,) = score.parts
        assert part.is_monophonic, entry.file
        assert len(melodies[entry.file]) == len(part) >= 14, entry.file
        assert MelodyEvents().quantise(score).parts[0].notes["onset_quarters"] == pytest.approx(
            part.notes["onset_quarters"], abs=1e-6
        ), entry.file


def test_choruses_range_as_widely_as_people_play(tunes):
    ranges = [np.ptp(score.parts[0].notes["pitch"]) for _, score in tunes]
    assert 12 <= np.mean(ranges) <= 19
    assert min(ranges) >= 7
    assert max(ranges) <= 24


def test_melodies_rest_on_chord_tones_as_often_as_people_play_them(tunes):
    shares = [
        np.mean(
            [
                note.pitch % 12
                in score.chord_at(max(note.onset_quarters, score.pickup_quarters)).pitch_classes
                for note in score.parts[0]
            ]
        )
        for _, score in tunes
    ]
    assert 0.61 <= np.mean(shares) <= 0.86


def lines(events, metre):
    """The notes of each line of four bars; its last beat leads into the next."""
    line_steps = LINE_BARS * steps_per_bar(metre)
    upbeat = steps_per_bar(metre) // metre.n_beats
    numbers = np.maximum((events[:, 0] + upbeat) // line_steps, 0)
    n_lines = int(events[-1, 0] // line_steps) + 1
    return [events[numbers == number] for number in range(n_lines)]


def likeness(first, second):
    """One minus the edit distance over (interval, duration), by the longer line."""
    a, b = tokens(first), tokens(second)
    row = list(range(len(b) + 1))
    for i, token in enumerate(a, start=1):
        before, row = row, [i]
        for j, other in enumerate(b, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (token != other)))
    return 1 - row[-1] / max(len(a), len(b))


def tokens(line):
    intervals = np.diff(line[:, 2]).tolist()
    return list(zip(intervals, line[1:, 1].tolist(), strict=True))


def test_likeness_of_lines_by_hand():
    line = np.array([[0, 12, 60], [12, 6, 63], [18, 6, 60], [24, 24, 58]])
    higher = line + np.array([0, 0, 5])
    other = line.copy()
    other[2, 2] = 61
    assert likeness(line, higher) == 1
    assert likeness(line, other) == pytest.approx(1 / 3)
    assert likeness(line, line[:2]) == pytest.approx(1 / 3)


def test_the_second_line_answers_the_first_more_than_the_last_does(tunes, melodies):
    second, last = [], []
    for entry, score in tunes:
        found = lines(melodies[entry.file], score.metre)
        if len(found) == 3:
            second.append(likeness(found[0], found[1]))
            last.append(likeness(found[0], found[2]))
    assert len(second) >= 40
    assert np.mean(second) > np.mean(last)
    assert np.mean(np.array(second) > np.array(last)) >= 0.9


def grams(events, length=8):
    intervals = np.diff(events[:, 2]).tolist()
    return Counter(
        tuple(intervals[place : place + length]) for place in range(len(intervals) - length + 1)
    )


def test_no_tune_quotes_another_at_length(melodies):
    found = {name: grams(events) for name, events in melodies.items()}
    for (one, ours), (other, theirs) in combinations(found.items(), 2):
        shared = ours.keys() & theirs.keys()
        for counts in (ours, theirs):
            overlap = sum(counts[gram] for gram in shared) / max(counts.total(), 1)
            assert overlap <= 0.15, (one, other)


def test_tunes_start_with_many_rhythms(tunes, melodies):
    rhythms = set()
    for entry, score in tunes:
        events = melodies[entry.file]
        first_bar = (events[:, 0] >= 0) & (events[:, 0] < steps_per_bar(score.metre))
        rhythms.add(tuple(map(tuple, events[first_bar, :2].tolist())))
    assert len(rhythms) >= 8
