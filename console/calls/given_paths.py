"""Paths that a call names, looked at before anything is imported that makes one wait: URLs, and what is not there."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from shards.errors import CallError
from shards.storage.stores.remote_path import STORE_SCHEMES, is_store_url

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)
_ADDRESSES = ("--address",)  # options that take a URL: ray://host:port
# Options without a value or with one, behind which a path may stand that belongs to no option.
_NO_VALUE = ("--debug", "--quiet", "--dry_run", "--all", "--images", "--bom")
_ONE_VALUE = ("--lang", "--log", "--key", "--split", "--columns", "--seed", "--images_per_second", "--label_map")
_ONE_VALUE += ("--run", "--png", "--html", "--json", "--csv")
# Command -> its options that take a URL of a store, see docs/storage.md; "" is what stands behind no option.
_STORES: dict[str, tuple[str, ...]] = {
    "preprocess": ("--source", "--valid_source", "--out", "--work"),
    "train": ("--train", "--valid"),
    "train_finder": ("--train", "--valid"),
    "verify": ("",),
    "show": ("",),
    "dataset_report": ("", "--source"),
    "dedupe_report": ("", "--source"),
    "to_csv": ("", "--source"),
    "to_coco": ("", "--source"),
    "compare": ("",),
    "inventory": ("",),
    "advise": ("", "--valid_source"),
}
_SOURCE = "give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO .json"
_RUN = "train first (python -m trainer.train), or give another run; make takes it as RUN=DIR"
# What to do where a path that stands behind an option is not there.
_REMEDIES = {
    **dict.fromkeys(("SOURCE", "--source", "--valid_source"), _SOURCE),
    **dict.fromkeys(("RUN", "--weight_path"), _RUN),
    "--image": "give a picture, a video or a folder of them",
    "--finder": "make a finder first (python -m trainer.train_finder), or leave this out",
    "--label_map": "give a JSON file of label -> mood",
    "--weights": "give imagenet, none or a .keras file",
}


def refuse_urls(arguments: Iterable[str], command: str = "") -> None:
    """Raise CallError for a URL on a command line where paths of this machine are expected."""
    if command == "petmood":
        return  # the command that it starts knows which options take a URL
    option = ""
    for argument in arguments:
        if argument.startswith("--"):
            option, _, argument = argument.partition("=")
            option = "" if option in _NO_VALUE else option
            if not argument:
                continue
        found = _URL.match(argument)
        takes_store = option in _STORES.get(command, ()) and is_store_url(argument)
        if found and option not in _ADDRESSES and not takes_store:
            raise CallError(f"{option} {argument}: {_explain_url(found, command)}".lstrip())
        option = "" if option in _ONE_VALUE else option


def _explain_url(found: re.Match[str], command: str) -> str:
    if found["scheme"].lower() == "file":
        return f"give the path alone: {found['rest']}"
    if found["scheme"].lower() in ("rtsp", "rtmp", "udp"):
        return "a live stream is not read; record a clip, such as with ffmpeg, and give its path"
    if command in _STORES and found["scheme"].lower() not in STORE_SCHEMES:
        kinds = ", ".join(f"{scheme}://" for scheme in STORE_SCHEMES)
        return f"a URL of this kind is not read; give one of {kinds}, or the path of a copy"
    return "a URL is not read; copy it to this machine and give the path"


def check_named_paths(option: str, paths: Iterable[str | Path]) -> None:
    """Raise CallError for the first path that does not exist; `-`, patterns, which stand for others, and URLs
    may not.

    What lies in a folder that is named, and cannot be read, is a fault of the data; what is named and missing is one of
    the call.
    """
    for path in map(os.fspath, paths):
        stands_for_others = path == "-" or re.search(r"[*?\[]", path)
        if not os.path.lexists(path) and not stands_for_others and not is_store_url(path):
            raise CallError(f"{option} {path} does not exist; {_REMEDIES[option]}")
