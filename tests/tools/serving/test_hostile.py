"""What is wrong or hostile gets one clear answer and one line in the log, and the server serves on."""

import glob
import os
import select
import socket
import struct
import tempfile
import threading
import time
import zlib
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from tests.tools.serving.conftest import Served, read_raw_reply, run_server
from tests.trainer.answering.test_video_file import write_clip
from tests.trees import make_jpeg
from tools.serving.serve_limits import ServeLimits
from trainer.answering.pet_judge import PetJudge
from trainer.model.mood_json import read_metadata
from trainer.model.mood_network import open_mood_network

PHOTO = make_jpeg(1)
LINES = "application/x-ndjson"


def state_size(width: int, height: int) -> bytes:
    """A PNG of some bytes that states a size."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + head + b"\0\0\0\0IEND\xaeB`\x82"


def check_alive(server: Served) -> None:
    assert server.ask("/api/mood", PHOTO).status == 200


def ask_by_hand(server: Served, *lines: str, body: bytes = b"") -> tuple[int, str]:
    with server.connect() as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        reply = read_raw_reply(client)
    return reply.status, reply.code


BODIES = {
    "empty": (b"", 400, "empty"),
    "text": (b"#EXTM3U\nhttp://127.0.0.1:1/secret\n", 415, "kind_unreadable"),  # FFmpeg would follow it
    "GIF": (b"GIF89a" + bytes(100), 415, "kind_unreadable"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(100), 415, "kind_unreadable"),
    "form": (b"a=b&c=d" * 10, 415, "kind_unreadable"),
    "cut JPEG": (PHOTO[: len(PHOTO) // 2], 422, "unreadable"),
    "JPEG that is noise": (PHOTO[:200] + os.urandom(500) + b"\xff\xd9", 422, "unreadable"),
    "100 megapixels": (state_size(10_000, 10_001), 413, "too_many_pixels"),
    "4 gigapixels": (state_size(65_535, 65_535), 422, "unreadable"),
    "clip without frames": (b"\0\0\0\x18ftypisom" + bytes(5000), 422, "unreadable"),
    "WebM that is noise": (b"\x1aE\xdf\xa3" + os.urandom(5000), 422, "unreadable"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body(served, name):
    body, status, code = BODIES[name]
    before = len(served.log)
    reply = served.ask("/api/mood", body)
    assert (reply.status, reply.code) == (status, code), reply.body
    error = reply.json["error"]
    assert error["korean"] and error["english"] and "\n" not in error["korean"] + error["english"]
    [line] = served.log[before:]
    assert error["english"] in line and "\n" not in line
    check_alive(served)


def test_a_cut_photo_is_told_in_plain_words(served):
    """The decoder's words are for the log."""
    before = len(served.log)
    error = served.ask("/api/mood", BODIES["cut JPEG"][0]).json["error"]
    assert error["english"] == "the photo cannot be read: the file is damaged or was cut short"
    [line] = served.log[before:]
    assert len(line.split(error["english"])[1]) > 5


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/api/mood", "POST"), ("PUT", "/api/mood", "POST"), ("POST", "/healthz", "GET, HEAD")],
)
def test_another_method_is_told_which_to_use(served, method, path, allowed):
    reply = served.ask(path, method=method)
    assert (reply.status, reply.code, reply.headers["allow"]) == (405, "method", allowed)
    assert reply.json["error"]["english"] == f"this address takes only {allowed} requests"
    assert reply.json["error"]["korean"] == f"이 주소는 {allowed} 요청만 받아요."


def test_heic_says_what_to_do(served):
    error = served.ask("/api/mood", BODIES["HEIC"][0]).json["error"]
    assert "HEIC" in error["korean"] and "JPEG로" in error["korean"]


HEADS = {
    "a foreign host": (["GET / HTTP/1.1", "Host: evil.example"], 421, "host"),
    "no host": (["GET / HTTP/1.0"], 421, "host"),
    "a host that cannot be read": (["GET / HTTP/1.1", "Host: [::1"], 421, "host"),
    "a foreign origin": (["POST /api/mood HTTP/1.1", "Host: localhost", "Origin: http://evil.example"], 403, "origin"),
    "a hidden origin": (["POST /api/mood HTTP/1.1", "Host: localhost", "Origin: null"], 403, "origin"),
    "another port": (["POST /api/mood HTTP/1.1", "Host: localhost", "Origin: http://localhost:1"], 403, "origin"),
    "a path that leads out": (["GET /../../../../etc/passwd HTTP/1.1", "Host: localhost"], 404, "no_such_page"),
    "an encoded path": (["GET /%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1", "Host: localhost"], 404, "no_such_page"),
    "a path with a line end": (["GET /a%0d%0aserve:%20all%20well HTTP/1.1", "Host: localhost"], 404, "no_such_page"),
    "another method": (["DELETE /api/mood HTTP/1.1", "Host: localhost"], 405, "method"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_a_bad_head(served, name):
    lines, status, code = HEADS[name]
    before = len(served.log)
    assert ask_by_hand(served, *lines, *["Content-Length: 0"] * ("POST" in lines[0])) == (status, code)
    [line] = served.log[before:]
    assert len(line.splitlines()) == 1
    check_alive(served)


def test_own_origins_are_answered(served):
    for host in (f"127.0.0.1:{served.port}", f"localhost:{served.port}"):
        assert served.ask("/api/mood", PHOTO, host=host, origin=f"http://{host}").status == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (("Content-Length: 2147483648",), "too_large"),  # 2 GB
        (("Content-Length: 60000000", "Content-Type: multipart/form-data; boundary=x"), "form"),
        (("Content-Length: 60000000",), "too_large"),
        (("Transfer-Encoding: chunked",), "too_large"),
    ],
)
def test_a_body_that_is_too_long(serve, headers, code):
    """Whoever goes on sending gets the answer, too: here 50 MB, as a photo or as a form's file name."""
    megabyte = bytes(1_000_000)
    with serve(photo_bytes=2_000_000, clip_bytes=200_000_000) as server, server.connect() as client:
        client.sendall("\r\n".join(["POST /api/mood HTTP/1.1", "Host: localhost", *headers, "", ""]).encode())
        pieces = [b'--x\r\nContent-Disposition: form-data; name="a"; filename="' if code == "form" else PHOTO]
        for piece in pieces + [megabyte] * 50:
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if "chunked" in headers[0] else piece)
        reply = read_raw_reply(client)
        assert (reply.status, reply.code) == (415 if code == "form" else 413, code)
        assert reply.headers["connection"] == "close"
        check_alive(server)
        assert server.read_metric("petmood_pictures") == 1


@contextmanager
def impatient(serve):
    with serve(patience=0.4) as server:
        yield server


def is_closed(client: socket.socket) -> bool:
    """Whether the server closes the connection within some seconds, without a word."""
    client.settimeout(8)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_slow_clients(serve):
    with impatient(serve) as server:
        head = b"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        with server.connect() as silent, server.connect() as half, server.connect() as stuck, server.connect() as drip:
            half.sendall(head)
            stuck.sendall(head + b"\r\n" + PHOTO[:1000])
            drip.sendall(head + b"\r\n")
            for byte in PHOTO[:300]:  # comes every now and then; it would take minutes to the end
                drip.sendall(bytes([byte]))
                if select.select([drip], [], [], 0.02)[0]:
                    break
            else:
                pytest.fail("a client may send a byte now and then for ever")
            assert is_closed(silent) and is_closed(half)
            for client in (stuck, drip):
                reply = read_raw_reply(client)
                assert (reply.status, reply.code) == (408, "too_slow")
        check_alive(server)


def test_a_client_that_takes_nothing_is_given_up(serve):
    with impatient(serve) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET /hangul.ttf HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        time.sleep(2)
        client.settimeout(2)
        received = 0
        try:
            while piece := client.recv(1 << 16):
                received += len(piece)
        except ConnectionResetError:
            pass
        assert received < 20 * 1_000_000  # the server has broken off
        check_alive(server)


def test_too_many_at_once(serve, tmp_path):
    clip = write_clip(tmp_path / "a.mp4", [90] * 10, 10).read_bytes()
    with serve(waiting_photos=1, clips_at_once=1) as server:
        for body in (PHOTO, clip):
            with server.connect() as client:
                client.sendall(
                    b"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n" + body[:900]
                )
                time.sleep(0.2)
                reply = server.ask("/api/mood", body)
                assert (reply.status, reply.code) == (503, "busy") and int(reply.headers["retry-after"]) > 0
            for _ in range(50):  # the place is free again soon after the client has gone
                if server.ask("/api/mood", body).status == 200:
                    break
                time.sleep(0.05)
            else:
                pytest.fail("a place is lost")


def test_photos_share_the_memory(serve):
    """Files of all clients together are limited: 8 times that of one."""
    with serve(photo_bytes=len(PHOTO) + 100) as server:
        clients = [server.connect() for _ in range(12)]
        for client in clients:
            head = f"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(PHOTO)}\r\n\r\n"
            client.sendall(head.encode() + PHOTO[:-1])
        time.sleep(0.3)
        for client in clients:
            client.sendall(PHOTO[-1:])
        statuses = [read_raw_reply(client).status for client in clients]
        for client in clients:
            client.close()
        assert set(statuses) == {200, 503} and statuses.count(503) >= 3
        check_alive(server)


@pytest.fixture
def long_clip(tmp_path) -> bytes:
    """A minute at five frames a second."""
    path = tmp_path / "긴 영상.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 5, (640, 480))
    noise = cv2.resize(np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8), (640, 480))
    for place in range(300):
        writer.write(np.roll(noise, place, axis=1))
    writer.release()
    return path.read_bytes()


def test_a_clip_goes_with_its_client(serve, long_clip, tmp_path, monkeypatch):
    """The work stops, and nothing is left on the disk: not even while the clip is judged has it a name there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with serve() as server:
        with server.connect() as client:
            head = f"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nAccept: {LINES}\r\nContent-Length: {len(long_clip)}"
            client.sendall(head.encode() + b"\r\n\r\n" + long_clip)
            stream = client.makefile("rb")
            assert any(b'"frame"' in line for line in iter(stream.readline, b""))
            stream.close()
            assert server.read_metric("petmood_clips_open") == 1
            assert glob.glob(f"{folder}/**", recursive=True) == [f"{folder}/"]
            opened = [os.readlink(path) for path in glob.glob("/proc/self/fd/*") if os.path.lexists(path)]
            assert any(path.startswith(str(folder)) and "deleted" in path for path in opened)
        for _ in range(100):
            if server.read_metric("petmood_clips_open") == 0:
                break
            time.sleep(0.05)
        judged = server.read_metric('petmood_pictures_total{source="clip"}')
        time.sleep(0.3)
        assert judged == server.read_metric('petmood_pictures_total{source="clip"}') < 250
        opened = [os.readlink(path) for path in glob.glob("/proc/self/fd/*") if os.path.lexists(path)]
        assert not any(path.startswith(str(folder)) for path in opened)
        check_alive(server)


def test_a_clip_of_large_frames_is_refused(serve, tmp_path):
    clip = write_clip(tmp_path / "a.mp4", [90] * 10, 10).read_bytes()
    with serve(picture_pixels=64 * 48 - 1) as server:
        reply = server.ask("/api/mood", clip)
        assert (reply.status, reply.code) == (413, "too_many_pixels") and "64x48" in reply.json["error"]["english"]
        assert server.read_metric("petmood_pictures") == 0


class _HeldJudge(PetJudge):
    """Notes how many pictures each batch has, and holds it until it may go on."""

    def hold(self) -> None:
        self.batches: list[int] = []
        self.gate, self.entered = threading.Event(), threading.Event()

    def judge(self, pictures):
        if hasattr(self, "gate"):  # not while the server warms up
            self.batches.append(len(pictures))
            self.entered.set()
            assert self.gate.wait(10)
        return super().judge(pictures)


@pytest.fixture(scope="module")
def held(served_model):
    judge = _HeldJudge(open_mood_network(served_model), read_metadata(served_model))
    with run_server(judge, served_model, None, ServeLimits()) as server:
        yield judge, server


def wait_for(condition) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "that does not come"
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ["photo", "clip"])
def test_who_leaves_is_not_judged(held, tmp_path, kind):
    """Of a clip, the frames that wait behind its first ones are dropped."""
    judge, server = held
    judge.hold()
    body = PHOTO if kind == "photo" else write_clip(tmp_path / "a.mp4", [90] * 40, 5).read_bytes()
    head = b"POST /api/mood HTTP/1.1\r\nHost: localhost\r\nAccept: %b\r\nContent-Length: %d\r\n\r\n"
    with server.connect() as stays, server.connect() as leaves:
        stays.sendall(head % (b"*/*", len(PHOTO)) + PHOTO)
        assert judge.entered.wait(10)
        leaves.sendall(head % (LINES.encode(), len(body)) + body)
        wait_for(lambda: server.read_metric("petmood_waiting_pictures") == (1 if kind == "photo" else 8))
        leaves.close()
        gone = 'petmood_responses_total{path="/api/mood",status="499"}'
        if kind == "photo":
            wait_for(lambda: server.read_metric(gone) == 1)
        else:
            wait_for(lambda: server.read_metric("petmood_clips_open") == 0)
        judge.gate.set()
        assert read_raw_reply(stays).status == 200
    check_alive(server)
    assert judge.batches == [1, 1]


class _Fragile:
    """A network that breaks at white pictures."""

    def __init__(self, network) -> None:
        self._network = network

    def predict_logits(self, squares):
        if squares.min() == 255:
            raise RuntimeError("first line\nsecond line")
        return self._network.predict_logits(squares)


def test_a_fault_of_the_model_is_one_line(served_model):
    network, metadata = open_mood_network(served_model), read_metadata(served_model)
    white = cv2.imencode(".png", np.full((40, 40, 3), 255, np.uint8))[1].tobytes()
    with run_server(PetJudge(_Fragile(network), metadata), served_model, None, ServeLimits()) as server:
        reply = server.ask("/api/mood", white)
        assert (reply.status, reply.code) == (500, "fault") and b"first" not in reply.body
        assert len(server.log) == 1 and "first line second line" in server.log[0]
        check_alive(server)
