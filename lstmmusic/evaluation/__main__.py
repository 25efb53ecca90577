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


def write_reference(reference: Reference, path: Path) -> None:
    """Writes it, a melody a line."""
    data = reference.to_json()
    melodies = data.pop("melodies")
    head = json.dumps(data, indent=1, ensure_ascii=False).removesuffix("\n}")
    rows = ",\n".join(
        "  " + json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in melodies
    )
    rows = f"[\n{rows}\n ]" if rows else "[]"
    path.write_text(f'{head},\n "melodies": {rows}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    made, path = make_reference(Path(sys.argv[1])), SHIPPED["twelve-bar"]
    write_reference(made, path)
    sys.stderr.write(f"{len(made.melodies)} pieces in {path.name}\n")
