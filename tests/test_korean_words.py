"""Korean pages use the words that Korean engineers use, one word for one thing, with particles that fit."""

import ast
import re
from pathlib import Path

import pytest

from tests.markdown_pages import PAGES, ROOT, read_page

KOREAN_PAGES = [page for page in PAGES if page.endswith(".ko.md")]
WORDS = {  # what must not stand in a page: what stands there instead
    "등골뼈": "백본",
    "몸통": "백본",
    "머리": "헤드",
    "얼리": "동결",
    "십시오": "세요",
    "상자": "바운딩 박스",
    "(?<!바운딩 )박스": "바운딩 박스",
    "그림": "이미지",
    "화소": "픽셀",
    "작업자": "워커",
    "표본|견본": "샘플",
    "거부 이유|거부한 프레임|거부된 행|거절": "제외 사유, 제외한 프레임",
    "예열": "워밍업",
    "머리글": "헤더",
    "양동이": "버킷",
    "문턱": "임계값",
    "폴더": "디렉터리",
    "디렉토리": "디렉터리",
    "기분": "감정",
    "주석": "어노테이션",
    "에포크": "에폭",
    "찾기 모델|파인더": "탐지 모델",
    "낱말": "용어",
    "매크로 F1": "macro-F1",
    "기록의 순서": "레코드 순서",
    "시험 실행": "드라이 런",
    "묶음": "그룹",
    "거의 같은 프레임|거의 같아서": "유사 중복",
    "특징의 양|특징 없는": "디테일",
}
SPEAKS_TO_OWNERS = (
    "trainer/answering/",
    "trainer/inference.py",
    "trainer/inference_output.py",
    "tools/serving/",
)  # in 해요체
PLAIN_STYLE = re.compile(r"[가-힣](?<!니)다\.|(?:어요|아요|해요|지요)\.")  # 한다체 and 해요체
FINALS = {"을": True, "를": False, "은": True, "는": False, "과": True, "와": False}
SPOKEN = {"JSON": True, "XML": True, "CSV": False, "GPU": False, "CPU": False, "zip": True, "tar": False, "JPEG": False}


def read_prose(page: str) -> str:
    """A page without its code, links' targets and the sentences that it quotes."""
    text = re.sub(r"```\w*\n.*?```", "", read_page(page), flags=re.DOTALL)
    return re.sub(r'`[^`\n]*`|\]\([^)]*\)|"[^"\n]*"', "", text)


def read_korean(source: Path) -> str:
    """The lines with Hangul of a template or script; of a module its texts with Hangul, a line each."""
    text = source.read_text(encoding="utf-8")
    if source.suffix == ".py":
        texts = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        return "\n".join(text for text in texts if isinstance(text, str) and re.search("[가-힣]", text))
    return "\n".join(line for line in text.splitlines() if re.search("[가-힣]", line))


_SUFFIXES = (".py", ".jinja", ".js", ".html")
_ROOMS = ("shards/descriptions", "tools", "trainer", "console/html_page.html.jinja")
_FILES = [path for room in _ROOMS for path in [ROOT / room, *sorted((ROOT / room).rglob("*"))]]
PAGE_SOURCES = [path for path in _FILES if path.suffix in _SUFFIXES and path.is_file() and read_korean(path)]


def list_misfits(text: str) -> list[str]:
    """Words with a particle for the other kind of ending: JSON를, zip를, CSV은."""
    found = re.findall(rf"\b({'|'.join(SPOKEN)})([{''.join(FINALS)}])(?![가-힣])", text)
    return [word + particle for word, particle in found if FINALS[particle] != SPOKEN[word]]


def list_object_misfits(text: str) -> list[str]:
    """Korean words with 을 after a vowel or 를 after a consonant."""
    words = re.findall(r"[가-힣]*([가-힣])([을를])(?![가-힣])", text)
    return [a + b for a, b in words if ((ord(a) - ord("가")) % 28 > 0) != FINALS[b]]


def test_the_checks_see_what_is_wrong():
    assert list_misfits("JSON를 zip은 CSV을") == ["JSON를", "CSV을"]
    assert list_object_misfits("라벨를 크롭을 샤드을") == ["벨를", "드을"]
    assert PLAIN_STYLE.search("데이터셋을 만든다.")
    assert PLAIN_STYLE.search("열어 봐요. 해요.")
    assert not PLAIN_STYLE.search("데이터셋을 만듭니다.")


@pytest.mark.parametrize("page", KOREAN_PAGES)
class TestPage:
    def test_it_has_no_word_that_nobody_says(self, page):
        prose = read_prose(page)
        found = {f"{match[0]} -> {right}" for wrong, right in WORDS.items() for match in re.finditer(wrong, prose)}
        assert not found

    def test_particles_are_written_out(self, page):
        prose = read_prose(page)
        assert not re.findall(
            r"와\(과\)|과\(와\)|은\(는\)|는\(은\)|이\(가\)|가\(이\)|을\(를\)|를\(을\)|\(으\)로", prose
        )
        assert not list_misfits(prose)
        assert not list_object_misfits(prose)

    def test_counters_follow_their_numbers(self, page):
        """2.9배 and 8장, not 2.9 배 and 8 장."""
        assert not re.findall(r"\d (?:배|장|개|초|분|시간|번|비트|대|프레임|단계)(?![가-힣])", read_prose(page))

    def test_it_speaks_in_one_voice(self, page):
        assert not [line for line in read_prose(page).splitlines() if PLAIN_STYLE.search(line)]


@pytest.mark.parametrize("source", PAGE_SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
class TestPageSource:
    """The Korean of HTML pages, answers and a dataset's card: templates, scripts, and modules with their words."""

    def test_it_has_no_word_that_nobody_says(self, source):
        text = read_korean(source)
        found = {f"{match[0]} -> {right}" for wrong, right in WORDS.items() for match in re.finditer(wrong, text)}
        if source.name == "dataset_card.py":  # its bytes are part of the recipe: the next one changes it
            found -= {"폴더 -> 디렉터리"}
        assert not found

    def test_particles_fit(self, source):
        text = read_korean(source)
        assert not list_misfits(text) and not list_object_misfits(text)

    def test_it_speaks_in_one_voice(self, source):
        """To owners 해요체, else 합니다체."""
        to_owners = str(source.relative_to(ROOT)).startswith(SPEAKS_TO_OWNERS)
        wrong = re.compile(r"니다[.\"]") if to_owners else PLAIN_STYLE
        assert not [line for line in read_korean(source).splitlines() if wrong.search(line)]


def test_a_users_clip_is_no_video_of_a_dataset():
    """동영상 wherever a user gives it; 영상 alone is of a dataset, as what the model learned from."""
    for source in PAGE_SOURCES:
        if str(source.relative_to(ROOT)).startswith(SPEAKS_TO_OWNERS):
            of_clips = [
                line
                for line in read_korean(source).splitlines()
                if re.search("(?<!동)영상", line) and not re.search("학습 영상|영상 [$]|영상의 라벨|않은 영상", line)
            ]
            assert not of_clips, source
