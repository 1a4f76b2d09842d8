"""What a comparison says in a few lines, for the terminal and the head of the page."""

from typing import Any

from shards.emotions import EMOTIONS

_LETTERS = {"a": "A", "b": "B"}
_METRICS = {"macro-F1": "macro-F1", "accuracy": "정확도", "balanced accuracy": "균형 정확도"}
_LEVELS = {"frames": "프레임", "videos": "영상"}
KOREAN_PARTS = {  # what runs differ in
    "settings": "설정",
    "pictures": "이미지 처리",
    "versions": "버전",
    "device": "연산 장치",
}
_PRIORS = {"equal priors": "균등 사전 확률", "natural prior": "학습 비율 사전 확률"}
KOREAN_FIGURES = {  # of runs, by their names in English
    "AP at IoU 0.5 to 0.95": "IoU 0.5:0.95의 AP",
    "AP at IoU 0.5": "IoU 0.5의 AP",
    "mean IoU of the best box": "가장 좋은 바운딩 박스의 평균 IoU",
} | {
    f"{metric} of {level}, {prior}": f"{korean}({korean_level}, {korean_prior})"
    for metric, korean in _METRICS.items()
    for level, korean_level in _LEVELS.items()
    for prior, korean_prior in _PRIORS.items()
}


def describe_comparison(found: dict[str, Any]) -> list[str]:
    """The result in English."""
    if found["kind"] == "runs":
        better = _LETTERS.get(found["better"])
        verdict = f"{better} is better" if better else "which is better cannot be said"
        return [f"{verdict} by {found['decided_by']}: {found['why']}.", _count_settings(found["differences"])]
    a, b = found["rows"]
    kept = found["kept"]
    changed = ", ".join(f"{found[name]['rows']:,} changed their {name}" for name in ("status", "split", "mood"))
    return [
        f"{a:,} rows in A, {b:,} in B: {found['came']['rows']:,} came, {found['went']['rows']:,} went, {changed}.",
        f"kept in both {kept['both']:,}, in A alone {kept['only_a']:,}, in B alone {kept['only_b']:,}.",
        _count_settings({"settings": found["settings"]} if found["settings"] else {}),
    ]


def describe_comparison_in_korean(found: dict[str, Any]) -> str:
    """The result in Korean sentences."""
    if found["kind"] == "runs":
        return f"{_judge_runs_in_korean(found)} {_name_settings_in_korean(found['differences'])}"
    kept = found["kept"]
    return (
        f"새로 생긴 행 {found['came']['rows']:,}개, 사라진 행 {found['went']['rows']:,}개, 상태가 바뀐 행 "
        f"{found['status']['rows']:,}개, 분할이 바뀐 행 {found['split']['rows']:,}개, 감정이 바뀐 행 "
        f"{found['mood']['rows']:,}개입니다. 다른 설정은 {len(found['settings'] or {}):,}개입니다. "
        f"두 데이터셋에 모두 남은 프레임은 {kept['both']:,}개, "
        f"A에만 남은 것은 {kept['only_a']:,}개, B에만 남은 것은 {kept['only_b']:,}개입니다."
    )


def _judge_runs_in_korean(found: dict[str, Any]) -> str:
    if not found["same_validation"]:
        return "검증에 쓴 데이터셋이 서로 달라 두 학습 결과의 우열을 가릴 수 없습니다."
    figure = found["figures"][found["decided_by"]]
    if figure["interval"] is None:
        return "신뢰 구간이 없는 수치가 있어(예: 검증 영상이 하나뿐인 경우) 어느 쪽이 나은지 말할 수 없습니다."
    better = _LETTERS.get(found["better"])
    verdict = f"{better} 쪽이 더 낫습니다." if better else "어느 쪽이 나은지 말할 수 없습니다."
    low, high = figure["interval"]
    span = f"{KOREAN_FIGURES[found['decided_by']]}의 차이(B - A): {figure['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
    holds = "들어 있지 않습니다" if better else "들어 있습니다"
    return f"{verdict} {span}. 이 신뢰 구간에 0이 {holds}. {describe_pairing_in_korean(found)}"


def describe_pairing(found: dict[str, Any]) -> str:
    """How the intervals of differences of two runs came about."""
    if found["paired_videos"]:
        return (
            f"The intervals of B − A are paired: both runs answered the same {found['paired_videos']:,} videos, which "
            "are drawn together."
        )
    return "The intervals of B − A take the runs as independent: rather too wide where both answered the same videos."


def describe_pairing_in_korean(found: dict[str, Any]) -> str:
    if found["paired_videos"]:
        return f"두 학습 결과가 같은 영상 {found['paired_videos']:,}개에 답한 것을 짝지어 구한 구간입니다."
    return "두 학습 결과를 서로 독립으로 보고 구한 구간이라, 검증 영상이 같으면 조금 넓은 편입니다."


def describe_group(group: dict[str, Any]) -> str:
    """What the rows of a group have in common, as "kept -> duplicate (near_in_video)"."""
    sides = []
    for side in ("a", "b"):
        values = [group[name] for name in group if name.endswith(f"_{side}")]
        if values:
            sides.append(_name_values(values, is_mood=f"label_{side}" in group))
    return " → ".join(sides)


def _name_values(values: list[Any], is_mood: bool) -> str:
    first, *rest = values
    if is_mood and first is not None:
        return f"{EMOTIONS[first].english} ({EMOTIONS[first].korean})"
    reason = f" ({rest[0]})" if rest and rest[0] else ""
    return f"{'none' if first is None else first}{reason}"


def _name_settings_in_korean(differences: dict[str, dict[str, Any]]) -> str:
    named = [f"{KOREAN_PARTS[part]}: {', '.join(found)}" for part, found in differences.items()]
    return f"서로 다른 것은 다음과 같습니다. {'; '.join(named)}." if named else "서로 다른 설정이 없습니다."


def _count_settings(differences: dict[str, dict[str, Any]]) -> str:
    named = [f"{part}: {', '.join(found)}" for part, found in differences.items()]
    return "; ".join(named) + " differ." if named else "no setting differs."
