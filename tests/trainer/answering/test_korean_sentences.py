import pytest

from shards.emotions import KOREAN
from trainer.answering.korean_sentences import (
    attach_particle,
    format_mood_sentence,
    format_probability,
    format_video_sentence,
)


@pytest.mark.parametrize(
    ("label", "species", "sentence"),
    [
        (0, "dog", "강아지가 화나고 불쾌해 보여요."),
        (1, "cat", "고양이가 겁을 먹은 것 같아요."),
        (2, None, "이 동물이 행복하고 즐거워 보여요."),
        (3, "dog", "강아지가 편안해 보여요."),
        (4, "cat", "고양이가 공격적인 모습을 보이고 있어요."),
        (5, None, "이 동물이 불안하거나 슬퍼 보여요."),
        (None, "dog", "강아지가 지금 어떤 감정인지 잘 모르겠어요."),
        (None, None, "이 동물이 지금 어떤 감정인지 잘 모르겠어요."),
    ],
)
def test_sentences(label, species, sentence):
    assert format_mood_sentence(label, species) == sentence


def test_each_mood_has_words_that_fit_its_name():
    stems = ("불쾌", "겁", "즐거", "편안", "공격", "불안")
    sentences = [format_mood_sentence(label, "dog") for label in range(len(KOREAN))]
    assert [stem in sentence for stem, sentence in zip(stems, sentences, strict=True)] == [True] * 6
    assert len(set(sentences)) == 6


def test_clips():
    assert format_video_sentence(3, "cat") == "동영상 전체로 보면 고양이는 편안해 보여요."
    assert format_video_sentence(None, None) == "동영상 전체로 보면 이 동물은 지금 어떤 감정인지 잘 모르겠어요."


@pytest.mark.parametrize(
    ("word", "subject", "topic"),
    [("강아지", "강아지가", "강아지는"), ("동물", "동물이", "동물은"), ("곰", "곰이", "곰은")],
)
def test_particles(word, subject, topic):
    assert attach_particle(word, "이", "가") == subject and attach_particle(word, "은", "는") == topic


def test_probabilities():
    assert format_probability(3, 0.6214) == "편안/안정 62.1%"
    assert format_probability(0, 1) == "화남/불쾌 100.0%"
