"""Text of users on a page: shown as it is, never as markup."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    r"""Escapes Markdown, so that a file name or a typo is shown letter by letter.

    Example:
        >>> plain("got '[x](y)'")
        "got '\\[x\\]\\(y\\)'"
    """
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:^])", r"\\\1", text)
