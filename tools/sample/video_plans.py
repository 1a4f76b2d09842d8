"""Plans the videos of a sample: which animal shows which mood in which split, and how the files are named.

All that is random about a video comes from the seed and the video's number, so that each can be made by itself.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from shards.errors import CallError

_REAL_SHARES = (74579, 4795, 515278, 1364848, 115619, 52932)  # training frames of each mood in AI Hub's data
_BREEDS = {
    "CAT": ("코리안 숏헤어", "페르시안", "러시안 블루", "샴"),
    "DOG": ("믹스견", "말티즈", "진돗개", "푸들", "비글"),
}
# By species and code of the action: two spellings of its name, as they vary in AI Hub's labels.
ACTION_NAMES = {
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


@dataclass(frozen=True)
class SampleSpec:
    """The arguments that determine the bytes of a sample. Raises CallError for a number out of range."""

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
    """An animal and what a label says of it."""

    species: str
    breed: str
    gender: str
    age: int
    neuter: str
    outdoor: bool
    day: date  # on which it was filmed; another one for each animal
    seed: tuple[int, ...]  # of its coat


@dataclass(frozen=True)
class VideoPlan:
    """One video that is to be made: all that a worker process needs to know."""

    number: int  # from 0; the videos without defects come first
    animal: Animal
    mood: int  # its number
    split: str  # "Training" or "Validation"
    frames: int
    height: int  # the short side, in pixels
    seed: int  # of the sample
    defect: str = ""  # a name in DEFECTS

    def rng(self) -> np.random.Generator:
        """A new random generator for this video, always with the same seed."""
        return np.random.default_rng([self.seed, 2, self.number])

    @property
    def byte_order_mark(self) -> bool:
        """Whether the label file begins with a byte order mark."""
        return self.number % 6 == 4

    @property
    def extra_keys(self) -> bool:
        """Whether the annotations have a key that AI Hub does not document."""
        return self.number % 5 == 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels. Three of seven videos are in portrait format, as phones take them."""
        long = 2 * round(self.height * 8 / 9)
        return (self.height, long) if self.number % 7 % 2 else (long, self.height)

    @property
    def action_code(self) -> str:
        """The code of what the animal does."""
        codes = sorted(ACTION_NAMES[self.animal.species])
        return codes[(self.number * 3 + self.seed) % len(codes)]

    @property
    def stem(self) -> str:
        """The part that all names of the video share."""
        return f"{self.animal.species}-{self.action_code}-{37 * self.number + 156:06d}".lower()

    @property
    def name(self) -> str:
        """The name of the frame directory: with date and .mp4 as in AI Hub's older data, or without as in the newer."""
        return f"{self.animal.day:%Y%m%d}_{self.stem}.mp4" if self.number % 2 else self.stem

    def folder(self, kind: str) -> str:
        """The folder of the video's label or frames, whose names begin with `kind`.

        Some are sorted by species and action, some lie in numbered parts, like AI Hub's data of 2021.
        """
        if self.number // 2 % 2:
            return f"{self.split}/{kind}_1"
        return f"{self.split}/{kind}/{self.animal.species}/{self.action_code}"


def plan_videos(spec: SampleSpec) -> list[VideoPlan]:
    """The videos without defects, in the order of their numbers."""
    moods = np.repeat(np.arange(6), _share_moods(spec.videos))
    rng = np.random.default_rng([spec.seed, 0])
    made = Counter()
    plans, last = [], {}
    for number, mood in enumerate(rng.permutation(moods).tolist()):
        place = made[mood] if spec.videos >= 24 else number  # so that each mood occurs in both splits
        made[mood] += 1
        split = "Validation" if place % 5 == 1 else "Training"
        animal = last.pop(split, None)  # every third animal is filmed a second time
        if animal is None:
            animal = make_animal(spec.seed, number)
            if number % 3 == 0:
                last[split] = animal
        plans.append(VideoPlan(number, animal, mood, split, spec.frames, spec.height, spec.seed))
    return plans


def _share_moods(videos: int) -> list[int]:
    """The number of videos of each mood: half of the videos evenly, the rest in the proportions of AI Hub's data.

    In those proportions alone, fear would take 450 videos to be seen at all. From 12 videos on it is at least two each.
    """
    least = max(2, videos // 12) if videos >= 12 else int(videos >= 6)
    quota = [(videos - 6 * least) * share / sum(_REAL_SHARES) for share in _REAL_SHARES]
    counts = [least + int(part) for part in quota]
    for mood in sorted(range(6), key=lambda mood: int(quota[mood]) - quota[mood])[: videos - sum(counts)]:
        counts[mood] += 1
    return counts


def make_animal(seed: int, number: int) -> Animal:
    """The animal that is seen first in the video with this number."""
    rng = np.random.default_rng([seed, 1, number])
    species = ("CAT", "DOG")[rng.integers(2)]
    breed = _BREEDS[species][rng.integers(len(_BREEDS[species]))]
    gender, neuter = ("MALE", "FEMALE")[rng.integers(2)], "YN"[rng.integers(2)]
    day = date(2020, 10, 28) + timedelta(days=number)
    return Animal(
        species, breed, gender, int(rng.integers(1, 16)), neuter, bool(rng.random() < 0.4), day, (seed, 3, number)
    )
