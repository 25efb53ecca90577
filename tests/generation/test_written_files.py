"""Generated pieces on disk: written, read back, and opened by the libraries of others."""

import io

import mido
import music21
import numpy as np
import pytest
import symusic

from lstmmusic.generation import improvise
from lstmmusic.io import format_midi, load, parse_midi, save
from lstmmusic.player import load_model

ASKED = (
    {"form": "jazz", "key": "Bb", "tempo": 133, "choruses": 2},
    {"form": "minor", "key": "F#m", "tempo": 97, "style": "straight"},
    {"form": "bird", "key": "Db", "tempo": 210.5, "style": "jump"},
    {"form": "quick-change", "key": "E", "tempo": 55, "style": "slow", "choruses": 2},
    {"chords": "| Cm7 | Fm9 Bb13 | Ebmaj7 | N.C. |", "metre": "12/8", "bars": 9},
    {"harmony": "model", "key": "Ab", "count_in": True},
)
EACH = pytest.mark.parametrize("asked", ASKED, ids=lambda asked: "-".join(map(str, asked.values())))
MODES = ("major", "minor")


@pytest.fixture(scope="module")
def model():
    return load_model()


@EACH
def test_a_midi_file_gives_back_the_piece(asked, model, tmp_path):
    """Bars, tempo, metre, key, chords, sections and, to half a tick, every note."""
    blues = improvise(seed=1, model=model, **asked)
    path = tmp_path / "blues.mid"
    save(blues.score, path)
    read = load(path)
    assert path.read_bytes() == format_midi(blues.score)
    assert read.n_bars == blues.report["bars"]
    assert read.tempo_bpm == pytest.approx(blues.report["tempo"], rel=1e-5)
    assert str(read.metre) == blues.report["metre"]
    assert str(read.key) == blues.report["key"]
    assert read.chords == blues.score.chords
    assert read.sections == blues.score.sections
    assert read.length_quarters == blues.score.length_quarters
    assert {part.name: len(part) for part in read.parts} == blues.report["parts"]
    for part in blues.score.parts:
        found = read.part(part.name)
        assert (found.program, found.is_drum) == (part.program, part.is_drum)
        order = np.lexsort((part.notes["pitch"], np.rint(part.notes["onset_quarters"] * 960)))
        for name, tolerance in (("onset_quarters", 0.5), ("pitch", 0), ("velocity", 0)):
            expected = part.notes[name][order]
            np.testing.assert_allclose(
                found.notes[name], expected, rtol=0, atol=tolerance / 960 + 1e-9
            )


@EACH
def test_symusic_sees_what_was_asked(asked, model, tmp_path):
    blues = improvise(seed=2, model=model, **asked)
    save(blues.score, tmp_path / "blues.mid")
    score = symusic.Score(tmp_path / "blues.mid")
    metre, key = blues.score.metre, blues.score.key
    [tempo] = score.tempos
    [signature] = score.key_signatures
    assert (tempo.time, tempo.qpm) == (0, pytest.approx(tempo_in_quarters(blues), rel=1e-5))
    numbers = {(m.numerator, m.denominator) for m in score.time_signatures}
    assert numbers == {(metre.numerator, metre.denominator)}
    assert (signature.key, MODES[signature.tonality]) == (key.signature, key.mode)
    assert {track.name: len(track.notes) for track in score.tracks} == blues.report["parts"]
    assert [track.is_drum for track in score.tracks] == [False, False, False, True]
    end = max(note.time + note.duration for track in score.tracks for note in track.notes)
    bar_ticks = round(metre.bar_quarters * score.ticks_per_quarter)
    bars = len(blues.score.bar_starts) + bool(blues.score.pickup_quarters)
    assert -(-end // bar_ticks) == bars


@EACH
def test_music21_sees_what_was_asked(asked, model, tmp_path):
    blues = improvise(seed=2, model=model, **asked)
    save(blues.score, tmp_path / "blues.mid")
    score = music21.converter.parse(tmp_path / "blues.mid", forceSource=True)
    marks = list(score.recurse().getElementsByClass(music21.tempo.MetronomeMark))
    assert marks[0].getQuarterBPM() == pytest.approx(tempo_in_quarters(blues), rel=1e-3)
    metres = score.recurse().getElementsByClass(music21.meter.TimeSignature)
    assert {metre.ratioString for metre in metres} == {blues.report["metre"]}
    [key] = {
        (k.tonic.name.replace("-", "b"), k.mode)
        for k in score.recurse().getElementsByClass(music21.key.Key)
    }
    assert key == (blues.score.key.tonic, blues.score.key.mode)
    n_bars = max(len(part.getElementsByClass(music21.stream.Measure)) for part in score.parts)
    assert n_bars == len(blues.score.bar_starts) + bool(blues.score.pickup_quarters)


def tempo_in_quarters(blues):
    return blues.report["tempo"] * blues.score.metre.beat_quarters


def off_beats(data):
    """Places within the beat of every onset that shares its beat with one on the beat alone."""
    file = mido.MidiFile(file=io.BytesIO(data))
    found = {}
    for track in file.tracks[1:]:
        onsets, tick = set(), 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                onsets.add(tick)
        beats = {}
        for onset in sorted(onsets):
            beat, place = divmod(onset, file.ticks_per_beat)
            beats.setdefault(beat, []).append(place / file.ticks_per_beat)
        pairs = [places[1] for places in beats.values() if len(places) == 2 and places[0] == 0]
        found[track.name] = [place for place in pairs if 0.4 <= place <= 0.85]
    return found


@pytest.mark.parametrize("swing", [0.5, 0.55, 0.6, 2 / 3, 0.7, 0.75])
@pytest.mark.parametrize("style", ["shuffle", "jump", "straight"])
def test_the_swing_of_the_midi_file_is_the_swing_asked_for(model, style, swing):
    """Over beats with an off-beat eighth, in every part that has any."""
    blues = improvise(style=style, swing=swing, seed=3, choruses=4, model=model)
    assert blues.report["swing"] == pytest.approx(swing, abs=5e-4)
    found = off_beats(format_midi(blues.score))
    assert len(found["melody"]) > 20
    assert len(found["drums (rules)"]) > 20
    for places in found.values():
        if places:
            assert np.mean(places) == pytest.approx(swing, abs=0.02)
            assert np.median(places) == pytest.approx(swing, abs=0.001)


@pytest.mark.parametrize("style", ["shuffle", "jump", "straight"])
def test_no_beat_has_both_triplets_and_an_eighth_between_them(model, style):
    """Within a part: the two would stumble over each other."""
    blues = improvise(style=style, swing=0.7, seed=3, choruses=4, model=model)
    for part in blues.score.parts[1:]:
        places = np.rint(part.notes["onset_quarters"] * 960).astype(int)
        for beat in range(4 * blues.score.n_bars):
            within = set((places[places // 960 == beat] - 960 * beat).tolist())
            if within & {320, 640}:
                assert within <= {0, 320, 640}


def test_a_score_written_as_musicxml_gives_back_the_piece(model, tmp_path):
    blues = improvise(key="Eb", form="jazz", tempo=88, seed=1, model=model)
    save(blues.written, tmp_path / "blues.musicxml")
    read = load(tmp_path / "blues.musicxml")
    assert (read.n_bars, str(read.key), str(read.metre)) == (12, "Eb", "4/4")
    assert read.tempo_bpm == pytest.approx(88)
    assert [str(chord) for _, chord in read.chords] == [str(c) for _, c in blues.score.chords]
    melody = blues.written.part("melody").notes
    found = read.part("melody").notes
    np.testing.assert_array_equal(found["pitch"], melody["pitch"])
    np.testing.assert_allclose(found["onset_quarters"], melody["onset_quarters"], atol=1e-6)
    np.testing.assert_allclose(found["duration_quarters"], melody["duration_quarters"], atol=1e-6)


def test_parsing_what_was_formatted_needs_no_file(model):
    score = improvise(seed=5, model=model).score
    assert format_midi(parse_midi(format_midi(score))) == format_midi(score)
