"""PASCAL VOC's XML of one image -> Label.

The XML is read by expat with everything refused that makes a document larger than its file or reads another one:
entity declarations, and so external entities too.
"""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from preprocess.sources.label_map import Meaning
from preprocess.sources.label_values import InvalidValue, read_text
from preprocess.sources.photos.photo_label import (
    PhotoBox,
    box_between,
    make_photo_label,
    read_photo_coordinate,
    read_photo_side,
)
from preprocess.sources.video import InvalidLabel, Label, UnreadableLabel
from shards.crop_geometry import Box

_ROOT = "annotation"
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def parse_voc_xml(data: bytes, label_map: Mapping[str, Meaning]) -> Label:
    """A label file's bytes as a Label; without objects it has no annotations.

    Raises UnreadableLabel where they are no XML, or one that declares entities, InvalidLabel where they are not VOC's;
    the messages go into the manifest's note.
    """
    root = _parse_xml(data)
    if root.tag != _ROOT:
        raise InvalidLabel(f"/{root.tag}: no VOC annotation")
    size = read_photo_side(root.findtext("size/width")), read_photo_side(root.findtext("size/height"))
    return make_photo_label(list(_read_boxes(root)), size, label_map)


def is_voc_xml(data: bytes) -> bool:
    """Whether a file holds a whole VOC annotation."""
    try:
        return _parse_xml(data).tag == _ROOT
    except UnreadableLabel:
        return False


def find_stated_image(data: bytes) -> str | None:
    """The file name that a label states of its image; None where it states none or cannot be read."""
    try:
        return read_text(_parse_xml(data).findtext("filename"))
    except UnreadableLabel:
        return None


def _parse_xml(data: bytes) -> Element:
    builder, parser = TreeBuilder(), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: encodings that are not supported
        raise UnreadableLabel(f"no XML: {error}") from error
    return builder.close()


def _refuse_entity(name: str, *_: object) -> None:
    raise UnreadableLabel(f"declares the entity {name!r}, which no label needs")


def _read_boxes(root: Element) -> Iterator[PhotoBox]:
    for place, found in enumerate(root.iterfind("object"), 1):  # as XPath counts
        path = f"/{_ROOT}/object[{place}]"
        category = read_text(found.findtext("name"))
        try:
            yield PhotoBox(category, _read_corners(found, path), None if category else f"{path}/name: missing")
        except InvalidValue as error:
            yield PhotoBox(category, None, str(error))


def _read_corners(found: Element, path: str) -> Box | None:
    """The box between corner pixels that are counted from 1 and both belong to it."""
    texts = {name: (found.findtext(f"bndbox/{name}") or "").strip() for name in _CORNERS}
    if not all(texts.values()):
        return None
    corners = (read_photo_coordinate(text, f"{path}/bndbox/{name}") for name, text in texts.items())
    left, top, right, bottom = corners
    return box_between(left - 1, top - 1, right, bottom)
