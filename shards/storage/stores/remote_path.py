"""Places in an object store or on an SFTP server: s3://BUCKET/KEY, gs://BUCKET/KEY, sftp://[USER@]HOST[:PORT]/PATH."""

import posixpath
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote

from shards.errors import CallError

STORE_SCHEMES = ("s3", "gs", "sftp")

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?", re.DOTALL
)
_QUOTED = "%?#\x7f" + "".join(map(chr, range(32)))  # in a key; all else, Korean too, stands as it is


@dataclass(frozen=True, order=True)
class RemotePath:
    """A file or a folder in a store. `/`, name and parent are those of pathlib; nothing here asks the store."""

    store: str  # scheme and authority, such as s3://bucket
    key: str  # its parts with / between them, not percent-encoded; "" is the store's root
    query: str = ""  # how the store is reached, such as endpoint_override=HOST:PORT

    def __truediv__(self, name: str) -> "RemotePath":
        return replace(self, key=f"{self.key}/{name}" if self.key else name)

    def __str__(self) -> str:
        """The URL without its query, for messages."""
        return f"{self.store}/{quote_key(self.key)}"

    @property
    def url(self) -> str:
        """The URL by which it is given again."""
        return f"{self}?{self.query}" if self.query else str(self)

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def parent(self) -> "RemotePath":
        return replace(self, key=self.key.rpartition("/")[0])

    @property
    def scheme(self) -> str:
        return self.store.partition(":")[0]

    @property
    def path(self) -> str:
        """A path by which files of several stores can be told apart and named; it names nothing on this machine."""
        return f"/{self.store.rpartition('/')[2]}/{self.key}".rstrip("/")

    def resolve(self, written: str) -> "RemotePath":
        """What a text in a file of this folder names: relative to the folder, from the store's root on, or by its URL.

        `..` leads upwards, at most to the root. Raises ValueError for a URL of another store.
        """
        if is_store_url(written):
            named = parse_store_url(written)
            if _leave_out_user(named.store) != _leave_out_user(self.store):
                raise ValueError(f"lies in {named.store}, not in {self.store}")
            return replace(self, key=named.key)
        whole = posixpath.normpath(written if written.startswith("/") else f"/{self.key}/{written}")
        return replace(self, key=whole.strip("/"))

    def relate(self, folder: "RemotePath") -> str:
        """The path from a folder of the same store to this place, with .. where it lies elsewhere."""
        return posixpath.relpath(f"/{self.key}", f"/{folder.key}")


AnyPlace = Path | RemotePath


def _leave_out_user(store: str) -> str:
    scheme, _, authority = store.partition("://")
    return f"{scheme}://{authority.rpartition('@')[2]}"


def is_store_url(text: str) -> bool:
    """Whether a text is a URL of a kind that is read and written here."""
    found = _URL.fullmatch(text)
    return bool(found) and found["scheme"].lower() in STORE_SCHEMES


def locate(text: str) -> AnyPlace:
    """The place that a call names: a path of this machine, or a URL of a store.

    Raises CallError for a URL that names no bucket or host, or holds a password.
    """
    return parse_store_url(text) if is_store_url(text) else Path(text)


def parse_store_url(text: str) -> RemotePath:
    """A store's URL. Percent-encoding is undone, and Korean is brought to NFC, as everything that is written here.

    Raises CallError as locate does.
    """
    found = _URL.fullmatch(text)
    scheme, authority = found["scheme"].lower(), found["authority"]
    user, _, host = authority.rpartition("@")
    if not host:
        raise CallError(f"{text}: names no {'host' if scheme == 'sftp' else 'bucket'}; give {scheme}://NAME/FOLDER")
    if ":" in user:
        raise CallError(
            f"{scheme}://{host}: a password in a URL is seen by everyone on this machine; leave it out, and give it as "
            "docs/storage.md says"
        )
    parts = [unicodedata.normalize("NFC", unquote(part)) for part in found["path"].split("/") if part]
    if any(part in (".", "..") for part in parts):
        raise CallError(f"{text}: has . or .. in its path; write the path without them")
    return RemotePath(f"{scheme}://{authority}", "/".join(parts), found["query"] or "")


def quote_key(key: str) -> str:
    """A key as it stands in a URL: only what would be read otherwise is percent-encoded."""
    return "".join(quote(char, safe="") if char in _QUOTED else char for char in key)
