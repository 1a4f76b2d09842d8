"""The two exceptions with which a command reports a problem that is not a bug, and one-line texts for others."""


class DataError(Exception):
    """The data is at fault (exit status 1). The message says in one line what is wrong, where, and what to do."""


class CallError(Exception):
    """The call is at fault (exit status 2). Nothing was done, and the message says what to change."""


def describe_error(error: BaseException) -> str:
    """Return the first line of an exception's message, or its type's name where the message is empty."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
