"""How much the server takes from one client and from all of them together."""

from dataclasses import dataclass

MEGA = 1_000_000


@dataclass(frozen=True)
class ServeLimits:
    """All limits of a server.

    Args:
        photo_bytes: the most bytes of a photo's file.
        clip_bytes: the most bytes of a clip's file, which lies on the disk while it is judged.
        picture_pixels: the most pixels of a photo or of a clip's frame, before anything is decoded.
        clip_seconds: so much of a clip is judged, from its beginning.
        waiting_photos: requests with a photo that are being read, decoded or judged; more are refused.
        clips_at_once: clips that are received or judged; more are refused.
        patience: seconds for which a client may send nothing, or take nothing of what is sent to it.
    """

    photo_bytes: int = 32 * MEGA
    clip_bytes: int = 512 * MEGA
    picture_pixels: int = 50 * MEGA
    clip_seconds: float = 600.0
    waiting_photos: int = 128
    clips_at_once: int = 4
    patience: float = 15.0

    @property
    def held_bytes(self) -> int:
        """Bytes of photo files that may lie in memory, for all clients together."""
        return 8 * self.photo_bytes

    @property
    def held_pixels(self) -> int:
        """Decoded pixels that may lie in memory, for all photos together; at 3 bytes each."""
        return 4 * self.picture_pixels


class Allowance:
    """A part of the memory that requests share: each takes its share and gives it back. For one event loop."""

    def __init__(self, total: int) -> None:
        self.free = total

    def take(self, amount: int) -> bool:
        """Take an amount; False, and nothing taken, where less than that is free."""
        if amount > self.free:
            return False
        self.free -= amount
        return True

    def give_back(self, amount: int) -> None:
        self.free += amount
