"""The page about near-copies: what its template is given, and what its script sorts, filters and reads out."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from console.html_page import render_page
from shards.emotions import EMOTIONS
from tools.duplicates.hashed_frames import OUTCOMES
from tools.duplicates.samples import PAIRS, DuplicateSamples, Shown, choose_samples, list_places
from tools.duplicates.totals import Findings
from tools.source_pictures import Opened, Pictures

_TEMPLATE = Path(__file__).with_name("dedupe_report.html.jinja")
_PLAIN = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15)


def make_page(
    found: Findings, figures: dict[str, Any], opened: Opened, pictures: Pictures, seed: int, title: str
) -> tuple[str, dict[str, Any]]:
    """The page, and the keys of what it shows."""
    samples = choose_samples(found.frames, found.groups, found.nearest, found.leaks, seed)
    places, min_detail = list_places(found.frames, found.groups, samples), found.settings["dedupe"]["min_detail"]
    shown = Shown(opened.folder, found.frames, pictures, places, min_detail)
    pairs = {name: [shown.pair(*pair) for pair in getattr(samples, name).tolist()] for name in PAIRS}
    groups = [shown.group(found.groups, group) for group in samples.groups]
    page = render_page(
        _TEMPLATE,
        title=title,
        figures=figures,
        pairs=pairs,
        groups=groups,
        seed=seed,
        emotions={emotion.english: emotion.korean for emotion in EMOTIONS},
        outcomes=OUTCOMES,
        missing=dict(pictures.reasons),
        left_out=shown.left_out,
        has_source=bool(pictures.sources),
        add_up=_add_up,
        tell_time=tell_time,
        tell_number=tell_number,
        shorten=shorten,
        round_up=round_up,
        script={
            "groups": [_describe_group(group) for group in groups],
            "pairs": [_describe_pair(pair) for pair in pairs["dropped"]],
            "charts": _describe_charts(figures),
            "memory": _name_memory(title, seed, found),
        },
    )
    return page, _list_keys(found, samples)


def _describe_group(group: dict[str, Any]) -> dict[str, Any]:
    """What the page's script sorts and filters a group by."""
    frames = [group["representative"], *group["members"], *group["named"]]
    order = {"size": group["size"], "widest": group["widest"], "conflict": group["disagreeing"]}
    return order | _describe_frames(frames) | {"mood": [emotion.english for emotion, _ in group["moods"]]}


def _describe_pair(pair: dict[str, Any]) -> dict[str, Any]:
    return {"widest": pair["bits"]} | _describe_frames([pair["first"], pair["second"]])


def _name_memory(title: str, seed: int, found: Findings) -> str:
    """What the browser keeps judgements of this page under: another dataset of the same name has another digest."""
    frames, digest = found.frames, hashlib.blake2b(digest_size=8)
    for values in (frames.codes, frames.status, frames.of):
        digest.update(np.ascontiguousarray(values))
    return f"dedupe_report {title} {seed} {digest.hexdigest()}"


def _describe_charts(figures: dict[str, Any]) -> dict[str, Any]:
    """What the sliders under the charts read out."""
    curves, frames = figures["curves"], figures["totals"]["all"]
    inside, across, picked = curves["in_videos"], curves["across"], curves["selection"]
    radii = [["greatest", picked["greatest"]], ["median", picked["median"]]]
    stay = {"unit": "frames stay", "of": frames}
    return {
        "in_videos": stay | {"label": "distance", "xs": inside["distances"], "series": [["", inside["kept"]]]},
        "across": stay
        | {"label": "distance", "xs": across["all"]["distances"]}
        | {"series": [[f"scope {scope}", curve["kept"]] for scope, curve in across.items()]},
        "selection": stay | {"label": "K", "xs": picked["counts"], "series": [["", picked["kept"]]]},
        "radius": {"unit": "bits", "of": None, "label": "K", "xs": picked["counts"], "series": radii},
    }


def tell_time(seconds: float) -> str:
    """A time as people say it."""
    whole = round(seconds)
    if seconds < 10:
        return f"{seconds:.2g} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def tell_number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shorten(number: float) -> str:
    """A figure for the side of a chart: 1.5 M, 250 k, 12."""
    for size, letter in ((1_000_000, " M"), (1000, " k")):
        if number >= size:
            return f"{number / size:.4g}{letter}"
    return f"{number:.3g}"


def round_up(number: float) -> int:
    """The end of a chart's side: the next number that is four times a plain one, so that its quarters are plain."""
    size = 4
    while size * _PLAIN[-1] < number:
        size *= 10
    return next(size * step for step in _PLAIN if size * step >= number)


def _add_up(histograms: dict[str, list[int]]) -> list[int]:
    return [sum(values) for values in zip(*histograms.values(), strict=True)]


def _describe_frames(frames: list[dict[str, Any]]) -> dict[str, Any]:
    told = {name: sorted({frame[name] for frame in frames} - {""}) for name in ("mood", "species", "split", "reason")}
    return told | {"text": " ".join(frame["key"] for frame in frames).lower()}


def _list_keys(found: Findings, samples: DuplicateSamples) -> dict[str, Any]:
    key, groups = found.frames.key, found.groups
    told: dict[str, Any] = {name: [[key(a), key(b)] for a, b in getattr(samples, name).tolist()] for name in PAIRS}
    told["groups"] = [
        {
            "representative": key(groups.representative[group]),
            "size": int(groups.size[group]),
            "widest": int(groups.widest[group]),
            "disagreeing": int(groups.disagreeing[group]),
        }
        for group in samples.groups
    ]
    return told
