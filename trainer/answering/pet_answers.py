"""What is answered about pets, as JSON and as text: of files, and of single pets for callers that have no file.

A pet's answer is that of an animal (see trainer.answering.answers) with its place and what the finder says of it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from shards.crop_geometry import Box
from shards.species import find_species_in_path
from trainer.answering.answers import AnimalLogits, DecisionRule, build_json_animal, format_animal
from trainer.answering.judged_files import JudgedClip, JudgedPhoto
from trainer.answering.korean_sentences import NO_PET_SENTENCE
from trainer.answering.pet_judge import JudgedPet
from trainer.answering.pet_tracks import TrackedPet


def build_json_pet(pet: JudgedPet, rule: DecisionRule, species: str | None = None) -> dict[str, Any]:
    """The answer for a pet on a picture, ready for JSON. `species`, dog or cat, goes before the finder's."""
    return _describe_pet(pet) | build_json_animal(describe_animal(pet, species), rule)


def build_json_tracked_pet(pet: TrackedPet, rule: DecisionRule, species: str | None = None) -> dict[str, Any]:
    """The answer for a pet in a clip, ready for JSON, with each frame in which it was seen."""
    animal = build_json_animal(describe_animal(pet, species), rule)
    frames = [
        {"seconds": frame.pop("seconds"), **_describe_pet(seen), **frame}
        for (_, seen), frame in zip(pet.sightings, animal.pop("frames"), strict=True)
    ]
    first, last = pet.sightings[0].seconds, pet.sightings[-1].seconds
    about = {"track": pet.number, "first_seconds": round(first, 3), "last_seconds": round(last, 3)}
    return {**about, "score": _round_score(pet.score), "found_species": pet.species, **animal, "frames": frames}


def build_json_file(file: JudgedPhoto | JudgedClip, rule: DecisionRule, species: str | None = None) -> dict[str, Any]:
    """The answer for a photo or a clip, ready for JSON. Without a pet, `pets` is empty and `sentence` says so."""
    build = build_json_pet if isinstance(file, JudgedPhoto) else build_json_tracked_pet
    pets = [build(pet, rule, species) for pet in file.pets]
    whole = describe_whole(file, species)
    answer: dict[str, Any] = {"file": str(file.path), "width": file.width, "height": file.height}
    if isinstance(file, JudgedClip):
        answer["judged_frames"] = len(file.seconds)
    answer["sentence"] = " ".join(pet["sentence"] for pet in pets) or NO_PET_SENTENCE
    return answer | {"pets": pets, "whole": whole and build_json_animal(whole, rule)}


def format_file(
    file: JudgedPhoto | JudgedClip, rule: DecisionRule, count: int, species: str | None = None
) -> Iterator[str]:
    """Yield the lines of a file's answer: its name, and for each pet its number, mood and place."""
    yield str(file.path)
    judged = file.seconds if isinstance(file, JudgedClip) else None
    for number, pet in enumerate(file.pets, 1):
        head = f"{number}. "
        lines = list(format_animal(describe_animal(pet, species), rule, count, judged))
        lines.insert(2, _format_place(pet))
        yield from (f"  {' ' * len(head) if place else head}{line}" for place, line in enumerate(lines))
    if not file.pets:
        yield f"  {NO_PET_SENTENCE}"
    if whole := describe_whole(file, species):
        yield f"  {'사진' if isinstance(file, JudgedPhoto) else '동영상'} 전체를 보면:"
        yield from (f"    {line}" for line in format_animal(whole, rule, count))


def describe_animal(pet: JudgedPet | TrackedPet, species: str | None = None) -> AnimalLogits:
    """A pet as an animal: its logits, in a clip those of all frames in which it was seen."""
    if isinstance(pet, JudgedPet):
        return AnimalLogits(species or pet.species, pet.logits[None], None)
    logits = np.stack([seen.logits for _, seen in pet.sightings])
    return AnimalLogits(species or pet.species, logits, np.array([seconds for seconds, _ in pet.sightings]))


def describe_whole(file: JudgedPhoto | JudgedClip, species: str | None = None) -> AnimalLogits | None:
    """The whole of a photo or clip as an animal; None where it was not judged. Its name may say the species."""
    if file.whole is None:
        return None
    seconds = file.seconds if isinstance(file, JudgedClip) else None
    return AnimalLogits(species or find_species_in_path(file.path), file.whole, seconds)


def _describe_pet(pet: JudgedPet) -> dict[str, Any]:
    return {"box": pet.box._asdict(), "score": _round_score(pet.score), "found_species": pet.species}


def _round_score(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


def _format_place(pet: JudgedPet | TrackedPet) -> str:
    sure = "" if pet.score is None else f", 찾은 확신 {100 * pet.score:.0f}%"
    if isinstance(pet, JudgedPet):
        return f"자리 {_format_box(pet.box)}{sure}"
    first, last = pet.sightings[0], pet.sightings[-1]
    way = f"{_format_box(first.pet.box)} → {_format_box(last.pet.box)}"
    return f"{first.seconds:.1f}–{last.seconds:.1f}초에 프레임 {len(pet.sightings)}개, 자리 {way}{sure}"


def _format_box(box: Box) -> str:
    return ",".join(map(str, box))
