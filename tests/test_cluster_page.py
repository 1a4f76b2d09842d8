"""The KubeRay YAML in docs/cluster.md: it parses, has the fields of the RayJob v1 CRD, and a command that is taken."""

import re

import pytest
import yaml

from console.command import run_command
from preprocess.__main__ import main as preprocess
from tests.markdown_pages import ROOT, read_page

# The fields that these pages use, as KubeRay's API reference names them: ray.io/v1, and Kubernetes' for pods.
SPEC = {"entrypoint", "shutdownAfterJobFinishes", "rayClusterSpec"}
CLUSTER = {"rayVersion", "headGroupSpec", "workerGroupSpecs"}
HEAD = {"rayStartParams", "template"}
WORKERS = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
CONTAINER = {"name", "image", "env", "envFrom", "resources", "volumeMounts"}


def read_jobs(page: str) -> list[dict]:
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", read_page(page), re.DOTALL)]


@pytest.mark.parametrize("page", ["docs/cluster.md", "docs/cluster.ko.md"])
@pytest.mark.parametrize("place", ["shared volume", "bucket"])
def test_the_job_is_one_that_kuberay_knows(page, place, capsys):
    job = read_jobs(page)[place == "bucket"]
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob") and job["metadata"]["name"]
    spec, cluster = job["spec"], job["spec"]["rayClusterSpec"]
    assert spec.keys() == SPEC and cluster.keys() == CLUSTER and spec["shutdownAfterJobFinishes"] is True
    assert f"ray=={cluster['rayVersion']}\n" in (ROOT / "requirements/cpu.lock").read_text().replace(" \\", "")
    assert f'"ray[default]=={cluster["rayVersion"]}"' in read_page(page)
    (workers,) = cluster["workerGroupSpecs"]
    assert cluster["headGroupSpec"].keys() == HEAD and workers.keys() == WORKERS
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    for group in (cluster["headGroupSpec"], workers):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert container.keys() <= CONTAINER and container["resources"]["limits"].keys() == {"cpu", "memory"}
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        assert {mount["name"] for mount in container.get("volumeMounts", [])} == volumes
        assert bool(volumes) == (place == "shared volume") == ("envFrom" not in container)
    places = re.findall(r"--(?:source|out|work) (\S+)", spec["entrypoint"])
    assert all(path.startswith("/shared/" if place == "shared volume" else "s3://bucket/") for path in places)
    program, *call = spec["entrypoint"].split()
    assert program == "petmood" and call.pop(0) == "shards"
    with pytest.raises(SystemExit, match="0"):
        run_command("preprocess", preprocess, [*call, "--print_config"])
    assert "address: auto" in capsys.readouterr().out
