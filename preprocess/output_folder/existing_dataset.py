"""Whether OUT already holds the dataset that a run would make."""

from collections.abc import Sequence
from pathlib import Path

from preprocess.output_folder.run_log import log_file, read_log, update_logged_tasks
from preprocess.ray_tasks import check_inputs
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import Video
from preprocess.writing.finished_work import Origin
from shards.dataset import find_mismatched_file
from shards.errors import CallError


def is_up_to_date(groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int) -> bool:
    """Whether the dataset in OUT is whole and was made from what the sources hold now, by these settings.

    Raises CallError where it was made from something else and may not be replaced.
    """
    out = Path(settings.out)
    log = read_log(out)
    noted = [(name, Origin(stamps, contents)) for name, stamps, contents in log["tasks"]] if log else []
    origins = check_inputs(groups, noted, settings, workers) if len(noted) == len(groups) else None
    if origins:
        if find_mismatched_file(out) is not None:
            return False  # it can be made again without --replace: the bytes will be the same
        names = [name for name, _ in noted]
        update_logged_tasks(out, log, [[name, o.stamps, o.contents] for name, o in zip(names, origins, strict=True)])
        return True
    if settings.replace:
        return False
    raise CallError(
        f"{settings.out} holds a dataset from other inputs or settings (see {log_file(out)}); "
        "give --replace or another --out"
    )
