"""The process of one way, which works in its turns: python -m benchmarks.side_by_side.way_process MODULE:FUNCTION JSON

FUNCTION takes the settings, a dict, which is given as JSON; it makes everything ready (imports, conversions, a first
pass) and returns a function that takes one turn. A turn returns a dict with `count`, how many things it has done, and
`seconds`; what else it returns is for the table's check. The module names the packages whose versions are shown, in
PACKAGES: a tuple, or a dict of such tuples by FUNCTION.

Lines on stdout, JSON: one when it is ready, with the versions; then one for each line on stdin. What libraries print
goes to stderr. It imports nothing of ours but the way's module, so it runs in an environment without our packages.
"""

import importlib
import importlib.metadata
import json
import os
import sys


def answer_turns(function: str, settings: dict) -> None:
    """Take a turn for each line on stdin."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(found: dict) -> None:
        answers.write(json.dumps(found) + "\n")
        answers.flush()

    name, _, opener = function.partition(":")
    module = importlib.import_module(name)
    take_turn = getattr(module, opener)(settings)
    packages = getattr(module, "PACKAGES", ())
    if isinstance(packages, dict):
        packages = packages.get(opener, ())
    answer({"versions": {package: importlib.metadata.version(package) for package in packages}})
    for _ in sys.stdin:
        answer(take_turn())


if __name__ == "__main__":
    answer_turns(sys.argv[1], json.loads(sys.argv[2]))
