"""One page about a dataset as a whole: python -m tools.dataset_report DIR [--html FILE] [--json FILE] [--source DIR ..]

Moods, species and splits, what was rejected and why, boxes, and samples to look at. The page needs nothing else; its
pictures of kept frames come from the shards, those of rejected ones from the source. After a dry run of preprocess it
tells of what that would keep.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from console.hangul_font import find_hangul_font
from console.html_page import encode_data_uri, render_page
from console.progress import show_progress
from shards.emotions import EMOTIONS
from shards.errors import CallError
from shards.manifest import REJECTIONS, SPLITS, take_rows
from tools.overview.manifest_pass import FIRST_REASON, RowSamples, kind_of, summarise_rows
from tools.overview.totals import make_dataset_totals
from tools.report_files import MARK, check_files, dataset_folder, write_text
from tools.source_pictures import PICTURE_COLUMNS, Opened, Pictures, find_sources, open_dataset
from trainer.evaluation.run_report import flatten_settings

_TEMPLATE = Path(__file__).parent / "overview" / "dataset_report.html.jinja"
_SAMPLES = 18  # frames of each mood and split
_EXAMPLES = 6  # of each reason
_FRAME_SIDE = 288  # pixels of a whole frame's longer side
_SHOWN = (*PICTURE_COLUMNS, "label_file", "video", "frame_number", "species", "breed", "action", "note", "reason")

_EXPECTED = ("image unreadable", "image too large")  # frames that were rejected for it

# What the settings alone do not tell.
_REMARKS = {"split.val_fraction": " (used only where the source has no split of its own)"}

# What each reason means, and what one can do about it.
_MEANINGS = {
    "label_unreadable": ("The label file cannot be read or is no JSON.", "Unpack or copy it again."),
    "label_invalid": ("The label file is JSON, but has no annotations.", "Mend it, or copy it again."),
    "annotation_invalid": (
        "A value in it cannot be used; the note names and shows it.",
        "Mend that value.",
    ),
    "emotion_unknown": ("The inspector's mood is none of the six.", "Correct the spelling, or leave the video out."),
    "video_repeated": ("An earlier label file has the same name.", "Remove the copy, or rename label and frames."),
    "image_missing": ("No frame has this number and timestamp.", "Unpack the archive of frames that lacks."),
    "frame_repeated": ("The label names this frame a second time.", "Nothing: the first one counts."),
    "image_unreadable": ("No JPEG, truncated, or of a kind that is not decoded.", "Unpack or copy the frame again."),
    "image_size": ("The image has not the size that its label states, or an absurd one.", "Pair them anew."),
    "box_missing": ("The annotation has no box, often because no animal is seen.", "Nothing, or draw one."),
    "box_negative": ("A number of the box is negative.", "Keep what is inside by --box.policy clip, or mend it."),
    "box_empty": ("The box has no width or no height.", "Mend the label."),
    "box_outside": ("The box leaves the image.", "Keep what is inside by --box.policy clip, or mend it."),
    "label_conflict": ("Near-copies of it carry another mood.", "See tools.dedupe_report; --dedupe.conflicts says."),
    "near_in_video": ("A near-copy of a frame of its video, which stands for it.", "See tools.dedupe_report."),
    "near_across_videos": ("A near-copy of a frame of another video, which stands for it.", "See tools.dedupe_report."),
    "near_validation": ("A training frame that is near a validation frame; kept, it would be a leak.", "Nothing."),
}


def write_dataset_report(
    opened: Opened, title: str, sources: list[Path], seed: int, html: Path, figures: Path | None
) -> Pictures:
    """Read the manifest, cut the pictures, write the page and, where a place for them is given, the figures as JSON.

    Returns the pictures, which know of those that are missing. Raises DataError where the dataset is damaged.
    """
    with show_progress(opened.dataset.counts.get("rows"), "row", scale=True, only_on_terminal=True) as progress:
        read = summarise_rows(opened.folder, opened.dataset.image_size, seed, progress.update)
    found = {"dataset": title, **make_dataset_totals(read, opened.dataset, opened.is_dry_run)}
    pictures = Pictures(opened, sources)
    page = render_page(
        _TEMPLATE,
        title=title,
        found=found,
        korean=_word_in_korean(found),
        emotions=EMOTIONS,
        splits=SPLITS,
        meanings=_MEANINGS,
        settings=_word_settings(found["settings"]),
        log_place=_log_place,
        powers=_list_powers,
        span=_name_span,
        ratio=_show_ratio,
        **_draw(opened.folder, read.samples, pictures),
        missing={why: n for why, n in pictures.reasons.most_common() if why not in _EXPECTED},
    )
    if figures:
        write_text(figures, json.dumps({"made_by": MARK} | found, ensure_ascii=False, indent=1) + "\n")
    write_text(html, page)
    return pictures


def _draw(folder: Path, samples: RowSamples, pictures: Pictures) -> dict[str, Any]:
    """The samples of moods and of reasons, with their pictures as data URIs."""
    moods = {(s, m): samples.choose(kind_of(s, m), _SAMPLES) for s in SPLITS for m in range(len(EMOTIONS))}
    reasons = {name: samples.choose(FIRST_REASON + i, _EXAMPLES) for i, name in enumerate(REJECTIONS)}
    rows = take_rows(
        folder, (place for group in (moods, reasons) for places in group.values() for place in places), _SHOWN
    )
    crops = pictures.thumbnails([rows[place] for places in moods.values() for place in places])
    return {
        "samples": {key: [_embed(rows[p], crops[rows[p]["key"]]) for p in places] for key, places in moods.items()},
        "examples": {name: [_show_rejected(rows[p], pictures) for p in places] for name, places in reasons.items()},
    }


def _show_rejected(row: dict[str, Any], pictures: Pictures) -> dict[str, Any]:
    return _embed(row, pictures.frame_with_box(row, _FRAME_SIDE) if row["image_file"] else None)


def _embed(row: dict[str, Any], picture: bytes | None) -> dict[str, Any]:
    return row | {"picture": picture and encode_data_uri("image/jpeg", picture)}


def _log_place(count: int, most: int) -> float:
    """Percent of a log axis at which a count lies; it begins at a half, so that 1 can be seen, and holds `most`."""
    end = 10 ** (len(_list_powers(most)) - 1)
    return 100 * math.log(max(count, 0.5) / 0.5) / math.log(end / 0.5)


def _list_powers(most: int) -> dict[int, str]:
    """The powers of ten on a log axis, from 1 to the first that is at least `most`, at least 10, and their labels."""
    last = max(1, len(str(max(most, 1) - 1)))
    return {10**power: f"{10 ** (power % 3)}{('', ' k', ' M', ' G')[power // 3]}" for power in range(last + 1)}


def _word_settings(settings: dict[str, Any]) -> dict[str, str]:
    """Settings by their dotted names, worded for a reader."""
    words = {"true": "yes", "false": "no", "null": "not given"}
    told = {name: words.get(text, text) for name, text in flatten_settings(settings).items()}
    if told.get("select.per_video") == words["null"]:
        told["select.per_video"] = "no limit"
    return {f"{name}{_REMARKS.get(name, '')}": text for name, text in told.items()}


def _name_span(bar: dict[str, Any]) -> str:
    """The numbers that a bar of a histogram stands for."""
    low, high = bar["from"], bar["to"]
    if high is None:
        return f"over {low - 1:,}"
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _word_in_korean(found: dict[str, Any]) -> str:
    """The totals for a Korean reader."""
    kept = found["statuses"]["kept"]
    words = f"주석 {found['rows']:,}개 가운데 {kept:,}개 프레임을 남겼습니다."
    if not found["splits"]["train"]["rows"]:
        return f"{words} 학습할 프레임이 하나도 남지 않았습니다."
    if measured := found["imbalance"]["train"]["frames"]:
        common, rare = (EMOTIONS[measured[name]].korean for name in ("most", "least"))
        words += f" 학습용에서 가장 흔한 감정은 {common}, 가장 드문 감정은 {rare}이며,"
        words += f" 프레임 수의 비는 {_show_ratio(measured['ratio'])} 대 1입니다."
    return words


def _show_ratio(ratio: float) -> str:
    """How many to one: a whole number, one digit more where it is small."""
    return f"{ratio:.1f}".removesuffix(".0") if ratio < 10 else f"{ratio:,.0f}"


def main(arguments: list[str]) -> int:
    parser = Parser("tools.dataset_report", __doc__)
    parser.add_argument("dataset", type=dataset_folder, metavar="DIR", help="the folder that preprocess wrote")
    parser.add_argument("--html", type=Path, help="the page to write (default: DIR.dataset.html, beside the dataset)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--source", nargs="+", metavar="DIR", help="where the frames lie (default: as the log says)")
    parser.add_argument("--dry_run", action="store_true", help="tell of the last dry run into DIR, not of its dataset")
    parser.add_argument("--seed", type=int, default=0, help="chooses the samples (default: 0)")
    chosen = parser.parse_args(arguments)
    name = chosen.dataset.absolute().name
    chosen.html = chosen.html or chosen.dataset.absolute().with_name(f"{name}.dataset.html")
    if chosen.seed < 0:
        raise CallError(f"--seed {chosen.seed}: give a whole number from 0")
    opened = open_dataset(chosen.dataset, chosen.dry_run)
    sources = find_sources(opened, chosen.source)
    files = {"--html": chosen.html, "--json": chosen.json}
    check_files(chosen.dataset, {option: path for option, path in files.items() if path}, {*sources, *opened.sources})
    pictures = write_dataset_report(opened, name, sources, chosen.seed, chosen.html, chosen.json)
    if missing := pictures.explain_missing():
        print(f"dataset_report: {missing}", file=sys.stderr)
    if not find_hangul_font():
        print("dataset_report: no font with Hangul found; the page relies on the reader's", file=sys.stderr)
    print(chosen.html)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("dataset_report", main, sys.argv[1:]))
