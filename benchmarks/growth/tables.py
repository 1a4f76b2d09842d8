"""The tables of `python -m benchmarks.growth`, with what is computed for them."""

from typing import Any

from benchmarks.epoch.assumptions import AIHUB_FRAMES, DISK_BYTES, MACHINE_GB
from benchmarks.growth.run_model import (
    LineFit,
    RunLoad,
    RunParts,
    count_work,
    find_exponents,
    find_saturations,
    fit_line,
    forecast_run,
    keep_contention,
)

FORECAST_CORES = (1, 2, 4, 8, 16, 32)
_WHOLE_FRAMES = 4 / 99  # of a video of AI Hub, stored for a finder: each is decoded once more
_FRAMES_A_TASK = 2000
_QUIET_SHARE = 0.9  # of a core, that a worker has where nothing else runs
_RUN_COLUMNS = {
    "seconds": "seconds",
    "driver_core_seconds": "driver",
    "worker_core_seconds": "workers",
    "Ray_core_seconds": "Ray",
    "read_mb": "MB read",
    "written_mb": "MB written",
    "driver_gb": "driver GB",
    "worker_gb": "worker GB",
    "worker_private_gb": "of its own",
}


def print_runs(runs: list[dict[str, Any]], starts: dict[int, dict[str, Any]]) -> dict[int | str, LineFit]:
    """The table of the runs, and for each number of workers a line through its runs, that of its start included.

    "core" is such a line through the core seconds of all processes, with the most workers.
    """
    print("whole runs; of driver, workers and Ray the core seconds")
    titles = "".join(f"{title:>12}" for title in _RUN_COLUMNS.values())
    print(f"{'frames':>8}{'tasks':>7}{'workers':>9}{titles}")
    for run in [*starts.values(), *runs]:
        values = "".join(f"{run[name]:>12.2f}" for name in _RUN_COLUMNS)
        print(f"{run['frames']:>8,}{run['tasks']:>7}{run['workers']:>9}{values}")
    fits: dict[int | str, LineFit] = {}
    for workers, start in starts.items():
        chosen = [start, *(run for run in runs if run["workers"] == workers)]
        frames = [run["frames"] for run in chosen]
        fits[workers] = fit_line(frames, [run["seconds"] for run in chosen])
        fits["core"] = fit_line(frames, [_count_core_seconds(run) for run in chosen])
        print(f"workers {workers}: {_describe_fit(fits[workers])}")
    print(f"core seconds, workers {max(starts)}: {_describe_fit(fits['core'])}")
    return fits


def _count_core_seconds(run: dict[str, Any]) -> float:
    return sum(run[f"{kind}_core_seconds"] for kind in ("driver", "worker", "Ray"))


def _describe_fit(fit: LineFit) -> str:
    residuals = ", ".join(f"{value:+.2f}" for value in fit.residuals)
    rate = f"{fit.each * 1000:.2f} ms a frame" + (f", {1 / fit.each:.0f} frames/s" if fit.each > 0 else "")
    return f"{fit.fixed:.1f} s and {rate}; measured less that: {residuals} s"


def check_model(
    parts: RunParts, runs: list[dict[str, Any]], starts: dict[int, dict[str, Any]], cores: int
) -> list[dict[str, Any]]:
    """Print each run beside what the parts say of it; the start of both was measured by a run."""
    print(f"parts, by the clock: {describe_parts(parts)}")
    titles = "".join(
        f"{title:>10}" for title in ("measured", "forecast", "ratio", "start", "videos", "shards", "driver")
    )
    print(f"{'frames':>8}{'workers':>9}{titles}")
    found = []
    for run in runs:
        start = starts[run["workers"]]["seconds"]
        load = RunLoad(run["frames"], run["tasks"])
        forecast = forecast_run(parts._replace(start=start), load, run["workers"], cores)
        values = {"measured": run["seconds"], "ratio": forecast.seconds / run["seconds"], **forecast._asdict()}
        shown = ("measured", "seconds", "ratio", "start", "videos", "shards", "driver")
        print(f"{run['frames']:>8,}{run['workers']:>9}" + "".join(f"{values[name]:>10.2f}" for name in shown))
        found.append({"frames": run["frames"], "workers": run["workers"], **values})
    return found


def check_core_seconds(
    parts: RunParts, runs: list[dict[str, Any]], starts: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Print the core seconds of each run's workers beside what the parts say, which hold on a busy machine too."""
    print(f"\nparts, in core seconds: {describe_parts(parts)}")
    print(f"{'frames':>8}{'workers':>9}{'measured':>10}{'forecast':>10}{'ratio':>10}   core seconds of the workers")
    found = []
    for run in runs:
        start = starts[run["workers"]]["worker_core_seconds"]
        forecast = start + count_work(parts, RunLoad(run["frames"], run["tasks"]), run["workers"])
        measured = run["worker_core_seconds"]
        values = {"measured": measured, "forecast": forecast, "ratio": forecast / measured}
        print(f"{run['frames']:>8,}{run['workers']:>9}" + "".join(f"{value:>10.2f}" for value in values.values()))
        found.append({"frames": run["frames"], "workers": run["workers"], **values})
    return found


def print_load(frame: tuple[float, float], frame_beside_another: tuple[float, float]) -> None:
    """Say how much of a core the workers had whose parts were measured; pairs of seconds by the clock and of a core."""
    alone, beside = (core / clock for clock, core in (frame, frame_beside_another))
    print(f"\nof the clock's time a worker alone had {alone:.0%} of a core, each of two {beside:.0%}", end="")
    print("; other programs had the rest" if beside < _QUIET_SHARE else "")


def describe_parts(parts: RunParts) -> str:
    return (
        f"task {parts.task * 1000:.1f} ms, frame {parts.frame * 1000:.2f} ms, record {parts.shard * 1e6:.0f} us; "
        f"driver {parts.driver_task * 1000:.1f} ms a task, {parts.driver_frame * 1e6:.1f} us a row; "
        f"a frame beside another worker {parts.contention:.2f}"
    )


def print_forecast(parts: RunParts, pixel_bytes: int, copying_gb: float) -> dict[str, Any]:
    """What AI Hub's frames would take on more cores, with each kind of disk, and what is used up first.

    Args:
        parts: in seconds of a core.
        pixel_bytes: that are decoded of a frame.
        copying_gb: GB a second that all cores read and write when they copy memory.
    """
    load = RunLoad(AIHUB_FRAMES * (1 + _WHOLE_FRAMES), AIHUB_FRAMES / _FRAMES_A_TASK)
    # A frame's bytes are read by the system, by the process and by the decoder; pixels are written, and read to shrink.
    copied = 3 * parts.frame_bytes + 2 * pixel_bytes
    capacities = {f"disk: {name}": rate.middle * 1e6 for name, rate in DISK_BYTES.items()}
    capacities |= {"memory": MACHINE_GB, "memory bandwidth": copying_gb * 1e9}
    saturations = find_saturations(parts, load, capacities, copied)
    print(f"\n{AIHUB_FRAMES:,} such frames, in core seconds: {describe_parts(parts)}")
    print(f"{'used up':<20}{'there is':>12}{'a worker takes':>16}{'by workers':>12}")
    for one in saturations:
        unit, scale = {"memory": ("GB", 1), "driver": ("of a core", 1)}.get(one.what, ("MB/s", 1e6))
        there, taken = one.capacity / scale, one.demand / scale
        print(f"{one.what:<20}{there:>12,.4g}{taken:>16,.3g}{one.workers:>12,.0f}   {unit}")
    tables = {
        "each worker slows all others as the second did": _print_hours(parts, load, is_growing=True),
        "workers slow each other no more than two did": _print_hours(parts, load, is_growing=False),
    }
    return {"saturations": [one._asdict() for one in saturations], "hours": tables, "copied_bytes": copied}


def _print_hours(parts: RunParts, load: RunLoad, is_growing: bool) -> dict[str, dict[int, Any]]:
    """Hours of such a run by disk and cores, each with what limits its video tasks."""
    title = "each worker slows all others as the second did" if is_growing else "workers slow each other as two did"
    print(f"\n{'hours, if ' + title:<58}" + "".join(f"{cores:>14}" for cores in FORECAST_CORES) + "   cores")
    tables: dict[str, dict[int, Any]] = {}
    for name, rate in DISK_BYTES.items():
        tables[name] = {}
        for cores in FORECAST_CORES:
            own = parts if is_growing else keep_contention(parts, cores)
            forecast = forecast_run(own, load, cores, cores, rate.middle * 1e6)
            limit = "cores" if forecast.limit == "workers" else forecast.limit
            tables[name][cores] = {"hours": forecast.seconds / 3600, "limit": limit}
        cells = "".join(f"{cell['hours']:>7.2f} {cell['limit']:<6}" for cell in tables[name].values())
        print(f"{name:<58}{cells}")
    return tables


def print_codes(found: list[dict[str, Any]]) -> None:
    exponents = find_exponents([one["codes"] for one in found], [one["core_seconds"] for one in found])
    print(f"\n{'codes':>12}{'seconds':>10}{'of cores':>10}{'grows as':>10}{'peak GB':>9}")
    for one, exponent in zip(found, ["", *(f"N^{value:.2f}" for value in exponents)], strict=True):
        print(
            f"{one['codes']:>12,}{one['seconds']:>10.3f}{one['core_seconds']:>10.3f}{exponent:>10}{one['peak_gb']:>9.2f}"
        )


def print_driver(rows: list[dict[str, Any]]) -> None:
    exponents = find_exponents([one["rows"] for one in rows], [one["shards_gb"] for one in rows])
    print(f"\n{'rows':>12}{'driver GB':>11}{'over imports':>14}{'grows as':>10}{'bytes a row':>13}{'plan, core s':>14}")
    for one, exponent in zip(rows, ["", *(f"N^{value:.2f}" for value in exponents)], strict=True):
        whole, own, each = one["imports_gb"] + one["peak_gb"], one["shards_gb"], one["shards_gb"] * 1e9 / one["rows"]
        print(f"{one['rows']:>12,}{whole:>11.2f}{own:>14.2f}{exponent:>10}{each:>13.0f}{one['seconds']['plan']:>14.1f}")
