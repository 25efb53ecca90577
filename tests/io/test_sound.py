"""The synthesiser, measured: pitch, bend, velocity, pan, peak."""

import io

import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.io import format_midi, sound, synthesiser
from lstmmusic.io.sound import PEAK, format_sound, render, render_stems, save_sound
from lstmmusic.io.synthesiser import SAMPLE_RATE, find_library, find_soundfont, synthesise
from lstmmusic.score import Note, Part, Score

pytestmark = pytest.mark.skipif(
    not (find_library() and find_soundfont()), reason="no FluidSynth or no soundfont"
)

ORGAN, PIANO = 19, 0


def piece(*notes, **more):
    return Score([Part(notes, **more)])


def played(score):
    return synthesise(format_midi(score))


def frequency_hz(samples, start_seconds, stop_seconds, near_hz):
    """The strongest partial within a third of an octave, by a parabola over the log spectrum."""
    part = samples[int(start_seconds * SAMPLE_RATE) : int(stop_seconds * SAMPLE_RATE)].mean(axis=1)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 8 * len(part)))
    per_bin = SAMPLE_RATE / (8 * len(part))
    low, high = int(near_hz / 1.25 / per_bin), int(near_hz * 1.25 / per_bin)
    peak = low + int(np.argmax(spectrum[low:high]))
    a, b, c = np.log(spectrum[peak - 1 : peak + 2])
    return (peak + (a - c) / (a - 2 * b + c) / 2) * per_bin


def cents(found_hz, expected_hz):
    return 1200 * np.log2(found_hz / expected_hz)


def level(samples):
    return float(np.sqrt((samples**2).mean()))


@pytest.mark.parametrize("pitch", [45, 57, 69])
@pytest.mark.parametrize("program", [PIANO, ORGAN, 66])
def test_notes_are_in_tune(pitch, program):
    samples = played(piece(Note(0, 4, pitch), program=program))
    expected = 440 * 2 ** ((pitch - 69) / 12)
    assert abs(cents(frequency_hz(samples, 0.3, 1.8, expected), expected)) < 15


def test_a_bend_of_a_whole_tone_is_a_whole_tone():
    straight = piece(Note(0, 4, 69), program=ORGAN)
    bent = piece(Note(0, 4, 69), program=ORGAN, bends=[(0.0, 8191)])
    up = cents(
        frequency_hz(played(bent), 0.3, 1.8, 494), frequency_hz(played(straight), 0.3, 1.8, 440)
    )
    assert abs(up - 200) < 15


def test_velocity_makes_it_louder():
    soft, loud = (level(played(piece(Note(0, 2, 60, v)))) for v in (40, 120))
    assert 20 * np.log10(loud / soft) > 10


def test_pan_goes_to_its_side():
    left = played(piece(Note(0, 2, 60), controls=[(0.0, 10, 0)]))
    right = played(piece(Note(0, 2, 60), controls=[(0.0, 10, 127)]))
    assert level(left[:, 0]) > 3 * level(left[:, 1])
    assert level(right[:, 1]) > 3 * level(right[:, 0])


def test_a_note_sounds_where_it_is_written():
    samples = played(Score([Part([Note(2, 1, 60)], program=PIANO)]))  # one second in
    onset = np.flatnonzero(np.abs(samples).max(axis=1) > 1e-3)[0] / SAMPLE_RATE
    assert 0.995 <= onset <= 1.015


def test_the_mix_peaks_below_clipping_however_loud_the_piece():
    crowd = [Note(0, 2, pitch, 127) for pitch in range(40, 90, 3)]
    samples = render(piece(*crowd))
    assert np.abs(samples).max() == pytest.approx(PEAK, abs=1e-4)


def test_the_same_score_gives_the_same_samples():
    score = piece(Note(0, 1, 60), Note(1, 1, 64), program=66)
    assert np.array_equal(render(score), render(score))


def test_a_stem_holds_its_own_part_alone():
    high = Part([Note(0, 2, 81)], "high", ORGAN)
    low = Part([Note(2, 2, 45)], "low", ORGAN)
    first, second = render_stems(Score([high, low]))
    assert first.shape == second.shape
    assert level(second[: SAMPLE_RATE // 2]) < 1e-4 < level(first[: SAMPLE_RATE // 2])
    assert np.abs(first + second).max() == pytest.approx(PEAK, abs=1e-4)


def test_the_tail_fades_to_nothing():
    samples = render(piece(Note(0, 1, 60)))
    assert np.abs(samples[-1]).max() < 1e-4
    assert len(samples) == int(2.5 * SAMPLE_RATE)


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_files_hold_the_samples(kind):
    import soundfile

    samples = render(piece(Note(0, 1, 60)))
    found, rate = soundfile.read(io.BytesIO(format_sound(samples, kind)))
    assert rate == SAMPLE_RATE
    assert np.abs(found - samples).max() < 1e-4


def test_a_missing_synthesiser_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(synthesiser, "find_library", lambda: None)
    with pytest.raises(InputError, match=r"pip install pygame-ce pretty_midi.*got no FluidSynth"):
        render(piece(Note(0, 1, 60)))


def test_a_missing_soundfont_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(synthesiser, "find_soundfont", lambda: None)
    with pytest.raises(InputError, match=r"fluidr3mono-gm-soundfont.*got no soundfont"):
        render(piece(Note(0, 1, 60)))


def test_a_file_that_is_no_soundfont_is_named(tmp_path):
    font = tmp_path / "font.sf2"
    font.write_bytes(b"RIFF but no more")
    with pytest.raises(InputError, match=r"font\.sf2: expected a soundfont"):
        render(piece(Note(0, 1, 60)), str(font))


def test_overrides_come_first(monkeypatch):
    monkeypatch.setenv("LSTMMUSIC_FLUIDSYNTH", "mine.so")
    monkeypatch.setenv("LSTMMUSIC_SOUNDFONT", "mine.sf2")
    assert (find_library(), find_soundfont()) == ("mine.so", "mine.sf2")


def test_an_existing_sound_file_is_kept(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match="--force"):
        save_sound(piece(Note(0, 1, 60)), path)
    assert path.read_bytes() == b"mine"


def test_a_name_of_another_kind_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "render", None)
    with pytest.raises(InputError, match=r"ends in \.wav \.flac \.ogg"):
        save_sound(piece(Note(0, 1, 60)), tmp_path / "a.mp3")
