"""Commands speak Korean by --lang ko or a Korean locale; the tables are complete; what is stored stays the same."""

import ast
import json
import re

import pytest

from console.command import run_command
from console.output.korean.messages import KOREAN_MESSAGES
from console.output.korean.pictures import KOREAN_PICTURES
from console.output.korean.training_messages import KOREAN_TRAINING
from console.output.language import choose_language, list_korean_rows, translate
from console.output.messages import print_message, print_result
from console.progress import show_progress, show_waiting
from preprocess.__main__ import main as preprocess
from tests.console.output.told_templates import ROOMS, list_errors, list_told
from tests.markdown_pages import ROOT
from tests.test_korean_words import WORDS, list_misfits, list_object_misfits
from tests.trees import make_jpeg, make_label, write_video
from tools import verify

ROWS = list_korean_rows()
ERRORS = ROWS.keys() - KOREAN_MESSAGES.keys() - KOREAN_TRAINING.keys() - KOREAN_PICTURES.keys()
FIELD = re.compile(r"\{n?\}")
# What is not put into Korean, or in other rows, with the words that it is made of.
ELSEWHERE = {
    "http://{}:{}/",
    "{}, in {}",  # {n} shards, {n} bytes, in {}
    "{}, of {} whole frames for a finder",
}
# Errors that are put together of others, or of values with a few words: their rows are those of what they come to.
COMPOSED = {
    "{}: offset {}: {}",
    "{}: offset 0 to {}: {}; {}",
    "{}; give --replace to make it anew, or another folder",
    "{} cannot be used: {}",
    "source {}",
    "--label {}: {}",
    "--finder {}: {}",
    "devices {}: {}",
    "{} {}: an epoch has only {} frames; train on fewer {}",  # devices or hosts
    "{}: names no {}; give {}://NAME/FOLDER",  # host or bucket
    "{} has no room for {} hosts, or cannot be used: {}",
    "{}; run the same command{} again, it goes on from there",
    "{}: its image {}",
    "{}; did you mean {}?",  # the following arguments are required
    "the following arguments are required: NAME",
}
HIDDEN_VALUES = {  # rows whose Korean leaves out values that are English words
    "{n} frames lie in another place too; each is used once, from {}",
}


def is_composed(part: str, known: str, most: int) -> bool:
    """Whether a part of a message stands in the code, or is put together of at most so many that do."""
    spaces = [found.start() for found in re.finditer(" ", part)] if most > 1 else []
    return part in known or any(
        part[:space] in known and is_composed(part[space + 1 :], known, most - 1) for space in spaces
    )


def is_sentence(template: str) -> bool:
    """Whether there is anything to translate beside values and the name of the command."""
    return bool(re.search("[A-Za-z]{2}", re.sub(r"^[a-z_]+: (?=\{\})", "", template)))


class TestTables:
    def test_every_message_has_its_row(self):
        rows = {FIELD.sub("{}", english) for english in ROWS} | ELSEWHERE
        told = [(text.place, re.sub(r"(\{\})+", "{}", text.template)) for text in list_told()]  # {}{} is one value
        missing = [f"{place}: {text!r}" for place, text in told if is_sentence(text) and text not in rows]
        assert len(told) > 100
        assert not missing, "\n".join(["write rows in console/output/korean/messages.py or its neighbours", *missing])

    def test_every_error_has_its_row(self):
        rows = {re.sub(r"(\{\} ?)+", "{}", FIELD.sub("{}", english)) for english in (*ROWS, *COMPOSED)}
        raised = [(text.place, re.sub(r"(\{\} ?)+", "{}", text.template)) for text in list_errors()]
        missing = [f"{place}: {text!r}" for place, text in raised if is_sentence(text) and text not in rows]
        assert len(raised) > 250
        assert not missing, "\n".join(["write rows in console/output/korean/", *missing])

    def test_every_error_is_one_that_the_program_knows(self):
        texts = []
        for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
            if path.parent.name != "korean":
                nodes = ast.walk(ast.parse(path.read_text()))
                texts += [
                    node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
                ]
        known = "\n".join(" ".join(text.split()) for text in texts)
        theirs = {"the following arguments are required", "unrecognized arguments", "expected one argument"}  # argparse
        theirs |= {"expected at least one argument", "ignored explicit argument", "not allowed with argument"}
        theirs |= {"invalid choice", "choose from", "invalid int value", "invalid float value"}
        parts = {part.strip(" :;,(){}") for english in ERRORS for part in re.split(r"\{n?\}|; ", english)}
        parts = {part for part in parts if len(part) > 8 and part not in theirs}
        assert not {part for part in parts if not is_composed(part, known, 3)}

    @pytest.mark.parametrize("english", ROWS)
    def test_values_stay(self, english):
        count = len(FIELD.findall(english))
        values = [f"{number}{number}.5" for number in range(1, count + 1)]
        line = FIELD.sub("{}", english).format(*values)
        is_nested = re.search(":(?:text|list|parts)}", ROWS[english])
        shown = translate(line) if is_nested else ROWS[english].format(*values)
        if english not in HIDDEN_VALUES:
            assert [value for value in values if shown.count(value) != 1] == []
        assert re.search("[가-힣]", ROWS[english]) or english == "macro-F1 {n}"

    def test_they_use_the_words_of_the_pages(self):
        text = "\n".join(ROWS.values())
        assert not {wrong for wrong in WORDS if re.search(wrong, text)}
        assert not list_misfits(text) and not list_object_misfits(text)
        assert not re.findall(r"\}(?:을|를|은|는|과|와|이|가)(?![가-힣])", text.replace("{0}가 남습니다", ""))


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "ko_KR.UTF-8"}, "ko"),
        ([], {"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR"}, "ko"),
        ([], {"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ([], {"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),  # an empty one counts as not set
        ([], {"LANG": "kok_IN"}, "en"),  # Konkani
        (["--lang", "en"], {"LANG": "ko_KR.UTF-8"}, "en"),
        (["--lang=ko", "x"], {"LANG": "C"}, "ko"),
        (["--lang", "fr"], {}, "en"),  # the parser refuses it
        (["--lang"], {}, "en"),
    ],
)
def test_flag_and_locale_choose(arguments, environment, language):
    assert choose_language(arguments, environment) == language


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("found    1,234 labelled videos, 56 frames", "원본     라벨이 있는 영상 1,234개, 프레임 56장"),
        (
            "figures 607 frames kept, 12 near-duplicates, 3 rejected",
            "요약    프레임 607장 남김, 유사 중복 12장, 3개 제외",
        ),
        ("figures 1 frame kept, 1 near-duplicate, 1 box", "요약    프레임 1장 남김, 유사 중복 1장, 바운딩 박스 1개"),
        ("found    1 labelled video, 1 frame", "원본     라벨이 있는 영상 1개, 프레임 1장"),
        (
            "verify: x is not whole: 1 fault; remove it and make it again",
            "verify: x: 손상된 곳이 1군데 있습니다. 지우고 다시 만드세요",
        ),
        ("next    python -m trainer.train --train frames", "다음    python -m trainer.train --train frames"),
        ("made    file:///data/12%20rows", "결과    file:///data/12%20rows"),  # a path that looks like a message
        ("frames: damaged", "frames: damaged"),
        ("train: runs/a is a file; give another --out", "train: runs/a: 파일입니다. 다른 --out을 지정하세요"),
        (
            "verify: /my data has no dataset.json, so it is no dataset; give the folder that preprocess wrote with "
            "--out",
            "verify: /my data: dataset.json 파일이 없어 데이터셋이 아닙니다. preprocess의 --out으로 만든 "
            "디렉터리를 지정하세요",
        ),
        (
            "epoch 1: 12 of 30 steps (40%), 2.5 steps/s, 00:05 so far, 00:07 left",
            "epoch 1: 12/30 스텝 (40%), 초당 2.5 스텝, 00:05 경과, 00:07 남음",
        ),
        ("split: as the source's own folders say", "분할: 원본의 디렉터리를 그대로 따름"),
        (
            "epoch   1 (tune)  loss 1.1522  val_loss 2.2339  macro-F1 0.077  accuracy 0.102  250 images/s, 12.1% of it "
            "waiting for data",
            "에폭    1 (tune)  손실 1.1522  검증 손실 2.2339  macro-F1 0.077  정확도 0.102  초당 250장, 데이터를 "
            "기다린 시간 12.1%",
        ),
        (
            "runs/a: frames: accuracy 0.102 [0.000, 0.277] is not shown to differ from 0.305 and macro-F1 0.177 beats "
            "0.078 of always answering calm (편안/안정); with the natural prior, accuracy 0.305 loses to 0.405",
            "runs/a: 프레임 단위로, 항상 ‘편안/안정’(calm) 하나로 답할 때와 비교하면 정확도 0.102 [0.000, 0.277]"
            "(기준 0.305 대비 차이가 확실하지 않음), macro-F1 0.177(기준 0.078보다 높음). 감정이 학습 영상에서만큼 "
            "흔하다고 보면 정확도 0.305(기준 0.405보다 낮음)",
        ),
        ("starting Ray: 00:31 so far", "Ray를 시작하는 중: 00:31 경과"),
        (
            "writing and comparing saved_model, litert: 01:00:30 so far",
            "내보내고 비교하는 중: saved_model, litert: 01:00:30 경과",
        ),
        (
            "tune 1/2: 12 of 30 steps (40%), 2.5 steps/s, 00:05 so far, 00:07 left; accuracy 0.594, loss 0.693",
            "tune 1/2: 12/30 스텝 (40%), 초당 2.5 스텝, 00:05 경과, 00:07 남음; 정확도 0.594, 손실 0.693",
        ),
        (
            "120 of 120 frames (100%), 60 frames/s, 00:02 so far; kept 52, rejected 3, duplicate 0",
            "120/120 프레임 (100%), 초당 60 프레임, 00:02 경과; 남김 52, 제외 3, 중복 0",
        ),
        ("list 0.3 s, videos 10.5 s; 9 frames/s in videos", "목록 0.3초, 영상 10.5초; 영상 단계에서 초당 9프레임"),
        (
            "figures macro-F1 of frames (equal priors), A 0.143, B 0.486",
            "요약    macro-F1(프레임, 균등 사전 확률), A 0.143, B 0.486",
        ),
        ("from epoch 1 of 2", "전체 2에폭 중 1번째"),
        (
            "warning anger (분노), fear (공포): without any frame, so a model never answers it",
            "경고    anger (분노), fear (공포): 프레임이 없어 모델이 답으로 내지 않습니다",
        ),
        (
            "warning loss was highest in the last epoch, 3: it may rise further; give more --epochs",
            "경고    loss: 마지막 에폭(3)에서 가장 높았으므로 더 오를 수 있습니다. --epochs를 늘리세요",
        ),
        (
            "warning without a training frame, so never answered: 공포; 3 of 9 validation frames show them, which "
            "count as wrong and are left out of val_loss: add videos of these moods; python -m tools.dataset_report "
            "shows where they went",
            "경고    학습 프레임이 없어 답하지 않는 감정: 공포. 검증 프레임 9장 중 3장이 여기에 해당하며, 오답으로 "
            "세고 val_loss에서는 뺍니다. 이 감정의 영상을 추가하세요. 어디에서 빠졌는지 보려면: "
            "python -m tools.dataset_report",
        ),
        (
            "predict: unrecognized arguments: --bxo; did you mean --box?",
            "predict: 알 수 없는 인자입니다: --bxo. 혹시 다음 인자인가요? --box",
        ),
        (
            "train: best is x: give one of ap, loss",
            "train: best: 쓸 수 없는 값입니다(x). 쓸 수 있는 값: 다음 가운데 하나: ap, loss",
        ),
        (
            "--finder a.zip: a zip or .keras file, not a finder; give the finder.keras of a run of "
            "trainer.train_finder, or the model.onnx of its export",
            "--finder a.zip: 탐지 모델이 아닙니다(zip 또는 .keras 파일). trainer.train_finder로 학습한 finder.keras나 "
            "내보낸 model.onnx를 지정하세요",
        ),
        (
            "a.zip: its zip64 end record is damaged; download it again (and 2 more: python -m tools.inventory "
            "lists them)",
            "a.zip: zip64의 끝 레코드가 손상되었습니다. 다시 받으세요 (그 밖에 2개. python -m tools.inventory로 모두 "
            "볼 수 있습니다)",
        ),
        (
            "/d: 2 training frames within 6 bits of a validation frame (the nearest: a/1 is 3 bits from b/2); 1 video "
            "in both splits (c); make the dataset again with python -m preprocess",
            "/d: 검증 프레임과 6비트 이내인 학습 프레임 2장 (가장 가까운 것: a/1, b/2, 차이 3비트); 양쪽 분할에 모두 "
            "있는 영상 1개 (c). python -m preprocess로 데이터셋을 다시 만드세요",
        ),
        ("something that no table has", "something that no table has"),
        ("", ""),
    ],
)
def test_lines(english, korean):
    assert translate(english) == korean


def say(arguments: list[str]) -> int:
    print_message("validating")
    with show_progress(2, "frame") as progress, show_waiting("starting Ray"):
        progress.update(2)
    print_result("figures 3 rows")
    return 0


def test_a_log_stays_english(tmp_path, capsys):
    log = tmp_path / "기록.log"
    assert run_command("tool", say, ["--lang", "ko", "--log", str(log)]) == 0
    shown = capsys.readouterr()
    assert shown.out == "요약    3행\n"
    assert [line[20:] for line in shown.err.splitlines()][:2] == ["검증하는 중", "Ray를 시작하는 중"]
    assert re.search(r"2/2 프레임 \(100%\), 초당 [\d.,]+ 프레임, 00:00 경과$", shown.err)
    written = log.read_text(encoding="utf-8")
    assert not re.search("[가-힣]", written)
    assert "validating" in written and "2 of 2 frames (100%)" in written and "figures 3 rows" in written
    run_command("tool", say, [])
    assert "figures 3 rows" in capsys.readouterr().out  # the next command in this process speaks English again


def test_a_dataset_is_the_same_in_both_languages(two_workers, tmp_path, capsys, monkeypatch):
    shown = [(mood, part) for mood in ("공포", "편안/안정") for part in ("Training", "Validation")]
    for number, (mood, part) in enumerate(shown):
        label = make_label(inspect={"emotion": mood})
        images = {0: make_jpeg(2 * number), 5: make_jpeg(2 * number + 11)}
        write_video(tmp_path / "pets", f"dog-sit-{number:06}", images, label=label, part=part)
    told = {}
    for language in ("en", "ko"):
        call = ["--source", str(tmp_path / "pets"), "--out", str(tmp_path / language), "--lang", language]
        assert run_command("preprocess", preprocess, call) == 0
        told[language] = capsys.readouterr()
    for name in ("dataset.json", "manifest.parquet"):
        assert (tmp_path / "ko" / name).read_bytes() == (tmp_path / "en" / name).read_bytes()
    assert "rows  " in told["en"].out and "행      " in told["ko"].out
    left = [line for line in told["ko"].out.splitlines() if re.match(r"(?:rows|split|made|figures|next)\b", line)]
    assert "원본     라벨이 있는 영상 4개, 프레임 8장" in told["ko"].err and not re.search(
        "found|memory", told["ko"].err
    )
    assert not [line for line in left if not re.match("(?:train|val) ", line)]
    assert not re.search("[가-힣]", (tmp_path / "ko.log.json").read_text().replace(str(tmp_path), ""))
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run_command("verify", verify.main, [str(tmp_path / "ko")]) == 0
    assert "손상 없음. 샤드" in capsys.readouterr().out
    assert run_command("verify", verify.main, [str(tmp_path / "없음")]) == 2
    assert "디렉터리가 아닙니다. preprocess의 --out으로 만든 디렉터리를 지정하세요" in capsys.readouterr().err
    (tmp_path / "en" / "features.json").unlink()
    assert run_command("verify", verify.main, [str(tmp_path / "en"), "--lang", "en"]) == 1
    assert f"verify: {tmp_path / 'en'} is not whole: 1 fault; remove it" in capsys.readouterr().err


def test_a_settings_file_may_name_the_language(tmp_path, capsys):
    file = tmp_path / "설정.yaml"
    file.write_text(json.dumps({"lang": "ko", "source": [str(tmp_path / "없음")], "out": str(tmp_path / "out")}))
    assert run_command("preprocess", preprocess, ["--config", str(file)]) == 2
    assert "없는 경로입니다" in capsys.readouterr().err
