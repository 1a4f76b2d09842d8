"""The decoder imported alone decodes and refuses as TensorFlow's own does, and leaves the rest of TensorFlow out."""

import subprocess
import sys

import cv2

from tests.trees import make_jpeg

CODE = """
import hashlib, sys
from preprocess.cutting import jpeg_decoder
from preprocess.cutting.jpeg_crop import decode_crop
from shards.crop_geometry import Crop
from shards.jpeg_headers import UnreadableImage, read_header

way, *paths = sys.argv[1:]
if way == "alone":
    jpeg_decoder.promise_no_more_tensorflow()
for path in paths:
    data = open(path, "rb").read()
    for crop in (Crop(0, 0, 200), Crop(13, 7, 64), Crop(-40, 0, 240), Crop(100, 33, 31)):
        try:
            print(hashlib.sha256(decode_crop(data, read_header(data), crop, 32)).hexdigest())
        except UnreadableImage as error:
            print("unreadable:", error)
print("keras" in sys.modules)
"""
PLAIN_CODE = f"{CODE}\nassert not {{'tensorflow', 'keras'}} & set(sys.modules)"


def test_alone_it_gives_the_same_pixels_and_errors(tmp_path):
    progressive = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)  # a plain JPEG is decoded without TensorFlow
    whole, other = make_jpeg(1, 320, 240, progressive), make_jpeg(2, 322, 241, progressive)
    files = {"whole": whole, "other": other, "cut": whole[: len(whole) // 2], "no scan": whole[:640]}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    found = {}
    for way in ("alone", "whole"):
        command = [sys.executable, "-c", CODE, way, *(str(tmp_path / name) for name in files)]
        found[way] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert found["alone"][:-1] == found["whole"][:-1] and len(set(found["alone"][:8])) == 8
    assert all("scan" in line or "unreadable" in line for line in found["alone"][8:16])
    assert (found["alone"][-1], found["whole"][-1]) == ("False", "True")


def test_plain_jpegs_are_decoded_without_it(tmp_path):
    (tmp_path / "plain").write_bytes(make_jpeg(1, 320, 240))
    subprocess.run([sys.executable, "-c", PLAIN_CODE, "alone", str(tmp_path / "plain")], check=True)
