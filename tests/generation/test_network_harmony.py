"""Chords of the harmony network, against the choruses that it was trained on."""

import re
import tomllib

import numpy as np
import pytest

from lstmmusic.generation import improvise
from lstmmusic.player import load_model
from lstmmusic.score import Chord, Key, parse_chart

FAMILIES = {"major": ("standard", "quick-change", "jazz", "bird"), "minor": ("minor",)}


def kind(chord, tonic):
    """A chord by degree and by third and seventh, as far as the network tells chords apart."""
    tones = chord.kind.intervals
    return (chord.root_pitch_class - tonic) % 12, *(tone in tones for tone in (3, 4, 6, 10, 11))


def training_chords(folder, forms):
    """For each of twelve bars, the chords that a training chorus has where the bar begins.

    Read from the ABC text by a reader of its own.
    """
    found = [set() for _ in range(12)]
    files = tomllib.loads((folder / "dataset.toml").read_text())["files"]
    for row in files:
        if row["split"] != "train" or row["form"] not in forms:
            continue
        head, body = (folder / row["file"]).read_text().split("\nK:")
        key, tune = body.split("\n", 1)
        tonic = Key.parse(key.strip()).pitch_class
        bars = [re.findall(r'"([^"]+)"', bar) for bar in tune.split("|")]
        bars = [bar for bar in bars if bar]  # without a pickup and the end
        assert len(bars) == 12, head
        for place, bar in enumerate(bars):
            found[place].add(kind(Chord.parse(bar[0]), tonic))
    return found


@pytest.mark.parametrize(("mode", "key"), [("major", "C"), ("major", "Bb"), ("minor", "Am")])
def test_the_network_keeps_the_form_over_eight_choruses(twelve_bar, mode, key):
    """Bar onsets whose chord a training chorus has at that bar: 20 seeds, default sampling."""
    model = load_model()
    known = training_chords(twelve_bar, FAMILIES[mode])
    tonic = Key.parse(key).pitch_class
    rates = []
    for seed in range(20):
        report = improvise(
            harmony="model", key=key, choruses=8, seed=seed, density=0.5, band=False, model=model
        ).report
        bars = parse_chart(report["chords"])
        assert len(bars) == 96
        rates.append(np.mean([kind(b[0], tonic) in known[n % 12] for n, b in enumerate(bars)]))
    assert np.mean(rates) >= 0.95


def test_the_network_varies_its_choruses():
    """Over seeds it plays more than one chorus; a fixed chart would not."""
    model = load_model()
    charts = {
        improvise(harmony="model", seed=seed, density=0.5, band=False, model=model).report["chords"]
        for seed in range(20)
    }
    assert len(charts) >= 2


@pytest.mark.parametrize(("key", "home"), [("C", "7"), ("Bb", "maj7"), ("Am", "m7")])
def test_the_last_chord_is_the_tonic_as_it_was_heard(key, home):
    """A form that has Imaj7 where it comes home ends on it; the turnaround is heard first."""
    model = load_model()
    ends = set()
    for seed in range(12):
        asked = {"key": key, "seed": seed, "density": 0.5, "band": False, "model": model}
        bars = parse_chart(improvise(harmony="model", **asked).report["chords"])
        (last,) = bars[-1]
        tonic = [chord for bar in bars[:-1] for chord in bar if chord.root == last.root]
        assert last.root == Key.parse(key).tonic
        heard = [chord for chord in tonic if chord.kind.is_minor == ("m" in key)]
        assert last == heard[-1]
        ends.add(last.quality)
    assert home in ends
