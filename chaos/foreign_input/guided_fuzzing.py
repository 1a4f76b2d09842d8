"""Hostile inputs that are guided by coverage: atheris keeps those that reach new lines, and goes on from them.

The readers are those of hostile_targets.py. Each has a process of its own, which ends at the first fault:

    python -m chaos.foreign_input.guided_fuzzing READER FOLDER [libFuzzer's flags, such as -runs=100000]

FOLDER holds good inputs, and the new ones afterwards. Needs the extra `fuzz`.
"""

import base64
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from chaos.experiment import Bench, Findings
from console.calls.extras import explain_missing_packages, list_missing

_ROOMS = ["shards", "console", "preprocess", "trainer"]  # whose lines count
_LEFT_OUT = {"clip", "photo", "crop of a JPEG"}  # a decoder's lines are not seen, and it takes nearly all the time
_MOST_SHOWN = 3_000  # bytes of an input in a line
_FLAGS = ("-max_len=20000", "-timeout=20", "-rss_limit_mb=3000", "-verbosity=1", "-print_final_stats=1")


def run(bench: Bench) -> Findings:
    """An equal part of the tries for each reader."""
    if list_missing(("atheris",)):
        return Findings(left_out=explain_missing_packages("atheris"))
    from chaos.foreign_input.good_inputs import make_good_inputs
    from chaos.foreign_input.hostile_inputs import find_real_jpegs
    from chaos.foreign_input.hostile_targets import make_targets

    findings = Findings()
    targets = make_targets(make_good_inputs(bench.folder, find_real_jpegs()), bench.folder)
    guided = [target for target in targets if target.name not in _LEFT_OUT]
    for number, target in enumerate(guided):
        if bench.is_over():
            break
        corpus = bench.folder / f"corpus {number}"
        corpus.mkdir()
        for place, data in enumerate(target.seeds):
            (corpus / f"good {place}").write_bytes(data)
        left = max(1, min(bench.ends - time.monotonic(), 1e6) / (len(guided) - number))
        flags = [f"-runs={max(1, bench.tries // len(guided))}", f"-max_total_time={left:.0f}"]
        _fuzz(target.name, corpus, [*flags, f"-seed={bench.chance.randrange(1, 2**31)}"], findings)
    return findings


def _fuzz(name: str, corpus: Path, flags: list[str], findings: Findings) -> None:
    faults = corpus.with_name(f"{corpus.name} faults")
    faults.mkdir()
    call = ["chaos.foreign_input.guided_fuzzing", name, str(corpus), *flags, f"-artifact_prefix={faults}/"]
    command = [sys.executable, "-m", *call]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    stated = re.search(r"stat::number_of_executed_units: +(\d+)", done.stderr)
    findings.outcomes[name] += int(stated[1]) if stated else 0
    reached = re.findall(r"\bcov: (\d+)", done.stderr)
    findings.measured[f"branches of {name}"] = float(reached[-1]) if reached else 0.0
    if done.returncode:
        data = next((path.read_bytes() for path in faults.iterdir()), b"")
        lines = [line for line in done.stderr.splitlines() if "Exception" in line or "Error" in line or "ERROR" in line]
        shown = base64.b64encode(data[:_MOST_SHOWN]).decode()
        findings.lost.append(f"{name}: {' '.join(lines[-3:])[:400]}; input in base64: {shown} of {len(data):,} bytes")


def main(arguments: list[str]) -> None:
    """Fuzz one reader in this process, which libFuzzer ends."""
    import atheris

    name, *flags = arguments
    with atheris.instrument_imports(include=_ROOMS):
        from chaos.foreign_input.hostile_targets import make_targets

        folder = Path(tempfile.mkdtemp(prefix="pet_fuzz"))
        targets = make_targets({}, folder)
    target = next(each for each in targets if each.name == name)

    def feed(data: bytes) -> None:
        with suppress(*target.errors):
            target.feed(data)

    atheris.Setup([sys.argv[0], *flags, *_FLAGS], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
