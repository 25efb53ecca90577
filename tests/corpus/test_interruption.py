"""Neither a file that does harm, nor an interruption at any moment, costs more than itself."""

import signal
import subprocess
import sys

import pytest

from lstmmusic.corpus import build, building, shards
from lstmmusic.io import format_midi
from tests.corpus.conftest import new_reader, small_tunes, tune

pytestmark = pytest.mark.usefixtures("kept_readers")

# What a file does to its reader, and how it ends.
HARM = {
    "HANG": "takes longer than 10 s",
    "SPIN": "takes longer than 10 s",
    "CRASH": "crashes its reader",
    "LEAVE": "crashes its reader",
    "RAISE": "crashes its reader",
    "EAT": "needs more than 1 GiB of memory",
    "CHATTER": "",
}


@pytest.fixture(scope="module")
def harmed(tmp_path_factory):
    """What was made of each such file, in folders where harmless ones lie between them."""
    found = {}
    for words, seconds in ((("HANG", "SPIN"), 0.5), (tuple(HARM)[2:], shards.MAX_SECONDS)):
        folder = small_tunes(tmp_path_factory.mktemp("harmful"), 1)
        for number, word in enumerate(words):
            score = tune(9 + number, n_choruses=1, title=word)
            (folder / f"{word}.mid").write_bytes(format_midi(score))
            small_tunes(folder / word, 1, first=20 + number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shards, "new_reader", new_reader)
            patch.setattr(shards, "READER", "tests.corpus.readers:read_piece")
            patch.setattr(shards, "MAX_SECONDS", seconds)
            report = build(folder, folder / "c.parquet", workers=1)
        found |= {row.file: row for row in report.rows}
    return found


@pytest.mark.parametrize("word", HARM)
def test_a_file_that_harms_its_reader_costs_only_itself(harmed, word):
    assert harmed[f"{word}.mid"].reason == HARM[word]
    (after,) = (row for file, row in harmed.items() if file.startswith(f"{word}/"))
    assert after.status == "used"


def interrupted_after(count):
    """A progress that ends the build when so many files are done."""

    def progress(done, _):
        if done >= count:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_build_goes_on_and_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "ITEMS_PER_SHARD", 2)
    folder = small_tunes(tmp_path / "music", 7)
    build(folder, tmp_path / "whole.parquet", workers=1)
    out = tmp_path / "c.parquet"
    with pytest.raises(KeyboardInterrupt):
        build(folder, out, workers=1, progress=interrupted_after(4))
    assert not out.exists()
    kept = set((tmp_path / "c.parquet.work").iterdir())
    assert 2 <= len(kept) < 4
    stamps = {path: path.stat().st_mtime_ns for path in kept}
    first = next(iter(sorted(kept)))
    first.write_bytes(first.read_bytes()[:-1])  # as a kill would not, but a disk might leave it
    seen = []
    monkeypatch.setattr(
        building, "_publish", spied(building._publish, lambda: seen.append(still(stamps)))
    )
    build(folder, out, workers=2)
    assert seen == [len(kept) - 1]
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not (tmp_path / "c.parquet.work").exists()


KILLED = """
import os, signal, sys
from lstmmusic.corpus import build, shards
shards.ITEMS_PER_SHARD = 1
def progress(done, total):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
build(sys.argv[1], sys.argv[2], workers=2, progress=progress)
"""


def test_a_killed_build_goes_on_and_gives_the_same(three, tmp_path, monkeypatch):
    out = tmp_path / "c.parquet"
    done = subprocess.run([sys.executable, "-c", KILLED, three, out], check=False)
    assert done.returncode == -signal.SIGKILL
    work = tmp_path / "c.parquet.work"
    assert len(list(work.glob("*.parquet"))) >= 2
    monkeypatch.setattr(shards, "ITEMS_PER_SHARD", 1)
    build(three, out, workers=1)
    build(three, tmp_path / "whole.parquet", workers=1)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not work.exists()


def still(stamps):
    return sum(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


def spied(function, look):
    def spy(*arguments):
        look()
        return function(*arguments)

    return spy


def test_a_changed_folder_uses_nothing_stale(three, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "ITEMS_PER_SHARD", 1)
    out = tmp_path / "c.parquet"
    with pytest.raises(KeyboardInterrupt):
        build(three, out, workers=1, progress=interrupted_after(3))
    (three / "tune001.mid").write_bytes(format_midi(tune(77, n_choruses=1)))
    (three / "tune000.mid").unlink()
    build(three, out, workers=1)
    build(three, tmp_path / "anew.parquet", workers=1)
    assert out.read_bytes() == (tmp_path / "anew.parquet").read_bytes()
