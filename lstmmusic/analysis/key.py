"""In which key a piece is.

Three things speak for a key: how long each pitch class sounds, what the melody ends on, and how
well the harmony makes sense from there - a blues is in the key of its I7, whatever its notes would
be in a song. What the file says counts as much as files can be trusted. The log odds below were
chosen on the development half of `benchmarks/analysis.py`.
"""

from __future__ import annotations

import numpy as np

from lstmmusic.analysis.found import Found
from lstmmusic.analysis.harmony import QUALITIES, fit, fit_chords, trusted
from lstmmusic.analysis.reading import MODEL_IS_FORM, MODEL_IS_MINOR, read_evidence
from lstmmusic.analysis.sounding import Sounding, listen
from lstmmusic.score import Key, Score
from lstmmusic.score.pitch import FLAT_NAMES

# Weight of each degree of a scale in a melody, per cent, tonic first. Probe tones and counts agree
# on the order for major and minor (Krumhansl & Kessler 1982; Temperley 2007); the tails of tunes in
# the modes are short, and in a blues both thirds and the flat seventh are at home.
_MAJOR = (
    (17, 1.5, 14, 2.5, 15, 10, 2.5, 18, 2, 10, 2.5, 5),
    (19, 0.7, 14, 1, 13, 10, 1.5, 17, 0.7, 11, 10, 2),  # Mixolydian
    (20, 1.2, 9, 8.5, 8.5, 9, 3, 17, 1.5, 9.5, 9.5, 3),  # blues
)
_MINOR = (
    (19, 1, 12, 15, 1.5, 12, 1.5, 18, 7, 2, 8, 4),
    (19, 0.7, 13, 12, 1.5, 12, 1, 17, 1, 8, 13, 1.5),  # Dorian
)
# How much a felt beat says, and how many say all they can: neighbouring notes repeat each other.
_BEAT, _MOST_BEATS = 0.24, 128.0
_HARMONY = 0.12  # what the chains say is tempered, too
# Log odds against a form, untempered: there are many, and each fits some tonic by chance.
_FORM = -10.0
_LAST_NOTE = 1.3  # log odds for the tonic that the melody ends on
_FIRST_CHORD, _LAST_CHORD = 2.0, 2.0  # log odds for the tonic that the harmony begins, ends on
_N_TONICS = 4  # that are tried with the harmony
# Log odds for what the file says, and for its relative: one signature often stands for the other.
_WRITTEN, _RELATIVE = 8.0, 3.0
_DEFAULT = 0.7  # for C major, which programs write when nobody said anything


def find_key(score: Score, melody: int | None) -> Found[Key]:
    """The key of a piece.

    Args:
        score: With or without chords and keys; its first key counts.
        melody: Index of the melody part; None where there is none.

    Returns:
        The key with its chance among the 24; `written` where it is the file's, `played` where
        chords or parts beside the melody speak, else `inferred`. C major with confidence 0 where
        nothing speaks.

    References:
        Krumhansl and Kessler (1982), Tracing the dynamic changes in perceived tonal organization;
        Temperley (2007), Music and Probability, chapter 4.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> pitches = (60, 63, 65, 67, 70, 67, 64, 60, 65, 69, 72, 70, 67, 63, 60, 60)
        >>> score = Score([Part([Note(beat, 1, pitch) for beat, pitch in enumerate(pitches)])])
        >>> str(find_key(score, 0).value), str(find_key(score.transpose(3), 0).value)
        ('C', 'Eb')
    """
    heard = trusted(listen(score, melody))
    odds = np.zeros((2, 12))  # major and minor, by tonic
    fits = fit_chords(score.chords, heard.edges[:-1]) if score.chords else fit(heard)
    speaks = bool(fits.any())
    if speaks:
        odds += _by_pitch_classes(heard, fits if score.chords else None)
        odds += _by_last_note(score, melody)
        odds += _by_ends(fits, heard.is_bar)
        odds += _by_harmony(fits, heard.is_bar, odds)
    written = score.key
    if written is not None:
        odds += _by_file(written)
    if not speaks and written is None:
        return Found(Key("C"), 0.0, "inferred")
    chances = np.exp(odds - odds.max())
    chances /= chances.sum()
    minor, tonic = np.unravel_index(int(chances.argmax()), chances.shape)
    sure = float(chances[minor, tonic])
    if written is not None and (written.is_minor, written.pitch_class) == (bool(minor), tonic):
        return Found(written, sure, "written")
    accompanied = bool(score.chords) or heard.bass.any() or heard.others.any()
    key = Key(FLAT_NAMES[tonic], "minor" if minor else "major").transpose(0)
    return Found(key, sure, "played" if accompanied else "inferred")


def _by_pitch_classes(heard: Sounding, fits: np.ndarray | None) -> np.ndarray:
    beats = (heard.melody + heard.bass + heard.others).sum(axis=0)
    if fits is not None:  # the roots of written chords sound, too
        roots = fits.reshape(len(fits), 12, -1).max(axis=2)
        beats = beats + ((roots == 0) * heard.slot_beats[:, None]).sum(axis=0)
    total = float(beats.sum())
    share = beats / max(total, 1e-9) * min(total, _MOST_BEATS) * _BEAT
    turned = np.stack([np.roll(share, -tonic) for tonic in range(12)], axis=1)
    found = []
    for profiles in (_MAJOR, _MINOR):
        weights = np.array(profiles, float)
        logs = np.log(weights / weights.sum(axis=1, keepdims=True)) @ turned
        found.append(np.logaddexp.reduce(logs))
    return np.stack(found)


def _by_last_note(score: Score, melody: int | None) -> np.ndarray:
    found = np.zeros(12)
    if melody is not None and len(score.parts[melody]):
        found[score.parts[melody].notes["pitch"][-1] % 12] = _LAST_NOTE
    return found


def _by_ends(fits: np.ndarray, is_bar: np.ndarray) -> np.ndarray:
    """What the first and the last bar with chords say, as far as their roots are sure."""
    bars = np.add.reduceat(fits, np.flatnonzero(is_bar), axis=0).reshape(-1, 12, len(QUALITIES))
    speaking = np.flatnonzero(np.ptp(bars, axis=(1, 2)))
    found = np.zeros(12)
    for bar, worth in ((speaking[0], _FIRST_CHORD), (speaking[-1], _LAST_CHORD)):
        roots = np.exp(bars[bar] - bars[bar].max()).sum(axis=1)
        found += worth * roots / roots.sum()
    return found


def _by_harmony(fits: np.ndarray, is_bar: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """What the styles and forms say of the likeliest tonics; the others are out of question."""
    tonics = np.argsort(-odds.max(axis=0), kind="stable")[:_N_TONICS]
    evidence = read_evidence(fits, is_bar, tonics.tolist())
    evidence = (evidence + _FORM * MODEL_IS_FORM[:, None]) * _HARMONY
    found = np.full((2, 12), -np.inf)
    for minor in (False, True):
        found[int(minor), tonics] = np.logaddexp.reduce(evidence[minor == MODEL_IS_MINOR])
    return found - found.max()


def _by_file(written: Key) -> np.ndarray:
    found = np.zeros((2, 12))
    is_default = (written.tonic, written.mode) == ("C", "major")
    found[int(written.is_minor), written.pitch_class] = _DEFAULT if is_default else _WRITTEN
    if not is_default:
        relative = written.pitch_class + (3 if written.is_minor else -3)
        found[int(not written.is_minor), relative % 12] = _RELATIVE
    return found
