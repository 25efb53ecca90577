"""`lstmmusic generate`: files and JSON for what is right, one line and exit code 2 for the rest."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from lstmmusic.cli import main
from lstmmusic.evaluation import scorecard
from lstmmusic.io import load, save
from lstmmusic.score import Key, Note, Part, Score, Timed, parse_chart

NAMES = "seed model file bars key tempo metre form swing chords harmony notes seconds settings"


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def generate(capsys):
    """Runs the command; returns exit code, JSON (None without any) and people's text."""

    def run(*arguments):
        code = main(["generate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def primer(tmp_path):
    """Bars 1 and 2 of a blues in G; a rest closes the second."""
    notes = [Note(beat, 1, 67 + beat % 5) for beat in range(7)]
    score = Score([Part(notes, "melody")], keys=[Timed(0.0, Key("G"))], length_quarters=8)
    save(score, tmp_path / "primer.mid")
    return tmp_path / "primer.mid"


def listing(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_json_is_one_object_on_stdout_and_text_for_people_goes_to_stderr(generate, tmp_path):
    code, report, text = generate("-o", "a.mid", "--seed", 1, "--key", "Bb", "--json")
    assert code == 0
    assert set(NAMES.split()) <= report.keys()
    assert (report["seed"], report["model"], report["file"]) == (1, "twelve-bar", "a.mid")
    assert (report["bars"], report["key"], report["metre"]) == (12, "Bb", "4/4")
    assert (report["form"], report["harmony"], report["tempo"]) == ("standard", "imposed", 116)
    assert report["settings"]["key"] == "Bb"
    assert report["notes"] == len(load("a.mid").part("melody"))
    assert report["seconds"] == pytest.approx(48 * 60 / 116, abs=0.01)
    assert "12 bars of blues in Bb" in text
    assert "seed 1" in text
    assert "chords (imposed): | Bb7 |" in text
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]


def test_without_json_stdout_is_empty(generate):
    code, report, text = generate("-o", "a.mid")
    assert (code, report) == (0, None)
    assert "a.mid" in text


def test_the_usual_name_is_blues_mid(generate, tmp_path):
    assert generate()[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["blues.mid"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--form", "jazz", "--key", "eb"], {"form": "jazz", "key": "Eb", "bars": 12}),
        (["--form", "sixteen-bar", "--choruses", 2], {"bars": 32}),
        (["--bars", 7], {"bars": 7, "form": "standard"}),
        (["--chords", "| Dm7 | G7 |"], {"bars": 2, "key": "Dm", "form": None}),
        (["--harmony", "model", "--choruses", 2], {"bars": 24, "harmony": "model", "form": None}),
        (["--tempo", 99.5], {"tempo": 99.5}),
        (["--metre", "12/8"], {"metre": "12/8", "style": "slow", "tempo": 60}),
        (["--style", "jump"], {"style": "jump", "swing": 0.62}),
        (["--swing", 0.55], {"swing": 0.55}),
        (["--key", "F#m", "--form", "minor"], {"key": "F#m"}),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else "",
)
def test_options_reach_the_piece_and_the_report(generate, arguments, expected):
    code, report, _ = generate("-o", "a.mid", "--seed", 3, "--json", *arguments)
    assert code == 0
    assert {name: report[name] for name in expected} == expected
    score = load("a.mid")
    assert score.n_bars == report["bars"]
    assert str(score.key) == report["key"]
    assert str(score.metre) == report["metre"]
    assert score.tempo_bpm == pytest.approx(report["tempo"], rel=1e-5)
    assert [score.chord_at(onset) for onset in score.bar_starts] == [
        bar[0] for bar in parse_chart(report["chords"])
    ]


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [
        ("--temperature", 0.5, "temperature"),
        ("--top-p", 0.8, "top_p"),
        ("--top-k", 3, "top_k"),
        ("--density", 6.0, "density"),
        ("--range", "C4-C6", "range"),
        ("--instrument", "harmonica", "instrument"),
        ("--answer", 1.0, "answer"),
        ("--ending", "turnaround", "ending"),
        ("--pickup", 2, "pickup"),
        ("--bends", 1.0, "bends"),
    ],
)
def test_choices_of_sampling_and_sound_reach_the_settings(generate, option, value, setting):
    _, usual, _ = generate("-o", "usual.mid", "--seed", 3, "--json")
    _, report, _ = generate("-o", "a.mid", "--seed", 3, "--json", option, value)
    assert report["settings"][setting] == value
    assert usual["settings"][setting] != value
    assert load("a.mid").part("melody") != load("usual.mid").part("melody")


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [("--turnaround", "four", "turnaround"), ("--stop-time", "2", "stop_time")],
)
def test_choices_of_the_band_reach_the_settings(generate, option, value, setting):
    arguments = ("--seed", 3, "--choruses", 2, "--json")
    generate("-o", "usual.mid", *arguments)
    _, report, _ = generate("-o", "a.mid", *arguments, option, value)
    assert report["settings"][setting] == value
    assert load("a.mid").parts[1] != load("usual.mid").parts[1]


def test_variations_keep_the_order_of_seeds_unless_they_are_ranked(generate):
    arguments = ("--seed", 3, "--variations", 4, "--json")
    _, plain, _ = generate("-o", "a.mid", *arguments)
    assert [row["seed"] for row in plain["variations"]] == [3, 4, 5, 6]
    assert "rank" not in plain
    _, report, _ = generate("-o", "b.mid", *arguments, "--rank")
    rows = report["variations"]
    assert sorted(row["seed"] for row in rows) == [3, 4, 5, 6]
    lights = ("green", "amber", "red")
    order = [(lights.index(r["rank"]["originality"]), -r["rank"]["inside"]) for r in rows]
    assert order == sorted(order)
    assert len(set(order)) > 1
    assert [row["file"] for row in rows] == ["b.mid", "b-2.mid", "b-3.mid", "b-4.mid"]
    by_seed = {row["seed"]: row["file"] for row in plain["variations"]}
    for row in rows:
        assert load(row["file"]) == load(by_seed[row["seed"]])
        card = scorecard(load(row["file"]))
        inside = [entry["inside"] for entry in card["human"].values()]
        told = [value for value in inside if value is not None]
        assert row["rank"]["inside"] == pytest.approx(sum(told) / len(told), abs=0.05)


def test_the_band_can_be_left_off(generate):
    generate("-o", "a.mid", "--no-band")
    assert [part.name for part in load("a.mid").parts] == ["melody"]


def test_a_seed_that_is_not_given_is_drawn_and_shown(generate):
    _, one, text = generate("-o", "a.mid", "--json")
    _, other, _ = generate("-o", "b.mid", "--json")
    assert one["seed"] != other["seed"]
    assert f"seed {one['seed']}" in text
    _, again, _ = generate("-o", "c.mid", "--json", "--seed", one["seed"])
    assert again["seed"] == one["seed"]
    with open("a.mid", "rb") as a, open("c.mid", "rb") as c:
        assert a.read() == c.read()


def test_two_processes_write_the_same_bytes_for_the_same_seed(tmp_path):
    """Whatever their hash seed; another seed writes others."""
    digests = []
    for name, seed, hash_seed in (("a", 5, "1"), ("b", 5, "2"), ("c", 6, "1")):
        options = ["--seed", str(seed), "--harmony", "model", "--choruses", "2"]
        command = [sys.executable, "-m", "lstmmusic", "generate", "-o", f"{name}.mid", *options]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        digests.append(hashlib.sha256((tmp_path / f"{name}.mid").read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_variations_are_numbered_files_with_seeds_one_apart(generate, tmp_path):
    code, report, text = generate(
        "-o", "a.mid", "--variations", 3, "--seed", 7, "--musicxml", "a.musicxml", "--json"
    )
    assert code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        f"a{number}.{suffix}" for number in ("", "-2", "-3") for suffix in ("mid", "musicxml")
    }
    assert [row["seed"] for row in report["variations"]] == [7, 8, 9]
    assert [row["file"] for row in report["variations"]] == ["a.mid", "a-2.mid", "a-3.mid"]
    assert {name: report[name] for name in report["variations"][0]} == report["variations"][0]
    assert text.count("bars of blues") == 3
    generate("-o", "single.mid", "--seed", 8)
    assert (tmp_path / "single.mid").read_bytes() == (tmp_path / "a-2.mid").read_bytes()


def test_musicxml_is_the_same_piece_written_straight(generate):
    code, report, _ = generate("-o", "a.mid", "--musicxml", "a.musicxml", "--seed", 2, "--json")
    assert code == 0
    assert report["musicxml"] == "a.musicxml"
    generate("-o", "straight.mid", "--swing", 0.5, "--seed", 2)
    sounded, straight, written = map(load, ("a.mid", "straight.mid", "a.musicxml"))
    assert written.n_bars == sounded.n_bars
    found, expected = written.part("melody").notes, straight.part("melody").notes
    assert found["pitch"].tolist() == sounded.part("melody").notes["pitch"].tolist()
    assert found["onset_quarters"] == pytest.approx(expected["onset_quarters"], abs=1e-3)
    assert found["onset_quarters"] != pytest.approx(sounded.part("melody").notes["onset_quarters"])


def test_a_primer_is_gone_on_from(generate, primer):
    code, report, _ = generate("-o", "a.mid", "--primer", primer, "--seed", 1, "--json")
    assert (code, report["key"], report["bars"]) == (0, "G", 12)
    assert report["chords"].startswith("| G7 | G7 | C7 |")  # from bar 3 of the form
    code, report, _ = generate("-o", "b.mid", "--primer", primer, "--keep-primer", "--json")
    assert (report["bars"], report["primer_bars"]) == (14, 2)
    kept = load("b.mid").part("melody").notes["pitch"][:7]
    assert kept.tolist() == load(primer).part("melody").notes["pitch"].tolist()


def test_force_replaces(generate, tmp_path):
    (tmp_path / "a.mid").write_text("old")
    assert generate("-o", "a.mid", "--force")[0] == 0
    assert load("a.mid").n_bars == 12


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--key", "H"], "key: expected a key such as C, Bb, F# or Am, got 'H'"),
        (
            ["--chords", "| C7 | F7 Xb7 |"],
            "chords, bar 2, column 11: expected a chord such as C7, Bbm7, F#dim7, C/E or N.C., "
            "got 'Xb7'",
        ),
        (["--tempo", "0"], "tempo: expected 20 to 400 felt beats a minute, got 0.0"),
        (["--tempo", "fast"], "Invalid value for '--tempo'"),
        (["--tempo", "nan"], "tempo: expected 20 to 400"),
        (["--choruses", "1.5"], "Invalid value for '--choruses'"),
        (["--seed", "-1"], "seed: expected 0 to 4294967295, got -1"),
        (["--seed", "4294967295", "--variations", "2"], "seed: expected 0 to 4294967295"),
        (["--variations", "0"], "Invalid value for '--variations'"),
        (["--form", "rondo"], "form: expected one of standard"),
        (["--form", "minor", "--chords", "C7"], "chords: expected either this or form, got both"),
        (["--harmony", "free"], "harmony: expected imposed or model"),
        (["--metre", "5/4"], "metre: expected 4/4 or 12/8 (what the model knows), got 5/4"),
        (["--swing", "0.9"], "swing: expected 0.5 (straight) to 0.75"),
        (["--swing", "learned"], "swing: expected 0.5 to 0.75 (the model twelve-bar has heard no"),
        (["--swing", "much"], "swing: expected 0.5 (straight) to 0.75"),
        (["--top-p", "0"], "top_p: expected more than 0, at most 1, got 0.0"),
        (["--range", "low-high"], "range: expected two notes at least an octave apart"),
        (["--instrument", "kazoo"], "instrument: expected a programme 0-127 or one of"),
        (
            ["--model", "none-such"],
            "model: expected soloist, twelve-bar or a model folder, got 'none-such'",
        ),
        (["--model", "x" * 5000], "model: expected soloist, twelve-bar or a model folder"),
        (["--melody"], "No such option: --melody"),
        (["extra"], "unexpected extra argument"),
        (["--key"], "Option '--key' requires an argument"),
        (["--primer", "missing.mid"], "missing.mid: expected a file that can be read, got no such"),
        (["--primer", "png.mid"], "png.mid: expected a MIDI file, got a PNG image"),
        (["--primer", "cut.mid"], "cut.mid: expected a whole MIDI file, got a truncated one"),
        (["--primer", "empty.mid"], "empty.mid: expected a MIDI file, got an empty file"),
        (["--primer", "silent.mid"], "primer: expected a piece with a melody, got no pitched"),
        (["--primer", "song.mp3"], "song.mp3: expected a name that ends in .mid"),
        (["-o", "a.txt"], "a.txt: expected a name that ends in .mid .midi .musicxml .xml"),
        (["-o", "old.mid"], "old.mid: expected a new file, or --force to replace it, got one"),
        (
            ["-o", "none/a.mid"],
            "none/a.mid: expected a file in a folder that exists, got no folder",
        ),
        (["-o", "old.mid/a.mid"], "old.mid/a.mid: expected a file in a folder that exists"),
        (["-o", "folder.mid"], "folder.mid: expected the name of a file, got a folder"),
        (["--musicxml", "none/a.musicxml"], "none/a.musicxml: expected a file in a folder that"),
        (["--musicxml", "a.pdf"], "a.pdf: expected a name that ends in"),
        (["--musicxml", "b.mid"], "b.mid: expected a name that ends in .musicxml .xml, got '.mid'"),
        (["-o", "a.xml", "--musicxml", "a.xml"], "output: expected another name for every file"),
        (["-o", "new.mid", "--variations", "2"], "new-2.mid: expected a new file, or --force"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_line_and_exit_code_2_and_nothing_is_written(
    generate, tmp_path, primer, arguments, expected
):
    whole = primer.read_bytes()
    (tmp_path / "png.mid").write_bytes(PNG)
    (tmp_path / "cut.mid").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.mid").write_bytes(b"")
    save(Score(length_quarters=16), tmp_path / "silent.mid")
    (tmp_path / "old.mid").write_bytes(whole)
    (tmp_path / "new-2.mid").write_bytes(whole)
    (tmp_path / "folder.mid").mkdir()
    (tmp_path / "song.mp3").write_bytes(b"ID3")
    before = listing(tmp_path)
    code, report, text = generate("--json", *arguments)
    assert (code, report) == (2, None)
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert expected in text
    assert listing(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_one_line(generate, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write everywhere")
    code, _, text = generate("-o", "locked/a.mid")
    assert code == 2
    assert "expected a file in a folder that can be written" in text


def test_a_damaged_model_is_one_line(generate, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "card.json").write_text("{")
    code, _, text = generate("--model", "mine")
    assert code == 2
    assert text.startswith("mine/card.json: expected a model card in JSON")
    assert len(text.splitlines()) == 1
    assert not (tmp_path / "blues.mid").exists()


def test_a_piece_like_a_group_says_how_like_it_is(generate, tmp_path):
    (tmp_path / "group").mkdir()
    for n in range(3):
        notes = [Note(beat, 1, 60 + (beat * (n + 1)) % 5) for beat in range(24)]
        save(Score([Part(notes, "melody")]), tmp_path / "group" / f"{n}.mid")
    code, report, text = generate("-o", "a.mid", "--seed", 2, "--like", "group", "--json")
    assert code == 0
    assert report["like"]["pieces"] == 3
    assert f"like group (3 pieces): overlap {report['like']['overlap']:.2f}, without it" in text
    code, report, text = generate("-o", "b.mid", "--like", "nowhere")
    assert (code, report) == (2, None)
    assert text.startswith("nowhere: expected a corpus (.parquet) or a folder of music, got")
    assert not (tmp_path / "b.mid").exists()


def test_a_phrase_in_abc_opens_the_piece(tmp_path, capsys):
    path = tmp_path / "a.mid"
    assert main(["generate", "-o", str(path), "--phrase", "G _B c2", "--keep-primer"]) == 0
    assert load(path).part("melody").notes["pitch"][:3].tolist() == [67, 70, 72]
    again = ["generate", "-o", str(path), "--force"]
    assert main([*again, "--phrase", "hello"]) == 2
    assert "phrase: expected notes in ABC" in capsys.readouterr().err
    assert main([*again, "--phrase", "G", "--primer", str(path)]) == 2
    assert "phrase: expected either this or primer, got both" in capsys.readouterr().err


def test_an_original_piece_says_beside_what(tmp_path, capsys):
    path = tmp_path / "a.mid"
    asked = ["generate", "-o", str(path), "--seed", "1"]
    assert main([*asked, "--original", "model", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["original"]["light"] == "green"
    assert "originality beside Twelve bars: no more is shared than people share" in captured.err
    both = ["--original", "model", "--like", str(tmp_path), "--force"]
    assert main([*asked, *both]) == 2
    assert "original: expected either this or like, got both" in capsys.readouterr().err
