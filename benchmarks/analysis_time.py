"""How often metre, bar lines, feel, choruses and copies are found right; part of `analysis`.

Truth: the time signatures of the folk tunes; the bar lines of the solos, whose files begin with one
and are cut to begin elsewhere; the annotated place of every note and the choruses of the blues
solos (`truth/*.notes.csv`, `truth/*.beats.csv`).
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstmmusic.analysis import find_chords, find_key
from lstmmusic.analysis.choruses import find_choruses
from lstmmusic.analysis.feel import find_feel, follows_the_beat, on_the_grid
from lstmmusic.analysis.fingerprint import fingerprint, near_duplicates
from lstmmusic.analysis.groups import performer_of, split_groups, tune_name
from lstmmusic.analysis.metre import find_metre, with_bar_lines
from lstmmusic.encoding import melody_part
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.score import Part, Score, TempoMap, Timed

if TYPE_CHECKING:
    from benchmarks.analysis import Piece

_LEVELS = {"2/2": "4/4", "2/4": "4/4", "6/8": "12/8"}  # metres that share their beats
_HALF = STEPS_PER_BEAT // 2
_SHORT_TRIPLET = 2 * STEPS_PER_BEAT // 3


class Places(NamedTuple):
    """Where the annotation puts notes.

    Attributes:
        steps: Twelfths of a beat from the first bar line of the file.
        divisions: By what the annotation divides the beat.
    """

    steps: np.ndarray
    divisions: np.ndarray


def cut(score: Score, start_quarters: float, heard: str) -> Score:
    """What is heard from a place on, without metre and bar lines: `melody`, or `harmony` too."""
    melody = melody_part(score)
    kept = []
    for part in score.parts if heard == "harmony" else [melody]:
        if part is None:
            continue
        notes = part.notes[part.notes["onset_quarters"] >= start_quarters - 1e-6].copy()
        notes["onset_quarters"] = np.maximum(notes["onset_quarters"] - start_quarters, 0)
        kept.append(Part(notes, "melody" if part is melody else "", part.program, part.is_drum))
    chords = [
        Timed(onset - start_quarters, chord)
        for onset, chord in score.chords
        if onset >= start_quarters and heard == "harmony"
    ]
    return Score(kept, chords, metre_is_known=False)


def annotated_places(folder: Path, piece: Piece) -> Places | None:
    """The annotation of a solo; None where there is none."""
    beats, notes = _truth(folder, piece, "beats"), _truth(folder, piece, "notes")
    if not beats or len(notes) != len(piece.score.parts[0]):
        return None
    first = min(int(row["bar"]) for row in beats)
    n_beats = piece.score.metre.n_beats
    places = [
        (int(row["bar"]) - first) * n_beats
        + (int(row["beat"]) - 1)
        + (int(row["tatum"]) - 1) / int(row["division"])
        for row in notes
    ]
    steps = np.floor(np.array(places) * STEPS_PER_BEAT + 0.5).astype(np.int64)
    return Places(steps, np.array([int(row["division"]) for row in notes]))


def _truth(folder: Path, piece: Piece, what: str) -> list[dict[str, str]]:
    path = folder / "truth" / f"{piece.name.removesuffix('.mid')}.{what}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _index(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def _halves(rows: Sequence[tuple[bool, dict[str, float]]]) -> dict[str, Any]:
    """Weighted means over all rows and the test half; `weight` is a row's, 1 where it has none."""
    found = {}
    for name, chosen in (("all", rows), ("test", [row for row in rows if row[0]])):
        if chosen:
            weights = [row.get("weight", 1.0) for _, row in chosen]
            keys = [key for key in chosen[0][1] if key != "weight"]
            found[name] = {"pieces": len(chosen)} | {
                key: round(float(np.average([row[key] for _, row in chosen], weights=weights)), 4)
                for key in keys
            }
    return found


def measure_metre(pieces: Sequence[Piece], heard: str) -> dict[str, Any]:
    """Share of pieces whose hidden metre is found, exactly and up to twice as long a bar."""
    rows = []
    for piece in pieces:
        if len(piece.score.metres) > 1 or str(piece.score.metre) == "1/4":
            continue  # no metre to speak of
        found = find_metre(cut(piece.score, 0, heard))
        true = str(piece.score.metre).replace("2/2", "4/4")
        row = {
            "exact": float(found.value == true),
            "same_beats": float(_LEVELS.get(found.value, found.value) == _LEVELS.get(true, true)),
            "confidence": found.confidence,
        }
        rows.append((piece.is_test, row))
    return _halves(rows)


def measure_bar_lines(pieces: Sequence[Piece], heard: str) -> dict[str, Any]:
    """Share of true bar lines that are found, and found or missed by half a bar.

    Files begin with a bar line; from every other one 0, 1, 2 or 3 beats are cut in turn.
    """
    rows = []
    for number, piece in enumerate(pieces):
        metre = piece.score.metre
        if len(piece.score.metres) > 1 or metre.denominator != 4 or metre.numerator not in (3, 4):
            continue
        start = float(number // 2 % 4)
        hidden = cut(piece.score, start, heard)
        lines = with_bar_lines(hidden, find_metre(hidden)).bar_starts
        true = piece.score.bar_starts - start
        true = true[true >= 0]
        half = np.concatenate([lines, lines + metre.bar_quarters / 2])
        row = {
            "right": float(np.isin(true, lines).mean()),
            "right_or_half_off": float(np.isin(true, half).mean()),
            "weight": float(len(true)),
        }
        rows.append((piece.is_test, row))
    return _halves(rows)


def measure_feel(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Share taken for performances, and how many keep their beat with and without tempo map."""
    rows = []
    for piece in pieces:
        found = find_feel(piece.score)
        row = {"performance": float(found.is_performance)}
        if len(piece.score.tempo_map.changes) > 1:
            row["beatless_noticed"] = float(not follows_the_beat(_beatless(piece.score)))
            steady = replace(piece.score, tempo_map=TempoMap())
            row["beatless_false_alarm"] = float(not follows_the_beat(steady))
        rows.append((piece.is_test, row))
    return _halves(rows)


def _beatless(score: Score) -> Score:
    """The same sound in a file of one tempo."""
    notes = score.parts[0].notes.copy()
    seconds = [score.tempo_map.seconds_at(onset) for onset in notes["onset_quarters"]]
    notes["onset_quarters"] = np.array(seconds) * 2
    part = replace(score.parts[0], notes=notes)
    return Score([part], metres=score.metres[:1], tempo_map=TempoMap())


def measure_quantiser(folder: Path, pieces: Sequence[Piece]) -> dict[str, Any]:
    """Share of notes on their annotated twelfth of the beat.

    `annotated` leaves swing as it is played, as the annotation does; `notated` undoes it in both:
    a beat of long and short in two thirds and one counts as two eighths. `nearest` is the nearest
    twelfth. `error_steps` is the mean distance of `annotated`.
    """
    rows = []
    for piece in pieces:
        truth = annotated_places(folder, piece)
        if truth is None:
            continue
        solo = replace(piece.score, parts=piece.score.parts[:1])
        feel = find_feel(solo)
        as_played = _steps(on_the_grid(solo, replace(feel, swing=None)).score)
        written = _steps(on_the_grid(solo, feel).score)
        nearest = _steps(solo)
        row = {
            "annotated": float((as_played == truth.steps).mean()),
            "notated": float((_notated(written) == _notated(truth.steps)).mean()),
            "nearest": float((nearest == truth.steps).mean()),
            "within_a_step": float((np.abs(as_played - truth.steps) <= 1).mean()),
            "error_steps": float(np.abs(as_played - truth.steps).mean()),
            "weight": float(len(truth.steps)),
        }
        rows.append((piece.is_test, row))
    return _halves(rows)


def _steps(score: Score) -> np.ndarray:
    onsets = score.parts[0].notes["onset_quarters"] / score.metre.beat_quarters
    return np.floor(onsets * STEPS_PER_BEAT + 0.5).astype(np.int64)


def _notated(steps: np.ndarray) -> np.ndarray:
    written = steps.copy()
    beats = steps // STEPS_PER_BEAT
    for beat in np.unique(beats[steps % STEPS_PER_BEAT == _SHORT_TRIPLET]):
        inside = beats == beat
        if set((steps[inside] % STEPS_PER_BEAT).tolist()) <= {0, _SHORT_TRIPLET}:
            written[inside & (steps % STEPS_PER_BEAT == _SHORT_TRIPLET)] += _HALF - _SHORT_TRIPLET
    return written


def measure_choruses(
    folder: Path, pieces: Sequence[Piece], hear: Callable[[Score], Score]
) -> dict[str, Any]:
    """Recall and precision of first bars of choruses of twelve bars, sections hidden.

    Pieces that are no blues tell `false_pieces`: those in which any chorus is found.
    """
    rows: dict[str, list[int]] = {}
    index = _index(folder)
    for piece in pieces:
        about = index.get(piece.name, {})
        is_blues = about.get("is_12_bar") == "True"
        if not piece.score.chords or not (is_blues or about.get("is_blues") == "False"):
            continue
        true = _first_bars(folder, piece) if is_blues else (set(), set())
        if is_blues and (float(about["form_length_measured"] or 0) != 12 or not true[0]):
            continue
        found = {chorus.first_bar for chorus in find_choruses(hear(piece.score), False)}
        if is_blues:
            counts = [len(found & true[0]), len(found - true[0] - true[1]), len(true[0] - found)]
        else:
            counts = [0, 0, 0]
        counts += [int(not is_blues), int(not is_blues and bool(found))]
        for half in ("all", "test") if piece.is_test else ("all",):
            rows[half] = [a + b for a, b in zip(rows.get(half, [0] * 5), counts, strict=True)]
    return {half: _recall(*counts) for half, counts in rows.items()}


def _recall(hits: int, extra: int, missed: int, n_others: int, n_false: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if hits + missed:
        found = {"choruses": hits + missed, "recall": round(hits / (hits + missed), 4)}
        found["precision"] = round(hits / max(hits + extra, 1), 4)
    return found | ({"other_pieces": n_others, "false_pieces": n_false} if n_others else {})


def _first_bars(folder: Path, piece: Piece) -> tuple[set[int], set[int]]:
    """Bars (from 1) where whole choruses begin, and where one begins that breaks off late.

    Where the annotation runs several together, a chorus begins every twelve bars.
    """
    beats = _truth(folder, piece, "beats")
    first = min((int(row["bar"]) for row in beats), default=0)
    bars = [(int(row["bar"]) - first + 1, int(row["chorus_id"])) for row in beats]
    begins = {number: min(b for b, n in bars if n == number) for _, number in bars if number > 0}
    whole, broken = set(), set()
    for number, start in begins.items():
        n_bars = max(bar for bar, other in bars if other == number) - start + 1
        whole |= {start + 12 * k for k in range(n_bars // 12)}
        broken |= {start + n_bars // 12 * 12} if n_bars % 12 >= 8 else set()
    return whole, broken


def with_inferred_chords(score: Score) -> Score:
    """Key and chords as the analysis finds them, all parts heard."""
    hidden = replace(score, chords=(), keys=(), sections=())
    key = find_key(hidden, 0).value
    keyed = replace(hidden, keys=(Timed(0.0, key),))
    return replace(keyed, chords=find_chords(hidden, key, 0).value)


def _changed(score: Score, how: str) -> Score:
    """The melody as another file may have it."""
    rng = np.random.default_rng(len(score.title))
    melody = melody_part(score)
    notes = (melody or Part()).notes.copy()
    if how == "transposed":
        notes["pitch"] += 5 if notes["pitch"].max() < 120 else -5
    elif how == "half as fast":
        notes["onset_quarters"] *= 2
    elif how == "8 % other notes":
        chosen = rng.random(len(notes)) < 0.08
        moved = notes["pitch"][chosen] + rng.choice([-3, -2, -1, 1, 2, 3], chosen.sum())
        notes["pitch"][chosen] = np.clip(moved, 0, 127)
    elif how == "first half":
        notes = notes[: len(notes) // 2]
    elif how == "quantised":
        return on_the_grid(score, find_feel(score)).score
    return replace(score, parts=[Part(notes, "melody")])


def measure_copies(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Share of changed pieces that are found to be near copies, and pairs of different ones."""
    prints = [fingerprint(piece.score) for piece in pieces]
    found: dict[str, Any] = {}
    for how in ("transposed", "half as fast", "8 % other notes", "first half", "quantised"):
        hits = [
            len(near_duplicates([mine, fingerprint(_changed(piece.score, how))]))
            for piece, mine in zip(pieces, prints, strict=True)
        ]
        found[how] = round(float(np.mean(hits)), 4)
    groups = near_duplicates(prints)
    found["pieces"] = len(pieces)
    found["groups"] = [[pieces[index].name for index in group] for group in groups]
    return found


def measure_groups(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Groups by tune and performer in the file names."""
    grouping = split_groups(
        [tune_name(piece.name) for piece in pieces], [performer_of(piece.name) for piece in pieces]
    )
    sizes = np.bincount(grouping.ids)
    return {"pieces": len(pieces), "groups": len(sizes), "largest": int(sizes.max())}


def measure_speed(pieces: Sequence[Piece]) -> dict[str, float]:
    """CPU milliseconds for 1,000 notes of the melody: each stage alone."""
    stages: dict[str, Callable[[Score], object]] = {
        "metre and bar lines": lambda s: with_bar_lines(s, find_metre(s)),
        "feel": find_feel,
        "grid": lambda s: on_the_grid(s, find_feel(s)),
        "choruses": lambda s: find_choruses(s, False),
        "fingerprint": fingerprint,
    }
    melodies = [melody_part(piece.score) or Part() for piece in pieces]
    n_notes = sum(map(len, melodies))
    found = {}
    for name, stage in stages.items():
        scores = [
            replace(piece.score, parts=[melody], metre_is_known=name != "metre and bar lines")
            for piece, melody in zip(pieces, melodies, strict=True)
        ]
        start = time.process_time()
        for score in scores:
            stage(score)
        found[name] = (time.process_time() - start) * 1e6 / n_notes
    found["grid"] -= found["feel"]
    return {name: round(value, 2) for name, value in found.items()}


def measure(folders: dict[str, tuple[Path, Sequence[Piece]]]) -> dict[str, Any]:
    """All figures of this file, by what is measured and folder."""
    found: dict[str, Any] = {
        name: {}
        for name in ("metre", "bar_lines", "feel", "quantiser", "choruses", "copies", "groups")
    }
    found["cpu_ms_per_1000_notes_time"] = {}
    for name, (folder, pieces) in folders.items():
        heard = ("melody",) if name == "folk" else ("harmony", "melody")
        found["metre"][name] = {what: measure_metre(pieces, what) for what in heard}
        performed = [piece for piece in pieces if len(piece.score.tempo_map.changes) > 1]
        written = [piece for piece in pieces if len(piece.score.tempo_map.changes) == 1]
        for label, chosen in (("solos", performed), ("written", written)):
            if chosen:
                found["feel"][f"{name}, {label}"] = measure_feel(chosen)
        found["copies"][name] = measure_copies(pieces)
        found["cpu_ms_per_1000_notes_time"][name] = measure_speed(pieces)
        if name == "folk":
            continue
        found["bar_lines"][name] = {what: measure_bar_lines(performed, what) for what in heard}
        found["groups"][name] = measure_groups(performed)
        found["choruses"][name] = {
            "written chords": measure_choruses(folder, pieces, lambda score: score),
            "inferred chords": measure_choruses(folder, pieces, with_inferred_chords),
            "inferred from the melody": measure_choruses(
                folder,
                pieces,
                lambda score: with_inferred_chords(replace(score, parts=score.parts[:1])),
            ),
        }
        if name == "blues":
            found["quantiser"][name] = measure_quantiser(folder, pieces)
    return found
