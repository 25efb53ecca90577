"""Fills the tables of all documents."""

from benchmarks.tables import DOCUMENTS, filled

for document in DOCUMENTS:
    document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")
