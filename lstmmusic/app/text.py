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


def with_code(text: str) -> str:
    r"""As `plain`, but what stands between backquotes is shown as code.

    Example:
        >>> with_code("`a_b` [c]")
        '`a_b` \\[c\\]'
    """
    parts = text.split("`")
    return "".join(f"`{part}`" if k % 2 else plain(part) for k, part in enumerate(parts))


def duration(seconds: float) -> str:
    """A time in words.

    Example:
        >>> duration(75), duration(3700)
        ('1 min 15 s', '1 h 1 min')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
