"""The two ways in which a command fails."""


class DataError(Exception):
    """The data is at fault (exit status 1). The message says what, where and what to do, in one line."""


class CallError(Exception):
    """The call is at fault (exit status 2): it stops before any work, and the message says what to change."""
