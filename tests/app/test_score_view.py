"""What follows the sound: places on the sheet and cells of a network, in seconds as heard."""

import numpy as np
import pytest

import lstmmusic
from lstmmusic.app import cells_view, score_view
from lstmmusic.io.engraving import engrave
from lstmmusic.tasks.inside import inside_of_piece


@pytest.fixture(scope="module", params=[{}, {"swing": 0.7, "pickup": 1}, {"style": "slow"}])
def blues(request):
    return lstmmusic.improvise(seed=2, **request.param)


def test_every_written_note_is_marked_when_it_sounds(blues):
    data = score_view.view_data(engrave(blues.written), blues.score, blues.written)
    seconds = blues.score.tempo_map.seconds_at
    sounding = [round(seconds(note.onset_quarters), 3) for note in blues.score.parts[0]]
    marked = {round(start, 3) for start, _, _ in data["notes"]}
    assert all(min(abs(start - other) for other in marked) < 0.002 for start in sounding)
    assert all(start < stop for start, stop, _ in data["notes"])
    assert len(data["bars"]) == blues.score.n_bars + bool(blues.score.pickup_quarters)
    bars = [row[0] for row in data["bars"]][-blues.score.n_bars :]
    assert bars == pytest.approx([seconds(float(s)) for s in blues.score.bar_starts], abs=1e-3)
    assert data["bars"][-1][1] == pytest.approx(blues.score.seconds, abs=1e-3)


def test_parts_of_which_notes_are_missing_are_followed_by_bars(blues):
    part = blues.written.parts[0]
    fewer = lstmmusic.Part(part.notes[1:], part.name)
    written = lstmmusic.Score([fewer], length_quarters=blues.written.length_quarters)
    heard = score_view.heard_at(blues.score, written)
    starts = blues.score.bar_starts
    expected = [blues.score.tempo_map.seconds_at(float(start)) for start in starts]
    assert heard(starts.tolist()) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("kind", ["c", "f"])
def test_cells_are_rows_in_the_order_of_what_they_carry(kind):
    blues = lstmmusic.improvise(seed=2, choruses=2)
    found = inside_of_piece(blues.score)
    data = cells_view.view_data(found, kind, blues.score, blues.written)
    values = getattr(found.values, kind)
    assert [row["unit"] for row in data["rows"]] == found.order(kind)
    assert len(data["times"]) == 48
    assert data["times"][::2] == data["bars"]
    for row in data["rows"]:
        told = np.array(row["levels"]) / 100 * row["limit"]
        assert np.allclose(told, values[:, row["unit"]], atol=row["limit"] / 150)
        assert row["role"] == found.roles(kind)[row["unit"]]
