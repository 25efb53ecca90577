"""Fixtures of the tests of all pages."""

import pytest
from streamlit.components.v2 import manifest_scanner

from lstmmusic.app import memory, sounding, takes
from lstmmusic.errors import InputError
from lstmmusic.io.engraving import LeadSheet


@pytest.fixture(scope="session", autouse=True)
def unsearched():
    """Each page would look through all that is installed for components of others: none are used.

    That takes longer than most of these tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture(autouse=True)
def swept():
    """Streamlit searches all objects for garbage after each run of a page, TensorFlow's as well."""
    memory.set_aside_loaded()


@pytest.fixture
def quiet(monkeypatch, tmp_path):
    """The app with no sound and no engraving to wait for, which have tests of their own.

    Nor are there models or favourites of whoever runs the tests.
    """

    def no_sound(score):
        raise InputError("synthesiser", "FluidSynth", "none in this test")

    monkeypatch.setattr(sounding, "render_stems", no_sound)
    monkeypatch.setattr(takes, "engrave", lambda *_: LeadSheet(("<svg/>",), (), (), b""))
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("LSTMMUSIC_FAVOURITES", str(tmp_path / "favourites"))
    takes.play.clear()
    takes.sheet.clear()
    yield
    takes.play.clear()
    takes.sheet.clear()
