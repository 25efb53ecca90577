"""The one entry point: runs a command and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from lstmmusic import __version__
from lstmmusic.cli import (
    INTERRUPTED,
    cluster,
    corpus,
    generate,
    inside,
    models,
    practice,
    redo,
    render,
    scorecard,
    task,
    train,
)
from lstmmusic.errors import InputError

DONE, INPUT = 0, 2

app = typer.Typer(
    name="lstmmusic",
    help="Blues from peephole LSTMs.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("generate")(generate.generate)
app.command("redo")(redo.redo)
app.command("render")(render.render)
app.command("lead-sheet")(practice.lead_sheet)
app.command("practice")(practice.practice)
app.command("corpus")(corpus.corpus)
app.command("train")(train.train)
app.command("scorecard")(scorecard.scorecard)
app.command("inside")(inside.inside)
app.command("cluster")(cluster.cluster)
app.command("models")(models.models)
app.command("app")(models.start_app)
app.add_typer(task.app, name="task")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Blues from peephole LSTMs: `lstmmusic generate -o blues.mid`."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(args=given or ["--help"], standalone_mode=False)
        if sys.stdout is not None:  # it may have been closed
            sys.stdout.flush()
        if result == INTERRUPTED:  # Typer has caught the interruption
            return _fail("interrupted", INTERRUPTED)
        return result if isinstance(result, int) else DONE
    except typer.TyperException as error:
        return _fail(_usage(error), INPUT)
    except InputError as error:
        return _fail(str(error), INPUT)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone: nothing more to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    message = getattr(error, "format_message", error.__str__)()
    return f"{message} (see {context.command_path if context else 'lstmmusic'} --help)"


def _fail(message: str, code: int) -> int:
    print(" ".join(message.split()), file=sys.stderr)
    return code
