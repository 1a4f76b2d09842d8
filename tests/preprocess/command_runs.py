"""The command in the tests' process, with the Ray that all tests share: imports and Ray's start take seconds."""

import io
import subprocess
import warnings
from contextlib import redirect_stderr, redirect_stdout

from console.command import run_command
from preprocess.__main__ import main


def preprocess_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command; its caller uses the fixture `two_workers`."""
    call, output, errors = list(map(str, arguments)), io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors), warnings.catch_warnings():
        status = run_command("preprocess", main, call)
    return subprocess.CompletedProcess(call, status, output.getvalue(), errors.getvalue())
