"""An engraved score that follows what is heard, as a Streamlit component.

It listens to the piano roll of the same piece in the page; a click on a note makes that go there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.components.v2 import component

from lstmmusic.app.browser_data import for_browser
from lstmmusic.app.piano_roll import piece_id
from lstmmusic.io.engraving import LeadSheet
from lstmmusic.score import Score

_FOLDER = Path(__file__).parent

# Not isolated: the font in which verovio writes accidentals is lost in a shadow root.
_component = component(
    "lstmmusic_score_view",
    html='<div class="lstmmusic-score"></div>',
    css=(_FOLDER / "score_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "score_view.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def score_view(sheet: LeadSheet, score: Score, written: Score, key: str = "score_view") -> None:
    """Shows an engraved lead sheet in which what sounds is marked.

    Args:
        sheet: Of the first part of the piece as it is written.
        score: The piece as it sounds.
        written: As it is written.
        key: Keeps the component over reruns of the page.
    """
    _component(data=for_browser(view_data(sheet, score, written)), key=key)


def view_data(sheet: LeadSheet, score: Score, written: Score) -> dict[str, Any]:
    """What the browser gets: pages, and when each note and each bar is heard, in seconds.

    A note is heard when the note that was written there is: off-beats of a shuffle late, a learned
    feel as it is.
    """
    heard = heard_at(score, written)
    notes = [[*heard([start, stop]), name] for start, stop, name in sheet.notes]
    begins = heard([start for start, _ in sheet.bars])
    ends = [*begins[1:], round(score.seconds, 4)]
    return {
        "piece": piece_id(score),
        "pages": list(sheet.pages),
        "notes": notes,
        "bars": [[start, stop, name] for start, stop, (_, name) in zip(begins, ends, sheet.bars)],
    }


def heard_at(score: Score, written: Score) -> Callable[[Sequence[float]], list[float]]:
    """Places as written, in quarters, to seconds as heard: by the notes of the first part."""
    places, sounding = (np.unique(_onsets(one)) for one in (written, score))
    if len(places) != len(sounding):  # several at once, spread: places are those of the bars
        places = sounding = np.empty(0)
    known, first = np.unique(np.concatenate([score.bar_starts, places]), return_index=True)
    told = np.maximum.accumulate(np.concatenate([score.bar_starts, sounding])[first])
    known = [-1e-9, *known, score.length_quarters + 1e-9]
    told = [0.0, *told, score.length_quarters]

    def heard(quarters: Sequence[float]) -> list[float]:
        found = np.interp(quarters, known, told)
        return [round(score.tempo_map.seconds_at(float(place)), 4) for place in found]

    return heard


def _onsets(score: Score) -> np.ndarray:
    return score.parts[0].notes["onset_quarters"] if score.parts else np.empty(0)
