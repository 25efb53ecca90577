"""Recipes: what is asked of a training, and what is said of a wrong one."""

import pytest

from lstmmusic.errors import InputError
from lstmmusic.fitting import Network, Recipe, Schedule, read_recipe, usual_recipe
from lstmmusic.fitting.recipe import RECIPES
from tests.conftest import REPO_ROOT
from tests.recipes import small_recipe

pytestmark = pytest.mark.keras

TEXT = small_recipe(melody_length=40)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(TEXT)
    return read_recipe(path)


def test_a_recipe_is_what_its_file_says(recipe):
    assert recipe == Recipe(
        name="tiny",
        seed=3,
        harmony_streams=(("standard", "quick-change"), ("minor",)),
        harmony=Network(6, 4, 48, Schedule(2, 3, 2e-2)),
        melody=Network(8, 3, 40, Schedule(2, 3, 1e-2, patience=4), dropout=0.2),
    )


@pytest.mark.parametrize("path", sorted((REPO_ROOT / "training/recipes").glob("*.toml")))
def test_shipped_recipes_can_be_read(path):
    assert read_recipe(path).name == path.stem.replace("_", "-")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "tiny"', "", "a recipe with 'name', got none"),
        ("harmony_streams", "streams", "a recipe with 'harmony_streams', got none"),
        ("[melody.schedule]", "[melody.plan]", "a recipe with 'schedule', got none"),
        ("dropout = 0.2", "droput = 0.2", "a recipe, got .*droput"),
        ("patience = 4", "endurance = 4", "a recipe, got .*endurance"),
        ("seed = 3", 'seed = "3"', "a recipe, got .*seed no whole number"),
        ("seed = 3", "seed = ", "a recipe, got .*line 3"),
        ('["minor"]', '["minr"]', "a recipe, got form: expected one of .*, got 'minr'"),
        (
            "units = 6",
            "units = 0",
            "a recipe, got units of harmony: expected a whole number from 1",
        ),
        ("units = 8", "units = -5", "a recipe, got units of melody: expected .*from 1 on, got -5"),
        ("units = 6", 'units = "six"', "a recipe, got units of harmony: expected a whole"),
        (
            "dropout = 0.2",
            "dropout = 1.0",
            "a recipe, got dropout of melody: expected 0 to less than",
        ),
        (
            "learning_rate = 1e-2",
            "learning_rate = nan",
            "a recipe, got learning_rate of melody: expected a finite number above 0, got nan$",
        ),
        ("patience = 4", "patience = -1", "a recipe, got patience of melody: expected a finite"),
        ("learning_rate = 1e-2", 'learning_rate = "fast"', "a recipe, got"),
    ],
)
def test_a_wrong_recipe_is_one_input_error_that_names_the_file(tmp_path, old, new, expected):
    path = tmp_path / "wrong.toml"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(InputError, match=rf"wrong\.toml: expected {expected}"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("data", "expected"), [(b"\xff\xfe", "a recipe, got"), (None, "a recipe that can be read")]
)
def test_a_recipe_that_cannot_be_read_is_one_input_error(tmp_path, data, expected):
    path = tmp_path / "wrong.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=rf"wrong\.toml: expected {expected}"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("n_notes", "name"),
    [(0, "small"), (7_999, "small"), (8_000, "medium"), (60_000, "large"), (10**7, "large")],
)
def test_the_usual_recipe_goes_by_the_number_of_notes(n_notes, name):
    assert usual_recipe(n_notes) == RECIPES / f"{name}.toml"
    assert read_recipe(usual_recipe(n_notes)).name == name
