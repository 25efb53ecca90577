"""Writes the passport of a folder of ABC tunes: `python -m training.passport FOLDER`.

Form and style are the ABC fields G: and R:. A fixed sixth of the tunes, by checksum, validates.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from lstmmusic.corpus import PASSPORT

HEAD = """\
title = "Twelve bars"
origin = "Composed for this project, tune by tune; no existing tune was used."
licence = "CC0-1.0"
citation = "the lstmmusic contributors, Twelve bars, 2026"
description = \"\"\"
Original blues choruses in ABC: melody and chord symbols, one chorus a file. Shuffles are written
in straight eighths. The fields R: and G: of each tune name its style and its form.
After a change: python -m training.passport datasets/twelve_bar\"\"\"
"""


def field(text: str, letter: str) -> str:
    """The value of a header field of an ABC tune."""
    return next(line[2:].strip() for line in text.splitlines() if line.startswith(f"{letter}:"))


def write_passport(folder: Path) -> int:
    """Writes `dataset.toml` and returns the number of tunes."""
    rows = []
    for path in sorted(folder.glob("*.abc")):
        data = path.read_bytes()
        text = data.decode()
        digest = hashlib.sha256(data).hexdigest()
        split = "validation" if int(digest[:8], 16) % 6 == 0 else "train"
        rows.append(
            f'[[files]]\nfile = "{path.name}"\nsha256 = "{digest}"\nform = "{field(text, "G")}"\n'
            f'style = "{field(text, "R")}"\nsplit = "{split}"\n'
        )
    (folder / PASSPORT).write_text(HEAD + "\n" + "\n".join(rows), encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    print(write_passport(Path(sys.argv[1])), "tunes")
