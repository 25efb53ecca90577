"""What the networks that play the blues learn."""

from __future__ import annotations

import statistics

from benchmarks.tables.markdown import Rows
from benchmarks.tables.recorded import learnt
from lstmmusic.evaluation import MEASURES

_HARMONY_SAMPLINGS = ("temperature 1, top-p 1", "default")


def _harmony_results() -> dict[str, dict]:
    return learnt("harmony")["settings"]


def _harmony() -> Rows:
    def pair(values: list[float]) -> str:
        return f"{statistics.mean(values):.3f}, {min(values):.3f}"

    for name, row in _harmony_results().items():
        seeds = row["seeds"]
        bits = statistics.mean(seed["bits_per_chorus"] for seed in seeds)
        at_1, at_usual = ([s["samplings"][key] for s in seeds] for key in _HARMONY_SAMPLINGS)
        yield {
            None: f"{name}: {row['about']}",
            "seeds": len(seeds),
            "bits a chorus": f"{bits:.2f}",
            "a step": f"{bits / (12 * row['steps_per_bar']):.4f}",
            "bar onsets right: mean, worst seed": pair([s["right"] for s in at_1]),
            "worst of 32 choruses: mean, worst seed": pair([min(s["by_chorus"]) for s in at_1]),
            "at the default settings: mean, worst seed": pair([s["right"] for s in at_usual]),
        }


def _harmony_long() -> Rows:
    for name, row in _harmony_results().items():
        for key in _HARMONY_SAMPLINGS:
            found = [seed["samplings"][key] for seed in row["seeds"]]
            slips = ", ".join(f"{seed['choruses_before_a_slip']:g}" for seed in found)

            def mean(what: str, found: list[dict] = found) -> float:
                return statistics.mean(seed[what] for seed in found)

            yield {
                None: name,
                "settings": key,
                "choruses before the first slip: median of each seed": slips,
                "without a slip in 1,000": f"{mean('without_a_slip'):.0%}",
                "distinct choruses of 1,280": f"{mean('distinct'):.0f}",
                "a training chorus": f"{mean('known'):.1%}",
                "one form throughout": f"{mean('one_form'):.3f}",
            }


def _feel_results() -> dict[str, dict]:
    return learnt("feel")


_FEEL_READINGS = ("annotated", "found")


def _feel() -> Rows:
    found = _feel_results()
    for reading in (name for name in _FEEL_READINGS if name in found):
        against = found[reading]["against"]["network"]
        for name, row in found[reading]["models"].items():
            gain = against.get(name)
            better = gain and f"{gain['performers_better']} of {found[reading]['performers']}"
            spread = ""
            if row["by_seed"] and len(row["by_seed"]) > 1:
                spread = f" ± {statistics.stdev(row['by_seed']):.4f}"
            yield {
                "reading": reading,
                "model": name,
                "RMSE in beats": f"{row['rmse_beats']:.4f}{spread}",
                "mean error in ms": f"{row['error_ms']:.1f}",
                "the network's RMSE against it, 95 % interval": gain and _gain(gain),
                "performers better": better,
            }


def _feel_free() -> Rows:
    network = "of the network, by seed"
    spread, lag = "spread of players", "lag-1 correlation of players"
    yield "reading", "solos, performers, notes", spread, network, lag, network
    found = _feel_results()
    for reading in (name for name in _FEEL_READINGS if name in found):
        row, free = found[reading], found[reading]["running_free"]
        yield (
            reading,
            f"{row['solos']}, {row['performers']}, {row['notes']:,}",
            f"{free['spread_beats']:.4f}",
            ", ".join(f"{seed['spread_change']:+.1%}" for seed in free["by_seed"]),
            f"{free['lag_1']:.3f}",
            ", ".join(f"{seed['lag_1_difference']:+.3f}" for seed in free["by_seed"]),
        )


def _feel_swing() -> Rows:
    yield "swing asked", "measured in the MIDI file", "pairs"
    for row in _feel_results().get("swing", ()):
        yield f"{row['asked']:.3f}", f"{row['measured']:.3f}", row["pairs"]


def _chorus_results() -> dict[str, dict]:
    return learnt("choruses")


def _choruses() -> Rows:
    """How like the people's music 200 choruses of each shipped model are."""
    for model, found in _chorus_results().items():
        for way, row in found["ways"].items():
            spread, copied, aab = row["spread"], row["copied"], row["numbers"].get("aab")
            halves = f"{spread['low']:.2f} to {spread['high']:.2f}"
            answer = ""
            if aab is not None and aab["mean"] is not None:
                answer = f"{aab['mean']:.2f} ({aab['low']:.2f} to {aab['high']:.2f})"
            worst = row["worst"].replace("_", " ")
            yield {
                "model": f"`{model}`",
                "played": way,
                "choruses": row["choruses"],
                "match of the people's own": f"{row['of_people']:.3f}",
                "the worst feature": f"{worst} {row['worst_overlap']:.2f}",
                "spread (people's halves)": f"{spread['ratio']:.2f} ({halves})",
                "aab (people's)": answer,
                "runs of 12 shared (limit)": f"{copied['mean']:.4f} ({copied['limit']:.4f})",
                "red": f"{copied['lights']['red']} of {row['pieces']}",
            }


def _chorus_numbers() -> Rows:
    """The numbers of the scorecard of the same choruses; what lies outside stands bold."""
    found = _chorus_results()
    ways = [(model, way) for model in found for way in found[model]["ways"]]
    names = [f"`{model}`, {way}" for model, way in ways]
    people = [f"people, for `{model}`" for model in found]
    yield None, *names, *people
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
        yield f"{measure.title}{unit}", *cells
    seconds = {m: f"{found[m]['seconds_a_chorus']['median']:.2f} s" for m in found}
    spent = [seconds[model] if way == "as set" else "" for model, way in ways]
    yield "a chorus with its band, on one core", *spent, *("" for _ in people)


_MIXED = ("with viewpoints", "with viewpoints and the solo so far")


def _melody_results() -> dict[str, dict]:
    """The summary of the record, by model."""
    return {row["model"]: row for row in learnt("melody").get("summary", ())}


def _gain(found: dict | None) -> str:
    """By how much one is below another on the same solos, with the interval."""
    if found is None:
        return ""
    low, high = found["interval"]
    return f"{found['change']:+.1%} [{low:+.1%}, {high:+.1%}]"


def _melody() -> Rows:
    """The melody network beside n-grams, on solos by players and on tunes that none has heard."""
    static, online = "viewpoints", "viewpoints and the solo so far"
    found = _melody_results()
    shown = ("plain n-gram", static, online, "network", *(f"network {how}" for how in _MIXED))
    for name in (name for name in shown if name in found):
        row = found[name]
        yield {
            None: name,
            "trainings": row["trainings"] or "",
            "time": f"{row['ioi']:.3f}",
            "pitch": f"{row['pitch']:.3f}",
            "bits a note": f"{row['bits_per_note']:.3f}",
            "duration": f"{row['duration']:.3f}" if row["duration"] else "",
            "against viewpoints, 95 % interval": _gain(row["against"].get(static)),
            "against viewpoints and the solo so far": _gain(row["against"].get(online)),
        }


def _melody_variants() -> Rows:
    """What the melody network would be without this or that, on the same solos."""
    found = _melody_results()
    for name, about in learnt("melody").get("about", {}).items():
        row = found.get(name)
        if name == "network" or row is None:
            continue
        against = row["against"]
        same_music = "viewpoints, no extra data" if name == "no extra data" else "viewpoints"
        by_training = (f"{change:+.1%}" for change in against["network"]["by_training"])
        yield {
            None: f"{name}: {about}",
            "trainings": row["trainings"],
            "bits a note": f"{row['bits_per_note']:.3f}",
            "against the network, 95 % interval": _gain(against["network"]),
            "by training": ", ".join(by_training),
            "against viewpoints of the same music": _gain(against.get(same_music)),
        }


TABLES = {
    "harmony": _harmony,
    "harmony_long": _harmony_long,
    "melody": _melody,
    "melody_variants": _melody_variants,
    "feel": _feel,
    "feel_free": _feel_free,
    "feel_swing": _feel_swing,
    "choruses": _choruses,
    "choruses_numbers": _chorus_numbers,
}
