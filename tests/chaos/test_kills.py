"""Kills of preprocess and of training, a few real ones; what they would find if something were lost, they find."""

import subprocess
import sys
from pathlib import Path

from chaos.commands.started_command import find_abandoned_memory, list_shared_memory
from chaos.experiment import Findings
from chaos.whole_runs import preprocess_kills, training_kills


def test_preprocess_is_killed_and_a_changed_byte_is_found(make_bench, spoil, monkeypatch):
    spoil(preprocess_kills, 1)
    monkeypatch.setattr(preprocess_kills, "_TARGETS", {"group": 1})  # Ray needs a minute to miss its gcs
    findings = preprocess_kills.run(make_bench(preprocess_kills, 1))
    assert findings.outcomes.total() == 1 and findings.measured["runs"] >= 1
    assert len(findings.lost) == 1 and findings.lost[0].startswith("features.json differs; after ")


def test_work_that_is_done_twice_is_found(tmp_path):
    chain = preprocess_kills._Chain(tmp_path, False, Findings())
    (chain.out / ".work" / "f" / "finished").mkdir(parents=True)
    shard = chain.out / ".work" / "f" / "finished" / "pet_mood-train.tfrecord-00000-of-00001"
    shard.write_bytes(b"0")
    preprocess_kills._note_redone(chain)  # without its note it is not finished
    shard.unlink()
    shard.write_bytes(b"1")
    (shard.parent / "note.json").write_text(f'{{"file": "{shard.name}"}}')
    preprocess_kills._note_redone(chain)
    shard.rename(chain.out / shard.name)  # published
    preprocess_kills._note_redone(chain)
    assert not chain.findings.lost
    (chain.out / shard.name).unlink()
    (chain.out / shard.name).write_bytes(b"1")
    preprocess_kills._note_redone(chain)
    assert chain.findings.lost == [f"{shard.name} was finished, and was made again; after no kill"]


def test_shared_memory_that_a_process_leaves_is_found():
    before = list_shared_memory()
    call = "import os; print(os.getpid()); open(f'/dev/shm/chaos-{os.getpid()}', 'w')"
    pid = int(subprocess.run([sys.executable, "-c", call], stdout=subprocess.PIPE, text=True, check=True).stdout)
    try:
        assert find_abandoned_memory(before, {pid}) == [f"chaos-{pid}"]
        assert find_abandoned_memory(before, {pid + 1}) == []
    finally:
        Path(f"/dev/shm/chaos-{pid}").unlink(missing_ok=True)


def test_training_is_killed_and_a_changed_bit_is_found(make_bench, monkeypatch):
    read, seen = training_kills.read_outcome, []

    def read_spoilt(run):
        outcome = read(run)
        seen.append(run)
        if len(seen) == 2:
            name = next(name for name, value in outcome.items() if "kernel" in name or "vars" in name)
            outcome[name] = outcome[name].copy()
            outcome[name].view("uint8").reshape(-1)[0] ^= 1
            outcome["spoilt"] = name
        return outcome

    monkeypatch.setattr(training_kills, "read_outcome", read_spoilt)
    findings = training_kills.run(make_bench(training_kills, 1))
    assert findings.outcomes.total() == 1 and len(findings.lost) == 2, findings
    assert [line.split(" differs; after kills in ")[0] for line in findings.lost][1] == "spoilt"
