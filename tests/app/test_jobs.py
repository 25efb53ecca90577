"""Jobs: their order, their ends, and who sees them; with commands that take no time."""

import json
import os
import platform
import signal
import subprocess
import sys
import time

import pytest

from lstmmusic.app import jobs as jobs_file
from lstmmusic.app.job_runner import work
from lstmmusic.app.jobs import Jobs, is_alive, read_json, write_json
from lstmmusic.errors import InputError
from lstmmusic.fitting import RunFolder

SAYS = "import sys; print('{\"answer\": 42}'); print('nearly there', file=sys.stderr)"
FAILS = "import sys; print('music: expected notes, got none', file=sys.stderr); sys.exit(2)"
# Says when it is ready, and goes on until it is interrupted, as our commands do.
WAITS = """
import sys, time
try:
    print('ready', file=sys.stderr, flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print('interrupted', file=sys.stderr)
    sys.exit(130)
"""
DEAF = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('ready', file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path / "jobs", program=(sys.executable, "-c"))


@pytest.fixture
def unrun(jobs, monkeypatch):
    """Jobs whose runners the test plays itself."""
    monkeypatch.setattr(jobs_file, "_start_runner", lambda folder: None)
    return jobs


def wait(jobs, job, *states, seconds=30):
    until = time.monotonic() + seconds
    while (status := jobs.status(job)).state not in states:
        assert time.monotonic() < until, (status, job.log)
        time.sleep(0.05)
    return status


def wait_for_word(job, word, seconds=30):
    until = time.monotonic() + seconds
    while word not in job.log:
        assert time.monotonic() < until, job.log
        time.sleep(0.05)


def test_a_command_runs_in_processes_of_its_own_and_leaves_its_answer(jobs):
    job = jobs.start("task", "An answer", [SAYS], about={"name": "x"})
    status = wait(jobs, job, "done")
    assert not status.is_alive
    assert not status.can_resume
    found = Jobs(jobs.folder).find(job.id)  # as after the app was started again
    assert found == job
    assert found.result == {"answer": 42}
    assert found.last_words == "nearly there"
    assert read_json(job.folder / "status.json")["pid"] != os.getpid()


def test_a_job_goes_on_when_the_app_has_ended(jobs):
    code = f"""
import pathlib
from lstmmusic.app.jobs import Jobs
folder = pathlib.Path({str(jobs.folder)!r})
print(Jobs(folder, program={jobs.program!r}).start("task", "Alone", [{SAYS!r}]).id)
"""
    app = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    job = jobs.find(app.stdout.strip())
    wait(jobs, job, "done")
    assert job.result == {"answer": 42}


def test_what_fails_is_told_in_its_one_line(jobs):
    job = jobs.start("corpus", "Nothing", [FAILS])
    assert wait(jobs, job, "failed").can_resume
    assert job.last_words == "music: expected notes, got none"
    assert job.result == {}


def test_one_job_runs_at_a_time_and_stopping_lets_the_next_one_start(jobs):
    first = jobs.start("task", "First", [WAITS])
    wait(jobs, first, "running")
    wait_for_word(first, "ready")
    second = jobs.start("task", "Second", [SAYS])
    assert jobs.status(second).state == "queued"
    assert jobs.status(second).ahead == 1
    jobs.stop(first)
    assert wait(jobs, first, "interrupted").can_resume
    assert first.last_words == "interrupted"
    wait(jobs, second, "done")


def test_a_stopped_job_goes_on_with_what_resumes_it(jobs):
    program = "import sys; print(sys.argv, file=sys.stderr); sys.exit(130)"
    job = jobs.start("train", "Again", [program], resume=["--resume"])
    wait(jobs, job, "interrupted")
    assert "--resume" not in job.log
    jobs.resume(job)
    wait(jobs, job, "interrupted")
    wait_for_word(job, "'--resume'")


def test_what_had_not_begun_is_begun_when_it_is_resumed(unrun):
    program = "import sys; print(sys.argv, file=sys.stderr); sys.exit(130)"
    job = unrun.start("train", "Early", [program], resume=["--resume"], run="{job}/run")
    assert work(job.folder) == "interrupted"
    unrun.resume(job)
    assert work(job.folder) == "interrupted"
    assert "--resume" not in job.log
    RunFolder(job.folder / "run", {})
    unrun.resume(job)
    assert work(job.folder) == "interrupted"
    assert "'--resume'" in job.last_words


def test_what_is_queued_stops_without_having_run(unrun):
    first, second = (unrun.start("task", name, [SAYS]) for name in ("First", "Second"))
    unrun.stop(second)
    assert unrun.status(second).is_stopping
    assert work(second.folder) == "interrupted"
    assert second.log == ""
    assert work(first.folder) == "done"


def test_what_does_not_hear_the_interruption_is_ended(unrun):
    job = unrun.start("task", "Deaf", [DEAF])
    pid = os.fork()
    if not pid:  # a runner of little patience
        work(job.folder, grace_seconds=0.2)
        os._exit(0)
    wait_for_word(job, "ready")
    unrun.stop(job)
    os.waitpid(pid, 0)
    assert unrun.status(job).state == "interrupted"
    assert read_json(job.folder / "status.json")["code"] == -signal.SIGKILL


def test_a_job_whose_processes_are_gone_is_lost_and_can_be_gone_on_with(unrun):
    job = unrun.start("task", "Lost", [SAYS])
    path = job.folder / "status.json"
    write_json(path, {**read_json(path), "state": "running", "heartbeat": time.time() - 61})
    assert unrun.status(job).state == "lost"
    assert unrun.status(job).can_resume
    unrun.resume(job)
    assert unrun.status(job).state == "queued"


def test_a_command_that_someone_ends_is_lost_and_can_be_gone_on_with(unrun):
    killed = "import os, signal, sys; print('epoch 2', file=sys.stderr); os.kill(os.getpid(), 9)"
    job = unrun.start("train", "Killed", [killed])
    assert work(job.folder) == "lost"
    assert read_json(job.folder / "status.json")["code"] == -signal.SIGKILL
    assert not unrun.status(job).is_alive
    unrun.resume(job)
    assert unrun.status(job).state == "queued"


def test_a_heartbeat_does_not_make_a_dead_process_alive(unrun):
    child = os.spawnl(os.P_NOWAIT, sys.executable, sys.executable, "-c", "")
    os.waitpid(child, 0)
    beat = {"heartbeat": time.time(), "pid": child, "host": platform.node()}
    assert not is_alive(beat)
    assert is_alive({**beat, "host": "elsewhere"})
    assert is_alive({**beat, "pid": os.getpid()})


def test_lost_jobs_hold_nobody_up(unrun):
    lost, waiting = (unrun.start("task", name, [SAYS]) for name in ("Lost", "Waiting"))
    assert unrun.status(waiting).ahead == 1
    path = lost.folder / "status.json"
    write_json(path, {**read_json(path), "heartbeat": 0.0})
    assert unrun.status(waiting).ahead == 0


def test_a_session_sees_its_own_jobs_and_the_computer_its_own(unrun):
    mine = unrun.start("corpus", "Uploads", [SAYS], session="me", files={"music/a.mid": b"MThd"})
    folder = unrun.start("corpus", "A folder", [SAYS])
    assert (mine.folder / "music" / "a.mid").read_bytes() == b"MThd"
    assert [job.id for job in unrun.listed("me", is_local=True)] == [folder.id, mine.id]
    assert [job.id for job in unrun.listed("you", is_local=True)] == [folder.id]
    assert [job.id for job in unrun.listed("me", is_local=False)] == [mine.id]
    assert unrun.find(mine.id) == mine  # by its link


@pytest.mark.parametrize(
    "name", ["", "..", "../jobs", "a" * 31, "A" * 32, "g" * 32, "0" * 32, "a" * 32 + "\n"]
)
def test_ids_from_addresses_are_looked_at_before_the_disk_is(unrun, name):
    assert unrun.find(name) is None


def test_a_folder_that_is_no_job_is_not_listed(unrun):
    (unrun.folder / ("a" * 32)).mkdir(parents=True)
    broken = unrun.folder / ("b" * 32)
    broken.mkdir()
    (broken / "job.json").write_text(json.dumps({"id": "b" * 32, "more": 1}))
    assert unrun.listed("", is_local=True) == []


def test_forgetting_is_for_what_is_over(unrun):
    job = unrun.start("task", "Done with", [SAYS])
    with pytest.raises(InputError, match="one that is over"):
        unrun.forget(job)
    assert work(job.folder) == "done"
    unrun.forget(job)
    assert unrun.find(job.id) is None


def test_uploads_are_removed_after_a_month(unrun):
    old, young, folder = (
        unrun.start("corpus", name, [SAYS], session=session)
        for name, session in (("Old", "me"), ("Young", "me"), ("A folder", ""))
    )
    for job in (old, folder):
        path = job.folder / "job.json"
        write_json(path, {**read_json(path), "created": time.time() - 31 * 24 * 3600})
    unrun.start("task", "While it waits", [SAYS])
    assert unrun.find(old.id) is not None
    work(old.folder)
    unrun.start("task", "Another", [SAYS])
    assert unrun.find(old.id) is None
    assert unrun.find(young.id) is not None
    assert unrun.find(folder.id) is not None


def test_more_may_run_at_once(unrun, monkeypatch):
    unrun.start("task", "First", [SAYS])
    second = unrun.start("task", "Second", [SAYS])
    monkeypatch.setenv("LSTMMUSIC_JOBS_AT_ONCE", "2")
    assert work(second.folder) == "done"


def test_the_folder_of_the_job_stands_for_itself_in_the_arguments(unrun):
    job = unrun.start("task", "Here", ["{job}/run"], run="{job}/run")
    assert job.command[-1] == job.run == str(job.folder / "run")


def test_resuming_is_for_what_has_stopped(unrun):
    job = unrun.start("task", "Queued", [SAYS])
    with pytest.raises(InputError, match="one that has stopped"):
        unrun.resume(job)
