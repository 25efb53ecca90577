"""Stored models: what goes in comes out, and whatever is wrong is one `InputError`."""

import copy
import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from lstmmusic.errors import InputError
from lstmmusic.generation import improvise
from lstmmusic.player import (
    load_model,
    model_folder,
    models_folder,
    read_card,
    shipped_models,
    store_model,
    user_models,
)
from tests.tiny_model import CARD, feeling_model, store_tiny, tiny_model, tiny_weights


@pytest.fixture
def folder(tmp_path):
    store_tiny(tmp_path / "tiny")
    return tmp_path / "tiny"


def rewrite_card(folder, **changes):
    card = json.loads((folder / "card.json").read_text())
    for name, value in changes.items():
        table = card
        *parents, last = name.split("__")
        for parent in parents:
            table = table[parent]
        table[last] = value
    (folder / "card.json").write_text(json.dumps(card))


def rewrite_weights(folder, data, network="harmony"):
    """Other bytes, of which the card gives the right checksum."""
    (folder / f"{network}.safetensors").write_bytes(data)
    entry = {"weights": 1, "sha256": hashlib.sha256(data).hexdigest()}
    rewrite_card(folder, **{f"networks__{network}": entry})


def test_a_model_goes_round(tmp_path):
    stored = store_tiny(tmp_path / "tiny", seed=3)
    model = load_model(str(tmp_path / "tiny"))
    assert model.name == "tiny"
    assert {name: model.card[name] for name in CARD} == CARD
    assert model.networks.keys() == stored.networks.keys()
    for name, weights in stored.networks.items():
        assert model.networks[name].keys() == weights.keys()
        for weight, values in weights.items():
            np.testing.assert_array_equal(model.networks[name][weight], values)


def test_the_card_gives_checksums_and_sizes(folder):
    entries = read_card(folder)["networks"]
    for name in ("harmony", "melody"):
        data = (folder / f"{name}.safetensors").read_bytes()
        assert entries[name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entries[name]["weights"] == sum(w.size for w in tiny_weights(name).values())


def test_storing_again_replaces(folder):
    stored = store_tiny(folder, seed=8)
    found = load_model(str(folder)).networks["melody"]["lstm/bias"]
    np.testing.assert_array_equal(found, stored.networks["melody"]["lstm/bias"])


def test_a_model_without_harmony_plays_imposed_chords_only(folder):
    rewrite_card(folder, networks={"melody": read_card(folder)["networks"]["melody"]})
    model = load_model(str(folder))
    assert len(improvise(model=model).score.part("melody")) > 0
    with pytest.raises(InputError, match=r"^harmony: .*no harmony network"):
        improvise(model=model, harmony="model")


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_are_whole(name):
    model = load_model(name)
    assert model.name == model.card["name"] == name
    felt = {"feel"} if "feel" in model.card["knows"] else set()
    assert model.networks.keys() == {"harmony", "melody"} | felt
    assert sum(path.stat().st_size for path in shipped_models()[name].iterdir()) < 5e6
    assert model.card["scores"]["melody"]["bits_per_note"] > 0
    assert model.card["licence"]


@pytest.mark.parametrize("name", ["no-such-model", "", "..", "a\0b", "x" * 5000, "tiny/card.json"])
def test_an_unknown_model_is_one_input_error(name, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    with pytest.raises(InputError, match=r"^(model|\.|\.\.): expected (soloist|a model fol)"):
        load_model(name)


def test_a_model_in_the_current_folder_keeps_its_name(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert load_model(".").name == "tiny"


def test_a_folder_without_a_card_is_no_model(tmp_path):
    with pytest.raises(InputError, match=r"expected a model folder with a card\.json, got none$"):
        load_model(str(tmp_path))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "a model card in JSON"),
        (b"\xff\xfe\x00", "a model card in JSON"),
        (b'{"format": 1', "a model card in JSON"),
        (b"[" * 100_000, "a model card in JSON"),
        (b"[1]", "a model card of format 1, got list"),
        (b'{"format": 2}', "a model card of format 1, got 2"),
        (b"{}", "a model card of format 1, got None"),
        (b'{"format": 1}', "networks: melody and perhaps harmony"),
    ],
    ids=["empty", "not text", "cut off", "deep", "a list", "newer", "no format", "nothing in it"],
)
def test_a_damaged_card_is_one_input_error(folder, data, expected):
    (folder / "card.json").write_bytes(data)
    with pytest.raises(InputError, match=rf"card\.json: expected {expected}"):
        load_model(str(folder))


@pytest.mark.parametrize(
    "changes",
    [
        {"networks": [1, 2]},
        {"networks": {}},
        {"networks__harmony": "abc"},
        {"networks__harmony": {"weights": 3}},
        {"networks__feel": {"sha256": "0"}},
        {"knows": None},
        {"knows__metres": []},
        {"knows__metres": "4/4"},
        {"knows__iois": []},
        {"knows__iois": [0]},
        {"knows__iois": [6.5]},
        {"knows__durations": [193]},
        {"knows__durations": [True]},
        {"knows__range": [60]},
        {"knows__range": [80, 60]},
        {"knows__range": [110, 120]},
        {"knows__notes_per_bar": {}},
        {"knows__notes_per_bar": {"shuffle": 0}},
        {"knows__notes_per_bar": {"shuffle": float("nan")}},
    ],
    ids=str,
)
def test_a_card_that_says_nonsense_is_one_input_error(folder, changes):
    rewrite_card(folder, **changes)
    with pytest.raises(InputError, match=r"card\.json: expected (networks|knows)"):
        load_model(str(folder))


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "harmony/../../secret", "a\0b", "..\\secret"]
)
def test_a_card_cannot_lead_out_of_its_folder(folder, name):
    """Though the file is there and its checksum right."""
    data = save(tiny_weights("harmony"))
    (folder.parent / "secret.safetensors").write_bytes(data)
    networks = read_card(folder)["networks"]
    networks[name] = {"sha256": hashlib.sha256(data).hexdigest()}
    rewrite_card(folder, networks=networks)
    with pytest.raises(InputError, match=r"card\.json: expected networks: melody and perhaps"):
        load_model(str(folder))


def test_a_wrong_checksum_is_one_input_error(folder):
    path = folder / "melody.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"melody\.safetensors: expected the checksum"):
        load_model(str(folder))


def test_missing_weights_are_one_input_error(folder):
    (folder / "harmony.safetensors").unlink()
    with pytest.raises(InputError, match=r"harmony\.safetensors: .* got no such file$"):
        load_model(str(folder))


def header(**tensor):
    text = json.dumps({"lstm/bias": tensor}).encode()
    return struct.pack("<Q", len(text)) + text


WHOLE = save(tiny_weights("harmony"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not tensors at all",
        WHOLE[:-10],
        WHOLE[:100],
        struct.pack("<Q", 2**60) + WHOLE[8:],
        header(dtype="F32", shape=[2**40], data_offsets=[0, 2**42]) + bytes(8),
        header(dtype="BF16", shape=[2], data_offsets=[0, 4]) + bytes(4),
        header(dtype="X99", shape=[2], data_offsets=[0, 4]) + bytes(4),
    ],
    ids=["empty", "text", "cut", "cut header", "huge header", "huge tensor", "bfloat", "unknown"],
)
def test_damaged_weights_are_one_input_error(folder, data):
    rewrite_weights(folder, data)
    with pytest.raises(InputError, match=r"harmony\.safetensors: expected a safetensors file"):
        load_model(str(folder))


def without(weights):
    del weights["symbol/bias"]


def added(weights):
    weights["more/bias"] = np.zeros(3, np.float32)


def other_units(weights):
    weights["lstm/kernel"] = weights["lstm/kernel"][:, :-4]


def fewer_axes(weights):
    weights["lstm/recurrent_kernel"] = np.array(3, np.float32)


def other_type(weights):
    weights["lstm/bias"] = weights["lstm/bias"].astype(np.float64)


def not_a_number(weights):
    weights["lstm/bias"][3] = np.nan


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without, "the weights of a harmony network, got .*symbol/bias"),
        (added, "the weights of a harmony network, got .*more/bias"),
        (other_units, "the weights of a harmony network, got .*lstm/kernel"),
        (fewer_axes, "the weights of a harmony network"),
        (dict.clear, "the weights of a harmony network"),
        (other_type, "finite float32 weights"),
        (not_a_number, "finite float32 weights"),
    ],
)
def test_weights_of_another_shape_or_kind_are_one_input_error(folder, change, expected):
    weights = copy.deepcopy(tiny_weights("harmony"))
    change(weights)
    rewrite_weights(folder, save(weights))
    with pytest.raises(InputError, match=rf"harmony\.safetensors: expected {expected}"):
        load_model(str(folder))


def test_weights_of_the_other_network_are_one_input_error(folder):
    rewrite_weights(folder, (folder / "melody.safetensors").read_bytes())
    with pytest.raises(InputError, match="expected the weights of a harmony network"):
        load_model(str(folder))


USUAL = {"style": "straight", "tempo": 112.5, "swing": 0.5, "notes_per_bar": 5.2, "forms": []}


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"5/4": USUAL},  # a metre that is not among those known
        {"4/4": {**USUAL, "style": "polka"}},
        {"4/4": {**USUAL, "tempo": "fast"}},
        {"4/4": {**USUAL, "tempo": 1e9}},
        {"4/4": {**USUAL, "swing": True}},
        {"4/4": {**USUAL, "notes_per_bar": 0}},
        {"4/4": {**USUAL, "forms": "standard"}},
        {"4/4": {**USUAL, "feel": "learned"}},  # by a model that has none
        {"4/4": {**USUAL, "feel": ["rule"]}},
        {"4/4": {name: USUAL[name] for name in USUAL if name != "forms"}},
    ],
)
def test_what_is_usual_is_checked_where_it_is_told(tmp_path, wrong):
    model = tiny_model()
    for usual in ({"4/4": USUAL}, wrong):
        card = {**model.card, "knows": {**model.card["knows"], "usual": usual}}
        store_model(tmp_path / "m", card, model.networks)
        if usual is wrong:
            with pytest.raises(InputError, match=r"knows\.usual: for some of the metres style"):
                load_model(str(tmp_path / "m"))
        else:
            assert load_model(str(tmp_path / "m")).card["knows"]["usual"] == usual


@pytest.mark.parametrize("wrong", [[0, 3], {"minor": []}, {"minor": [12]}, {"minor": [0.5]}])
def test_degrees_are_checked_where_they_are_told(tmp_path, wrong):
    model = tiny_model()
    for degrees in ({"minor": [0, 3, 7]}, wrong):
        card = {**model.card, "knows": {**model.card["knows"], "degrees": degrees}}
        store_model(tmp_path / "m", card, model.networks)
        if degrees is wrong:
            with pytest.raises(InputError, match=r"knows\.degrees: for each mode degrees of 0"):
                load_model(str(tmp_path / "m"))
        else:
            assert load_model(str(tmp_path / "m")).card["knows"]["degrees"] == degrees


@pytest.mark.parametrize("wrong", [-0.1, 1.5, "much", True, None])
def test_a_usual_answer_is_a_share(tmp_path, wrong):
    model = tiny_model()
    card = {**model.card, "knows": {**model.card["knows"], "answer": wrong}}
    store_model(tmp_path / "m", card, model.networks)
    with pytest.raises(InputError, match=r"knows\.answer: how like line one line two is, 0 to 1"):
        load_model(str(tmp_path / "m"))


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("breathing", 1, 1.01),
        ("thinned", [0.2, 0.3], [0.2, 1.0]),
        ("thinned", [0, 0], [0.2]),
        ("notes_per_bar_range", [3.5, 3.5], [4.0, 3.5]),
        ("notes_per_bar_range", [2, 9.5], [0, 3]),
    ],
)
def test_what_else_a_card_may_tell_is_checked(tmp_path, name, right, wrong):
    model = tiny_model()
    for value in (right, wrong):
        card = {**model.card, "knows": {**model.card["knows"], name: value}}
        store_model(tmp_path / "m", card, model.networks)
        if value is right:
            assert load_model(str(tmp_path / "m")).card["knows"][name] == right
        else:
            with pytest.raises(InputError, match=rf"knows\.{name}: "):
                load_model(str(tmp_path / "m"))


def test_models_of_the_user_lie_where_they_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path))
    store_tiny(tmp_path / "mine")
    assert user_models() == {"mine": tmp_path / "mine"}
    assert model_folder("mine") == tmp_path / "mine"
    assert load_model("mine").name == "mine"
    with pytest.raises(
        InputError, match="expected mine, soloist, twelve-bar or a model folder, got 'x'"
    ):
        load_model("x")


@pytest.mark.parametrize("path", ["a/b", "./a", "/a", "..", "."])
def test_a_path_is_a_path(path, tmp_path, monkeypatch):
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path))
    assert model_folder(path) == Path(path)


def test_without_a_setting_models_lie_in_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("LSTMMUSIC_MODELS", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "lstmmusic" / "models"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models_folder() == tmp_path / ".local" / "share" / "lstmmusic" / "models"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert models_folder().parts[-3:] == ("Application Support", "lstmmusic", "models")
    assert user_models() == {}


def test_a_feel_network_comes_with_the_metres_it_was_heard_in(tmp_path):
    model = feeling_model()
    store_model(tmp_path / "felt", model.card, model.networks)
    assert sorted(load_model(str(tmp_path / "felt")).networks) == ["feel", "harmony", "melody"]
    knows = {name: value for name, value in model.card["knows"].items() if name != "feel"}
    store_model(tmp_path / "mute", {**model.card, "knows": knows}, model.networks)
    with pytest.raises(
        InputError, match=r"knows\.feel: metres that were heard performed, got None"
    ):
        load_model(str(tmp_path / "mute"))
