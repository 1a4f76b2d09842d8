"""Labels of the sample's videos in AI Hub's JSON format."""

import json
from typing import Any

import numpy as np

from shards.crop_geometry import Box
from shards.emotions import KOREAN
from tools.sample.video_plans import ACTION_NAMES, VideoPlan

_SITUATIONS = ("산책 나왔을 때", "간식, 장난감을 보여줌", "낯선 사람/동물을 만남", "혼자 있을 때, 쉬는 중/잠")


def compose_label(plan: VideoPlan, times: list[tuple[int, int]], boxes: list[Box]) -> dict[str, Any]:
    """The label of a video without defects.

    `times` are the frame numbers and timestamps in milliseconds, `boxes` the boxes of the same frames. As in AI Hub's
    labels, owners may name another mood than the inspector, and the duration may be rounded.
    """
    rng, (width, height) = np.random.default_rng([plan.seed, 4, plan.number]), plan.size
    animal, seconds = plan.animal, round(len(times) / 5 + rng.uniform(0, 0.2), 6)
    spellings = ACTION_NAMES[animal.species][plan.action_code]
    owner_mood = KOREAN[(plan.mood + 2) % 6 if plan.number % 3 == 1 else plan.mood]
    sick, odd = "NY"[rng.random() < 0.1], "NY"[rng.random() < 0.1]
    owner = {
        "pain": sick,
        "disease": sick,
        "emotion": owner_mood,
        "situation": _SITUATIONS[plan.number % 4],
        "animalCount": 1,
    }
    inspect = {"action": spellings[0], "painDisease": sick, "abnormalAction": odd, "emotion": KOREAN[plan.mood]}
    annotations = [_annotate(rng, *time, box) for time, box in zip(times, boxes, strict=True)]
    if plan.extra_keys:
        for row in annotations:
            row["frame_url"] = f"https://example.com/{plan.stem}/{row['frame_number']}.jpg"
    return {
        "file_video": f"{animal.day:%Y%m%d}/{plan.stem}.mp4",
        "metadata": {
            "seq": int(plan.stem.rsplit("-")[-1]),
            "species": animal.species,
            "action": spellings[plan.number // 2 % 2],
            "location": "실외" if animal.outdoor else "실내",
            "height": height,
            "width": width,
            "duration": round(seconds) if plan.number % 2 else seconds,
            "animal": {"breed": animal.breed, "gender": animal.gender, "age": animal.age, "neuter": animal.neuter},
            "owner": owner,
            "inspect": inspect,
        },
        "annotations": annotations,
    }


def _annotate(rng: np.random.Generator, number: int, timestamp: int, box: Box) -> dict[str, Any]:
    points = (rng.uniform(0.1, 0.9, (15, 2)) * box[2:] + box[:2]).astype(int).tolist()
    seen = rng.random(15) < 0.7
    keypoints = {str(i + 1): {"x": x, "y": y} if seen[i] else None for i, (x, y) in enumerate(points)}
    return {
        "frame_number": number,
        "timestamp": timestamp,
        "bounding_box": box._asdict(),
        "keypoints": keypoints,
    }


def encode_label(label: dict[str, Any]) -> bytes:
    """The bytes of a label's file."""
    return json.dumps(label, ensure_ascii=False, indent=4).encode()
