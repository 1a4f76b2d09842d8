"""A small tree of pet videos, laid out as AI Hub delivers them and with the defects seen there, made by code alone.

    python -m tools.make_sample DIR [--videos 24] [--frames 16] [--height 1080] [--seed 0] [--no-defects] [--workers N]

The same arguments give the same bytes, whatever the number of workers. The `--videos` sound videos are the same with
and without defects: these are put into extra videos, so that the number of each is known and `make_sample` returns it.
DIR appears when it is whole; it is made in DIR.partial-PID. Status 2 with one line on stderr: the call is at fault.
"""

import argparse
import copy
import json
import os
import shutil
import sys
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import NamedTuple, NoReturn

import cv2
import numpy as np

from shards.emotions import ENGLISH, KOREAN
from tools.sample_animals import MOODS, Box, grow_coat, paint_background, put_animal, strike_pose

REAL_SHARES = (74579, 4795, 515278, 1364848, 115619, 52932)  # training frames of each mood at AI Hub
CALM = KOREAN.index("편안/안정")
RATES = (15, 24, 25, 29.97, 30)  # frames a second of the videos; 5 of them are taken
DEFECT_FRAMES = 6  # in a video that is there for its defect
NOISE = 2.0  # of the camera, standard deviation in grey levels
BREEDS = {
    "CAT": ("코리안 숏헤어", "페르시안", "러시안 블루", "샴"),
    "DOG": ("믹스견", "말티즈", "진돗개", "푸들", "비글"),
}
ACTIONS = {  # by code; people spelt the phrases as they liked
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
SITUATIONS = ("산책 나왔을 때", "간식, 장난감을 보여줌", "낯선 사람/동물을 만남", "혼자 있을 때, 쉬는 중/잠")


@dataclass(frozen=True)
class SampleSpec:
    """What decides the bytes of a sample."""

    videos: int = 24
    frames: int = 16
    height: int = 1080  # the short side, in pixels
    seed: int = 0
    defects: bool = True

    def __post_init__(self):
        for name, least in (("videos", 1), ("frames", 1), ("height", 64), ("seed", 0)):
            if (value := getattr(self, name)) < least:
                raise ValueError(f"{name} is {value}, less than {least}")
        if self.height > 4320:
            raise ValueError(f"height is {self.height}, more than 4320")


@dataclass
class SampleCounts:
    """What was made, and what a reader must find: `rows` = manifest rows = the rejected ones and the `usable`."""

    labels: int = 0  # label files, the broken ones included, junk not
    videos: int = 0  # sound ones
    frames: int = 0  # files in frame directories, the broken ones included, junk not
    rows: int = 0  # annotations; one for a label file that is unreadable or invalid
    usable: Counter = field(default_factory=Counter)  # rows by (split, number of the mood)
    rejected: Counter = field(default_factory=Counter)  # rows by reason
    tolerated: Counter = field(default_factory=Counter)  # oddities that must not cost a row
    near_copies: int = 0  # of the sound videos' frames: those that show what the one before shows, but for the noise

    def add(self, other: "SampleCounts") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Animal(NamedTuple):
    species: str
    breed: str
    gender: str
    age: int
    neuter: str
    outdoor: bool
    day: date  # of its videos; no two animals share one
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
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
        return np.random.default_rng([self.seed, 2, self.number])

    @property
    def byte_order_mark(self) -> bool:
        return self.number % 6 == 4

    @property
    def extra_keys(self) -> bool:
        return self.number % 5 == 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels: four of seven videos are upright, as phones take them."""
        long = 2 * round(self.height * 8 / 9)
        return (self.height, long) if self.number % 7 % 2 else (long, self.height)

    @property
    def code(self) -> str:
        codes = sorted(ACTIONS[self.animal.species])
        return codes[(self.number * 3 + self.seed) % len(codes)]

    @property
    def stem(self) -> str:
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
class Video:
    """A video in memory: its label and frames, still to be spoilt and written."""

    plan: Plan
    label: dict | bytes | None  # bytes: to be written as they are; None: there is no label file
    images: dict[str, bytes]  # by file name
    label_folder: str  # below the root, as all paths here
    image_folder: str
    more: dict[str, bytes] = field(default_factory=dict)  # other files, by path

    @property
    def rows(self) -> list[dict]:
        return self.label["annotations"]

    @property
    def boxes(self) -> list[dict]:
        return [row["bounding_box"] for row in self.rows]

    def image(self, index: int) -> str:
        """The file name of the frame that an annotation is about."""
        return image_name(self.rows[index]["frame_number"], self.rows[index]["timestamp"])

    def files(self) -> Iterator[tuple[str, bytes]]:
        if self.label is not None:
            text = self.label if isinstance(self.label, bytes) else encode_label(self.label)
            yield f"{self.label_folder}/{self.plan.name}.json", text
        for name, image in self.images.items():
            yield f"{self.image_folder}/{self.plan.name}/{name}", image
        yield from self.more.items()


def share_moods(videos: int) -> list[int]:
    """How many of the videos show each mood: two each where that can be, the rest as rare or common as at AI Hub."""
    least = 2 if videos >= 12 else int(videos >= 6)
    quota = [(videos - 6 * least) * share / sum(REAL_SHARES) for share in REAL_SHARES]
    counts = [least + int(part) for part in quota]
    for mood in sorted(range(6), key=lambda mood: int(quota[mood]) - quota[mood])[: videos - sum(counts)]:
        counts[mood] += 1
    return counts


def plan_videos(spec: SampleSpec) -> list[Plan]:
    """The sound videos, in order of number, then one for each defect."""
    moods = np.repeat(np.arange(6), share_moods(spec.videos))
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
        plans.append(Plan(number, animal, mood, split, spec.frames, spec.height, spec.seed))
    names = list(DEFECTS) if spec.defects else []
    for number, name in enumerate(names, spec.videos):
        animal = breed_animal(spec.seed, number)
        plans.append(Plan(number, animal, CALM, "Training", DEFECT_FRAMES, spec.height, spec.seed, name))
    return plans


def breed_animal(seed: int, number: int) -> Animal:
    rng = np.random.default_rng([seed, 1, number])
    species = ("CAT", "DOG")[rng.integers(2)]
    breed = BREEDS[species][rng.integers(len(BREEDS[species]))]
    gender, neuter = ("MALE", "FEMALE")[rng.integers(2)], "YN"[rng.integers(2)]
    day = date(2020, 10, 28) + timedelta(days=number)
    return Animal(
        species, breed, gender, int(rng.integers(1, 16)), neuter, bool(rng.random() < 0.4), day, (seed, 3, number)
    )


def film(plan: Plan) -> tuple[dict[tuple[int, int], bytes], list[Box], int]:
    """JPEGs by (frame number, timestamp), their boxes, and how many of them only repeat what the one before shows."""
    rng, (width, height) = plan.rng(), plan.size
    coat = grow_coat(np.random.default_rng(plan.animal.seed), plan.animal.species == "DOG")
    place = paint_background(rng, width, height, plan.animal.outdoor)
    noise = rng.normal(0, NOISE, (height + 64, width + 64, 3)).astype(np.int16)
    fps, images, boxes, view = RATES[rng.integers(len(RATES))], {}, [], None
    moves = rest_and_move(rng, plan.frames)
    for k, moved in enumerate(moves):
        if moved:
            view = strike_pose(rng, MOODS[plan.emotion], coat, view)
            scene, box = put_animal(rng, place, coat, view)
        number = int(k * fps / 5)
        images[number, round(number / fps * 1000)] = expose(rng, scene, noise)
        boxes.append(box)
    return images, boxes, moves.count(False)


def rest_and_move(rng: np.random.Generator, frames: int) -> list[bool]:
    """For each frame, whether the animal has moved since the one before: about half of them, in runs."""
    moves: list[bool] = []
    while len(moves) < frames:
        moves += [True] + [False] * (0, 0, 1, 1, 3)[rng.integers(5)]
    return moves[:frames]


def expose(rng: np.random.Generator, scene: np.ndarray, noise: np.ndarray) -> bytes:
    """The scene as the camera stores it once: a JPEG of quality 90, 4:2:0, with noise of this moment."""
    top, left = rng.integers(0, 64, 2)
    grain = noise[top : top + scene.shape[0], left : left + scene.shape[1]]
    return encode_jpeg(cv2.add(scene, grain[::-1] if rng.random() < 0.5 else grain, dtype=cv2.CV_8U))


def encode_jpeg(pixels: np.ndarray) -> bytes:
    settings = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    done, jpeg = cv2.imencode(".jpg", pixels, settings)
    if not done:
        raise RuntimeError(f"a frame of shape {pixels.shape} could not be encoded")
    return jpeg.tobytes()


def image_name(number: int, timestamp: int) -> str:
    return f"frame_{number}_timestamp_{timestamp}.jpg"


def encode_label(label: dict) -> bytes:
    return json.dumps(label, ensure_ascii=False, indent=4).encode()


def write_label(plan: Plan, times: list[tuple[int, int]], boxes: list[Box]) -> dict:
    """The label of a sound video, with the liberties that real ones take."""
    rng, (width, height) = np.random.default_rng([plan.seed, 4, plan.number]), plan.size
    animal, seconds = plan.animal, round(len(times) / 5 + rng.uniform(0, 0.2), 6)
    phrases = ACTIONS[animal.species][plan.code]
    told = KOREAN[(plan.emotion + 2) % 6 if plan.number % 3 == 1 else plan.emotion]  # owners see it otherwise
    sick, odd = "NY"[rng.random() < 0.1], "NY"[rng.random() < 0.1]
    owner = {"pain": sick, "disease": sick, "emotion": told, "situation": SITUATIONS[plan.number % 4], "animalCount": 1}
    inspect = {"action": phrases[0], "painDisease": sick, "abnormalAction": odd, "emotion": KOREAN[plan.emotion]}
    annotations = [annotate(rng, *time, box) for time, box in zip(times, boxes, strict=True)]
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


def annotate(rng: np.random.Generator, number: int, timestamp: int, box: Box) -> dict:
    points = (rng.uniform(0.1, 0.9, (15, 2)) * box[2:] + box[:2]).astype(int).tolist()
    seen = rng.random(15) < 0.7
    keypoints = {str(i + 1): {"x": x, "y": y} if seen[i] else None for i, (x, y) in enumerate(points)}
    return {
        "frame_number": number,
        "timestamp": timestamp,
        "bounding_box": box._asdict(),
        "keypoints": keypoints,
    }


# The defects: each spoils one video of DEFECT_FRAMES frames and returns what it did, how many times: by a reason of
# REASONS for the rows that a reader must reject, by other words for what must not cost a row.


def cut_label(video: Video) -> dict[str, int]:
    text = encode_label(video.label)
    video.label = text[: len(text) // 2]
    return {"label_unreadable": 1}


def lose_inspector(video: Video) -> dict[str, int]:
    del video.label["metadata"]["inspect"]
    return {"label_invalid": 1}


def quote_number(video: Video) -> dict[str, int]:
    video.boxes[2]["x"] = str(video.boxes[2]["x"])
    return {"label_invalid": 1}


def invent_mood(video: Video) -> dict[str, int]:
    video.label["metadata"]["inspect"]["emotion"] = "궁금함/호기심"
    return {"emotion_unknown": len(video.rows)}


def repeat_video(video: Video) -> dict[str, int]:
    video.more[f"Training/라벨링데이터_2/{video.plan.name}.json"] = encode_label(video.label)
    return {"video_repeated": len(video.rows)}


def lose_images(video: Video) -> dict[str, int]:
    for index in (1, 3, 4):
        del video.images[video.image(index)]
    return {"image_missing": 3}


def lose_directory(video: Video) -> dict[str, int]:
    video.images.clear()
    return {"image_missing": len(video.rows), "labels without a frame directory": 1}


def repeat_frames(video: Video) -> dict[str, int]:
    video.rows.insert(1, copy.deepcopy(video.rows[0]))  # side by side, and far apart
    video.rows.append(copy.deepcopy(video.rows[3]))
    return {"frame_repeated": 2}


def break_images(video: Video) -> dict[str, int]:
    whole = video.images[video.image(0)]
    for index, broken in ((0, whole[: len(whole) // 2]), (2, b""), (5, b"404 Not Found\n")):
        video.images[video.image(index)] = broken
    return {"image_unreadable": 3}


def misstate_size(video: Video) -> dict[str, int]:
    video.label["metadata"].update(width=123, height=456)
    return {"image_size": len(video.rows)}


def claim_huge_image(video: Video) -> dict[str, int]:
    image = video.images[video.image(3)]
    size = image.index(b"\xff\xc0") + 5  # after marker, length and precision: height and width, 16 bits each
    video.images[video.image(3)] = image[:size] + b"\xff" * 4 + image[size + 4 :]
    return {"image_size": 1}


def lose_boxes(video: Video) -> dict[str, int]:
    video.rows[1]["bounding_box"] = None
    del video.rows[3]["bounding_box"]
    return {"box_missing": 2}


def turn_boxes_negative(video: Video) -> dict[str, int]:
    video.boxes[0]["x"] = -7
    video.boxes[2]["y"] = -1
    video.boxes[4]["width"] *= -1
    return {"box_negative": 3}


def empty_boxes(video: Video) -> dict[str, int]:
    video.boxes[1]["width"] = 0
    video.boxes[5]["height"] = 0
    return {"box_empty": 2}


def push_boxes_out(video: Video) -> dict[str, int]:
    (width, height), boxes = video.plan.size, video.boxes
    boxes[0]["x"] = width - boxes[0]["width"] + 12
    boxes[1]["y"] = height - boxes[1]["height"] + 1
    boxes[2]["x"] = width - boxes[2]["width"]
    boxes[3]["y"] = height - boxes[3]["height"]
    return {"box_outside": 2, "boxes that touch the border": 2}


def spoil_twice(video: Video) -> dict[str, int]:
    """Two defects a row: the one named first in REASONS counts."""
    video.label["metadata"]["inspect"]["emotion"] += " "
    video.rows[0]["bounding_box"] = None
    del video.images[video.image(0)]
    video.rows.append(copy.deepcopy(video.rows[0]))
    video.boxes[1]["x"] = -7
    video.images[video.image(1)] = b""
    video.boxes[2].update(x=-7, width=0)
    video.boxes[3].update(x=video.plan.size[0], height=0)
    return {"image_missing": 2, "image_unreadable": 1, "box_negative": 1, "box_empty": 1, "mood names with a space": 1}


def decompose_mood(video: Video) -> dict[str, int]:
    inspect = video.label["metadata"]["inspect"]
    inspect["emotion"] = unicodedata.normalize("NFD", inspect["emotion"])
    return {"mood names in NFD": 1}


def decompose_folder(video: Video) -> dict[str, int]:
    video.label_folder = unicodedata.normalize("NFD", video.label_folder)
    return {"label folders in NFD": 1}


def lose_annotations(video: Video) -> dict[str, int]:
    del video.rows[4], video.rows[0]  # in a real file, too, the first frame has none
    return {"frames without an annotation": 2}


def lose_label(video: Video) -> dict[str, int]:
    video.label = None
    return {"frame directories without a label": 1}


def shuffle_rows(video: Video) -> dict[str, int]:
    video.rows[:] = [video.rows[index] for index in (3, 0, 5, 1, 4, 2)]
    return {"labels with unsorted frames": 1}


def cover_lens(video: Video) -> dict[str, int]:
    rng, (width, height) = video.plan.rng(), video.plan.size
    for index in (1, 2, 5):
        dark = rng.normal(3 + index, 0.7, (height, width, 3)).clip(0, 255).astype(np.uint8)
        video.images[video.image(index)] = encode_jpeg(dark)
    return {"black frames": 3}


def repeat_image(video: Video) -> dict[str, int]:
    video.images[video.image(4)] = video.images[video.image(1)]
    video.rows[4]["bounding_box"] = dict(video.boxes[1])
    return {"frames equal to another, byte for byte": 1}


def scatter_junk(video: Video) -> dict[str, int]:
    """What macOS and a NAS leave behind, some of it under the names of labels, frames and frame directories."""
    name, labels, images = video.plan.name, video.label_folder, f"{video.image_folder}/{video.plan.name}"
    fork = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X"
    junk = {
        f"{labels}/._{name}.json": fork,
        f"{labels}/.DS_Store": b"\x00\x00\x00\x01Bud1",
        f"{labels}/@eaDir/{name}.json/SYNOINDEX_MEDIA_INFO": b"{}",
        f"{labels}/@eaDir/{name}.json@SynoEAStream": fork,
        f"__MACOSX/{labels}/._{name}.json": fork,
        f"__MACOSX/{images}/._{video.image(0)}": fork,
        f"{images}/._{video.image(0)}": fork,
        f"{images}/@eaDir/{video.image(0)}/SYNOPHOTO_THUMB_M.jpg": video.images[video.image(0)],
        f"{images}/Thumbs.db": b"\xd0\xcf\x11\xe0",
    }
    video.more.update(junk)
    return {"junk files": len(junk)}


REASONS = [
    "label_unreadable",
    "label_invalid",
    "emotion_unknown",
    "video_repeated",
    "image_missing",
    "frame_repeated",
    "image_unreadable",
    "image_size",
    "box_missing",
    "box_negative",
    "box_empty",
    "box_outside",
]
DEFECTS: dict[str, Callable[[Video], dict[str, int]]] = {
    defect.__name__: defect
    for defect in (
        *(cut_label, lose_inspector, quote_number, invent_mood, repeat_video, lose_images, lose_directory),
        *(repeat_frames, break_images, misstate_size, claim_huge_image, lose_boxes, turn_boxes_negative, empty_boxes),
        *(push_boxes_out, spoil_twice, decompose_mood, decompose_folder, lose_annotations, lose_label, shuffle_rows),
        *(cover_lens, repeat_image, scatter_junk),
    )
}


def make_video(plan: Plan, root: Path) -> SampleCounts:
    """Film, label, spoil and write one video; what it adds to the counts."""
    images, boxes, copies = film(plan)
    label = write_label(plan, list(images), boxes)
    named = {image_name(*time): image for time, image in images.items()}
    video = Video(plan, label, named, plan.folder("라벨링데이터"), plan.folder("원천데이터"))
    found = DEFECTS[plan.defect](video) if plan.defect else take_liberties(video)
    for path, content in video.files():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return count(video, found, 0 if plan.defect else copies, len(label["annotations"]))


def take_liberties(video: Video) -> dict[str, int]:
    """What is odd in a sound video's label, and no defect."""
    plan = video.plan
    if plan.byte_order_mark:
        video.label = b"\xef\xbb\xbf" + encode_label(video.label)
    return {
        "labels with a byte order mark": int(plan.byte_order_mark),
        "labels with unknown keys": int(plan.extra_keys),
        "labels whose owner saw another mood": int(plan.number % 3 == 1),
    }


def count(video: Video, found: dict[str, int], copies: int, annotations: int) -> SampleCounts:
    rejected = Counter({reason: found[reason] for reason in REASONS if found.get(reason)})
    tolerated = Counter({oddity: times for oddity, times in found.items() if oddity not in REASONS})
    rows = annotations + rejected["video_repeated"]
    if rejected["label_unreadable"] or rejected["label_invalid"]:
        rows = 1
    if video.label is None:
        rows = 0
    usable = Counter({(video.plan.split, video.plan.emotion): rows - rejected.total()})
    labels = int(video.label is not None) + bool(rejected["video_repeated"])
    return SampleCounts(labels, not video.plan.defect, len(video.images), rows, usable, rejected, tolerated, copies)


def make_sample(root: Path, spec: SampleSpec, workers: int | None = None) -> SampleCounts:
    """Make the tree at `root`, which must be new or empty. FileExistsError if it is not; workers=1 stays in process."""
    root = Path(root).resolve()
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise FileExistsError(f"{root} exists and is not an empty directory")
    plans, total = plan_videos(spec), SampleCounts()
    aside = root.with_name(f"{root.name}.partial-{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        for counts in film_all(plans, aside, workers or min(os.cpu_count() or 1, len(plans))):
            total.add(counts)
        if root.exists():
            root.rmdir()  # empty; Windows does not rename over it
        aside.rename(root)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return total


def film_all(plans: list[Plan], root: Path, workers: int) -> Iterator[SampleCounts]:
    if workers == 1:
        yield from map(make_video, plans, [root] * len(plans))
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), start_worker) as pool:
        yield from pool.map(make_video, plans, [root] * len(plans))


def start_worker() -> None:
    cv2.setNumThreads(1)
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """Without this, the workers of a killed run wait for work for ever."""
    parent_process().join()
    os._exit(1)


def describe(counts: SampleCounts) -> str:
    """What was made, as a table for people."""
    lines = [
        f"{counts.videos} sound videos; with the spoilt ones {counts.labels} label files, {counts.frames} frame files",
        f"{counts.rows} rows: {counts.usable.total()} usable, {counts.rejected.total()} to be rejected",
        f"{counts.near_copies} frames of the sound videos show what the one before them shows",
    ]
    for title, table in (
        ("usable rows", {f"{split} {ENGLISH[mood]}": rows for (split, mood), rows in sorted(counts.usable.items())}),
        ("rows to be rejected", {reason: counts.rejected[reason] for reason in REASONS if counts.rejected[reason]}),
        ("to be tolerated", counts.tolerated),
    ):
        lines += ["", title, *(f"  {name:<42}{number:>6}" for name, number in table.items())]
    return "\n".join(lines)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"make_sample: {message}\n")  # one line, no usage


def main(argv: list[str] | None = None) -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path, metavar="DIR")
    for name, default in (("videos", 24), ("frames", 16), ("height", 1080), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--defects", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--workers", type=int, default=None, help="processes; as many as there are cores")
    args = parser.parse_args(argv)
    if args.workers is not None and args.workers < 1:
        parser.error(f"argument --workers: {args.workers} is less than 1")
    try:
        spec = SampleSpec(args.videos, args.frames, args.height, args.seed, args.defects)
        counts = make_sample(args.dir, spec, args.workers)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    except BrokenProcessPool as error:
        parser.exit(1, f"make_sample: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "make_sample: interrupted, nothing is left behind\n")
    print(f"{args.dir}: {describe(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
