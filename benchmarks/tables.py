"""Writes the tables of the documents from recorded results: `python -m benchmarks.tables`."""

from __future__ import annotations

import json
import re
import statistics
import tomllib
from pathlib import Path
from typing import Any

from lstmmusic.corpus import read_passport
from lstmmusic.evaluation import MEASURES
from lstmmusic.player import DEFAULT_MODEL, load_model, shipped_models
from lstmmusic.tasks import list_tasks, task_named
from lstmmusic.tasks.blues import segment_chord_tones

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            "app",
            "layers",
            "experiments",
            "analysis",
            "corpus",
            "blues",
            "clustering",
            "reinforcement",
        )
    ),
)
_FOLDERS = {"blues": "blues solos", "jazz_other": "jazz solos", "folk": "dance tunes"}


def _start_up() -> str:
    results = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["start_up"]
    rows = ["| process | CPU seconds | peak memory |", "|---|---|---|"]
    for label, row in results.items():
        rows.append(f"| {label} | {row['cpu_seconds']:.2f} | {row['peak_mib']:.0f} MiB |")
    return "\n".join(rows)


def _model() -> str:
    rows = ["| model | network | weights | trained on | unseen |", "|---|---|---|---|---|"]
    for name in (DEFAULT_MODEL, *(name for name in shipped_models() if name != DEFAULT_MODEL)):
        card = load_model(name).card
        for network, told in (("harmony", _chords), ("melody", _notes), ("feel", _feel_told)):
            if network in card["networks"]:
                weights = card["networks"][network]["weights"]
                rows.append(f"| `{name}` | {network} | {weights:,} | {' | '.join(told(card))} |")
    return "\n".join(rows)


def _chords(card: dict[str, Any]) -> tuple[str, str]:
    """What the harmony heard, and how well it tells what it did not."""
    scores = card["scores"]["harmony"]
    count = scores.get("choruses")
    if count is None:
        recipe = (ROOT / "training" / "recipes" / card["recipe"]).read_text(encoding="utf-8")
        forms = {form for family in tomllib.loads(recipe)["harmony_streams"] for form in family}
        entries = read_passport(ROOT / "datasets" / card["trained_on"]["dataset"]).entries
        count = sum(entry.form in forms for entry in entries)
    bits = f"{scores['bits_per_chorus']:.2f} bits a chorus"
    return (
        f"the chords of {count} choruses of twelve bars",
        f"{bits}; floor {scores['floor_bits_per_chorus']:.2f}",
    )


def _notes(card: dict[str, Any]) -> tuple[str, str]:
    """The same of the melody."""
    scores, trained = card["scores"]["melody"], card["trained_on"]
    note = f"{scores['bits_per_note']:.2f} bits a note (time {scores['bits_ioi']:.2f}, "
    note += f"pitch {scores['bits_pitch']:.2f})"
    return f"{trained['tunes']} pieces", f"{note}, on {trained['unseen_tunes']} pieces"


def _feel_told(card: dict[str, Any]) -> tuple[str, str]:
    """The same of the feel."""
    scores = card["scores"]["feel"]
    return (
        f"{scores['train_notes']:,} performed notes",
        f"RMSE {scores['test_rmse_beats']:.4f} beats, on {scores['test_notes']:,} notes",
    )


def _app() -> str:
    found = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["app"]
    if found is None:  # measured where there was no chromium
        return ""
    return "\n".join(
        (
            "| in chromium, 12 bars with the band | |",
            "|---|---|",
            f"| first click to sound | {found['first_click_to_sound_seconds']:.1f} s |",
            f"| later clicks to sound | {found['later_click_to_sound_seconds']:.1f} s |",
            f"| playhead off the sound | {found['playhead_error_ms']:.1f} ms |",
            f"| frames a second | {found['frames_per_second']:.0f} |",
        )
    )


# Key -> what it is, unit, decimals, what is wanted.
_APP_SPEEDS = {
    "first_page_seconds": ("server started to first page usable", " s", 1, "at most 3"),
    "first_click_to_sound_seconds": ("first click to sound", " s", 1, ""),
    "later_click_to_sound_seconds": ("later clicks to sound, 12 bars", " s", 1, "at most 2.5"),
    "playhead_error_ms": ("playhead off the sound", " ms", 1, "at most 10"),
    "frames_per_second_700_notes": ("frames a second, 700 notes", "", 0, "55"),
    "frames_per_second_20000_notes": ("frames a second, 20,000 notes", "", 0, "30"),
    "map_click_ms": ("click on a map of 2,000 points to its item", " ms", 0, "at most 300"),
    "memory_first_piece_mib": ("memory of the app, one piece", " MiB", 0, ""),
    "memory_all_pages_mib": (
        "memory of the app, nine pieces and all pages",
        " MiB",
        0,
        "at most 400",
    ),
}


def _app_speeds() -> str:
    found = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["app"] or {}
    rows = ["| in chromium, two cores | measured | wanted |", "|---|---|---|"]
    for key, (about, unit, digits, wanted) in _APP_SPEEDS.items():
        if key in found:
            rows.append(f"| {about} | {found[key]:.{digits}f}{unit} | {wanted} |")
    return "\n".join(rows)


def _layers() -> str:
    results = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["layers"]
    names = list(results["layers"][0]["train"])[1:]
    rows = [
        f"| units | steps | Keras LSTM | {' | '.join(names)} |",
        "|---|---|---|" + "---|" * len(names),
    ]
    for row in results["layers"]:
        pairs = (f"{row['train'][name]:.2f}, {row['read'][name]:.2f}" for name in names)
        keras_ms = f"{row['keras_train_ms']:.0f} ms"
        rows.append(f"| {row['units']} | {row['steps']} | {keras_ms} | {' | '.join(pairs)} |")
    return "\n".join(rows)


def _layers_more() -> str:
    found = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["layers"]
    growth, memory, player = found["growth_60_to_960"], found["training_mib"], found["player"]
    names = ("Keras LSTM", "peepholes")
    rows = [f"| | {' | '.join(names)} |", "|---|---|---|"]
    long = " | ".join(f"{growth[name]:.1f} times" for name in names)
    rows.append(f"| a training step on 960 steps over one on 60, 64 units | {long} |")
    grown = " | ".join(f"{memory[name]} MiB" for name in names)
    rows.append(f"| memory that training takes, 256 units, 480 steps | {grown} |")
    alone, batch = f"{player['1']:.1f} times", f"{player['64']:.1f} times"
    products = "the NumPy player's step over its two matrix products, 256 units"
    rows.append(f"| {products}: one sequence | | {alone} |")
    rows.append(f"| the same, 64 sequences | | {batch} |")
    return "\n".join(rows)


def _backends() -> str:
    found = json.loads((ROOT / "benchmarks/backends.json").read_text(encoding="utf-8"))
    rows = ["| backend | variants | outputs differ by | gradients differ by |", "|---|---|---|---|"]
    for name, row in found.items():
        output, gradient = row["max_output_difference"], row["max_relative_gradient_difference"]
        version = f"{name} {row['version']}"
        rows.append(f"| {version} | {row['variants']} | {output:.0e} | {gradient:.0e} |")
    return "\n".join(rows)


def _recorded() -> list[tuple[str, dict]]:
    """Task and row of every recorded run, in the order of the registry."""
    found = []
    for task in list_tasks():
        path = ROOT / "training" / "results" / f"{task.name}.json"
        if path.is_file():
            rows = json.loads(path.read_text(encoding="utf-8"))["results"]
            found += [(task.name, row) for row in rows]
    return found


def _experiments() -> str:
    rows = [
        "| task | preset | variant | published | ours (stopped) | median steps | seconds | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    published = {task.name: task.published for task in list_tasks()}
    for name, row in _recorded():
        figures = [f for f in published[name] if f.variant == row["variant"]] or published[name]
        best = figures[0]
        doubt = f" ({best.doubt})" if best.doubt else ""
        stopped = sum(network["has_stopped"] for network in row["each"])
        first, last = row["seed"], row["seed"] + row["seeds"] - 1
        rows.append(
            f"| `{name}` | {row['preset']} | `{row['variant']}` "
            f"| {best.value:,g} {best.unit}, {best.network}{doubt} "
            f"| {row['solved']} of {row['seeds']} ({stopped}) "
            f"| {row['steps']:,} {row['step_unit']} | {row['seconds']:.0f} | {first}-{last} |"
        )
    return "\n".join(rows)


def _blues_study() -> str:
    rows = [
        "| task | preset | variant | 100 choruses right | chord steps right | bar onsets right "
        "| of the 12 in chorus 1 | choruses before a slip | chords told | melody told | new bars "
        "| chord tones |",
        "|---" * 12 + "|",
    ]

    def pair(each: list[dict], name: str, form: str) -> str:
        """Median and worst of the networks."""
        if name not in each[0]:
            return ""
        values = [metrics[name] for metrics in each]
        return f"{statistics.median(values):{form}}, {min(values):{form}}"

    shares = ("chords_told", "melody_told", "new_bars", "chord_tones")
    for name, row in _recorded():
        if name not in ("blues_chords", "blues_melody"):
            continue
        each = [network["metrics"] for network in row["each"]]
        played = ("steps_right", "onsets_right")
        cells = [pair(each, name, ".1%") for name in played]
        cells += [pair(each, n, "g") for n in ("onsets_right_in_chorus_1", "choruses_right")]
        cells += [pair(each, name, ".1%") for name in shares]
        rows.append(
            f"| `{name}` | {row['preset']} | `{row['variant']}` | {row['solved']} of "
            f"{row['seeds']} | {' | '.join(cells)} |"
        )
    *theirs, steps, chords, melody, tones = (
        figure.value for figure in task_named("blues_melody").published
    )
    onsets = ", ".join(f"{value:g}" for value in theirs)
    rows.append(
        f"| run again by others | | LSTM of 20 and 24 | not tried | {steps:.1%} | | {onsets} | "
        f"| {chords:.1%} | {melody:.1%} | | {tones:.1%} |"
    )
    tones = segment_chord_tones()
    rows.append(f"| the training segments | | | | | | | | | | | {tones:.1%} |")
    return "\n".join(rows)


def _grouping() -> str:
    """Adjusted mutual information of the groups of the experiments, family by family."""
    families = ("rhythm", "tempo", "pitch", "frequency", "wave", "amplitude")
    rows = [
        f"| AMI: mean ± deviation; seeds above untrained | {' | '.join(families)} |",
        "|---" * (1 + len(families)) + "|",
    ]
    for name, row in _recorded():
        if name not in ("bingo_grouping", "neo_grouping") or row["preset"] != "paper":
            continue
        each = [network["metrics"] for network in row["each"]]
        cells, untrained = [], []
        for family in families:
            if f"ami_{family}" not in each[0]:  # recorded before there was such a family
                cells.append("")
                untrained.append("")
                continue
            ours = [metrics[f"ami_{family}"] for metrics in each]
            theirs = [metrics[f"untrained_{family}"] for metrics in each]
            above = sum(a > b for a, b in zip(ours, theirs, strict=True))
            cells.append(f"{_mean_deviation(ours)}; {above} of {len(each)}")
            untrained.append(_mean_deviation(theirs))
        rows.append(f"| `{row['variant']}` | {' | '.join(cells)} |")
        if not row["variant"].endswith("_2001"):  # it reads the last step; this does not
            rows.append(f"| the same untrained | {' | '.join(untrained)} |")
    return "\n".join(rows)


def _mean_deviation(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2f} ± {deviation:.2f}"


def _nodes() -> str:
    """What nodes tell of binary factors, one factor alone and three at once."""
    path = ROOT / "training" / "results" / "nodes.json"
    if not path.is_file():
        return ""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = ["| nodes | factors | bits that a node tells of its factor | correlation |"]
    rows.append("|---|---|---|---|")
    for row in found["rows"]:
        cells = []
        for k, factor in enumerate(row["factors"]):
            bits = [one["bits"][k] for one in row["each"]]
            cells.append(f"{factor} {_mean_deviation(bits)}")
        shared = [one["correlation"] for one in row["each"]]
        said = _mean_deviation(shared) if row["nodes"] > 1 else ""
        rows.append(
            f"| {row['nodes']} | {', '.join(row['factors'])} | {', '.join(cells)} | {said} |"
        )
    return "\n".join(rows)


def _clustered() -> str:
    """AMI of the groups of music that is known otherwise, method by method."""
    rows = []
    for path in sorted((ROOT / "training" / "results" / "cluster").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        heard = list(dict.fromkeys(tuple(row["features"]) for row in found["rows"]))
        for features in heard:
            here = [row for row in found["rows"] if tuple(row["features"]) == features]
            ngrams = next((row for row in here if row["method"] == "ngrams"), None)
            for row in sorted(here, key=lambda row: -row["ami"]):
                above = ""
                if ngrams is not None and row is not ngrams and row["seeds"] == ngrams["seeds"]:
                    pairs = zip(row["each"], ngrams["each"], strict=True)
                    n_above = sum(one["ami"] > other["ami"] for one, other in pairs)
                    above = f"{n_above} of {len(row['seeds'])}"
                rows.append(
                    f"| {found['set']}: {found['sequences']}, {len(found['groups'])} groups "
                    f"| {', '.join(features)} | `{row['method']}` "
                    f"| {row['ami']:.2f} ± {row['deviation']:.2f} | {above} |"
                )
    if not rows:
        return ""
    head = "| set | features | method | AMI: mean ± deviation | seeds above n-grams |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _like() -> str:
    """Overlap with a group of pieces played like it, and of those played without it."""
    path = ROOT / "training" / "results" / "like.json"
    if not path.is_file():
        return ""
    rows = ["| tunes | overlap | without the group | pieces that are nearer |", "|---|---|---|---|"]
    for label, found in json.loads(path.read_text(encoding="utf-8"))["groups"].items():
        each = found["each"]
        ours, theirs = ([row[name] for row in each] for name in ("overlap", "without"))
        above = sum(a > b for a, b in zip(ours, theirs, strict=True))
        rows.append(
            f"| {found['pieces']} of the kind {label} | {_mean_deviation(ours)} "
            f"| {_mean_deviation(theirs)} | {above} of {len(each)} |"
        )
    return "\n".join(rows)


def _clustering_cost() -> str:
    """CPU seconds and memory of the clusterer, beside DTW k-means."""
    path = ROOT / "benchmarks" / "clustering.json"
    if not path.is_file():
        return ""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = ["| | sequences | CPU seconds | peak memory | AMI |", "|---|---|---|---|---|"]
    for row in found["rows"]:
        what = "DTW k-means" if row["what"] == "dtw" else "the clusterer"
        rows.append(
            f"| {what} | {row['sequences']:,} | {row['cpu_seconds']:.1f} "
            f"| {row['peak_mib']:,.0f} MiB | {row['ami']:.2f} |"
        )
    return "\n".join(rows)


_HARMONY_SAMPLINGS = ("temperature 1, top-p 1", "default")


def _harmony_results() -> dict[str, dict]:
    path = ROOT / "training" / "results" / "harmony.json"
    if not path.is_file():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))["settings"]


def _harmony() -> str:
    if not _harmony_results():  # not recorded yet
        return ""
    first, usual = _HARMONY_SAMPLINGS
    rows = [
        "| | seeds | bits a chorus | a step | bar onsets right: mean, worst seed "
        "| worst of 32 choruses: mean, worst seed | at the default settings: mean, worst seed |",
        "|---" * 7 + "|",
    ]
    for name, row in _harmony_results().items():
        seeds = row["seeds"]
        bits = statistics.mean(seed["bits_per_chorus"] for seed in seeds)
        steps = 12 * row["steps_per_bar"]

        def pair(values: list[float]) -> str:
            return f"{statistics.mean(values):.3f}, {min(values):.3f}"

        at_1, at_usual = ([s["samplings"][key] for s in seeds] for key in (first, usual))
        rows.append(
            f"| {name}: {row['about']} | {len(seeds)} | {bits:.2f} | {bits / steps:.4f} "
            f"| {pair([s['right'] for s in at_1])} "
            f"| {pair([min(s['by_chorus']) for s in at_1])} "
            f"| {pair([s['right'] for s in at_usual])} |"
        )
    return "\n".join(rows)


def _harmony_long() -> str:
    if not _harmony_results():
        return ""
    rows = [
        "| | settings | choruses before the first slip: median of each seed "
        "| without a slip in 1,000 | distinct choruses of 1,280 | a training chorus "
        "| one form throughout |",
        "|---" * 7 + "|",
    ]
    for name, row in _harmony_results().items():
        for key in _HARMONY_SAMPLINGS:
            found = [seed["samplings"][key] for seed in row["seeds"]]

            def mean(what: str, found: list[dict] = found) -> float:
                return statistics.mean(seed[what] for seed in found)

            slips = ", ".join(f"{seed['choruses_before_a_slip']:g}" for seed in found)
            rows.append(
                f"| {name} | {key} | {slips} | {mean('without_a_slip'):.0%} "
                f"| {mean('distinct'):.0f} | {mean('known'):.1%} | {mean('one_form'):.3f} |"
            )
    return "\n".join(rows)


def _feel_results() -> dict[str, dict]:
    path = ROOT / "training" / "results" / "feel.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


_FEEL_READINGS = ("annotated", "found")


def _feel() -> str:
    rows = [
        "| reading | model | RMSE in beats | mean error in ms "
        "| the network's RMSE against it, 95 % interval | performers better |",
        "|---" * 6 + "|",
    ]
    found = _feel_results()
    for reading in (name for name in _FEEL_READINGS if name in found):
        against = found[reading]["against"]["network"]
        for name, row in found[reading]["models"].items():
            gain = against.get(name)
            cells = " | | "
            if gain is not None:
                low, high = gain["interval"]
                cells = f" | {gain['change']:+.1%} [{low:+.1%}, {high:+.1%}] "
                cells += f"| {gain['performers_better']} of {found[reading]['performers']} "
            spread = ""
            if row["by_seed"] and len(row["by_seed"]) > 1:
                spread = f" ± {statistics.stdev(row['by_seed']):.4f}"
            rmse = f"{row['rmse_beats']:.4f}{spread}"
            rows.append(f"| {reading} | {name} | {rmse} | {row['error_ms']:.1f}{cells}|")
    return "\n".join(rows)


def _feel_free() -> str:
    rows = [
        "| reading | solos, performers, notes | spread of players | of the network, by seed "
        "| lag-1 correlation of players | of the network, by seed |",
        "|---" * 6 + "|",
    ]
    found = _feel_results()
    for reading in (name for name in _FEEL_READINGS if name in found):
        row, free = found[reading], found[reading]["running_free"]
        spreads = ", ".join(f"{seed['spread_change']:+.1%}" for seed in free["by_seed"])
        lags = ", ".join(f"{seed['lag_1_difference']:+.3f}" for seed in free["by_seed"])
        rows.append(
            f"| {reading} | {row['solos']}, {row['performers']}, {row['notes']:,} "
            f"| {free['spread_beats']:.4f} | {spreads} | {free['lag_1']:.3f} | {lags} |"
        )
    return "\n".join(rows)


def _feel_swing() -> str:
    rows = ["| swing asked | measured in the MIDI file | pairs |", "|---|---|---|"]
    rows += [
        f"| {row['asked']:.3f} | {row['measured']:.3f} | {row['pairs']} |"
        for row in _feel_results().get("swing", ())
    ]
    return "\n".join(rows)


def _chorus_results() -> dict[str, dict]:
    path = ROOT / "training" / "results" / "choruses.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _choruses() -> str:
    """How like the people's music 200 choruses of each shipped model are."""
    rows = [
        "| model | played | choruses | match of the people's own | the worst feature "
        "| spread (people's halves) | aab (people's) | runs of 12 shared (limit) | red |",
        "|---" * 9 + "|",
    ]
    for model, found in _chorus_results().items():
        for way, row in found["ways"].items():
            spread, copied, aab = row["spread"], row["copied"], row["numbers"].get("aab")
            answer = ""
            if aab is not None and aab["mean"] is not None:
                answer = f"{aab['mean']:.2f} ({aab['low']:.2f} to {aab['high']:.2f})"
            rows.append(
                f"| `{model}` | {way} | {row['choruses']} | {row['of_people']:.3f} "
                f"| {row['worst'].replace('_', ' ')} {row['worst_overlap']:.2f} "
                f"| {spread['ratio']:.2f} ({spread['low']:.2f} to {spread['high']:.2f}) "
                f"| {answer} | {copied['mean']:.4f} ({copied['limit']:.4f}) "
                f"| {copied['lights']['red']} of {row['pieces']} |"
            )
    return "\n".join(rows)


def _chorus_numbers() -> str:
    """The numbers of the scorecard of the same choruses; what lies outside stands bold."""
    found = _chorus_results()
    ways = [(model, way) for model in found for way in found[model]["ways"]]
    names = [f"`{model}`, {way}" for model, way in ways]
    people = [f"people, for `{model}`" for model in found]
    rows = [f"| | {' | '.join(names + people)} |", "|---" * (1 + len(names + people)) + "|"]
    for measure in MEASURES:
        told = [found[model]["ways"][way]["numbers"].get(measure.key) for model, way in ways]
        if not any(row and row["mean"] is not None for row in told):
            continue
        cells = []
        for row in told:
            if not row or row["mean"] is None:
                cells.append("")
                continue
            shown = f"{row['mean']:z.{measure.digits}f}"
            share = "" if row["inside_share"] is None else f", {row['inside_share']:.0%}"
            cells.append((shown if row["inside"] else f"**{shown}**") + share)
        for model in found:
            first = next(iter(found[model]["ways"].values()))["numbers"].get(measure.key)
            span = ""
            if first:
                span = f"{first['low']:z.{measure.digits}f} to {first['high']:z.{measure.digits}f}"
            cells.append(span)
        unit = f", {measure.unit}" if measure.unit else ""
        rows.append(f"| {measure.title}{unit} | {' | '.join(cells)} |")
    seconds = [f"{found[model]['seconds_a_chorus']['median']:.2f} s" for model in found]
    spent = [seconds[list(found).index(m)] if way == "as set" else "" for m, way in ways]
    empty = " | ".join("" for _ in people)
    rows.append(f"| a chorus with its band, on one core | {' | '.join(spent)} | {empty} |")
    return "\n".join(rows)


_MIXED = ("with viewpoints", "with viewpoints and the solo so far")


def _melody_results() -> dict[str, dict]:
    """The summary of the record, by model."""
    path = ROOT / "training" / "results" / "melody.json"
    if not path.is_file():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))["summary"]
    return {row["model"]: row for row in rows}


def _gain(row: dict, other: str) -> str:
    """By how much it is below another on the same solos, with the interval."""
    found = row["against"].get(other)
    if found is None:
        return ""
    low, high = found["interval"]
    return f"{found['change']:+.1%} [{low:+.1%}, {high:+.1%}]"


def _melody_row(row: dict, others: tuple[str, ...]) -> str:
    told = f"{row['duration']:.3f}" if row["duration"] else ""
    gains = " | ".join(_gain(row, other) for other in others)
    return (
        f"| {row['model']} | {row['trainings'] or ''} | {row['ioi']:.3f} | {row['pitch']:.3f} "
        f"| {row['bits_per_note']:.3f} | {told} | {gains} |"
    )


def _melody() -> str:
    """The melody network beside n-grams, on solos by players and on tunes that none has heard."""
    static, online = "viewpoints", "viewpoints and the solo so far"
    rows = [
        "| | trainings | time | pitch | bits a note | duration | against viewpoints, 95 % interval "
        "| against viewpoints and the solo so far |",
        "|---" * 8 + "|",
    ]
    found = _melody_results()
    shown = ("plain n-gram", static, online, "network", *(f"network {how}" for how in _MIXED))
    rows += [_melody_row(found[name], (static, online)) for name in shown if name in found]
    return "\n".join(rows)


def _melody_variants() -> str:
    """What the melody network would be without this or that, on the same solos."""
    found = _melody_results()
    about: dict[str, str] = {}
    if found:
        path = ROOT / "training" / "results" / "melody.json"
        about = json.loads(path.read_text(encoding="utf-8"))["about"]
    rows = [
        "| | trainings | bits a note | against the network, 95 % interval | by training "
        "| against viewpoints of the same music |",
        "|---" * 6 + "|",
    ]
    for name in about:
        row = found.get(name)
        if name == "network" or row is None:
            continue
        by_training = ", ".join(f"{x:+.1%}" for x in row["against"]["network"]["by_training"])
        suffix = ", no extra data" if name == "no extra data" else ""
        rows.append(
            f"| {name}: {about[name]} | {row['trainings']} | {row['bits_per_note']:.3f} "
            f"| {_gain(row, 'network')} | {by_training} | {_gain(row, f'viewpoints{suffix}')} |"
        )
    return "\n".join(rows)


_COUNTS = (5, 10, 20, 30, 64)


def _metalearner() -> str:
    """Errors of frozen networks on new functions, count by count, beside who learns by itself."""
    rows = [
        f"| mean squared error | preset | {' | '.join(f'after {k}' for k in _COUNTS)} | solved |",
        "|---" * (3 + len(_COUNTS)) + "|",
    ]
    for family in ("boolean", "semilinear", "quadratic"):
        name = f"metalearner_{family}"
        recorded = [row for task, row in _recorded() if task == name]
        for row in recorded:
            each = [network["metrics"] for network in row["each"]]
            cells = []
            for count in _COUNTS:
                values = [metrics[f"mse_{count}"] for metrics in each]
                cells.append(f"{statistics.median(values):.1e} ({max(values):.1e})")
            solved = f"{row['solved']} of {row['seeds']}"
            head = f"| {family}, `{row['variant']}` | {row['preset']} "
            rows.append(f"{head}| {' | '.join(cells)} | {solved} |")
        for who, words in (("backprop", "backpropagation"), ("rls", "least squares")):
            if recorded:
                each = [network["metrics"] for network in recorded[0]["each"]]
                cells = [
                    f"{statistics.median(metrics[f'{who}_{count}'] for metrics in each):.1e}"
                    for count in _COUNTS
                ]
                rows.append(f"| {family}, {words} | | {' | '.join(cells)} | |")
    return "\n".join(rows)


def _mazes() -> str:
    """Runs that were solved, and their median steps, by length of the corridor and variant."""
    found = [
        (n, row) for n, row in _recorded() if n.startswith("t_maze") and row["preset"] == "paper"
    ]
    variants = [v for v in task_named("t_maze_5").variants if v in {r["variant"] for _, r in found}]
    rows = [f"| corridor | {' | '.join(f'`{v}`' for v in variants)} |"]
    rows.append("|---" * (1 + len(variants)) + "|")
    for task in (name for name in dict.fromkeys(name for name, _ in found)):
        cells = []
        for variant in variants:
            row = next((r for n, r in found if n == task and r["variant"] == variant), None)
            cell = ""
            if row is not None:
                cell = f"{row['solved']} of {row['seeds']}, {row['steps']:,} steps"
            cells.append(cell)
        settings = task_named(task).presets["paper"].settings
        noisy = ", noisy" if settings.noisy else ""
        rows.append(f"| {settings.corridor_steps} steps{noisy} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _poles() -> str:
    """How long poles are balanced in each mode: median and worst run."""
    rows = [
        "| preset | variant | solved | steps in mode 1 | in mode 2 | steps learnt |",
        "|---" * 6 + "|",
    ]
    for name, row in _recorded():
        if name != "two_mode_pole":
            continue
        each = [network["metrics"] for network in row["each"]]
        cells = []
        for mode in (1, 2):
            values = [metrics[f"steps_mode_{mode}"] for metrics in each]
            cells.append(f"{statistics.median(values):,.0f} ({min(values):,.0f})")
        rows.append(
            f"| {row['preset']} | `{row['variant']}` | {row['solved']} of {row['seeds']} "
            f"| {' | '.join(cells)} | {row['steps']:,} |"
        )
    return "\n".join(rows)


def _published() -> str:
    rows = ["| task | published | network | source |", "|---|---|---|---|"]
    rows += [
        f"| `{task.name}` | {figure.value:,g} {figure.unit} | {figure.network} "
        f"| {figure.source}{f' ({figure.doubt})' if figure.doubt else ''} |"
        for task in list_tasks()
        for figure in task.published
    ]
    return "\n".join(rows)


def _tasks() -> str:
    rows = ["| task | what | variants |", "|---|---|---|"]
    rows += [
        f"| `{task.name}` | {task.about} | {', '.join(f'`{v}`' for v in task.variants)} |"
        for task in list_tasks()
    ]
    return "\n".join(rows)


def _analysis() -> dict:
    return json.loads((ROOT / "benchmarks/analysis.json").read_text(encoding="utf-8"))


def _analysis_rows(found: dict, columns: tuple[str, ...]) -> list[str]:
    """A row for each folder and what was heard of it, all pieces beside the test half."""
    rows = []
    for folder, by_heard in found.items():
        for heard, halves in by_heard.items():
            pairs = [f"{halves['all'][c]:.0%}, {halves['test'][c]:.0%}" for c in columns]
            n_pieces = halves["all"]["pieces"]
            rows.append(f"| {_FOLDERS[folder]} | {n_pieces} | {heard} | {' | '.join(pairs)} |")
    return rows


def _analysis_melody() -> str:
    rows = [
        "| all, test | pieces | with names | without names and instruments |",
        "|---|---|---|---|",
    ]
    for folder, halves in _analysis()["melody"].items():
        pairs = [f"{halves['all'][c]:.0%}, {halves['test'][c]:.0%}" for c in ("named", "unnamed")]
        rows.append(f"| {_FOLDERS[folder]} | {halves['all']['pieces']} | {' | '.join(pairs)} |")
    return "\n".join(rows)


def _analysis_key() -> str:
    rows = [
        "| all, test | pieces | heard | exact | weighted | confidence | told C | told right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    columns = ("exact", "weighted", "confidence", "misled", "written")
    return "\n".join(rows + _analysis_rows(_analysis()["key"], columns))


def _analysis_chords() -> str:
    rows = [
        "| all, test | pieces | heard | root | major, minor | sevenths | confidence |",
        "|---|---|---|---|---|---|---|",
    ]
    columns = ("root", "majmin", "sevenths", "confidence")
    return "\n".join(rows + _analysis_rows(_analysis()["chords"], columns))


def _analysis_confidence() -> str:
    rows = [
        "| | heard | pieces | right | confidence before, after | error before, after |",
        "|---|---|---|---|---|---|",
    ]
    for heard, found in _analysis()["chord_confidence"].items():
        for folder, title in (("blues", "blues solos"), ("jazz_other", "jazz solos")):
            row = found[folder]
            rows.append(
                f"| {title} | {heard} | {row['pieces']} | {row['right']:.0%} "
                f"| {row['before']:.0%}, {row['after']:.0%} "
                f"| {row['error_before']:.3f}, {row['error_after']:.3f} |"
            )
    return "\n".join(rows)


def _analysis_bars() -> str:
    found = _analysis()
    rows = ["| | of | all | test |", "|---|---|---|---|"]

    def row(what: str, among: str, figures: dict, name: str) -> None:
        shares = [f"{figures[half][name]:.1%}" for half in ("all", "test")]
        rows.append(f"| {what} | {among} | {' | '.join(shares)} |")

    dances = found["metre"]["folk"]["melody"]
    row("metre", "dance tunes", dances, "exact")
    row("metre, or one with the same beats", "dance tunes", dances, "same_beats")
    for heard, words in (("harmony", "with chords and bass"), ("melody", "the melody alone")):
        for folder, figures in found["bar_lines"].items():
            row(f"bar lines, {words}", _FOLDERS[folder], figures[heard], "right")
            name = "right_or_half_off"
            row(f"the same, or half a bar off, {words}", _FOLDERS[folder], figures[heard], name)
    for name, words in (
        ("annotated", "annotated twelfth of the beat"),
        ("notated", "the same, swung pairs as eighths"),
        ("nearest", "annotated twelfth, by rounding"),
    ):
        row(words, "notes of the blues solos", found["quantiser"]["blues"], name)
    for chords, figures in found["choruses"]["blues"].items():
        among = f"{figures['all']['choruses']} choruses of the blues solos"
        row(f"choruses found, {chords}", among, figures, "recall")
        row(f"choruses that are some, {chords}", "those found there", figures, "precision")
        others = found["choruses"]["jazz_other"][chords]
        among = f"{others['all']['other_pieces']} jazz solos"
        shares = {
            h: {"false": others[h]["false_pieces"] / others[h]["other_pieces"]} for h in others
        }
        row(f"pieces with choruses, {chords}", among, shares, "false")
    return "\n".join(rows)


def _analysis_bars_time() -> str:
    found = _analysis()["cpu_ms_per_1000_notes_time"]
    names = list(found["blues"])
    rows = [f"| CPU ms for 1,000 notes of the melody | {' | '.join(names)} |"]
    rows.append("|---|" + "---|" * len(names))
    for folder, stages in found.items():
        times = (f"{stages[name]:.1f}" for name in names)
        rows.append(f"| {_FOLDERS[folder]} | {' | '.join(times)} |")
    return "\n".join(rows)


def _analysis_time() -> str:
    rows = ["| CPU ms for 1,000 notes | melody | key | chords |", "|---|---|---|---|"]
    for folder, found in _analysis()["cpu_ms_per_1000_notes"].items():
        stages = " | ".join(f"{found[stage]:.1f}" for stage in ("melody", "key", "chords"))
        rows.append(f"| {_FOLDERS[folder]} | {stages} |")
    return "\n".join(rows)


def _corpus() -> str:
    found = json.loads((ROOT / "benchmarks/corpus.json").read_text(encoding="utf-8"))
    reading, again, builds = found["reading"], found["again"], found["builds"]
    ratio = f"{reading['load_over_symusic']:.1f} times symusic's bare parse"
    bare, arrays = reading["symusic_ms_per_file"], reading["symusic_and_arrays_ms_per_file"]
    rows = [
        "| | |",
        "|---|---|",
        f"| reading a file of {reading['notes_per_file']:,} notes into a `Score` "
        f"| {reading['load_ms_per_file']:.2f} ms, {ratio} ({bare:.2f} ms; {arrays:.2f} ms with its "
        "arrays) |",
    ]
    rows += [
        f"| {name}, a thousand notes | {milliseconds:.1f} ms |"
        for name, milliseconds in found["stages_ms_per_1000_notes"].items()
    ]
    rows += [
        f"| a build of {int(count):,} files | {row['cpu_seconds']:.1f} s, "
        f"{1000 * row['cpu_seconds'] / int(count):.0f} ms a file; peak {row['peak_mib']:,} MiB, "
        f"of a reader {row['peak_mib_of_a_reader']:,} MiB |"
        for count, row in builds.items()
    ]
    large = found.get("large", {})
    for count, row in large.items():
        seconds = row["reading_wall_seconds"] + row["restart_wall_seconds"]
        rows.append(
            f"| a build of {int(count):,} short files, {row['workers']} workers "
            f"| {row['cpu_seconds']:,.0f} CPU seconds, {seconds:,.0f} by the clock, "
            f"{1000 * row['cpu_seconds'] / int(count):.1f} ms a file; "
            f"peak {row['peak_mib']:,} MiB, of a reader {row['peak_mib_of_a_reader']:,} MiB; on "
            f"disk {row['work_mib']:,.0f} MiB at work, {row['corpus_and_reports_mib']:,.0f} MiB at "
            f"the end; stopped when all was read, ended by a restart in "
            f"{row['restart_wall_seconds']:.0f} s |"
        )
    if len(large) > 1:
        few, *_, many = sorted(large, key=int)
        slope = (large[many]["peak_mib"] - large[few]["peak_mib"]) / (int(many) - int(few))
        rows.append(
            f"| memory of each further file, from {int(few):,} to {int(many):,} "
            f"| {slope * 2**20:,.0f} bytes |"
        )
    rows.append(
        f"| reading a piece from the corpus | {again['reload_ms_per_piece']:.2f} ms, "
        f"{again['times_faster']:.0f} times faster than reading and analysing its file, "
        f"{again['times_faster_than_reading_alone']:.1f} times faster than reading it |"
    )
    return "\n".join(rows)


TABLES = {
    "model": _model,
    "start_up": _start_up,
    "app": _app,
    "app_speeds": _app_speeds,
    "layers": _layers,
    "layers_more": _layers_more,
    "backends": _backends,
    "experiments": _experiments,
    "blues_study": _blues_study,
    "grouping": _grouping,
    "grouping_nodes": _nodes,
    "clustered": _clustered,
    "clustering_cost": _clustering_cost,
    "like": _like,
    "harmony": _harmony,
    "harmony_long": _harmony_long,
    "melody": _melody,
    "melody_variants": _melody_variants,
    "feel": _feel,
    "feel_free": _feel_free,
    "feel_swing": _feel_swing,
    "choruses": _choruses,
    "choruses_numbers": _chorus_numbers,
    "metalearner": _metalearner,
    "mazes": _mazes,
    "poles": _poles,
    "published": _published,
    "tasks": _tasks,
    "analysis_melody": _analysis_melody,
    "analysis_key": _analysis_key,
    "analysis_chords": _analysis_chords,
    "analysis_confidence": _analysis_confidence,
    "analysis_bars": _analysis_bars,
    "analysis_time": _analysis_time,
    "analysis_bars_time": _analysis_bars_time,
    "corpus": _corpus,
}


def filled(text: str) -> str:
    """The text with every table between its marks made anew."""
    for name, make in TABLES.items():
        pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda m, make=make: f"{m[1]}{make()}\n{m[2]}", text, flags=re.S)
    return text


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")
