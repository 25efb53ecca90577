"""Pictures of every page, light, dark and as wide as a phone: `python -m benchmarks.screenshots`.

    python -m benchmarks.screenshots                  # into docs/pictures
    python -m benchmarks.screenshots -o FOLDER --pages train lab
    python -m benchmarks.screenshots --front          # docs/improvise.png alone, for the README

The pages are brought into their states as a person would do it, in folders of their own: the
example is looked at, a model is trained on it for a few epochs, an experiment is run.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import TimeoutError

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
EXPERIMENT = "Adding, 100 steps"

# A picture's name, its address, and what is done there before it is taken.
Target = tuple[str, str, Callable[[Any], None]]

# Pictures of what is below the fold, too: Streamlit scrolls within the window.
_HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"
_SETTLED = """
() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-testid=stSkeleton]')
"""


def improvise(page: Any, url: str) -> list[Target]:
    """The empty page, and a piece with its report card."""
    page.goto(url)
    page.get_by_role("textbox", name="Seed").fill("7")
    _press(page, "Improvise")
    page.locator(".roll").wait_for(timeout=SHORT)

    def click_notes(page: Any) -> None:
        _unfold(page, "Go on from a phrase")
        page.get_by_role("radio", name="Notes that I click").click(timeout=SHORT)
        for column, pitch in ((0, 67), (2, 70), (3, 72)):
            page.locator(f'.cell[data-column="{column}"][data-pitch="{pitch}"]').click(
                timeout=SHORT
            )

    return [
        ("improvise-empty", url, click_notes),
        ("improvise", page.url, lambda page: _unfold(page, "Report card")),
    ]


def train(page: Any, url: str) -> list[Target]:
    """The empty page, what was made of a folder, and a model."""
    page.goto(f"{url}/train")
    _press(page, "Look at the files")
    page.get_by_role("button", name="Train", exact=True).wait_for(timeout=LONG)
    files = page.url
    page.get_by_role("spinbutton", name="Epochs, at most").fill(str(EPOCHS))
    _press(page, "Train")
    page.get_by_role("button", name="Improvise with this model").wait_for(timeout=LONG)
    return [
        ("train", f"{url}/train", _nothing),
        ("train-files", files, _nothing),
        ("train-model", page.url, lambda page: _press(page, "Hear it")),
    ]


def explore(page: Any, url: str) -> list[Target]:
    """The empty page, and the groups of an example with an item that is chosen."""
    page.goto(f"{url}/explore")
    page.get_by_role("spinbutton", name="Number of groups").fill("4")
    page.keyboard.press("Tab")
    _press(page, "Find groups")
    page.get_by_role("button", name="Download the labels").wait_for(timeout=LONG)

    def choose_item(page: Any) -> None:
        page.locator(".js-plotly-plot").first.wait_for(timeout=SHORT)
        page.wait_for_function(_SETTLED, timeout=SHORT)
        box, option = page.get_by_role("combobox", name="Item"), page.get_by_role("option").nth(3)
        for _ in range(5):  # the list is shut where the page is still drawn anew
            box.click(timeout=SHORT)
            try:
                option.wait_for(timeout=5000)
            except TimeoutError:
                continue
            break
        option.click(timeout=SHORT)
        page.get_by_text("Nearest:").wait_for(timeout=SHORT)

    return [
        ("explore", f"{url}/explore", _nothing),
        ("explore-groups", page.url, choose_item),
    ]


def lab(page: Any, url: str) -> list[Target]:
    """An experiment that was run with and without peepholes, and the inside of a blues."""
    page.goto(f"{url}/lab")
    page.get_by_role("combobox", name="Experiment").fill(EXPERIMENT)
    page.get_by_role("option", name=EXPERIMENT).click(timeout=SHORT)
    _press(page, "Run what is missing")
    page.get_by_text("Both read the same string").wait_for(timeout=LONG)
    return [
        ("lab", page.url, _nothing),
        ("lab-blues", f"{url}/lab", lambda page: _unfold(page, "Inside a blues")),
    ]


PAGES: dict[str, Callable[[Any, str], list[Target]]] = {
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
                    for name, target, prepare in targets:
                        picture = asked.output / f"{name}-{view}.webp"
                        _take(page, target, picture, width, prepare)
                        print(picture, flush=True)


def _take(page: Any, url: str, picture: Path, width: int, prepare: Callable[[Any], None]) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for(timeout=SHORT)
    page.wait_for_function(_SETTLED, timeout=SHORT)
    prepare(page)
    page.mouse.move(0, 0)  # so that nothing is pointed at
    page.wait_for_timeout(500)
    page.wait_for_function(_SETTLED, timeout=SHORT)
    height = 0
    while (now := page.evaluate(_HEIGHT)) != height:  # what comes into sight is drawn then
        height = now
        page.set_viewport_size({"width": width, "height": max(height, 600)})
        page.wait_for_timeout(1500)
        page.wait_for_function(_SETTLED, timeout=SHORT)
    drawn = io.BytesIO(page.screenshot())
    Image.open(drawn).convert("RGB").save(picture, "WEBP", lossless=True, method=6)


def _front(page: Any, url: str) -> None:
    """A piece in which the fifth bar is about to sound."""
    _, (_, target, _) = improvise(page, url)
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


def _unfold(page: Any, words: str) -> None:
    page.get_by_text(words, exact=True).click(timeout=SHORT)


def _nothing(page: Any) -> None:
    pass


if __name__ == "__main__":
    main()
