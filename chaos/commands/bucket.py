"""A bucket of an S3 server, moto's, on the hub of some machines: files go in and out, and its log counts requests.

Run as a command in the server's network: python -m chaos.commands.bucket upload FOLDER URL, or .. digest URL
"""

import hashlib
import importlib.util
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pyarrow import fs

from chaos.commands.machines import Machine, choose_port
from chaos.commands.started_command import StartedCommand
from shards.storage.stores.remote_files import list_remote_folder, read_remote_file, upload_file
from shards.storage.stores.remote_path import parse_store_url

_REQUEST = re.compile(r'(?P<address>[\d.]+) - - \[[^]]*\] "(?:\x1b\[[\d;]*m)*(?P<method>[A-Z]+) (?P<path>/\S*) HTTP')


class Request(NamedTuple):
    """One that the server has answered."""

    address: str  # of the machine that asked
    method: str
    path: str


class Bucket:
    """Files in a bucket. Its server keeps them in memory."""

    def __init__(self, hub: Machine, server: StartedCommand, port: int, logs: Path):
        self._hub, self._server, self._logs = hub, server, logs
        options = f"endpoint_override={hub.address}:{port}&scheme=http&region=us-east-1&allow_bucket_creation=true"
        self._url = f"s3://chaos/{{}}?{options}"

    def name_folder(self, name: str) -> str:
        """The URL of a folder, as commands on the machines take it."""
        return self._url.format(name)

    def upload(self, folder: Path, name: str) -> None:
        self._do("upload", str(folder), self.name_folder(name))

    def digest(self, name: str) -> dict[str, str]:
        """The SHA-256 of every file below a folder, by its path in it, as chaos.workload.digest_files says it."""
        return json.loads(self._do("digest", self.name_folder(name)))

    def list_requests(self) -> list[Request]:
        """Every request so far, by the server's log."""
        return [Request(*found.groups()) for found in _REQUEST.finditer(self._server.errors)]

    def _do(self, *arguments: str) -> str:
        command = self._hub.start(["-m", "chaos.commands.bucket", *arguments], self._logs)
        if command.wait(120) != 0:
            command.end()
            raise OSError(f"the bucket cannot be used: {command.last_line}")
        return command.output


def find_obstacle_to_buckets() -> str:
    """Why there is no S3 server here; empty where there is one."""
    names = ("moto", "flask", "werkzeug")
    return "" if all(map(importlib.util.find_spec, names)) else "the S3 server for tests (moto) is not installed"


@contextmanager
def start_bucket(hub: Machine, logs: Path) -> Iterator[Bucket]:
    """A bucket for the block. Raises TimeoutError where its server does not start."""
    port = choose_port(hub, 5000)
    server = hub.start(["-m", "moto.server", "-H", hub.address, "-p", str(port)], logs)
    try:
        until = time.monotonic() + 60
        while "Running on" not in server.errors + server.output:
            if server.status is not None or time.monotonic() > until:
                raise TimeoutError(f"the S3 server does not start: {server.last_line}")
            time.sleep(0.05)
        yield Bucket(hub, server, port, logs)
    finally:
        server.end()


def main(action: str, *places: str) -> None:
    """What runs in the server's network."""
    url = parse_store_url(places[-1])
    if action == "upload":
        filesystem, bucket = fs.FileSystem.from_uri(places[-1].replace(url.key, "", 1))
        filesystem.create_dir(bucket)
        root = Path(places[0])
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            upload_file(path, url / str(path.relative_to(root)))
        return
    files = [entry.name for entry in list_remote_folder(url, recursive=True) if not entry.is_folder]
    print(json.dumps({name: hashlib.sha256(read_remote_file(url / name)).hexdigest() for name in files}))


if __name__ == "__main__":
    main(*sys.argv[1:])
