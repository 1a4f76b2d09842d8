"""A small tree of made pet videos in the layout of AI Hub's data, with the defects that occur there.

    python -m tools.make_sample DIR [--as folders|zips|pieces|tar] [--videos 24] [--frames 16] [--height 1080]
                                    [--seed 0] [--no-defects] [--workers N]

The same arguments give the same bytes, whatever the number of workers. The `--videos` videos without defects are the
same with and without --no-defects, because each defect has an extra video; what is in them is printed. DIR appears when
it is complete. With `--as` the same videos lie in archives: zips as AI Hub packs them, their pieces as its downloader
names them, or a download.tar with zips and pieces. Exit status 2, with one line on stderr: the call is at fault.
"""

import argparse
import sys
from pathlib import Path

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_detail
from tools.sample.delivery_forms import SAMPLE_FORMS
from tools.sample.video_plans import SampleSpec


def main(arguments: list[str]) -> int:
    parser = Parser("tools.make_sample", __doc__)
    parser.add_argument("dir", type=Path, metavar="DIR", help="a folder to be made")
    for name, default, what in (
        ("videos", 24, "videos without defects, from 1"),
        ("frames", 16, "frames of each video, from 1"),
        ("height", 1080, "the short side of the frames in pixels, 64 to 4320"),
        ("seed", 0, "of everything random, from 0"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default: {default})")
    parser.add_argument(
        "--defects", action=argparse.BooleanOptionalAction, default=True, help="a video for each defect (default: yes)"
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=SAMPLE_FORMS,
        default="folders",
        help="how the videos are delivered (default: folders)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: as many as there are cores)")
    chosen = parser.parse_args(arguments)
    spec = SampleSpec(chosen.videos, chosen.frames, chosen.height, chosen.seed, chosen.defects)
    from tools.sample.tree import describe_sample, make_sample  # only now: OpenCV and pyarrow take a while

    counts = make_sample(chosen.dir, spec, chosen.workers, chosen.form)
    print_detail(f"{chosen.dir}: {describe_sample(counts)}")
    figures = (
        format_count(counts.labels, "label file"),
        format_count(counts.frames, "frame"),
        f"{counts.rejected.total():,} to be rejected",
    )
    print_ending([chosen.dir], figures, name_command("tools.inventory", chosen.dir))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("make_sample", main, sys.argv[1:]))
