"""Sets to try a clustering on: `example:rhythm`, `example:ryansMammoth`, ...

The synthetic ones are made on the spot. The tunes come with music21; they are read once, which
takes minutes, and kept as a corpus in the user's cache folder. Nothing is fetched.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from lstmmusic.clustering.sequences import Sequences
from lstmmusic.clustering.synthetic import FAMILIES, make_factors, make_family
from lstmmusic.errors import InputError, OutputError

MARK = "example:"
N_SYNTHETIC = 300
FACTORS_SET = "factors"
TUNES = {"ryansMammoth": "1,059 tunes of Ryan's Mammoth Collection (Boston, 1883)"}


def examples() -> dict[str, str]:
    """Name -> what it is."""
    sets = {name: family.about for name, family in FAMILIES.items()}
    sets[FACTORS_SET] = "waves of two frequencies, two shapes and two amplitudes"
    return sets | TUNES


def example_sequences(name: str, seed: int = 0) -> Sequences:
    """One of the synthetic sets, 300 sequences.

    Raises:
        InputError: No such set.

    Example:
        >>> len(example_sequences("rhythm"))
        300
    """
    if name == FACTORS_SET:
        return make_factors(N_SYNTHETIC, seed)[0]
    if name not in FAMILIES:
        raise InputError("example", "one of " + ", ".join(examples()), repr(name))
    return make_family(name, N_SYNTHETIC, seed)[0]


def example_corpus(name: str, progress: Callable[[int, int], None] | None = None) -> Path:
    """A corpus of tunes that music21 holds, made the first time and kept.

    Raises:
        InputError: No such set, or a music21 without its corpus.
        OutputError: No room in the cache folder.
    """
    from lstmmusic.corpus import Corpus, build

    if name not in TUNES:
        raise InputError("example", "one of " + ", ".join(TUNES), repr(name))
    kept = cache_folder() / f"{name}.parquet"
    if kept.is_file():
        try:
            Corpus.read(kept)
            return kept
        except InputError:  # another version made it, or it is damaged
            pass
    spec = find_spec("music21")
    folder = Path(spec.origin or "").parent / "corpus" / name if spec else Path(name)
    if not folder.is_dir():
        raise InputError("example", f"a music21 with its corpus ({name})", "one without")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(str(kept.parent), "a cache folder", error.strerror or error) from None
    build(folder, kept, progress=progress, force=True)
    return kept


def cache_folder() -> Path:
    """Where what can be made again is kept: `LSTMMUSIC_CACHE`, else in the platform's cache.

    That is `~/.cache/lstmmusic` (or under `XDG_CACHE_HOME`), on macOS `~/Library/Caches/lstmmusic`.
    """
    given = os.environ.get("LSTMMUSIC_CACHE")
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lstmmusic"
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "lstmmusic"
