"""The experiments of the papers, runnable by name.

* `list_tasks`, `run_task`: what there is, and running it.
* `Task`, `Preset`, `Published`: what an entry declares; a family is a file with a tuple `TASKS`.
"""

from lstmmusic.tasks.registry import list_tasks, run_task, task_named
from lstmmusic.tasks.task import Preset, Published, Task

__all__ = ["Preset", "Published", "Task", "list_tasks", "run_task", "task_named"]
