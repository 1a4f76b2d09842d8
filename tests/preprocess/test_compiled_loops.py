"""After make setup has compiled the loops, a run finds each of them compiled."""

import subprocess
import sys

from tests.conftest import ROOT
from tests.trees import write_video

CODE = """
import sys
from pathlib import Path

import numba
from preprocess.compiled_loops import compile_loops
from preprocess.cutting import area_resampling, huffman_loops, phash_loops, scan_bits
from preprocess.near_duplicates import hamming_join_loops
from preprocess.settings import HashSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.video_task import run_video_task

source, folder = sys.argv[1:]


def list_forms():
    modules = area_resampling, huffman_loops, phash_loops, scan_bits, hamming_join_loops
    loops = [value for module in modules for value in vars(module).values() if hasattr(value, "signatures")]
    return {(loop.__name__, str(form)) for loop in loops for form in loop.signatures}


compile_loops()
compiled = list_forms()
assert len(compiled) > 15
for bits in (64, 256):
    settings = PreprocessSettings(source=[source], out=folder, hash=HashSettings(bits=bits))
    spills = Path(folder, str(bits))
    spills.mkdir(parents=True)
    make_plan([run_video_task(find_videos([source]).videos, settings, spills)], spills, settings)
print(*sorted(list_forms() - compiled), sep="\\n")
"""


def test_a_run_compiles_nothing(tmp_path):
    for number in (1, 2, 3):
        write_video(tmp_path / "pets", f"dog-sit-00000{number}", images=4, part="Training")
    write_video(tmp_path / "pets", "dog-sit-000004", images=4, part="Validation")
    command = [sys.executable, "-c", CODE, tmp_path / "pets", tmp_path / "work"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
