"""A .keras file with a member of our own: the zip that Keras writes gets one more, a JSON text about the model.

Keras ignores the member, and it is read without TensorFlow or Keras.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shards.errors import CallError, DataError, describe_error
from shards.storage.atomic_write import make_temporary_folder, write_atomically
from shards.storage.files import read_file

# The oldest Keras that loads a model file. Tried with files of four backbones and the released versions: 3.15.0 gives
# the same logits; 3.14.0 and older fail on an initializer's argument that 3.15 writes (GlorotUniform's `input_axes`).
OLDEST_KERAS = "3.15.0"

_AGAIN = "copy it anew from where it was trained, or train again"
_MOST_RATIO, _MOST_EXTRA = 50, 10_000_000  # bytes of the members for one of the file, and more: weights hardly shrink
_T = TypeVar("_T", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    format: str = ""
    version: int = 0


def write_keras_archive(path: Path, model: Any, member: str, text: bytes) -> None:
    """Write a Keras model and a member with this text, whole or not at all.

    Raises CallError where the path does not end in .keras.
    """
    if path.suffix != ".keras":
        raise CallError(f"{path}: a model file has to end in .keras")
    with make_temporary_folder(path) as folder:
        saved = folder / "model.keras"  # Keras insists on this ending
        model.save(saved)
        with zipfile.ZipFile(saved, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, text)
        with write_atomically(path) as file:
            file.write(saved.read_bytes())


def load_keras_archive(path: Path, jit: bool, oldest_keras: str) -> Any:
    """The model in a .keras file, compiled with or without XLA.

    Raises CallError where the installed Keras is older than the file needs, DataError where it cannot be loaded.
    """
    import keras

    from trainer.model.keras_defaults import load_keras_file

    try:
        model = load_keras_file(path)
        model.compile(jit_compile=jit)  # otherwise Keras chooses XLA on a GPU, which compiles anew for one picture
        return model
    except Exception as error:
        if _parse_version(keras.__version__) < _parse_version(oldest_keras):
            raise CallError(f"{path}: needs Keras {oldest_keras} or later, here is {keras.__version__}") from error
        raise DataError(f"{path}: Keras {keras.__version__} cannot load it: {describe_error(error)}") from error


def has_json_member(path: Path, member: str) -> bool:
    """Whether a file is a zip with this member. Raises DataError where it begins as a zip and is damaged."""
    with _open_archive(path) as archive:
        return member in archive.namelist()


def read_json_member(path: Path, member: str, remedy: str) -> bytes:
    """A member of a .keras file; the checksums of all its members are verified too.

    `remedy` says what file to give instead. Raises CallError where it is no .keras file with this member, DataError
    where it is damaged.
    """
    if path.suffix != ".keras":
        raise CallError(f"{path}: is no .keras file; {remedy}")
    if not path.is_file():
        raise CallError(f"{path}: {'is not a file' if path.exists() else 'there is no such file'}; {remedy}")
    with _open_archive(path) as archive:
        if member not in archive.namelist():
            raise CallError(f"{path}: holds no {member}, so this project did not write it; {remedy}")
        if damaged := archive.testzip():
            raise DataError(f"{path}: damaged: {damaged} does not fit its checksum; {_AGAIN}")
        return archive.read(member)


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A .keras file's zip. What is wrong with it becomes a DataError in the block."""
    data = read_file(path)  # as a whole: in a file, a damaged offset would look like a fault of the disk
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            stated = sum(entry.file_size for entry in archive.infolist())
            if stated > _MOST_RATIO * len(data) + _MOST_EXTRA:
                raise DataError(f"{path}: claims {stated:,} bytes in a file of {len(data):,}, as no model does")
            yield archive
    except (CallError, DataError):
        raise
    except Exception as error:  # zipfile raises whatever its parsers and decompressors do
        raise DataError(f"{path}: damaged: {describe_error(error)}; {_AGAIN}") from error


def decode_json_member(path: Path, member: str, data: bytes, kind: type[_T]) -> _T:
    """Decode a member to a struct whose defaults state its `format` and `version`.

    Raises DataError where it states others, or is damaged.
    """
    expected = {field.name: field.default for field in msgspec.structs.fields(kind)}
    try:
        stated = msgspec.json.decode(data, type=_Version)
        if (stated.format, stated.version) != (expected["format"], expected["version"]):
            raise DataError(
                f"{path}: is {stated.format!r} version {stated.version}, this program reads {expected['format']!r} "
                f"version {expected['version']}; train again, or use the program that wrote it"
            )
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {member} is damaged: {error}; train again") from error


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
