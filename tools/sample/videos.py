"""The sound videos of a sample and their labels: what is in them, filmed frame by frame, all of it in memory.

Whatever is drawn by chance comes from the seed and the number of a video, so that each can be made by itself.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import cv2
import numpy as np

from shards.crop_geometry import Box
from shards.emotions import KOREAN
from shards.errors import CallError
from tools.sample.animals import MOODS, grow_coat, paint_background, put_animal, strike_pose

_REAL_SHARES = (74579, 4795, 515278, 1364848, 115619, 52932)  # training frames of each mood at AI Hub
_RATES = (15, 24, 25, 29.97, 30)  # frames a second of the videos; 5 of them are taken
_NOISE = 2.0  # of the camera, standard deviation in grey levels
_BREEDS = {
    "CAT": ("코리안 숏헤어", "페르시안", "러시안 블루", "샴"),
    "DOG": ("믹스견", "말티즈", "진돗개", "푸들", "비글"),
}
_ACTIONS = {  # by code; people spelt the phrases as they liked
    "CAT": {
        "ARCH": ("허리를 아치로 세움", "몸을 아치 형으로 만드는 동작"),
        "GROOMING": ("그루밍함", "그루밍하는 동작 "),
        "LAYDOWN": ("옆으로 눕는 동작", "옆으로 누워 있음"),
        "SITDOWN": ("발을 숨기고 웅크리고 앉음", "발을 숨기고 웅크리고 앉는 동작 "),
        "WALKRUN": ("걷거나 뜀", "걷거나 달리는 동작"),
    },
    "DOG": {
        "BODYLOWER": ("몸을 낮춤", "몸을 낮추는 동작 "),
        "LYING": ("배를 보여줌", "배를 보여주는 동작"),
        "SIT": ("앉기", "앉는 동작"),
        "TAILLOW": ("꼬리를 내림", "꼬리가 아래로 향함 "),
        "WALKRUN": ("걷거나 뜀", "걷거나 뛰는 동작"),
    },
}
_SITUATIONS = ("산책 나왔을 때", "간식, 장난감을 보여줌", "낯선 사람/동물을 만남", "혼자 있을 때, 쉬는 중/잠")


@dataclass(frozen=True)
class SampleSpec:
    """What decides the bytes of a sample. Raises CallError for a number out of range."""

    videos: int = 24
    frames: int = 16
    height: int = 1080  # the short side, in pixels
    seed: int = 0
    defects: bool = True

    def __post_init__(self):
        for name, least in (("videos", 1), ("frames", 1), ("height", 64), ("seed", 0)):
            if (value := getattr(self, name)) < least:
                raise CallError(f"{name} is {value}, less than {least}")
        if self.height > 4320:
            raise CallError(f"height is {self.height}, more than 4320")


class Animal(NamedTuple):
    """A pet, and the day on which it is filmed."""

    species: str
    breed: str
    gender: str
    age: int
    neuter: str
    outdoor: bool
    day: date  # of its videos; no two animals share one
    seed: tuple[int, ...]


@dataclass(frozen=True)
class VideoPlan:
    """One video to be made: all that a worker needs to know."""

    number: int
    animal: Animal
    emotion: int
    split: str
    frames: int
    height: int
    seed: int
    defect: str = ""

    def rng(self) -> np.random.Generator:
        """The video's own chance, from its start."""
        return np.random.default_rng([self.seed, 2, self.number])

    @property
    def byte_order_mark(self) -> bool:
        """Whether the label file starts with one."""
        return self.number % 6 == 4

    @property
    def extra_keys(self) -> bool:
        """Whether the annotations hold a key that no reader knows."""
        return self.number % 5 == 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels: four of seven videos are upright, as phones take them."""
        long = 2 * round(self.height * 8 / 9)
        return (self.height, long) if self.number % 7 % 2 else (long, self.height)

    @property
    def code(self) -> str:
        """Of what the animal does."""
        codes = sorted(_ACTIONS[self.animal.species])
        return codes[(self.number * 3 + self.seed) % len(codes)]

    @property
    def stem(self) -> str:
        """What the video is called wherever it is named."""
        return f"{self.animal.species}-{self.code}-{37 * self.number + 156:06d}".lower()

    @property
    def name(self) -> str:
        """Of the frame directory: the old style carries date and .mp4, the new one does not."""
        return f"{self.animal.day:%Y%m%d}_{self.stem}.mp4" if self.number % 2 else self.stem

    def folder(self, kind: str) -> str:
        """Where the files of a kind (label, source) lie: by animal and action, or in the numbered parts of 2021."""
        if self.number // 2 % 2:
            return f"{self.split}/{kind}_1"
        return f"{self.split}/{kind}/{self.animal.species}/{self.code}"


@dataclass
class SampleVideo:
    """A video in memory: its label and frames, still to be spoilt and written."""

    plan: VideoPlan
    label: dict | bytes | None  # bytes: to be written as they are; None: there is no label file
    images: dict[str, bytes]  # by file name
    label_folder: str  # below the root, as all paths here
    image_folder: str
    more: dict[str, bytes] = field(default_factory=dict)  # other files, by path

    @property
    def rows(self) -> list[dict]:
        """The annotations, to be changed in place."""
        return self.label["annotations"]

    @property
    def boxes(self) -> list[dict]:
        """Of the annotations, to be changed in place."""
        return [row["bounding_box"] for row in self.rows]

    def image(self, index: int) -> str:
        """The file name of the frame that an annotation is about."""
        return image_name(self.rows[index]["frame_number"], self.rows[index]["timestamp"])

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All files of the video, as path below the root and content."""
        if self.label is not None:
            text = self.label if isinstance(self.label, bytes) else encode_label(self.label)
            yield f"{self.label_folder}/{self.plan.name}.json", text
        for name, image in self.images.items():
            yield f"{self.image_folder}/{self.plan.name}/{name}", image
        yield from self.more.items()


def _share_moods(videos: int) -> list[int]:
    """How many of the videos show each mood: two each where that can be, the rest as rare or common as at AI Hub."""
    least = 2 if videos >= 12 else int(videos >= 6)
    quota = [(videos - 6 * least) * share / sum(_REAL_SHARES) for share in _REAL_SHARES]
    counts = [least + int(part) for part in quota]
    for mood in sorted(range(6), key=lambda mood: int(quota[mood]) - quota[mood])[: videos - sum(counts)]:
        counts[mood] += 1
    return counts


def plan_videos(spec: SampleSpec) -> list[VideoPlan]:
    """The sound videos, in order of number."""
    moods = np.repeat(np.arange(6), _share_moods(spec.videos))
    rng = np.random.default_rng([spec.seed, 0])
    turn = Counter()
    plans, last = [], {}
    for number, mood in enumerate(rng.permutation(moods).tolist()):
        place = turn[mood] if spec.videos >= 24 else number  # so that both splits hold each mood
        turn[mood] += 1
        split = "Validation" if place % 5 == 1 else "Training"
        animal = last.pop(split, None)  # every third animal was filmed a second time
        if animal is None:
            animal = breed_animal(spec.seed, number)
            if number % 3 == 0:
                last[split] = animal
        plans.append(VideoPlan(number, animal, mood, split, spec.frames, spec.height, spec.seed))
    return plans


def breed_animal(seed: int, number: int) -> Animal:
    """The animal that is first seen in the video of this number."""
    rng = np.random.default_rng([seed, 1, number])
    species = ("CAT", "DOG")[rng.integers(2)]
    breed = _BREEDS[species][rng.integers(len(_BREEDS[species]))]
    gender, neuter = ("MALE", "FEMALE")[rng.integers(2)], "YN"[rng.integers(2)]
    day = date(2020, 10, 28) + timedelta(days=number)
    return Animal(
        species, breed, gender, int(rng.integers(1, 16)), neuter, bool(rng.random() < 0.4), day, (seed, 3, number)
    )


def film(plan: VideoPlan) -> tuple[dict[tuple[int, int], bytes], list[Box], int]:
    """JPEGs by (frame number, timestamp), their boxes, and how many of them only repeat what the one before shows."""
    rng, (width, height) = plan.rng(), plan.size
    coat = grow_coat(np.random.default_rng(plan.animal.seed), plan.animal.species == "DOG")
    place = paint_background(rng, width, height, plan.animal.outdoor)
    noise = rng.normal(0, _NOISE, (height + 64, width + 64, 3)).astype(np.int16)
    fps, images, boxes, view = _RATES[rng.integers(len(_RATES))], {}, [], None
    moves = _rest_and_move(rng, plan.frames)
    for k, moved in enumerate(moves):
        if moved:
            view = strike_pose(rng, MOODS[plan.emotion], coat, view)
            scene, box = put_animal(rng, place, coat, view)
        number = int(k * fps / 5)
        images[number, round(number / fps * 1000)] = _expose(rng, scene, noise)
        boxes.append(box)
    return images, boxes, moves.count(False)


def _rest_and_move(rng: np.random.Generator, frames: int) -> list[bool]:
    """For each frame, whether the animal has moved since the one before: about half of them, in runs."""
    moves: list[bool] = []
    while len(moves) < frames:
        moves += [True] + [False] * (0, 0, 1, 1, 3)[rng.integers(5)]
    return moves[:frames]


def _expose(rng: np.random.Generator, scene: np.ndarray, noise: np.ndarray) -> bytes:
    """The scene as the camera stores it once, with the noise of this moment."""
    top, left = rng.integers(0, 64, 2)
    grain = noise[top : top + scene.shape[0], left : left + scene.shape[1]]
    return encode_sample_jpeg(cv2.add(scene, grain[::-1] if rng.random() < 0.5 else grain, dtype=cv2.CV_8U))


def encode_sample_jpeg(pixels: np.ndarray) -> bytes:
    """A JPEG of quality 90, 4:2:0, from (height, width, 3) uint8 BGR."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    done, jpeg = cv2.imencode(".jpg", pixels, settings)
    if not done:
        raise RuntimeError(f"a frame of shape {pixels.shape} could not be encoded")
    return jpeg.tobytes()


def image_name(number: int, timestamp: int) -> str:
    """The file name of a frame, by its number and its time in milliseconds."""
    return f"frame_{number}_timestamp_{timestamp}.jpg"


def encode_label(label: dict) -> bytes:
    """A label as the text of its file."""
    return json.dumps(label, ensure_ascii=False, indent=4).encode()


def write_label(plan: VideoPlan, times: list[tuple[int, int]], boxes: list[Box]) -> dict:
    """The label of a sound video, with the liberties that real ones take."""
    rng, (width, height) = np.random.default_rng([plan.seed, 4, plan.number]), plan.size
    animal, seconds = plan.animal, round(len(times) / 5 + rng.uniform(0, 0.2), 6)
    phrases = _ACTIONS[animal.species][plan.code]
    told = KOREAN[(plan.emotion + 2) % 6 if plan.number % 3 == 1 else plan.emotion]  # owners see it otherwise
    sick, odd = "NY"[rng.random() < 0.1], "NY"[rng.random() < 0.1]
    owner = {
        "pain": sick,
        "disease": sick,
        "emotion": told,
        "situation": _SITUATIONS[plan.number % 4],
        "animalCount": 1,
    }
    inspect = {"action": phrases[0], "painDisease": sick, "abnormalAction": odd, "emotion": KOREAN[plan.emotion]}
    annotations = [_annotate(rng, *time, box) for time, box in zip(times, boxes, strict=True)]
    if plan.extra_keys:
        for row in annotations:
            row["frame_url"] = f"https://example.com/{plan.stem}/{row['frame_number']}.jpg"
    return {
        "file_video": f"{animal.day:%Y%m%d}/{plan.stem}.mp4",
        "metadata": {
            "seq": int(plan.stem.rsplit("-")[-1]),
            "species": animal.species,
            "action": phrases[plan.number // 2 % 2],
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


def _annotate(rng: np.random.Generator, number: int, timestamp: int, box: Box) -> dict:
    points = (rng.uniform(0.1, 0.9, (15, 2)) * box[2:] + box[:2]).astype(int).tolist()
    seen = rng.random(15) < 0.7
    keypoints = {str(i + 1): {"x": x, "y": y} if seen[i] else None for i, (x, y) in enumerate(points)}
    return {
        "frame_number": number,
        "timestamp": timestamp,
        "bounding_box": box._asdict(),
        "keypoints": keypoints,
    }
