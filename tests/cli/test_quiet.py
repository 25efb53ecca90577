"""What TensorFlow says of itself is held back, and its errors are not."""

import os

import pytest

from lstmmusic.cli.quiet import without_chatter

CHATTER = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795353731.110516   28231 port.cc:153] oneDNN custom operations are on.\n"
    b"W0000 00:00:1795353731.110516   28231 cuda.cc:31] Could not find cuda drivers\n"
)
ERRORS = b"E0000 00:00:1795353731.110516   28231 x.cc:1] no memory\nIllegal instruction\n"


def test_chatter_is_held_back_and_errors_are_passed_on(capfd):
    with without_chatter():
        os.write(2, CHATTER + ERRORS)
    os.write(2, b"I0000 00:00:00 later\n")
    assert capfd.readouterr().err.encode() == ERRORS + b"I0000 00:00:00 later\n"


def test_a_failure_of_the_import_comes_out_with_its_words(capfd):
    @without_chatter()
    def fail():
        os.write(2, CHATTER + b"ld: cannot open shared object\n")
        raise ImportError("no such library")

    with pytest.raises(ImportError, match="no such library"):
        fail()
    assert capfd.readouterr().err == "ld: cannot open shared object\n"
