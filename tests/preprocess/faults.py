"""Faults of the disk, injected where every process of a run opens files: real runs, real Ray, one patched `os.open`.

`start_with_faults` runs a command with a sitecustomize module that each Python of it, Ray's workers too, imports first.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PATCH = """
import os
real, name, number, times, count = os.open, *eval(os.environ["TEST_FAULTS"])
def faulty(path, *call, **options):
    if name in os.fsdecode(os.fspath(path)) if isinstance(path, (str, bytes, os.PathLike)) else False:
        slot = next((i for i in range(times) if not os.path.exists(f"{count}.{i}")), None)
        if slot is not None:
            real(f"{count}.{slot}", os.O_CREAT | os.O_WRONLY)
            raise OSError(number, os.strerror(number), path)
    return real(path, *call, **options)
os.open = faulty
"""


def run_with_faults(
    folder: Path, name: str, number: int, times: int, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS`; the first `times` openings of files whose path contains `name` fail with `number`."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(PATCH)
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "TEST_FAULTS": repr((name, number, times, str(folder / "count"))),
    }
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
