"""A real cluster without a shared folder, whose data lies in an S3 server: one node is killed, and a byte changed."""

import pytest

from chaos.commands.bucket import Bucket, find_obstacle_to_buckets
from chaos.whole_runs import cluster_faults


@pytest.mark.skipif(bool(find_obstacle_to_buckets()), reason=find_obstacle_to_buckets())
def test_a_node_is_killed_and_a_changed_byte_is_found(make_bench, monkeypatch):
    digest = Bucket.digest

    def spoil(bucket: Bucket, name: str) -> dict[str, str]:
        found = digest(bucket, name)
        return found | {"features.json": "0"} if name.startswith("out") else found

    monkeypatch.setattr(Bucket, "digest", spoil)
    monkeypatch.setattr(cluster_faults, "_FAULTS", ("node killed",))
    findings = cluster_faults.run(make_bench(cluster_faults, 1))
    assert findings.outcomes == {"node killed: the same bytes": 1}, findings
    assert findings.lost == ["node killed: features.json differs"]
