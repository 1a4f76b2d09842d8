"""Files on an SFTP server by paramiko: the only module that knows it (extra `sftp`).

The server is one that ssh knows: its key stands in ~/.ssh/known_hosts, and ~/.ssh/config, the keys there and the agent
say who asks. The URL's query may name another file than ~/.ssh/config, as `ssh -F` does: ?config=FILE. fsspec's SFTP is
not used, because it trusts whatever server answers.
"""

import errno
import os
import posixpath
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar
from urllib.parse import parse_qsl, urlsplit

import paramiko

from shards.errors import CallError
from shards.storage.atomic_write import name_partial
from shards.storage.files import BLOCK_SIZE
from shards.storage.stores.remote_entries import RemoteEntry, RemoteState

_T = TypeVar("_T")
_CONNECT_SECONDS = 15
_KEEPALIVE_SECONDS = 15
_SILENT_SECONDS = 60  # after which a connection that says nothing is given up


class SftpStore:
    """A server. Threads share one connection; each has a channel of its own on it, for paramiko mixes up answers."""

    def __init__(self, store: str, query: str):
        """Raises CallError for a query that is none of ?config=FILE."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        self._config = given.pop("config", os.path.expanduser("~/.ssh/config"))
        if given:
            raise CallError(f"{store}?{query}: the query of an sftp URL is ?config=FILE, which `ssh -F` takes as well")
        if query and not os.path.isfile(self._config):
            raise CallError(f"{store}?{query}: there is no file {self._config}")
        self._store = store
        self._client: paramiko.SSHClient | None = None
        self._channels = threading.local()
        self._lock = threading.Lock()

    def read_state(self, key: str) -> RemoteState:
        """Raises OSError, FileNotFoundError where there is no such file."""
        return _make_state(self._do(lambda sftp: sftp.stat(_path(key))))

    def open_reader(self, key: str) -> "_SftpReader":
        """Raises as read_state does."""
        return self._do(lambda sftp: _SftpReader(self, sftp.open(_path(key), "rb", bufsize=0)))

    def list_folder(self, key: str, recursive: bool) -> list[RemoteEntry]:
        """What lies in a folder; nothing where there is none."""
        found, pending = [], [""]
        while pending:
            folder = pending.pop()
            try:
                entries = self._do(lambda sftp, below=folder: sftp.listdir_attr(_path(posixpath.join(key, below))))
            except FileNotFoundError:
                continue
            for entry in entries:
                name = posixpath.join(folder, entry.filename)
                is_folder = stat.S_ISDIR(entry.st_mode or 0)
                found.append(RemoteEntry(name, is_folder, entry.st_size or 0, int(entry.st_mtime or 0) * 10**9))
                pending += [name] if is_folder and recursive else []
        return found

    def upload(self, file: BinaryIO, key: str) -> None:
        """Store a file's bytes from its current position on: under a partial name, then renamed."""
        partial = str(name_partial(Path("/", key)))[1:]

        def send(sftp: paramiko.SFTPClient) -> None:
            _make_folders(sftp, posixpath.dirname(_path(key)))
            try:
                size = 0
                with sftp.open(_path(partial), "wxb") as remote:
                    remote.set_pipelined(True)
                    while block := file.read(BLOCK_SIZE):
                        remote.write(block)
                        size += len(block)
                if sftp.stat(_path(partial)).st_size != size:
                    raise ConnectionError(errno.EIO, "not all bytes arrived")
                sftp.posix_rename(_path(partial), _path(key))
            except BaseException:
                with suppress(OSError, paramiko.SSHException, EOFError):
                    sftp.remove(_path(partial))
                raise

        self._do(send)

    def remove(self, key: str) -> None:
        """Remove a file; it is no error where there is none."""
        with suppress(FileNotFoundError):
            self._do(lambda sftp: sftp.remove(_path(key)))

    def remove_folder(self, key: str) -> None:
        """Remove a folder and all in it; it is no error where there is none."""
        entries = self.list_folder(key, recursive=True)
        for entry in entries:
            if not entry.is_folder:
                self.remove(posixpath.join(key, entry.name))
        folders = [key, *(posixpath.join(key, entry.name) for entry in entries if entry.is_folder)]
        for folder in sorted(folders, reverse=True):  # what is in a folder comes before it
            with suppress(FileNotFoundError):
                self._do(lambda sftp, path=folder: sftp.rmdir(_path(path)))

    def hand_over(self, key: str, new_key: str) -> None:
        """Let a file stand under another name instead, by renaming it."""

        def rename(sftp: paramiko.SFTPClient) -> None:
            _make_folders(sftp, posixpath.dirname(_path(new_key)))
            try:
                sftp.posix_rename(_path(key), _path(new_key))
            except FileNotFoundError:
                sftp.stat(_path(new_key))  # an attempt has renamed it whose answer was lost; else it is not there

        self._do(rename)

    def disconnect(self) -> None:
        """Close the connection; the next request opens another."""
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.close()

    def _do(self, action: Callable[[paramiko.SFTPClient], _T]) -> _T:
        try:
            return action(self._connect())
        except (OSError, EOFError, paramiko.SSHException) as error:
            self._raise(error)

    def _connect(self) -> paramiko.SFTPClient:
        with self._lock:
            if self._client is None:
                self._client = _open_connection(self._store, self._config)
            client = self._client
        if getattr(self._channels, "client", None) is not client:
            self._channels.sftp = client.open_sftp()
            self._channels.sftp.get_channel().settimeout(_SILENT_SECONDS)
            self._channels.client = client
        return self._channels.sftp

    def _raise(self, error: Exception) -> NoReturn:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(errno.ENOENT, "no such file or folder") from error
        if isinstance(error, PermissionError) and error.errno != errno.EPERM:
            raise PermissionError(errno.EACCES, "no access") from error
        if isinstance(error, paramiko.AuthenticationException):
            what = "the server refuses this user's keys; see that `ssh` and `sftp` reach it without a password"
            raise PermissionError(errno.EACCES, what) from error
        if isinstance(error, paramiko.BadHostKeyException):
            what = "the server's key is not the one in ~/.ssh/known_hosts"
            raise PermissionError(errno.EACCES, what) from error
        if "not found in known_hosts" in str(error):
            what = "the server's key is not in ~/.ssh/known_hosts; connect to it once by `ssh`"
            raise PermissionError(errno.EACCES, what) from error
        self.disconnect()
        raise ConnectionError(
            errno.EIO, f"no answer, or none that helps ({str(error) or type(error).__name__})"
        ) from error


class _SftpReader:
    """An open file, for one thread."""

    def __init__(self, store: SftpStore, file: paramiko.SFTPFile):
        self._store, self._file = store, file
        self.state = _make_state(file.stat())
        ask = file._prefetch_thread

        def ask_quietly(*arguments: object) -> None:
            with suppress(OSError, EOFError, paramiko.SSHException):  # who waits for the answers is told
                ask(*arguments)

        # readv asks in a thread of its own, which would print a traceback when the connection drops.
        file._prefetch_thread = ask_quietly

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on, fewer at the end. Raises OSError."""
        length = min(length, self.state.size - offset)
        if length <= 0:
            return b""
        # Where readv has the first bytes left of an earlier call, it asks for nothing and waits for the others.
        self._file._prefetch_data.clear()
        # readv asks for all of its 32 kB pieces at once; read would wait for each.
        return self._store._do(lambda _: b"".join(self._file.readv([(offset, length)])))

    def close(self) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._file.close()


def _open_connection(store: str, config_file: str) -> paramiko.SSHClient:
    address = urlsplit(store)
    exists = os.path.isfile(config_file)
    config = (paramiko.SSHConfig.from_path(config_file) if exists else paramiko.SSHConfig()).lookup(address.hostname)
    client = paramiko.SSHClient()
    known_hosts = config.get("userknownhostsfile", "~/.ssh/known_hosts").split()
    for path in filter(os.path.isfile, map(os.path.expanduser, known_hosts)):
        client.load_system_host_keys(path)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect(
        config.get("hostname", address.hostname),
        address.port or int(config.get("port", 22)),
        address.username or config.get("user"),
        key_filename=[os.path.expanduser(path) for path in config.get("identityfile", [])] or None,
        timeout=_CONNECT_SECONDS,
        banner_timeout=_CONNECT_SECONDS,
        auth_timeout=_CONNECT_SECONDS,
    )
    client.get_transport().set_keepalive(_KEEPALIVE_SECONDS)
    return client


def _path(key: str) -> str:
    """A key as the server's path: absolute, or below the user's home where it begins with ~."""
    return f"./{key[2:]}" if key == "~" or key.startswith("~/") else f"/{key}"


def _make_state(status: paramiko.SFTPAttributes) -> RemoteState:
    if not stat.S_ISREG(status.st_mode or 0):
        raise FileNotFoundError(errno.ENOENT, "no regular file")
    return RemoteState(status.st_size or 0, str(status.st_mtime))


def _make_folders(sftp: paramiko.SFTPClient, folder: str) -> None:
    try:
        sftp.stat(folder)
    except FileNotFoundError:
        _make_folders(sftp, posixpath.dirname(folder))
        with suppress(OSError):  # another run has made it meanwhile; if not, the upload says so
            sftp.mkdir(folder)
