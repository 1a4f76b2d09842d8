import pytest

from shards.errors import describe_error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("wrong\nand more"), "wrong"),
        (ValueError("\n\n  wrong  \n"), "wrong"),
        (ValueError(""), "ValueError"),
        (EOFError(), "EOFError"),
        (RuntimeError(" \n "), "RuntimeError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_exception_says_something_in_one_line(error, said):
    assert describe_error(error) == said
