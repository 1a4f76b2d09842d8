"""How many there are of something, as English says it."""


def format_count(number: int, noun: str) -> str:
    """As "1 frame" or "1,200 frames"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
