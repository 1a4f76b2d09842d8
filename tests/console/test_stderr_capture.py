"""What is written to descriptor 2: kept, known, and never kept from anybody when the process crashes."""

import os
import subprocess
import sys
import threading

import pytest

from console.stderr_capture import capture_stderr
from tests.conftest import ROOT


def test_notes_are_caught_and_the_screen_is_left_as_it_was(capfd):
    os.write(2, b"before ")
    with capture_stderr() as notes:
        os.write(2, b"inside")
        with capture_stderr() as inner:
            os.write(2, b"deeper")
    with pytest.raises(KeyError), capture_stderr() as failed:
        os.write(2, b"failing")
        raise KeyError
    os.write(2, b"after")
    assert (bytes(notes), bytes(inner), bytes(failed)) == (b"inside", b"deeper", b"failing")
    assert capfd.readouterr().err == "before after"


def test_more_notes_than_a_pipe_holds_and_no_descriptor_is_left(capfd):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        with capture_stderr() as notes:
            os.write(2, b"x" * 300_000)
        assert len(notes) == 300_000
    assert len(os.listdir("/proc/self/fd")) == before


def test_threads_take_turns(capfd):
    def write(letter: bytes) -> None:
        for _ in range(200):
            with capture_stderr() as notes:
                os.write(2, letter)
            assert notes == letter

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"end")
    assert capfd.readouterr().err == "end"


@pytest.mark.parametrize(("signal", "word"), [("SIGILL", "Illegal instruction"), ("SIGABRT", "Aborted")])
def test_a_crash_is_said(signal, word):
    code = f"""import os, signal
from console.stderr_capture import capture_stderr
with capture_stderr():
    os.kill(os.getpid(), signal.{signal})"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode < 0 and word in done.stderr and 'File "<string>", line 4' in done.stderr
