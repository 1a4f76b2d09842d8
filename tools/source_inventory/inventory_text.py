"""The inventory as tables for a terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

from console.output.counted_nouns import format_count
from console.text_width import pad_to_width
from tools.duplicates.number_text import format_duration

_MOST_LISTED = 10  # lines of each list; the JSON has all
_MOST_ARCHIVES = 200
_HEADINGS = ("videos", "annotated", "usable", "train", "val", "open")


def format_inventory(figures: dict[str, Any]) -> str:
    """All tables, without a line end after the last one."""
    sections = (
        _list_archives(figures["archives"]),
        _list_counts(figures),
        *(_list_table(column, lines) for column, lines in figures["tables"].items()),
        _list_rejections(figures),
        _list_needs(figures["run"]),
        _list_some("not read", figures["not_read"]),
        _list_some("problems, each of which fails a run", figures["problems"], len(figures["problems"])),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def format_bytes(size: float) -> str:
    """A number of bytes as "12.3 GB"."""
    units = ["TB", "GB", "MB", "kB", "bytes"]
    unit = units.pop()
    while size >= 1000 and units:
        size, unit = size / 1000, units.pop()
    return f"{size:,.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"


def describe_archive(archive: dict[str, Any]) -> str:
    """An archive's path, where it lies, and what is wrong with it."""
    places = f" ({archive['copies']} copies, one is read)" if archive["copies"] > 1 else ""
    inside = f" (in {archive['tar']})" if archive["tar"] else ""
    return f"{archive['relative']}{inside}{places}" + (f": {archive['fault']}" if archive["fault"] else "")


def describe_form(archive: dict[str, Any]) -> str:
    """How an archive was delivered: "zip", "3 pieces", "tar"."""
    count = archive["files"]
    return format_count(count, "piece") if archive["form"] == "pieces" else archive["form"]


def _list_archives(archives: Sequence[dict[str, Any]]) -> list[str]:
    if not archives:
        return []
    lines = [f"{'archives':<12}{'size':>12}{'members':>12}{'labels':>10}{'frames':>12}  path"]
    for archive in archives[:_MOST_ARCHIVES]:
        counts = f"{archive['members']:>12,}{archive['labels']:>10,}{archive['frames']:>12,}"
        size = format_bytes(archive["size"])
        lines.append(f"  {describe_form(archive):<10}{size:>12}{counts}  {describe_archive(archive)}")
    return lines + _count_rest(len(archives), _MOST_ARCHIVES)


def _list_counts(figures: dict[str, Any]) -> list[str]:
    labels, frames, pairs = figures["labels"], figures["frames"], figures["pairs"]
    lines = [
        _count("labels", labels["videos"]),
        _count("  that cannot be used", labels["unusable"]),
        *(f"    {fault['label_file']}: {fault['reason']} ({fault['note']})" for fault in _first(labels["faults"])),
        *_count_rest(len(labels["faults"]), _MOST_LISTED),
        _count("  with frames", pairs["videos"]),
    ]
    lines += _list_folders("  without frames", pairs["labels_without_frames"])
    lines += [_count("frames", frames["files"]), _count("  without annotation", frames["unannotated"])]
    lines.append(_count("  without a label", frames["without_label"]))
    lines += _list_folders("    folders of these", pairs["folders_without_label"])
    lines.append(_count("  again in another place", frames["in_two_places"]))
    doubled = frames["first_in_two_places"]
    lines += [f"    {place['video']}: {', '.join(place['folders'])}" for place in _first(doubled)]
    lines += _count_rest(len(doubled), _MOST_LISTED)
    lines += [_count("annotated", frames["annotated"]), _count("  whose frame is missing", frames["missing"])]
    return [*lines, _count("  usable", frames["usable"])]


def _list_table(column: str, lines: Sequence[dict[str, Any]]) -> list[str]:
    if not lines:
        return []
    found = [f"{column:<26}" + "".join(f"{heading:>12}" for heading in _HEADINGS)]
    for line in lines[: 3 * _MOST_LISTED]:
        name = pad_to_width(f"  {line['value'] or 'not stated'}", 26)
        found.append(name + "".join(f"{line[heading]:>12,}" for heading in _HEADINGS))
    return found + _count_rest(len(lines), 3 * _MOST_LISTED)


def _list_rejections(figures: dict[str, Any]) -> list[str]:
    if not figures["reasons"]:
        return []
    lines = [_count(f"  {reason}", count) for reason, count in figures["reasons"].items()]
    return ["rejected before an image is opened", *lines]


def _list_needs(run: dict[str, Any]) -> list[str]:
    sample, cores = run["sample"], run["cores"]
    disk = f"{format_bytes(run['disk_bytes'])} at most while it works, {format_bytes(run['dataset_bytes'])} at most"
    memory = f"{format_bytes(run['driver_bytes'])} for the driver, {cores} x {format_bytes(run['worker_bytes'])}"
    lines = [
        "a run would take",
        f"  time    {describe_time(run)}",
        f"  disk    {disk} in the end; {format_bytes(run['free_bytes_here'])} free here",
        f"  memory  {memory} for workers, at most",
    ]
    if sample["rejected"]:
        lines.append(f"  of {sample['frames']} sampled frames {len(sample['rejected'])} would be rejected")
        lines += [f"    {rejected}" for rejected in _first(sample["rejected"])]
    return lines


def describe_time(run: dict[str, Any]) -> str:
    """How long a run would take, and from what that is known."""
    sample = run["sample"]
    if run["seconds"] is None:
        return "unknown: no frame could be decoded"
    speed = f"{run['frames_per_second_and_core']:,.0f} frames/s on each of {run['cores']} cores"
    about, start = format_duration(run["seconds"]), f"{run['start_seconds']} s to start and to plan"
    return f"about {about} for {run['frames']:,} frames: {speed}, by {sample['frames']} of them, and {start}"


def _list_folders(what: str, group: dict[str, Any]) -> list[str]:
    lines = [f"{count:>14,}  in {folder}" for folder, count in _first(list(group["folders"].items()))]
    return [_count(what, group["count"]), *lines, *_count_rest(len(group["folders"]), _MOST_LISTED)]


def _list_some(what: str, lines: Sequence[str], most: int = _MOST_LISTED) -> list[str]:
    if not lines:
        return []
    return [_count(what, len(lines)), *(f"  {line}" for line in lines[:most]), *_count_rest(len(lines), most)]


def _count(what: str, count: int) -> str:
    return f"{what:<38}{count:>12,}"


def _first(items: Sequence) -> Iterable:
    return items[:_MOST_LISTED]


def _count_rest(count: int, shown: int) -> list[str]:
    return [f"  and {count - shown:,} more, all in --json"] if count > shown else []
