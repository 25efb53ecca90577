"""Pictures of every page, light, dark and as wide as a phone: `python -m benchmarks.screenshots`.

    python -m benchmarks.screenshots                  # into docs/pictures
    python -m benchmarks.screenshots -o FOLDER --pages train lab
    python -m benchmarks.screenshots --front          # docs/improvise.png alone, for the README

The pages are brought into their states as a person would do it, in folders of their own: the
example is looked at, a model is trained on it for a few epochs, an experiment is run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from benchmarks import browser

FOLDER = browser.ROOT / "docs" / "pictures"
FRONT = browser.ROOT / "docs" / "improvise.png"
VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "light": (1280, "light"),
    "dark": (1280, "dark"),
    "phone": (420, "light"),
}
LONG, SHORT = 900_000, 90_000  # milliseconds
EPOCHS = 8

# Pictures of what is below the fold, too: Streamlit scrolls within the window.
_HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"
_SETTLED = """
() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-testid=stSkeleton]')
"""


def improvise(page: Any, url: str) -> list[tuple[str, str]]:
    """The empty page, and a piece with its report card."""
    page.goto(url)
    page.get_by_role("textbox", name="Seed").fill("7")
    _press(page, "Improvise")
    page.locator(".roll").wait_for(timeout=SHORT)
    return [("improvise-empty", url), ("improvise", page.url)]


def train(page: Any, url: str) -> list[tuple[str, str]]:
    """The empty page, what was made of a folder, and a model."""
    page.goto(f"{url}/train")
    _press(page, "Look at the files")
    page.get_by_role("button", name="Train", exact=True).wait_for(timeout=LONG)
    found = [("train", f"{url}/train"), ("train-files", page.url)]
    page.get_by_role("spinbutton", name="Epochs, at most").fill(str(EPOCHS))
    _press(page, "Train")
    page.get_by_role("button", name="Improvise with this model").wait_for(timeout=LONG)
    return [*found, ("train-model", page.url)]


def explore(page: Any, url: str) -> list[tuple[str, str]]:
    """The empty page, and the groups of an example."""
    page.goto(f"{url}/explore")
    page.get_by_role("spinbutton", name="Number of groups").fill("4")
    page.keyboard.press("Tab")
    _press(page, "Find groups")
    page.get_by_role("button", name="Download the labels").wait_for(timeout=LONG)
    return [("explore", f"{url}/explore"), ("explore-groups", page.url)]


def lab(page: Any, url: str) -> list[tuple[str, str]]:
    """An experiment that was run with and without peepholes, and the inside of a blues."""
    page.goto(f"{url}/lab")
    page.get_by_role("combobox", name="Experiment").click()
    page.get_by_role("option", name="Adding, 100 steps").click()
    _press(page, "Run what is missing")
    page.get_by_text("Input", exact=True).first.wait_for(timeout=LONG)
    return [("lab", page.url), ("lab-blues", f"{url}/lab")]


# What is folded in, or not chosen, at first.
OPENED = {
    "improvise": "Report card",
    "improvise-empty": "Go on from a phrase",
    "lab-blues": "Inside a blues",
}

PAGES: dict[str, Callable[[Any, str], list[tuple[str, str]]]] = {
    "improvise": improvise,
    "train": train,
    "explore": explore,
    "lab": lab,
}


def main() -> None:
    """Brings the pages into their states and takes the pictures."""
    parser = argparse.ArgumentParser(description="Pictures of every page of the app.")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER)
    parser.add_argument("--pages", nargs="*", choices=list(PAGES), default=list(PAGES))
    parser.add_argument("--front", action="store_true", help=f"{FRONT.name} alone")
    asked = parser.parse_args()
    if asked.front:
        with browser.served() as (url, _), browser.opened(url, height=960) as page:
            _front(page, url)
        return
    asked.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        kinds = ("jobs", "models", "favourites")
        environment = {f"LSTMMUSIC_{kind.upper()}": f"{home}/{kind}" for kind in kinds}
        with browser.served(environment) as (url, _):
            with browser.opened(url) as page:
                targets = [found for name in asked.pages for found in PAGES[name](page, url)]
            for view, (width, scheme) in VIEWS.items():
                with browser.opened(url, width=width, scheme=scheme) as page:
                    for name, target in targets:
                        picture = asked.output / f"{name}-{view}.png"
                        _take(page, target, picture, width, OPENED.get(name))
                        print(picture)


def _take(page: Any, url: str, picture: Path, width: int, opened: str | None) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for(timeout=SHORT)
    page.wait_for_function(_SETTLED, timeout=SHORT)
    if opened is not None:
        page.get_by_text(opened, exact=True).click(timeout=SHORT)
        page.wait_for_timeout(500)
        page.wait_for_function(_SETTLED, timeout=SHORT)
    height = 0
    while (now := page.evaluate(_HEIGHT)) != height:  # what comes into sight is drawn then
        height = now
        page.set_viewport_size({"width": width, "height": max(height, 600)})
        page.wait_for_timeout(1500)
        page.wait_for_function(_SETTLED, timeout=SHORT)
    page.screenshot(path=str(picture))


def _front(page: Any, url: str) -> None:
    """A piece in which the fifth bar is about to sound."""
    _, (_, target) = improvise(page, url)
    page.goto(target)
    page.locator(".roll[data-state=ready]").wait_for(timeout=SHORT)
    page.wait_for_function(_SETTLED, timeout=SHORT)
    page.locator(".roll").focus()
    for key in ("Home", *["ArrowRight"] * 4):
        page.keyboard.press(key)
    page.get_by_text("beats a minute,").evaluate("said => said.scrollIntoView()")
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollBy(0, -70)")
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)
    page.screenshot(path=str(FRONT))
    print(FRONT)


def _press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=SHORT)


if __name__ == "__main__":
    main()
