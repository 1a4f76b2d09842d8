"""The two ways in which a command fails, and what any exception says."""


def describe_error(error: BaseException) -> str:
    """What an exception says, in one line; its kind where it says nothing."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


class DataError(Exception):
    """The data is at fault (exit status 1). The message says what, where and what to do, in one line."""


class CallError(Exception):
    """The call is at fault (exit status 2): it stops before any work, and the message says what to change."""
