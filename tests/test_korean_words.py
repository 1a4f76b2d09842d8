"""Korean pages use the words that Korean engineers use, one word for one thing, with particles that fit."""

import re

import pytest

from tests.markdown_pages import PAGES, ROOT, read_page

KOREAN_PAGES = [page for page in PAGES if page.endswith(".ko.md")]
WORDS = {  # what must not stand in a page: what stands there instead
    "등골뼈": "백본",
    "몸통": "백본",
    "머리": "헤드",
    "얼리": "동결",
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
}
SPEAKS_TO_OWNERS = (
    "trainer/answering/",
    "trainer/inference.py",
    "trainer/inference_output.py",
    "tools/serving/",
)  # of a pet's 기분
PLAIN_STYLE = re.compile(r"[가-힣](?<!니)다\.|(?:어요|아요|해요|지요)\.")  # 한다체 and 해요체
FINALS = {"을": True, "를": False, "은": True, "는": False, "과": True, "와": False}
SPOKEN = {"JSON": True, "XML": True, "CSV": False, "GPU": False, "CPU": False, "zip": True, "tar": False, "JPEG": False}


def read_prose(page: str) -> str:
    """A page without its code, links' targets and the sentences that it quotes."""
    text = re.sub(r"```\w*\n.*?```", "", read_page(page), flags=re.DOTALL)
    return re.sub(r'`[^`\n]*`|\]\([^)]*\)|"[^"\n]*"', "", text)


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


def test_the_code_says_mood_as_the_pages_do():
    """감정 wherever it is about the data; 기분 only where a pet's owner is answered."""
    files = [
        path for room in ("console", "preprocess", "shards", "tools", "trainer") for path in (ROOT / room).rglob("*.*")
    ]
    texts = [path for path in files if path.suffix in (".py", ".jinja", ".js", ".html", ".css")]
    found = [str(path.relative_to(ROOT)) for path in texts if "기분" in path.read_text()]
    assert found, "nothing is said to owners any more: the rule in docs/development.md is out of date"
    assert not [name for name in found if not name.startswith(SPEAKS_TO_OWNERS)]
