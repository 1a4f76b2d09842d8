"""The files of one sample video in memory, before they are written."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.sample.labels import encode_label
from tools.sample.video_plans import VideoPlan


@dataclass
class SampleVideo:
    """A video's label and frames, to which a defect may still be applied. All paths are below the sample's root."""

    plan: VideoPlan
    label: dict | bytes | None  # bytes are the file itself; None: no label file
    images: dict[str, bytes]  # by file name
    label_folder: str
    image_folder: str
    other_files: dict[str, bytes] = field(default_factory=dict)  # by path

    @property
    def rows(self) -> list[dict]:
        """The label's annotations, which may be changed in place."""
        return self.label["annotations"]

    @property
    def boxes(self) -> list[dict]:
        """The boxes of the annotations, which may be changed in place."""
        return [row["bounding_box"] for row in self.rows]

    def find_image_name(self, index: int) -> str:
        """The file name of the frame that an annotation belongs to."""
        return name_image(self.rows[index]["frame_number"], self.rows[index]["timestamp"])

    def list_files(self) -> Iterator[tuple[str, bytes]]:
        """All files of the video as path and content."""
        if self.label is not None:
            text = self.label if isinstance(self.label, bytes) else encode_label(self.label)
            yield f"{self.label_folder}/{self.plan.name}.json", text
        for name, image in self.images.items():
            yield f"{self.image_folder}/{self.plan.name}/{name}", image
        yield from self.other_files.items()


def name_image(number: int, timestamp: int) -> str:
    """The file name of a frame with this number and this time in milliseconds."""
    return f"frame_{number}_timestamp_{timestamp}.jpg"
