"""Whose browser it is: of this computer's user, or of someone elsewhere."""

from types import SimpleNamespace

import pytest

from lstmmusic.app import job_view


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {"Host": "127.0.0.1:8501"}, True),
        ("localhost", {"Host": "localhost:8501"}, True),
        ("::1", {"Host": "[::1]:8501"}, True),
        ("127.0.0.1", {}, True),
        ("0.0.0.0", {"Host": "127.0.0.1:8501"}, False),
        (None, {"Host": "localhost"}, False),
        ("127.0.0.1", {"Host": "music.example"}, False),
        ("127.0.0.1", {"Host": "localhost:8501", "X-Forwarded-For": "10.0.0.7"}, False),
        ("127.0.0.1", {"Host": "localhost:8501", "forwarded": "for=10.0.0.7"}, False),
    ],
)
def test_only_this_computer_is_local(monkeypatch, address, headers, expected):
    found = SimpleNamespace(to_dict=lambda: headers)
    monkeypatch.setattr(
        job_view,
        "st",
        SimpleNamespace(
            get_option=lambda name: {"server.address": address}[name],
            context=SimpleNamespace(headers=found),
        ),
    )
    assert job_view.is_local() is expected
