"""What the networks that play the blues learn."""

from __future__ import annotations

import statistics

from benchmarks.tables.recorded import learnt
from lstmmusic.evaluation import MEASURES

_HARMONY_SAMPLINGS = ("temperature 1, top-p 1", "default")


def _harmony_results() -> dict[str, dict]:
    return learnt("harmony")["settings"]


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
    return learnt("feel")


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
    return learnt("choruses")


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
    return {row["model"]: row for row in learnt("melody").get("summary", ())}


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
    about = learnt("melody").get("about", {})
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
