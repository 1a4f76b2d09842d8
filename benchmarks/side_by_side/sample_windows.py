"""Whether pictures that a loader gave are windows of stored crops, in random order, and mirrored or not."""

from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
import simplejpeg

_LEAST_PSNR = 30.0  # dB, of the same window by another decoder
_THUMB = 8  # pixels of a side that one pixel of a thumbnail stands for
_CANDIDATES = 6  # crops whose windows are compared pixel by pixel
_PATCH = 64  # pixels of a side of the part that is searched for in a crop


class FoundWindow(NamedTuple):
    """Where a picture is from: the crop's number, whether it is mirrored, and how near it is, in dB."""

    crop: int
    mirrored: bool
    psnr: float


class CropFinder:
    """Finds the crop that a picture is a window of, among JPEGs."""

    def __init__(self, jpegs: list[bytes]):
        crops = [simplejpeg.decode_jpeg(data) for data in jpegs]
        self._crops = [*crops, *(np.ascontiguousarray(crop[:, ::-1]) for crop in crops)]
        self._thumbs = [_shrink(crop) for crop in self._crops]

    def find(self, picture: np.ndarray) -> FoundWindow:
        """The nearest window, upright or mirrored, of a picture (side, side, 3) uint8 RGB."""
        thumb = _shrink(picture)[1:-1, 1:-1]
        far = [cv2.matchTemplate(each, thumb, cv2.TM_SQDIFF).min() for each in self._thumbs]
        found = []
        for place in np.argsort(far)[:_CANDIDATES]:
            found.append(self._compare(int(place), picture))
            if found[-1].psnr > _LEAST_PSNR:
                break
        return max(found, key=lambda window: window.psnr)

    def _compare(self, place: int, picture: np.ndarray) -> FoundWindow:
        crop, side, begin = self._crops[place], len(picture), (len(picture) - _PATCH) // 2
        free = len(crop) - side
        searched = crop[begin : begin + _PATCH + free, begin : begin + _PATCH + free]
        patch = picture[begin : begin + _PATCH, begin : begin + _PATCH]
        _, _, (left, top), _ = cv2.minMaxLoc(cv2.matchTemplate(searched, patch, cv2.TM_SQDIFF))
        half = len(self._crops) // 2
        return FoundWindow(place % half, place >= half, cv2.PSNR(crop[top : top + side, left : left + side], picture))


def _shrink(picture: np.ndarray) -> np.ndarray:
    side = len(picture) // _THUMB
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def find_wrong_batches(finder: CropFinder, flip: bool, turns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What is wrong with the batches of each way, by name. The limit gives none; two ways cut other windows."""
    faults = {}
    for name, turn in turns.items():
        if "sample" in turn and (fault := _find_fault(finder, flip, turn)):
            faults[name] = fault
    return faults


def _find_fault(finder: CropFinder, flip: bool, turn: dict[str, Any]) -> str:
    shape, kind = tuple(turn["shape"]), turn["type"]
    if shape not in ((64, 224, 224, 3), (64, 3, 224, 224)) or kind not in ("uint8", "float32"):
        return f"batches of {shape}, {kind}"
    if turn["labels"] != 64:
        return f"{turn['labels']} labels for 64 pictures"
    if kind == "float32":  # scaled: no windows to be found
        return ""
    windows = [finder.find(picture) for picture in np.load(turn["sample"])]
    if (worst := min(window.psnr for window in windows)) < _LEAST_PSNR:
        return f"a picture is no window of any crop: {worst:.0f} dB"
    places = [window.crop for window in windows]
    steps = {after - before for before, after in pairwise(places)}
    if len(steps) < len(places) // 3:
        return "not in random order"
    mirrored = sum(window.mirrored for window in windows)
    if mirrored not in (range(1, len(windows)) if flip else (0,)):
        return f"{mirrored} of {len(windows)} mirrored"
    return ""
