"""What components get in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def for_browser(data: Mapping[str, Any]) -> dict[str, Any]:
    """A table for a component, with its lists as tuples: in JSON both are the same.

    Of every list Streamlit asks whether it is a data frame, and loads pandas and pyarrow to know:
    seventy MiB, and half a second before the first sound.

    Example:
        >>> for_browser({"bars": [0.0, 2.0], "id": "x"})
        {'bars': (0.0, 2.0), 'id': 'x'}
    """
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
