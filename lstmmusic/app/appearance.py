"""What the theme in `.streamlit/config.toml` cannot say."""

from __future__ import annotations

import streamlit as st

# No red is legible both as text on dark paper and under white text: on dark paper it is light, and
# what stands on it is dark.
_DARK = (
    '<style>[data-testid^="stBaseButton-primary"]:not(:disabled), '
    '[data-testid^="stBaseButton-primary"]:not(:disabled) * {color: #1b1a18}</style>'
)


def apply() -> None:
    """Makes the words on the main buttons legible in the dark theme."""
    if st.context.theme.type == "dark":
        st.html(_DARK)
