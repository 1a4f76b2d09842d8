"""Frames inside the archives of a source, found again by the paths that the manifest writes.

Only the archives on a path's way are looked at: those in each of its folders. What was listed of some of them is kept.
"""

import os
from functools import lru_cache

from preprocess.archives.byte_source import FilePath, name_base
from preprocess.archives.delivery import ARCHIVE_NAME, Archive, ArchiveFile, open_delivery
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.archives.zip_listing import ZipFolder, list_folder
from preprocess.archives.zip_member import MemberPlace
from preprocess.sources.aihub_archives import list_first_whole_copy
from preprocess.sources.data_file import ArchiveMember
from preprocess.sources.path_names import decode_name, resolve_written_path
from shards.storage.stores.remote_files import list_remote_folder
from shards.storage.stores.remote_path import RemotePath


def find_archived_frame(source: FilePath, image_file: str) -> ArchiveMember | None:
    """The frame that the manifest writes as `image_file`; None where no archive of the source holds it.

    `source` is a folder, a zip or a tar, here or in a store. Raises DamagedArchive where the archive that should hold
    the frame cannot be read, OSError where a folder or a tar cannot.
    """
    fault: DamagedArchive | None = None
    for archive in _list_archives(source, os.path.dirname(image_file)):
        if not image_file.startswith(f"{archive.folder}/"):
            continue
        folder, _, name = image_file[len(archive.folder) + 1 :].rpartition("/")
        try:
            found = _list_folders(archive).get(folder)
        except DamagedArchive as error:
            fault = error
            continue
        place = _list_places(found).get(name) if found else None
        if place:
            return ArchiveMember(found.archive, place)
    if fault:
        raise fault
    return None


@lru_cache(maxsize=64)
def _list_archives(source: FilePath, folder: str) -> list[Archive]:
    """The archives in the folders on the way to a folder, which may lie in one of them."""
    if isinstance(source, RemotePath):
        return _list_store_archives(source, folder)
    if os.path.isfile(source):
        return open_delivery([ArchiveFile(0, decode_name(os.path.basename(source)), source)]).archives
    files: list[ArchiveFile] = []
    place, way = source, ""
    for part in [*folder.split("/"), ""]:
        names = sorted(filter(ARCHIVE_NAME.fullmatch, os.listdir(place)))
        paths = [os.path.join(place, name) for name in names]
        files += [
            ArchiveFile(0, way + decode_name(name), path)
            for name, path in zip(names, paths, strict=True)
            if os.path.isfile(path)
        ]
        place, way = resolve_written_path(place, part), f"{way}{part}/"
        if not part or not os.path.isdir(place):
            break
    return open_delivery(files).archives


def _list_store_archives(source: RemotePath, folder: str) -> list[Archive]:
    if ARCHIVE_NAME.fullmatch(name_base(source)):
        return open_delivery([ArchiveFile(0, decode_name(name_base(source)), source)]).archives
    files: list[ArchiveFile] = []
    place, way = source, ""
    for part in [*folder.split("/"), ""]:
        found = [place / entry.name for entry in list_remote_folder(place) if not entry.is_folder]
        archives = [path for path in found if ARCHIVE_NAME.fullmatch(name_base(path))]
        files += [ArchiveFile(0, way + decode_name(name_base(path)), path) for path in archives]
        place, way = place / part, f"{way}{part}/"
        if not part:
            break
    return open_delivery(files).archives


@lru_cache(maxsize=8)
def _list_folders(archive: Archive) -> dict[str, ZipFolder]:
    """The directories of frames in an archive, by name."""
    return {folder.name: folder for folder, _ in list_first_whole_copy(archive).folders}


@lru_cache(maxsize=32)
def _list_places(folder: ZipFolder) -> dict[str, MemberPlace]:
    """Where the files of a directory lie, by name."""
    return {member.name.rpartition("/")[2]: member.place for member in list_folder(folder)}
