"""The paths of the server: answers are those of the command line, clips are streamed, the page's files are there."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from shards.emotions import ENGLISH
from tests.tools.serving.conftest import SSD
from tests.trainer.answering.test_video_file import write_clip
from tests.trees import make_jpeg
from tools.serving.page.model_facts import read_model_facts
from trainer.inference import main
from trainer.model.mood_json import read_metadata

LINES = "application/x-ndjson"


def infer(path: Path, model: Path, capfd, *arguments: object) -> dict:
    """What the command line says of a file."""
    capfd.readouterr()
    call = ["--weight_path", model, "--image", path, "--json", "--min_confidence", 0, "--min_margin", 0, *arguments]
    assert main(list(map(str, call))) == 0
    document = json.loads(capfd.readouterr().out)
    assert document.pop("passed_over") == []  # a server has no folders
    return document


def compare(said: dict, expected: dict) -> None:
    """Batches of other sizes change the last digits of probabilities, and the file's name is not known to a server."""
    assert said.keys() == expected.keys()
    _compare_values(said | {"model": ""}, expected | {"model": ""})


def _compare_values(said, expected) -> None:
    if isinstance(expected, dict):
        assert said.keys() == expected.keys()
        for name in expected.keys() - {"file", "finder"}:
            _compare_values(said[name], expected[name])
    elif isinstance(expected, list):
        assert len(said) == len(expected)
        for one, other in zip(said, expected, strict=True):
            _compare_values(one, other)
    else:
        assert said == (pytest.approx(expected, abs=1e-4) if isinstance(expected, float) else expected)


def test_a_photo_is_answered_as_on_the_command_line(served, served_model, tmp_path, capfd):
    path = tmp_path / "사진.jpg"
    path.write_bytes(make_jpeg(3))
    reply = served.ask("/api/mood", path.read_bytes())
    assert reply.status == 200 and "편안/안정".encode() in reply.body  # not escaped
    compare(reply.json, infer(path, served_model, capfd))
    assert str(served_model.parent.parent) not in reply.body.decode()


def test_a_clip_is_answered_as_on_the_command_line(served, served_model, tmp_path, capfd):
    clip = write_clip(tmp_path / "a.mp4", [40 + 5 * i for i in range(40)], 10)
    document = served.ask("/api/mood", clip.read_bytes()).json
    compare(document, infer(clip, served_model, capfd))
    lines = served.ask("/api/mood", clip.read_bytes(), accept=LINES).body.splitlines()
    frames = [json.loads(line)["frame"] for line in lines[:-1]]
    compare(json.loads(lines[-1])["answer"], document)
    assert [frame["seconds"] for frame in frames] == [f["seconds"] for f in document["results"][0]["frames"]]
    assert [(frame["width"], frame["height"]) for frame in frames] == [(64, 48)] * len(frames)
    [pet] = frames[3]["pets"]
    assert pet["species"] is None and sum(pet["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_found_pets_are_answered_as_on_the_command_line(finding, served_model, real_files, capfd):
    photo = next((real_files / "boxes/oxford_pets_5/images").glob("Abyssinian*.jpg"))
    document = finding.ask("/api/mood", photo.read_bytes()).json
    compare(document, infer(photo, served_model, capfd, "--finder", real_files / SSD))
    [pet] = document["results"][0]["pets"]
    assert pet["found_species"] == "cat" and document["finder"] == Path(SSD).name


def test_a_picture_without_a_pet_says_so(finding):
    empty = cv2.imencode(".png", np.full((300, 400, 3), 200, np.uint8))[1].tobytes()
    [result] = finding.ask("/api/mood", empty).json["results"]
    assert result["pets"] == [] and "찾지 못했어요" in result["sentence"]


def test_a_pet_is_followed_through_a_clip(finding, real_files):
    body = (real_files / "clips/01_dog.mp4").read_bytes()
    lines = [json.loads(line) for line in finding.ask("/api/mood", body, accept=LINES).body.splitlines()]
    frames, [result] = [line["frame"] for line in lines[:-1]], lines[-1]["answer"]["results"]
    [dog] = [pet for pet in result["pets"] if pet["found_species"] == "dog"][:1]
    seen = [f["seconds"] for f in frames if dog["track"] in [pet["track"] for pet in f["pets"]]]
    assert seen == [frame["seconds"] for frame in dog["frames"]] and len(seen) > 10


def test_a_long_clip_is_judged_to_the_limit(serve, tmp_path):
    clip = write_clip(tmp_path / "a.mp4", [90] * 60, 10).read_bytes()
    with serve(clip_seconds=2) as server:
        lines = [json.loads(line) for line in server.ask("/api/mood", clip, accept=LINES).body.splitlines()]
        assert [line["frame"]["seconds"] for line in lines[:-2]][-1] == 2.0
        assert lines[-1]["error"]["code"] == "too_long"
        document = server.ask("/api/mood", clip).json
    assert document == lines[-2]["answer"] and "2 seconds" in document["errors"][0]["why"]


def test_health_and_metrics(served):
    before = served.read_metric('petmood_pictures_total{source="photo"}')
    served.ask("/api/mood", make_jpeg(1))
    served.ask("/no/such/path")
    assert served.read_metric('petmood_pictures_total{source="photo"}') == before + 1
    assert served.read_metric('petmood_responses_total{path="other",status="404"}') >= 1
    assert served.read_metric("petmood_waiting_pictures") == served.read_metric("petmood_clips_open") == 0
    assert served.ask("/healthz").json == {"status": "ok", "waiting": 0}


def test_every_file_of_the_page_is_served_with_the_policy(served):
    page = served.ask("/").body.decode()
    for path in ("/", "/page.css", "/page.js", "/cards.js", "/icon.svg", "/hangul.ttf"):
        reply = served.ask(path)
        assert reply.status == 200 and reply.headers["x-content-type-options"] == "nosniff", path
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert "http://" not in page and "https://" not in page and "<style" not in page and " onclick" not in page


def test_facts_are_those_of_the_run(served, served_model):
    evaluation = json.loads((served_model.parent / "metrics.json").read_text())["evaluation"]
    reply = served.ask("/api/model")
    for level, count in (("videos", 8), ("frames", 40)):
        score, figures = reply.json["scores"][level], evaluation[level]["equal_priors"]["macro_f1"]
        assert all(score[name] == figures[name] for name in ("value", "interval", "majority", "against_majority"))
        assert (score["count"], score["commonest"]["english"]) == (count, ENGLISH[3])
    assert reply.json["data"]["train"] == {"name": "pets", "pictures": 4000, "videos": 40}
    assert b"secret" not in reply.body
    assert len(reply.json["sentences"]["dog"]) == len(reply.json["moods"]) + 1


def test_facts_of_a_model_alone(served_model, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(served_model.read_bytes())
    facts = read_model_facts(path, read_metadata(path))
    assert facts["scores"] is None and facts["data"] is None
