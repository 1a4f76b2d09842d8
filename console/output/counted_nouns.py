"""How many there are of something, as English says it."""


def format_count(number: int, noun: str) -> str:
    """As "1 frame", "1,200 frames" or "2 boxes"."""
    return f"{number:,} {noun if number == 1 else noun + ('es' if noun.endswith('x') else 's')}"
