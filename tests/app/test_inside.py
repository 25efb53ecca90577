"""The inside of an experiment's network: NumPy sees what the layer does."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from lstmmusic.app.inside import MAX_STEPS, example_of, inside_of
from lstmmusic.errors import InputError
from lstmmusic.tasks import task_named
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


@pytest.mark.parametrize("task", ["embedded_reber", "blues_chords"])
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
