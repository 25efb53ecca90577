"""What it costs: seconds and memory."""

from __future__ import annotations

from benchmarks.tables.markdown import Rows
from benchmarks.tables.recorded import measured


def _start_up() -> Rows:
    yield "process", "CPU seconds", "peak memory"
    for label, row in measured("results")["start_up"].items():
        yield label, f"{row['cpu_seconds']:.2f}", f"{row['peak_mib']:.0f} MiB"


def _app() -> Rows:
    found = measured("results")["app"]
    if found is None:  # measured where there was no chromium
        return
    yield "in chromium, 12 bars with the band", None
    yield "first click to sound", f"{found['first_click_to_sound_seconds']:.1f} s"
    yield "later clicks to sound", f"{found['later_click_to_sound_seconds']:.1f} s"
    yield "playhead off the sound", f"{found['playhead_error_ms']:.1f} ms"
    yield "frames a second", f"{found['frames_per_second']:.0f}"


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


def _app_speeds() -> Rows:
    found = measured("results")["app"] or {}
    yield "in chromium, two cores", "measured", "wanted"
    for key, (about, unit, digits, wanted) in _APP_SPEEDS.items():
        if key in found:
            yield about, f"{found[key]:.{digits}f}{unit}", wanted


def _layers() -> Rows:
    found = measured("results")["layers"]["layers"]
    names = list(found[0]["train"])[1:]
    yield "units", "steps", "Keras LSTM", *names
    for row in found:
        pairs = (f"{row['train'][name]:.2f}, {row['read'][name]:.2f}" for name in names)
        yield row["units"], row["steps"], f"{row['keras_train_ms']:.0f} ms", *pairs


def _layers_more() -> Rows:
    found = measured("results")["layers"]
    growth, memory, player = found["growth_60_to_960"], found["training_mib"], found["player"]
    names = ("Keras LSTM", "peepholes")
    yield None, *names
    steps = "a training step on 960 steps over one on 60, 64 units"
    yield steps, *(f"{growth[name]:.1f} times" for name in names)
    taken = "memory that training takes, 256 units, 480 steps"
    yield taken, *(f"{memory[name]} MiB" for name in names)
    products = "the NumPy player's step over its two matrix products, 256 units"
    yield f"{products}: one sequence", None, f"{player['1']:.1f} times"
    yield "the same, 64 sequences", None, f"{player['64']:.1f} times"


def _backends() -> Rows:
    yield "backend", "variants", "outputs differ by", "gradients differ by"
    for name, row in measured("backends").items():
        output, gradient = row["max_output_difference"], row["max_relative_gradient_difference"]
        yield f"{name} {row['version']}", row["variants"], f"{output:.0e}", f"{gradient:.0e}"


def _clustering_cost() -> Rows:
    """CPU seconds and memory of the clusterer, beside DTW k-means."""
    for row in measured("clustering").get("rows", ()):
        yield {
            None: "DTW k-means" if row["what"] == "dtw" else "the clusterer",
            "sequences": f"{row['sequences']:,}",
            "CPU seconds": f"{row['cpu_seconds']:.1f}",
            "peak memory": f"{row['peak_mib']:,.0f} MiB",
            "AMI": f"{row['ami']:.2f}",
        }


def _corpus() -> Rows:
    found = measured("corpus")
    reading, again, builds = found["reading"], found["again"], found["builds"]
    ratio = f"{reading['load_over_symusic']:.1f} times symusic's bare parse"
    bare, arrays = reading["symusic_ms_per_file"], reading["symusic_and_arrays_ms_per_file"]
    yield None, None
    yield (
        f"reading a file of {reading['notes_per_file']:,} notes into a `Score`",
        f"{reading['load_ms_per_file']:.2f} ms, {ratio} ({bare:.2f} ms; {arrays:.2f} ms with its "
        "arrays)",
    )
    for name, milliseconds in found["stages_ms_per_1000_notes"].items():
        yield f"{name}, a thousand notes", f"{milliseconds:.1f} ms"
    for count, row in builds.items():
        yield (
            f"a build of {int(count):,} files",
            f"{row['cpu_seconds']:.1f} s, {1000 * row['cpu_seconds'] / int(count):.0f} ms a file; "
            f"peak {row['peak_mib']:,} MiB, of a reader {row['peak_mib_of_a_reader']:,} MiB",
        )
    large = found.get("large", {})
    for count, row in large.items():
        seconds = row["reading_wall_seconds"] + row["restart_wall_seconds"]
        yield (
            f"a build of {int(count):,} short files, {row['workers']} workers",
            f"{row['cpu_seconds']:,.0f} CPU seconds, {seconds:,.0f} by the clock, "
            f"{1000 * row['cpu_seconds'] / int(count):.1f} ms a file; "
            f"peak {row['peak_mib']:,} MiB, of a reader {row['peak_mib_of_a_reader']:,} MiB; on "
            f"disk {row['work_mib']:,.0f} MiB at work, {row['corpus_and_reports_mib']:,.0f} MiB at "
            f"the end; stopped when all was read, ended by a restart in "
            f"{row['restart_wall_seconds']:.0f} s",
        )
    if len(large) > 1:
        few, *_, many = sorted(large, key=int)
        slope = (large[many]["peak_mib"] - large[few]["peak_mib"]) / (int(many) - int(few))
        further = f"memory of each further file, from {int(few):,} to {int(many):,}"
        yield further, f"{slope * 2**20:,.0f} bytes"
    yield (
        "reading a piece from the corpus",
        f"{again['reload_ms_per_piece']:.2f} ms, "
        f"{again['times_faster']:.0f} times faster than reading and analysing its file, "
        f"{again['times_faster_than_reading_alone']:.1f} times faster than reading it",
    )


TABLES = {
    "start_up": _start_up,
    "app": _app,
    "app_speeds": _app_speeds,
    "layers": _layers,
    "layers_more": _layers_more,
    "backends": _backends,
    "clustering_cost": _clustering_cost,
    "corpus": _corpus,
}
