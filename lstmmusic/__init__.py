"""Blues from peephole LSTMs: symbolic music in, learnt timing and form, symbolic music out.

Names are loaded on first use, so that `import lstmmusic` costs nothing: neither TensorFlow nor
music21 is imported before something needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> the room it lives in.
_ROOMS = {
    "Chord": "score",
    "Key": "score",
    "Note": "score",
    "Part": "score",
    "Score": "score",
    "load": "io",
    "save": "io",
    "improvise": "generation",
    "redo": "generation",
    "list_tasks": "tasks",
    "run_task": "tasks",
    "scorecard": "evaluation",
    "SequenceClusterer": "clustering",
}

__all__ = [
    "Chord",
    "Key",
    "Note",
    "Part",
    "Score",
    "SequenceClusterer",
    "__version__",
    "improvise",
    "list_tasks",
    "load",
    "redo",
    "run_task",
    "save",
    "scorecard",
]

if TYPE_CHECKING:
    from lstmmusic.clustering import SequenceClusterer
    from lstmmusic.evaluation import scorecard
    from lstmmusic.generation import improvise, redo
    from lstmmusic.io import load, save
    from lstmmusic.score import Chord, Key, Note, Part, Score
    from lstmmusic.tasks import list_tasks, run_task


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
