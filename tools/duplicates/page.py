"""Renders the near-duplicate page: the values of its template, and the data of its script."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from console.html_page import render_page
from console.output.counted_nouns import format_count
from shards.emotions import EMOTIONS
from shards.storage.stores.remote_path import AnyPlace
from tools.duplicates.hashed_frames import OUTCOMES
from tools.duplicates.judged_pairs import JUDGED_HEADER
from tools.duplicates.number_text import (
    abbreviate_number,
    format_duration,
    format_korean_duration,
    round_up_axis,
)
from tools.duplicates.page_frames import PageFrames
from tools.duplicates.samples import PAIR_COUNTS, DuplicateSamples, choose_samples, list_pictured_frames
from tools.duplicates.statistics import DuplicateAnalysis
from tools.reporting.frame_pictures import FramePictures

_TEMPLATE = Path(__file__).with_name("dedupe_report.html.jinja")


def render_duplicates_page(
    analysis: DuplicateAnalysis,
    statistics: dict[str, Any],
    folder: AnyPlace,
    pictures: FramePictures,
    seed: int,
    title: str,
) -> tuple[str, dict[str, Any]]:
    """The page as HTML, and the keys of the frames that it shows. `folder` holds the manifest."""
    frames, groups = analysis.frames, analysis.groups
    samples = choose_samples(frames, groups, analysis.nearest, analysis.leaks, seed)
    pictured = list_pictured_frames(frames, groups, samples)
    page_frames = PageFrames(folder, frames, pictures, pictured, analysis.settings["dedupe"]["min_detail"])
    pairs = {kind: [page_frames.describe_pair(*p) for p in getattr(samples, kind).tolist()] for kind in PAIR_COUNTS}
    described_groups = [page_frames.describe_group(groups, group) for group in samples.groups]
    page = render_page(
        _TEMPLATE,
        title=title,
        statistics=statistics,
        pairs=pairs,
        groups=described_groups,
        seed=seed,
        emotions={emotion.english: emotion.korean for emotion in EMOTIONS},
        outcomes=OUTCOMES,
        missing=dict(pictures.missing),
        left_out=page_frames.left_out,
        has_source=bool(pictures.sources),
        add_histograms=_add_histograms,
        judged=statistics.get("judged"),
        format_duration=format_duration,
        korean_duration=format_korean_duration,
        format_count=format_count,
        abbreviate_number=abbreviate_number,
        round_up_axis=round_up_axis,
        script={
            "groups": [_list_group_facets(group) for group in described_groups],
            "pairs": [_list_pair_facets(pair) for pair in pairs["dropped"]],
            **{name: [_list_pair_facets(pair) for pair in pairs[name]] for name in ("widest", "kept")},
            "judgedHeader": JUDGED_HEADER,
            "judgedFile": f"{title}.judged.csv",
            "charts": _list_chart_values(statistics),
            "storageKey": _make_storage_key(title, seed, analysis),
        },
    )
    return page, _list_shown_keys(analysis, samples)


def _list_group_facets(group: dict[str, Any]) -> dict[str, Any]:
    """The values by which the page's script sorts and filters groups."""
    frames = [group["representative"], *group["members"], *group["named"]]
    order = {"size": group["size"], "widest": group["widest"], "conflict": group["disagreeing"]}
    return order | _list_frame_facets(frames) | {"mood": [emotion.english for emotion, _ in group["moods"]]}


def _list_pair_facets(pair: dict[str, Any]) -> dict[str, Any]:
    frames = [pair["first"], pair["second"]]
    return {"widest": pair["bits"], "keys": [frame["key"] for frame in frames]} | _list_frame_facets(frames)


def _list_frame_facets(frames: list[dict[str, Any]]) -> dict[str, Any]:
    facets = {name: sorted({frame[name] for frame in frames} - {""}) for name in ("mood", "species", "split", "reason")}
    return facets | {"text": " ".join(frame["key"] for frame in frames).lower()}


def _list_chart_values(statistics: dict[str, Any]) -> dict[str, Any]:
    """The values that the sliders under the charts show."""
    curves, frames = statistics["curves"], statistics["totals"]["all"]
    within, across, selection = curves["in_videos"], curves["across"], curves["selection"]
    radii = [["greatest", selection["greatest"]], ["median", selection["median"]]]
    kept = {"unit": "frames stay", "of": frames}
    return {
        "in_videos": kept | {"label": "distance", "xs": within["distances"], "series": [["", within["kept"]]]},
        "across": kept
        | {"label": "distance", "xs": across["all"]["distances"]}
        | {"series": [[f"scope {scope}", curve["kept"]] for scope, curve in across.items()]},
        "selection": kept | {"label": "K", "xs": selection["counts"], "series": [["", selection["kept"]]]},
        "radius": {"unit": "bits", "of": None, "label": "K", "xs": selection["counts"], "series": radii},
    }


def _make_storage_key(title: str, seed: int, analysis: DuplicateAnalysis) -> str:
    """The key under which the browser stores the judgements of this page.

    It has a digest of the dataset's frames, so that another dataset of the same name has another key.
    """
    frames, digest = analysis.frames, hashlib.blake2b(digest_size=8)
    for values in (frames.codes, frames.status, frames.representative):
        digest.update(np.ascontiguousarray(values))
    return f"dedupe_report {title} {seed} {digest.hexdigest()}"


def _add_histograms(histograms: dict[str, list[int]]) -> list[int]:
    return [sum(values) for values in zip(*histograms.values(), strict=True)]


def _list_shown_keys(analysis: DuplicateAnalysis, samples: DuplicateSamples) -> dict[str, Any]:
    """The keys of the pairs and groups that the page shows, for the report's JSON."""
    key, groups = analysis.frames.key, analysis.groups
    pairs = {kind: [[key(a), key(b)] for a, b in getattr(samples, kind).tolist()] for kind in PAIR_COUNTS}
    return pairs | {
        "groups": [
            {
                "representative": key(groups.representative[group]),
                "size": int(groups.size[group]),
                "widest": int(groups.widest[group]),
                "disagreeing": int(groups.disagreeing[group]),
            }
            for group in samples.groups
        ]
    }
