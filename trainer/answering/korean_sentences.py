"""Korean sentences for a mood, and a mood's name with its probability."""

from shards.emotions import KOREAN

ANIMAL_NAMES = {"dog": "강아지", "cat": "고양이", None: "이 동물"}
_MOOD_PREDICATES = (
    "화나고 불쾌해 보여요",
    "겁을 먹은 것 같아요",
    "행복하고 즐거워 보여요",
    "편안해 보여요",
    "공격적인 모습을 보이고 있어요",
    "불안하거나 슬퍼 보여요",
)  # by label
_UNKNOWN_PREDICATE = "지금 어떤 감정인지 잘 모르겠어요"
NO_PET_SENTENCE = "강아지나 고양이를 찾지 못했어요."
UNKNOWN_MOOD = "잘 모르겠음"
NOT_FOUND = "찾지 못함"  # for some time of a video


def format_mood_sentence(label: int | None, species: str | None) -> str:
    """A sentence on how the animal looks, such as "강아지가 편안해 보여요."

    Args:
        label: 0..5; None if the mood is not known.
        species: dog or cat; None if it is not known.
    """
    subject = attach_particle(ANIMAL_NAMES[species], "이", "가")
    return f"{subject} {_get_predicate(label)}."


def format_video_sentence(label: int | None, species: str | None) -> str:
    """The same for a whole video: "동영상 전체로 보면 강아지는 편안해 보여요." """
    topic = attach_particle(ANIMAL_NAMES[species], "은", "는")
    return f"동영상 전체로 보면 {topic} {_get_predicate(label)}."


def _get_predicate(label: int | None) -> str:
    return _UNKNOWN_PREDICATE if label is None else _MOOD_PREDICATES[label]


def format_probability(label: int, probability: float) -> str:
    """A mood's name and its probability, such as "편안/안정 62.1%"."""
    return f"{KOREAN[label]} {100 * probability:.1f}%"


def attach_particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """Append the form of a particle that follows the word's last syllable, which ends in a consonant or a vowel."""
    final = (ord(word[-1]) - ord("가")) % 28  # 0 without a final consonant: Unicode orders syllables by it
    return word + (after_consonant if final else after_vowel)
