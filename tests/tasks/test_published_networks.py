"""The networks of 1997 have as many weights as was published."""

import pytest

from lstmmusic.tasks import _training, task_named
from lstmmusic.tasks.task import Job

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("name", "n_weights"),
    [
        ("embedded_reber", 276),
        ("long_lag_2a", 10_504 + 2),  # and the links of its cell to itself and its gate
        ("long_lag_2c_50", 364),
        ("long_lag_2c_100", 664),
        ("two_sequences_3a_100_3", 102),
        ("adding_100", 93),
        ("multiplication_100", 93),
        ("temporal_order_2", 156),
        ("temporal_order_3", 308),
    ],
)
def test_the_network_of_1997_has_the_published_number_of_weights(name, n_weights, monkeypatch):
    built = []

    def keep(job, columns, *rest, **more):
        built.extend(columns)
        return []

    monkeypatch.setattr(_training, "train_columns", keep)
    task = task_named(name)
    task.train(Job("lstm1997", task.presets["paper"].settings, 0, (0,)))
    assert sum(layer.count_params() for layer in built[0]) == n_weights
