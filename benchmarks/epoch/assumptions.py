"""What is assumed of AI Hub's data, of a machine with an RTX 3060, and of the pipeline that took four hours: one table.

Nothing here is measured by this project. Each entry has its least, likeliest and greatest value, and where it is from.
"""

from typing import NamedTuple


class Assumed(NamedTuple):
    low: float
    middle: float
    high: float
    unit: str = ""
    source: str = ""


AIHUB_FRAMES = 2_127_962  # training rows of the copy that was trained on for four hours an epoch
REPORTED_HOURS = 4.0
MACHINE_GB = 32  # of memory

# 1,752 images/s were published for an RTX 3090, 3,454 for an A100. By bandwidth (360 of 936 and of 1,555 GB/s) an RTX
# 3060 would reach 674 and 800, by float32 operations (12.7 of 35.6 TFLOPS) 625.
ASSUMPTIONS = {
    "step rate": Assumed(
        400, 600, 800, "images/s", "EfficientNetB0, 224 px, mixed precision and XLA: from rates of other cards"
    ),
    "float32 share": Assumed(0.4, 0.55, 0.7, "of the step rate", "a step in float32 without XLA"),
    "validation speed-up": Assumed(2.5, 3.0, 3.5, "times the step rate", "a forward pass is about a third of a step"),
    "input loss": Assumed(0.0, 0.01, 0.03, "of the time", "benchmarks.step: 0.7% on a CPU, 2.1% at 500 images/s"),
    "cores": Assumed(6, 8, 8, "cores", "from a Ryzen 5 to the Ryzen 7 5800X of the four hours"),
    "core speed": Assumed(0.9, 1.3, 1.7, "of a core here", "a desktop's core against a server's virtual one"),
    "threads' efficiency": Assumed(0.7, 0.85, 0.95, "of so many cores", "two together reach 0.95 here"),
    "validation frames": Assumed(
        266_000, 507_000, 757_000, "frames", "by its videos; what 183 images/s leave of four hours; by its CSV's rows"
    ),
    "videos": Assumed(
        21_500, 61_081, 61_081, "videos", "the frames were 35% of all: of whole videos, or some of each video"
    ),
    "kept share": Assumed(0.2, 0.5, 0.9, "of the frames", "no near-copies; the most is as measured on a real clip"),
    "whole frames": Assumed(0.0, 0.045, 0.046, "of a frame's time", "four of 99 stored whole: benchmarks.preprocess"),
}

DISK_BYTES = {
    "hard disk": Assumed(60, 100, 150, "MB/s", "files of 0.4 MB in the order of their folders"),
    "SATA SSD": Assumed(400, 500, 550, "MB/s", "the interface ends at 550"),
    "NVMe SSD": Assumed(1500, 2500, 3500, "MB/s", "PCIe 3, many files"),
}
