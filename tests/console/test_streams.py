"""Standard streams that a caller has set up in an odd way."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.conftest import ROOT


def run_python(code: str, redirection: str, **environment: str) -> subprocess.CompletedProcess:
    command = f'exec "$0" -W error -c "$1" {redirection}'
    arguments = ["bash", "-c", command, sys.executable, textwrap.dedent(code)]
    return subprocess.run(arguments, capture_output=True, env=os.environ | environment, cwd=ROOT, check=False)


KOREAN = r"""
import sys, warnings
from console.command import run_command
def main(arguments):
    warnings.warn("a library's")
    print("화남/불쾌 \udcb0")
    return 0
sys.exit(run_command("tool", main, []))
"""


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", "화남/불쾌 \\udcb0"), ("ascii", r"\ud654\ub0a8/\ubd88\ucf8c \udcb0")]
)
def test_any_standard_output_is_written_to(encoding, expected):
    done = run_python(KOREAN, "", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout.decode().strip(), done.stderr) == (0, expected, b"")


def test_closed_streams_lead_nowhere(tmp_path):
    code = f"""
    import os, sys
    from console.command import run_command
    def main(arguments):
        with open({str(tmp_path / "file")!r}, "w") as file:
            os.system("echo somebody prints")
            file.write("own")
        print("told to nobody")
        return 0
    sys.exit(run_command("tool", main, []))
    """
    assert run_python(code, "<&- >&- 2>&-").returncode == 0
    assert (tmp_path / "file").read_text() == "own"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_said():
    done = run_python(KOREAN, "> /dev/full")
    assert done.returncode == 2 and b"tool: the disk is full" in done.stderr


def test_an_encoding_that_is_given_holds_whatever_the_locale():
    code = KOREAN.replace("main, [])", 'main, [], encoding="utf-8")')
    done = run_python(code, "", PYTHONIOENCODING="cp1252")
    assert done.stdout.decode("utf-8").strip() == "화남/불쾌 \\udcb0"
