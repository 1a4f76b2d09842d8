"""Renders the inventory as one HTML page."""

import os
from pathlib import Path
from typing import Any

from console.html_page import render_page
from tools.duplicates.number_text import format_korean_duration
from tools.source_inventory.inventory_text import (
    describe_archive,
    describe_form,
    describe_time,
    format_bytes,
)

_TEMPLATE = Path(__file__).with_name("inventory.html.jinja")
_MOST_LINES = 500  # of each list; the JSON has all


def render_inventory_page(figures: dict[str, Any]) -> str:
    """The page as HTML."""
    sources = [os.path.abspath(source).encode("utf-8", "backslashreplace").decode() for source in figures["sources"]]
    return render_page(
        _TEMPLATE,
        title=", ".join(map(os.path.basename, sources)),
        sources=sources,
        found=figures,
        korean=describe_inventory_in_korean(figures),
        most=_MOST_LINES,
        size=format_bytes,
        time=describe_time,
        korean_time=_describe_time_in_korean,
        form=describe_form,
        describe=describe_archive,
    )


def describe_inventory_in_korean(figures: dict[str, Any]) -> str:
    """The main figures in Korean sentences."""
    labels, frames, run = figures["labels"], figures["frames"], figures["run"]
    text = f"라벨 {labels['videos']:,}개 가운데 {figures['pairs']['videos']:,}개에 프레임이 있습니다."
    text += f" 어노테이션 {frames['annotated']:,}개 가운데 {frames['usable']:,}개를 쓸 수 있고,"
    text += f" 이미지가 없는 것은 {frames['missing']:,}개입니다."
    if run["seconds"] is not None:
        text += f" 이 머신에서 데이터셋을 만드는 데 약 {format_korean_duration(run['seconds'])} 걸립니다."
    if problems := figures["problems"]:
        text += f" 먼저 해결할 문제가 {len(problems):,}개 있습니다."
    return text


def _describe_time_in_korean(run: dict[str, Any]) -> str:
    if run["seconds"] is None:
        return "알 수 없음: 디코딩할 수 있는 프레임이 없습니다"
    speed = f"코어 {run['cores']}개에서 각각 초당 {run['frames_per_second_and_core']:,.0f}프레임"
    time = format_korean_duration(run["seconds"])
    measured = f"{speed}, 샘플 {run['sample']['frames']}개로 잰 값"
    return f"프레임 {run['frames']:,}개에 약 {time}({measured}. 시작과 계획 {run['start_seconds']}초 포함)"
