"""Folders to build corpora of."""

import zipfile

import numpy as np
import pytest

from lstmmusic.corpus import build, shards
from lstmmusic.io import format_midi
from lstmmusic.score import (
    FORMS,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    place_chart,
)

new_reader = shards.new_reader  # the real one: a build of its own processes
BLUES_SCALE = (0, 3, 5, 6, 7, 10, 12, 15)


def tune(seed, key="C", n_choruses=2, title=None):
    """A melody over the standard form, another one for every seed."""
    rng = np.random.default_rng(seed)
    tonic = Key.parse(key)
    notes, onset = [], 0.0
    while onset < n_choruses * 48 - 2:
        length = float(rng.choice([0.5, 1.0, 1.5]))
        pitch = 60 + tonic.pitch_class + int(rng.choice(BLUES_SCALE))
        notes.append(Note(onset, length * 0.9, pitch, int(rng.integers(60, 110))))
        onset += length + float(rng.choice([0.0, 0.0, 0.5]))
    chords = [
        Timed(chord.onset_quarters + 48.0 * chorus, chord.value)
        for chorus in range(n_choruses)
        for chord in place_chart(FORMS["standard"].bars(tonic, last=False), Metre())
    ]
    return Score(
        [
            Part(notes, "Lead", 65),
            Part([Note(4.0 * bar, 4, 36) for bar in range(12 * n_choruses)], "Bass", 32),
        ],
        chords=chords,
        keys=[Timed(0.0, tonic)],
        tempo_map=TempoMap.constant(100 + seed % 50),
        title=title or f"Tune {seed}",
        length_quarters=48.0 * n_choruses,
    )


def small_tunes(folder, count, first=0):
    """Writes that many tunes into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        (folder / f"tune{seed:03}.mid").write_bytes(format_midi(tune(seed, n_choruses=1)))
    return folder


@pytest.fixture
def three(tmp_path):
    """A folder of three tunes."""
    return small_tunes(tmp_path / "three", 3)


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The corpus of those three tunes, as bytes."""
    out = tmp_path_factory.mktemp("whole") / "c.parquet"
    build(small_tunes(out.parent / "three", 3), out, workers=2)
    return out.read_bytes()


class LentReader:
    """A reading process that goes on to the next build: it starts slower than most tests run."""

    def __init__(self, idle):
        self._idle = idle
        self._reader = idle.pop() if idle else new_reader()
        self.ask = self._reader.ask

    def close(self):
        self._idle.append(self._reader)


@pytest.fixture(scope="session")
def idle_readers():
    idle = []
    yield idle
    for reader in idle:
        reader.close()


@pytest.fixture(scope="module")
def kept_readers(idle_readers):
    """Builds that read with the processes of the builds before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "new_reader", lambda: LentReader(idle_readers))
        yield


@pytest.fixture(scope="session")
def mixed(tmp_path_factory):
    """A folder in which every kind of file lies that a folder may hold, and what becomes of it."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "deep" / "er").mkdir(parents=True)
    whole = format_midi(tune(1, "Bb"))
    files = {
        "a.mid": (format_midi(tune(0)), "used"),
        "b.MID": (whole, "used"),
        "deep/er/c.midi": (format_midi(tune(2, "F")), "used"),
        "copy.mid": (whole, "duplicate"),
        "junk.kar": (format_midi(tune(3)) + b"junk", "repaired"),
        "cut.mid": (whole[: len(whole) // 2], "skipped"),
        "empty.mid": (b"", "skipped"),
        "empty again.mid": (b"", "skipped"),
        "page.mid": (b"<html>not found</html>", "skipped"),
        "quiet.mid": (format_midi(Score(length_quarters=16)), "skipped"),
        "wrong.xml": (b"<svg/>", "skipped"),
        "broken.zip": (b"PK\x03\x04 not really", "skipped"),
        "set.zip/inside.mid": (format_midi(tune(4, "G")), "used"),
        "set.zip/deep/a copy.mid": (format_midi(tune(0)), "duplicate"),
        "set.zip/../../outside.mid": (format_midi(tune(5)), "used"),
        "set.zip/more.zip": (b"PK", "skipped"),
        "set.zip/none.mid": (b"", "skipped"),
    }
    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, _) in files.items():
            if name.startswith("set.zip/"):
                archive.writestr(name.removeprefix("set.zip/"), data)
            else:
                (folder / name).write_bytes(data)
        archive.writestr("readme.txt", "words")
    (folder / "notes.txt").write_text("words")
    (folder / "._a.mid").write_bytes(b"\x00\x05\x16\x07")
    (folder / "away.mid").symlink_to("nowhere.mid")
    (folder / "loop.mid").symlink_to("loop.mid")
    (folder / "deep" / "up").symlink_to("..")
    (folder / "folder.mid").mkdir()
    statuses = {name: status for name, (_, status) in files.items()}
    return folder, {**statuses, "away.mid": "skipped", "loop.mid": "skipped"}
