"""The page's server under load, beside the model alone: python -m benchmarks.serve [--run RUN] [--finder FILE]

Clients send photos over connections of their own, each as soon as the one before is answered: 1, 8 and 32 at a time.
Then 8 of them again while hostile clients send forms with a file name of 50 MB, photos that are cut short or state 4
gigapixels, 2 GB, and bodies that never end. Without --run a network with random weights is served, which does not
change the speed. Server and clients share the machine's cores.

Time: about a minute. Last line: photos/s, p50 and p95 in milliseconds for each number of clients, photos/s of the model
alone with and without decoding, and how many hostile requests got their answer.
"""

import argparse
import json
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tools.sample.backgrounds import paint_background
from tools.sample.canvas import encode_sample_jpeg
from tools.serving.model_queue import MOST_PICTURES
from trainer.answering.pet_judge import open_pet_judge
from trainer.answering.photo import decode_upright_pixels
from trainer.model.model_file import write_model
from trainer.model.mood_json import Metadata
from trainer.model.network import build_network
from trainer.settings import NetworkSettings

CLIENTS = (1, 8, 32)


class Load(NamedTuple):
    """What some clients measured."""

    photos_per_second: float
    p50: float  # milliseconds from the first byte that is sent to the whole answer
    p95: float


def gather_photos(folder: Path) -> list[bytes]:
    """JPEGs below a folder; made ones of 1280x720 where it is not there."""
    photos = [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))[:64]]
    if photos:
        return photos
    rng = np.random.default_rng(0)
    return [encode_sample_jpeg(paint_background(rng, 1280, 720, outdoor=bool(i % 2))) for i in range(16)]


def write_random_run(folder: Path, backbone: str, resolution: int) -> Path:
    network = build_network(NetworkSettings(backbone, "none"), resolution)
    metadata = Metadata(
        1.0, round(resolution * 256 / 224), 1.1, [1 / 6] * 6, "f" * 64, backbone, network_size=resolution
    )
    write_model(folder / "model.keras", network, np.zeros(6), metadata)
    return folder / "model.keras"


def measure_alone(model: Path, finder: Path | None, photos: Sequence[bytes], seconds: float) -> dict[str, float]:
    """Photos/s of the judge in full batches, from pixels and from files, in this process."""
    judge = open_pet_judge(model, finder)
    files = [photos[i % len(photos)] for i in range(MOST_PICTURES)]
    pixels = [decode_upright_pixels(file) for file in files]
    judge.judge(pixels)  # compiles
    rates = {}
    for name, read in (
        ("model", lambda: pixels),
        ("decode_and_model", lambda: list(map(decode_upright_pixels, files))),
    ):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            judge.judge(read())
            count += MOST_PICTURES
        rates[name] = count / (time.perf_counter() - start)
    return rates


@contextmanager
def run_server(model: Path, finder: Path | None) -> Iterator[int]:
    """The command in a process of its own; yields its port."""
    flags = ["--finder", str(finder)] if finder else []
    command = [sys.executable, "-m", "tools.serve", str(model), "--port", "0", "--patience", "2", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield int(process.stdout.readline().strip().rsplit(":", 1)[1].strip("/"))
        finally:
            process.send_signal(signal.SIGINT)


def load_server(port: int, photos: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Let so many clients ask for some seconds. Raises RuntimeError where one of them gets no answer."""
    until, times, problems = time.perf_counter() + seconds, [], []

    def ask(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while (start := time.perf_counter()) < until:
            connection.request("POST", "/api/mood", photos[(number + len(times)) % len(photos)])
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 200:
                problems.append(body)
                return
            times.append(1000 * (time.perf_counter() - start))
        connection.close()

    start = time.perf_counter()
    threads = [threading.Thread(target=ask, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems or not times:
        raise RuntimeError(f"{len(problems)} clients were refused: {problems[:1]}")
    return Load(len(times) / (time.perf_counter() - start), *np.percentile(times, (50, 95)).tolist())


def state_size(width: int, height: int) -> bytes:
    """A PNG of some bytes that states a size."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IEND\xaeB`\x82"


def list_attacks(photo: bytes) -> list[tuple[int, int, Sequence[bytes]]]:
    """The status that each deserves, the length that it states, and the pieces that it sends."""
    form = [b'--x\r\nContent-Disposition: form-data; name="a"; filename="', *[b"x" * 1_000_000] * 50]
    return [
        (415, sum(map(len, form)), form),
        (422, len(photo) // 2, [photo[: len(photo) // 2]]),
        (422, len(state_size(65535, 65535)), [state_size(65535, 65535)]),
        (413, 2**31, [photo[:4096]]),
        (408, len(photo), [photo[:100]]),
    ]


def attack(port: int, photo: bytes, until: float) -> dict[str, int]:
    """Send one hostile request after the other; returns how many were sent, and how many got the right answer."""
    counts = {"sent": 0, "answered": 0}
    while time.perf_counter() < until:
        for status, length, pieces in list_attacks(photo):
            kind = b"multipart/form-data; boundary=x" if status == 415 else b"image/jpeg"
            head = b"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
            counts["sent"] += 1
            with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                for piece in (head % (kind, length), *pieces):
                    client.sendall(piece)
                response = HTTPResponse(client)
                response.begin()
                counts["answered"] += response.status == status
    return counts


def attack_and_load(port: int, photos: Sequence[bytes], seconds: float) -> tuple[Load, dict[str, int]]:
    """8 clients, while two others are hostile."""
    found: list[dict[str, int]] = []
    until = time.perf_counter() + seconds
    hostile = [threading.Thread(target=lambda: found.append(attack(port, photos[0], until))) for _ in range(2)]
    for thread in hostile:
        thread.start()
    load = load_server(port, photos, 8, seconds)
    for thread in hostile:
        thread.join()
    return load, {name: sum(counts[name] for counts in found) for name in ("sent", "answered")}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, help="the model.keras of a run")
    parser.add_argument("--finder", type=Path)
    parser.add_argument("--photos", type=Path, default=Path("../shared/real/boxes"), help="a folder of JPEGs")
    parser.add_argument("--backbone", default="EfficientNetB0", help="of the network that is served without --run")
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--seconds", type=float, default=6, help="of each measurement")
    chosen = parser.parse_args()
    photos = gather_photos(chosen.photos)
    with tempfile.TemporaryDirectory() as folder:
        model = chosen.run or write_random_run(Path(folder), chosen.backbone, chosen.resolution)
        before = measure_alone(model, chosen.finder, photos, chosen.seconds)
        with run_server(model, chosen.finder) as port:
            load_server(port, photos, 8, 2)  # compiles
            loads = {clients: load_server(port, photos, clients, chosen.seconds) for clients in CLIENTS}
            attacked, hostile = attack_and_load(port, photos, chosen.seconds)
        after = measure_alone(model, chosen.finder, photos, chosen.seconds)
    alone = {name: (rate + after[name]) / 2 for name, rate in before.items()}  # a machine's speed drifts
    print(f"{'':24}{'photos/s':>10}{'of model':>10}{'p50 ms':>10}{'p95 ms':>10}")
    for name, rate in (("model alone", alone["model"]), ("decode and model", alone["decode_and_model"])):
        print(f"{name:24}{rate:10.1f}{rate / alone['model']:10.2f}")
    rows = {f"{count} clients": load for count, load in loads.items()}
    for name, load in (*rows.items(), ("8 and 2 hostile", attacked)):
        share = load.photos_per_second / alone["model"]
        print(f"{name:24}{load.photos_per_second:10.1f}{share:10.2f}{load.p50:10.0f}{load.p95:10.0f}")
    print(f"hostile requests: {hostile['answered']} of {hostile['sent']} got the answer that they deserve")
    figures = {f"clients_{count}": load._asdict() for count, load in loads.items()} | {"attacked": attacked._asdict()}
    print(json.dumps(alone | figures | {"hostile": hostile}))


if __name__ == "__main__":
    main()
