"""The inside of networks: NumPy sees what the layer does, and what a piece does to the player."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import lstmmusic
from lstmmusic.encoding.harmony_clock import HarmonyClock
from lstmmusic.errors import InputError
from lstmmusic.player import HarmonyPlayer, load_model
from lstmmusic.tasks import task_named
from lstmmusic.tasks.inside import (
    MAX_STEPS,
    example_of,
    inside_of,
    inside_of_piece,
    picture_of,
    told_share,
)
from lstmmusic.tasks.long_lags import adding_strings
from lstmmusic.tasks.task import TEST


def write_run(folder, task="adding_100", variant="peephole", seed=0, units=3, **changed):
    """A run folder of random weights, as `task run` leaves it."""
    from dataclasses import asdict

    folder.mkdir(parents=True)
    settings = asdict(task_named(task).presets["quick"].settings)
    config = {"task": task, "preset": "quick", "variant": variant, "seed": seed}
    config |= {"settings": settings, "budget": 1000, "step_unit": "training strings", "seeds": 1}
    (folder / "config.json").write_text(json.dumps({**config, **changed}))
    rng = np.random.default_rng(seed)
    n_inputs = 7 if task == "embedded_reber" else 2
    shapes = [(n_inputs, 4 * units), (units, 4 * units), (4 * units,)]
    shapes += [(3, units)] if variant == "peephole" else []
    shapes += [(units, 1), (1,)]
    arrays = {f"variable/{k}": rng.normal(size=(2, *shape)) for k, shape in enumerate(shapes)}
    save_file(
        {name: array.astype(np.float32) for name, array in arrays.items()},
        folder / "checkpoint.safetensors",
    )
    return folder


def test_the_string_is_the_first_of_the_success_test(tmp_path):
    run = write_run(tmp_path / "run", seed=5)
    task = task_named("adding_100")
    settings = task.presets["quick"].settings
    rng = np.random.default_rng([5, TEST])
    inputs, lengths, _ = adding_strings(rng, settings.test_strings, settings.min_steps)
    found = example_of(run)
    assert np.array_equal(found, inputs[0, : lengths[0]])


@pytest.mark.parametrize(
    "task", ["embedded_reber", "blues_chords", "parity_final", "temporal_order_2"]
)
def test_strings_of_every_family_are_found(tmp_path, task):
    found = example_of(write_run(tmp_path / "run", task))
    assert found.ndim == 2
    assert 5 < len(found) <= MAX_STEPS


@pytest.mark.keras
@pytest.mark.parametrize("variant", ["peephole", "keras_lstm"])
def test_numpy_sees_what_the_layer_does(tmp_path, variant):
    from lstmmusic.layers import PeepholeLSTM, look_inside

    run = write_run(tmp_path / "run", variant=variant)
    inputs = example_of(run)
    layer = PeepholeLSTM(3, return_sequences=True, peepholes=variant == "peephole")
    layer.build((None, None, 2))
    from safetensors.numpy import load_file

    kept = load_file(run / "checkpoint.safetensors")
    layer.set_weights([kept[f"variable/{k}"][0] for k in range(len(layer.weights))])
    wanted = look_inside(layer, inputs[None].astype(np.float32))
    found = inside_of(run, inputs)
    for kind in found._fields:
        assert np.allclose(getattr(found, kind), getattr(wanted, kind)[0], atol=1e-5), kind


def test_peepholes_make_a_difference(tmp_path):
    run = write_run(tmp_path / "run")
    inputs = example_of(run)
    plain = write_run(tmp_path / "plain", variant="keras_lstm")
    assert not np.allclose(inside_of(run, inputs).c, inside_of(plain, inputs).c)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"task": "nothing"}, "task: expected one of"),
        ({"preset": "own"}, "expected the run of an experiment"),
        ({"settings": {}}, "expected a run of a preset as it is now"),
    ],
)
def test_what_is_no_run_of_today_is_refused(tmp_path, changed, said):
    with pytest.raises(InputError, match=said):
        example_of(write_run(tmp_path / "run", **changed))


def test_other_layers_are_refused(tmp_path):
    run = write_run(tmp_path / "run")
    with pytest.raises(InputError, match="an LSTM with all gates"):
        inside_of(run, np.zeros((5, 3)))
    (run / "checkpoint.safetensors").unlink()
    with pytest.raises(InputError, match="none yet"):
        inside_of(run, np.zeros((5, 2)))


def test_numpy_hears_a_piece_as_the_player_does():
    blues = lstmmusic.improvise(seed=1, choruses=2, key="Bb")
    weights = load_model().networks["harmony"]
    found = inside_of_piece(blues.score)
    player = HarmonyPlayer(weights, is_minor=False)
    for tick, symbol in enumerate(HarmonyClock().encode(blues.score).tolist()):
        logits = player.logits()
        y = found.values.y[tick]
        told = y @ weights["symbol/kernel"] + weights["symbol/bias"]
        assert np.allclose(told, logits, atol=1e-4)
        player.hear(symbol)
    melody = inside_of_piece(blues.score, "melody")
    assert len(melody.onsets) == len(blues.written.parts[0])
    assert np.allclose(melody.onsets, blues.written.parts[0].notes["onset_quarters"])


def test_what_carries_the_form_knows_the_bar_where_the_chord_does_not_tell():
    found = inside_of_piece(lstmmusic.improvise(seed=1, choruses=3).score)
    shares, roles = found.shares(), found.roles()
    form = [unit for unit, role in enumerate(roles) if role == "form"]
    assert len(form) > 20
    assert [roles[unit] for unit in found.order()][: len(form)] == ["form"] * len(form)
    best = form[int(np.argmax(shares["form"][form]))]
    # Bars 1 to 4 have one chord; the cell tells them apart, again in every chorus.
    cells = found.values.c[::2, best].reshape(3, 12)[1:, :4]
    assert np.ptp(cells.mean(axis=0)) > 3 * np.ptp(cells, axis=0).max()


def test_a_share_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 10)
    pure = classes[:, None].astype(float)
    noise = rng.normal(size=(30, 1))
    assert told_share(pure, classes) == pytest.approx(1)
    assert told_share(noise, classes)[0] < 0.15
    mixed = pure + noise
    means = np.array([mixed[classes == k].mean() for k in range(3)])
    between = 10 * ((means - mixed.mean()) ** 2).sum()
    within = sum(((mixed[classes == k] - means[k]) ** 2).sum() for k in range(3))
    error = within / 27
    expected = (between - 2 * error) / (between + within + error)
    assert told_share(mixed, classes)[0] == pytest.approx(expected)
    assert told_share(mixed, np.zeros(30)).tolist() == [0.0]
    assert told_share(mixed, np.arange(30)).tolist() == [0.0]


def test_a_picture_has_a_row_a_cell():
    found = inside_of_piece(lstmmusic.improvise(seed=1, choruses=2).score)
    panel = picture_of(found, "o").axes[0]
    assert panel.get_ylabel() == "output gates of the harmony network"
    assert panel.collections[0].get_array().shape == (64, 48)


def test_a_network_that_there_is_not_is_refused():
    with pytest.raises(InputError, match="network: expected one of harmony, melody, got 'feel'"):
        inside_of_piece(lstmmusic.improvise(seed=1).score, "feel")
    with pytest.raises(InputError, match="melody: expected"):
        inside_of_piece(lstmmusic.Score())
