"""The tables of the documents, made from what was recorded: `python -m benchmarks.tables`.

One file for each subject, with a function for each table that yields its rows; the table stands
in a document between `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re

from benchmarks.tables import analysis, blues, experiments, groups, models, speeds
from benchmarks.tables.markdown import table
from benchmarks.tables.recorded import ROOT

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
TABLES = {
    **models.TABLES,
    **speeds.TABLES,
    **experiments.TABLES,
    **groups.TABLES,
    **blues.TABLES,
    **analysis.TABLES,
}


def filled(text: str) -> str:
    """The text with every table between its marks made anew."""
    for name, make in TABLES.items():
        pattern = rf"(?s)(<!-- table: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda m, make=make: f"{m[1]}{table(make())}\n{m[2]}", text)
    return text
