"""Charts of groups: what a click finds in them, and what a reader can tell apart."""

import numpy as np

from lstmmusic.app.group_charts import COLOURS, SYMBOLS, lines_figure, map_figure, mark_of


def drawn(labels, **more):
    labels = np.array(labels)
    places = np.random.default_rng(0).normal(size=(len(labels), 2))
    names = [f"<i>{i}</i>" for i in range(len(labels))]
    titles = {number: f"Group {number}" for number in set(labels.tolist())}
    return map_figure(places, labels, names, titles, (0.5, 0.25), **more)


def test_every_item_is_on_the_map_once_under_its_number():
    figure = drawn([1, 0, -1, 1], chosen=2, near=[0])
    numbers = [trace.customdata for trace in figure.data if trace.customdata is not None]
    assert sorted(np.concatenate(numbers).tolist()) == [0, 1, 2, 3]
    assert [trace.name for trace in figure.data[:3]] == [
        "Group -1 (1)",
        "Group 0 (1)",
        "Group 1 (2)",
    ]
    _, near, _, ring = figure.data[-4:]
    assert (len(near.x), len(ring.x)) == (1, 1)
    assert ring.x[0] == figure.data[0].x[0]
    assert figure.data[0].hovertext[0] == "&lt;i&gt;2&lt;/i&gt;"


def test_no_two_of_many_groups_look_alike():
    count = len(SYMBOLS) * len(COLOURS)
    figure = drawn(range(count))
    looks = {(trace.marker.symbol, trace.marker.color) for trace in figure.data[:count]}
    assert len(looks) == count
    assert not figure.layout.showlegend  # it would be longer than the map
    assert drawn([0, 1]).layout.showlegend
    assert mark_of(-1) not in {mark_of(number) for number in range(count)}


def test_lines_name_what_they_show():
    one = lines_figure(np.ones((5, 1)), ["pressure"])
    assert (one.layout.xaxis.title.text, one.layout.yaxis.title.text) == ("step", "pressure")
    assert one.data[0].x.tolist() == [1, 2, 3, 4, 5]
    many = lines_figure(np.ones((5, 12)), [f"x{i}" for i in range(12)])
    assert [trace.name for trace in many.data] == [f"x{i}" for i in range(8)]
    assert many.layout.showlegend
    looks = {(trace.line.color, trace.line.dash) for trace in many.data}
    assert len(looks) == 8
