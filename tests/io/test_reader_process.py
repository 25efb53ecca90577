"""A child process that works for us, and may be lost without harm."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lstmmusic.io import ReaderError, ReaderProcess
from tests.io import child_work

WORK = "tests.io.child_work:work"


@pytest.fixture
def reader():
    with ReaderProcess(WORK, max_seconds=1.0, max_memory_bytes=2**29) as process:
        yield process


def pid(reader):
    return reader.ask({"do": "pid"}, b"")[0]["pid"]


def is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_requests_and_bytes_go_there_and_back(reader):
    data = os.urandom(3 * 2**20)
    words, content = reader.ask({"do": "echo", "text": "blå \u266d"}, data)
    assert words == {"do": "echo", "text": "blå \u266d", "prepared": True}
    assert content == data


def test_one_child_does_all_the_work(reader):
    assert pid(reader) == pid(reader) != os.getpid()


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        *(("hang", "slow"), ("spin", "slow")),
        *(("eat", "memory"), ("exit", "crash"), ("kill", "crash"), ("raise", "crash")),
        *(("lie", "crash"), ("boast", "crash")),
    ],
)
def test_a_child_that_is_lost_says_why_and_is_replaced(reader, deed, why):
    first = pid(reader)
    with pytest.raises(ReaderError) as caught:
        reader.ask({"do": deed}, b"")
    assert (caught.value.why, caught.value.has_begun) == (why, True)
    second = pid(reader)
    assert first != second
    assert not is_alive(first)


def test_a_child_that_dies_between_two_pieces_of_work_costs_none(reader):
    first = pid(reader)
    reader.ask({"do": "die later"}, b"")
    time.sleep(0.3)
    assert pid(reader) != first


def test_work_over_which_the_system_ends_a_child_is_done_by_another(reader, tmp_path):
    mark = tmp_path / "once"
    words, content = reader.ask({"do": "die once", "mark": str(mark)}, b"tune")
    assert mark.exists()
    assert (words["do"], content) == ("die once", b"tune")


def test_preparing_does_not_count(reader):
    assert reader.ask({"do": "echo", "prepare_seconds": 1.3}, b"")[1] == b""


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the system tells no waits")
def test_waiting_for_a_processor_that_others_use_does_not_count(reader):
    child = reader.ask({"do": "pid"}, b"")[0]
    (processor, *_) = os.sched_getaffinity(0)
    os.sched_setaffinity(child["pid"], {processor})
    spin = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(spin) for _ in range(3)]
    try:
        for other in others:
            os.sched_setaffinity(other.pid, {processor})
        begun = time.monotonic()
        until = child["cpu_seconds"] + 0.4
        reader.ask({"do": "compute", "until_cpu_seconds": until}, b"")
        assert time.monotonic() - begun > reader.max_seconds  # else nothing is shown
        assert pid(reader) == child["pid"]
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_what_a_library_prints_does_not_disturb(reader):
    assert reader.ask({"do": "print"}, b"x")[1] == b"x"
    assert reader.ask({"do": "echo"}, b"y")[1] == b"y"


def test_closing_ends_the_child():
    with ReaderProcess(WORK) as reader:
        child = pid(reader)
    assert not is_alive(child)
    with pytest.raises(ReaderError):
        reader.ask({"do": "pid"}, b"")


def test_a_function_that_is_not_there_is_an_error_before_work_begins():
    with ReaderProcess("tests.io.child_work:nothing") as reader:
        with pytest.raises(ReaderError) as caught:
            reader.ask({}, b"")
        assert not caught.value.has_begun


def test_the_work_of_the_child_is_a_plain_function():
    words, content = child_work.work({"do": "echo"}, b"x")
    assert json.dumps(words)
    assert content == b"x"
