"""The command that serves: what it prints, how it stops, and calls that are wrong."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from shards.errors import CallError, DataError
from tests.conftest import ROOT
from tests.trees import make_jpeg
from tools.serve import main
from tools.serving.gate import list_hosts
from tools.serving.mood_server import reserve_address, start_listening


def test_it_serves_until_it_is_stopped(served_model, tmp_path):
    """In mid-clip: the process ends well, and nothing of the clip stays on the disk."""
    environment = os.environ | {"LC_ALL": "C.UTF-8", "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "tools.serve", str(served_model.parent), "--port", "0", "--min_confidence", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        address = process.stdout.readline().strip()
        assert process.stdout.readline() == "open this address in a browser; Ctrl-C ends it\n"
        with urllib.request.urlopen(f"{address}api/mood", make_jpeg(1), timeout=20) as response:
            assert response.status == 200 and "model.keras" in response.read().decode()
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(
                b"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n\x1aE\xdf\xa3" + bytes(99)
            )
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in errors
    assert output == "figures 1 photos and clips answered, 1 pictures judged, 0 requests refused\n"
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--max_photo_mb", "0"], "--max_photo_mb 0.0"),
        (["--max_seconds", "nan"], "--max_seconds nan"),
        (["--min_pet", "2"], "--min_pet 2.0"),
        (["--host", "0.0.0.0"], "--allow_host"),
        (["--finder", "none.tflite"], "none.tflite"),
        (["--host", "203.0.113.1"], "--host 203.0.113.1"),
        (["--port", "99999"], "--port 99999"),
        (["--port", "a"], "--port"),
    ],
)
def test_bad_calls(served_model, arguments, words):
    with pytest.raises(CallError, match=words):
        main([str(served_model), *arguments])


def test_a_port_that_is_taken(served_model):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CallError, match="in use"):
        main([str(served_model), "--port", str(taken.getsockname()[1])])


def test_nobody_connects_before_the_model_is_ready():
    with reserve_address("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        with reserve_address("127.0.0.1", address[1]) as other:  # both load, and the second to be ready is told
            start_listening(listener, *address)
            with pytest.raises(CallError, match="in use"):
                start_listening(other, *address)
        socket.create_connection(address).close()


def test_what_is_no_run(tmp_path):
    for path, words in ((tmp_path / "none", "does not exist"), (tmp_path, r"holds no model\.keras")):
        with pytest.raises(CallError, match=words):
            main([str(path)])


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"evaluation": {"videos": 3}}'])
def test_a_run_whose_figures_are_damaged(served_model, tmp_path, content):
    (tmp_path / "model.keras").write_bytes(served_model.read_bytes())
    (tmp_path / "metrics.json").write_bytes(content)
    with pytest.raises(DataError, match=r"metrics\.json"):
        main([str(tmp_path), "--port", "0"])


def test_names_of_hosts():
    assert list_hosts("127.0.0.1", []) == {"127.0.0.1", "localhost", "::1"}
    assert list_hosts("::1", ["Pets.local"]) == {"127.0.0.1", "localhost", "::1", "pets.local"}
    assert list_hosts("192.0.2.7", []) == {"192.0.2.7"}  # whoever wants localhost as well names it
