"""`lstmmusic inside` and `lstmmusic task inside`: what happens in a network while it reads."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lstmmusic.cli.output import print_json
from lstmmusic.errors import InputError
from lstmmusic.io import check_output, load_untrusted, write_bytes
from lstmmusic.player import DEFAULT_MODEL
from lstmmusic.tasks.inside import (
    CARRIED,
    KINDS,
    Inside,
    example_of,
    inside_of,
    inside_of_piece,
    picture_of,
)

if TYPE_CHECKING:
    import numpy as np

_SURE = 3  # cells that are named for each thing that is carried
_PICTURES = (".svg", ".png", ".pdf")


def inside(
    music: Annotated[Path, typer.Argument(help="Two choruses or more.", metavar="F.mid")],
    network: Annotated[str, typer.Option(help="harmony or melody.")] = "harmony",
    kind: Annotated[
        str, typer.Option(help="c: cells; i, f, o: gates; y: outputs.", metavar="c|i|f|o|y")
    ] = "c",
    model: Annotated[
        str, typer.Option(help="By its name (see `models`), or its folder.")
    ] = DEFAULT_MODEL,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A picture (.svg .png .pdf) or a table (.csv)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look into a network while it hears a blues: which cells carry the form, which the beat."""
    _check(kind, output, force, (*_PICTURES, ".csv"))
    found = inside_of_piece(load_untrusted(music), network, model)
    values, shares, roles = getattr(found.values, kind), found.shares(kind), found.roles(kind)
    if output is not None:
        data = _picture(found, kind, output) if output.suffix.lower() != ".csv" else None
        write_bytes(output, data or _table(found.onsets, values, "quarters"), force)
    told = Counter(roles)
    print(
        f"{KINDS[kind]} of the {network} network, {values.shape[1]} over {len(values)} steps: "
        + ", ".join(f"{told[name]} carry the {name}" for name in CARRIED)
        + f", {told['mixed']} are mixed",
        file=sys.stderr,
    )
    for name, about in CARRIED.items():
        best = shares[name].argsort()[::-1][:_SURE]
        most = ", ".join(f"{unit} ({shares[name][unit]:.0%})" for unit in best)
        print(f"{name} ({about}) tells most of {most}", file=sys.stderr)
    if as_json:
        print_json(
            {
                "music": str(music),
                "network": network,
                "kind": kind,
                "units": values.shape[1],
                "steps": len(values),
                "roles": roles,
                "shares": {name: share.round(4).tolist() for name, share in shares.items()},
                "quarters": found.onsets.tolist(),
                "values": values.round(4).tolist(),
                "file": None if output is None else str(output),
            }
        )


def inside_run(
    run: Annotated[Path, typer.Argument(help="What `task run -o RUN` wrote.", metavar="RUN")],
    kind: Annotated[
        str, typer.Option(help="c: cells; i, f, o: gates; y: outputs.", metavar="c|i|f|o|y")
    ] = "c",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A table (.csv), a row a step.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look into the first network of an experiment while it reads a string of the test."""
    _check(kind, output, force, (".csv",))
    inputs = example_of(run)
    values = getattr(inside_of(run, inputs), kind)
    if output is not None:
        write_bytes(output, _table(range(len(values)), values, "step"), force)
    busiest = values.std(axis=0).argsort()[::-1][:_SURE].tolist()
    print(
        f"{KINDS[kind]} of {run}: {values.shape[1]} over {len(values)} steps, from "
        f"{values.min():.2f} to {values.max():.2f}; most moves in " + ", ".join(map(str, busiest)),
        file=sys.stderr,
    )
    if as_json:
        print_json(
            {
                "run": str(run),
                "kind": kind,
                "units": values.shape[1],
                "steps": len(values),
                "inputs": inputs.tolist(),
                "values": values.round(4).tolist(),
                "file": None if output is None else str(output),
            }
        )


def _check(kind: str, output: Path | None, force: bool, suffixes: tuple[str, ...]) -> None:
    if kind not in KINDS:
        raise InputError("kind", "one of " + ", ".join(KINDS), repr(kind))
    if output is None:
        return
    if output.suffix.lower() not in suffixes:
        expected = "a name that ends in " + " ".join(suffixes)
        raise InputError(str(output), expected, repr(output.suffix))
    check_output(output, force)


def _picture(found: Inside, kind: str, output: Path) -> bytes:
    buffer = io.BytesIO()
    picture_of(found, kind).savefig(buffer, format=output.suffix.lower().removeprefix("."))
    return buffer.getvalue()


def _table(places: Any, values: np.ndarray, name: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name, *(f"unit_{unit}" for unit in range(values.shape[1]))])
    writer.writerows([place, *row] for place, row in zip(places, values.round(4).tolist()))
    return text.getvalue().encode()
