"""Writes the reference numbers that are shipped: `python -m lstmmusic.evaluation FOLDER`.

The folder has a passport; every piece is checked against it before it is read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lstmmusic.corpus import read_passport
from lstmmusic.evaluation.reference import SHIPPED, Reference


def make_reference(folder: Path) -> Reference:
    """The reference of a data set with a passport."""
    passport = read_passport(folder)
    made_from = {
        "title": passport.title,
        "origin": passport.origin,
        "licence": passport.licence,
        "citation": passport.citation,
        "passport_sha256": passport.sha256,
        "made_by": f"python -m lstmmusic.evaluation datasets/{folder.name}",
    }
    return Reference.of(((entry.file, score) for entry, score in passport.scores()), made_from)


def write_reference(folder: Path, path: Path = SHIPPED) -> int:
    """Writes it, a piece a line, and returns the number of pieces."""
    data = make_reference(folder).to_json()
    melodies = data.pop("melodies")
    head = json.dumps(data, indent=1, ensure_ascii=False).removesuffix("\n}")
    rows = ",\n".join(
        "  " + json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in melodies
    )
    path.write_text(f'{head},\n "melodies": [\n{rows}\n ]\n}}\n', encoding="utf-8")
    return len(melodies)


if __name__ == "__main__":
    sys.stderr.write(f"{write_reference(Path(sys.argv[1]))} pieces in {SHIPPED.name}\n")
