"""Standard input, output and error, made usable for Korean text however the caller has set them up."""

import io
import os
import sys


def prepare_streams(encoding: str | None = None) -> None:
    r"""Open streams that are closed on /dev/null, and make any text printable.

    Characters that the encoding lacks, and bytes of file names that are not UTF-8, are written as \u.. and \x...

    Args:
        encoding: of standard output and error; that of the locale when not given.
    """
    # If a standard descriptor stayed closed, the next file to be opened would take its number, and everything that is
    # printed would be written into that file.
    for descriptor, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest free number, which is this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed when Python started; libraries expect an object
            devnull = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
            setattr(sys, name, devnull)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
