"""The mood in Korean: a sentence that says how the animal looks, and the mood's name with its probability."""

from shards.emotions import KOREAN

_NAMES = {"dog": "강아지", "cat": "고양이", None: "이 동물"}
_LOOKS = (
    "화나고 불쾌해 보여요",
    "겁을 먹은 것 같아요",
    "행복하고 즐거워 보여요",
    "편안해 보여요",
    "공격적인 모습을 보이고 있어요",
    "불안하거나 슬퍼 보여요",
)  # by label
_UNSURE = "지금 어떤 기분인지 잘 모르겠어요"


def say_mood(label: int | None, species: str | None) -> str:
    """How the animal looks: "강아지가 편안해 보여요."

    Args:
        label: 0..5; None for not knowing.
        species: dog or cat; None where it is not known.
    """
    return f"{attach(_NAMES[species], '이', '가')} {_UNSURE if label is None else _LOOKS[label]}."


def say_mood_of_clip(label: int | None, species: str | None) -> str:
    """The same of a whole video: "영상 전체로 보면 강아지는 편안해 보여요." """
    return f"영상 전체로 보면 {attach(_NAMES[species], '은', '는')} {_UNSURE if label is None else _LOOKS[label]}."


def say_probability(label: int, probability: float) -> str:
    """A mood's name and its probability: "편안/안정 62.1%"."""
    return f"{KOREAN[label]} {100 * probability:.1f}%"


def attach(word: str, after_consonant: str, after_vowel: str) -> str:
    """A Korean word with the form of a particle that its last syllable asks for."""
    final = (ord(word[-1]) - ord("가")) % 28  # syllables are ordered by their final consonant, none first
    return word + (after_consonant if final else after_vowel)
