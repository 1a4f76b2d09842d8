"""Finds in the source what commands say: the texts in calls of print_message and its like, with {} for each value."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from console.output.counted_nouns import format_count
from tests.markdown_pages import ROOT

ROOMS = ("console", "preprocess", "trainer", "tools", "shards")
SAYING = {
    "print_message",
    "print_warning",
    "print_detail",
    "print_result",
    "print_error",
    "print_ending",
    "show_waiting",
    "UnreadableImage",  # why a picture or a clip is not answered
    "MediaFile",
    "PassedOver",
}
DESCRIBING = {"describe_start", "_describe_moods", "describe"}  # functions whose text the trainer says
CHECKING = re.compile(r"_?check_\w+|list_\w+_warnings")  # functions that return lines of the self-check
RAISING = {"CallError", "DataError", "ChangedFrame", "DamagedWork", "DamagedArchive", "MissingEnd", "ArgumentTypeError"}
RAISING_REASONS = {"UnreadableImage"}  # shown behind the name of a file
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Told(NamedTuple):
    """A text that a command says."""

    template: str
    place: str  # file and line


def list_told() -> list[Told]:
    """All texts in calls of SAYING: literals, names that are given one in the same function, results of functions
    of the same module. Texts of several lines are several."""
    return [told for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) for told in _list_in_file(path)]


def list_errors() -> list[Told]:
    """All texts of errors that end a command, in all rooms, found as those of list_told."""
    paths = [path for room in (*ROOMS, "shards") for path in sorted((ROOT / room).rglob("*.py"))]
    return [told for path in paths for told in _list_raised(path)]


def _list_raised(path: Path) -> Iterator[Told]:
    module = ast.parse(path.read_text())
    functions = {node.name: node for node in ast.walk(module) if isinstance(node, _Function)}
    for function in functions.values():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _name(node) in (*RAISING, *RAISING_REASONS):
                front = "{}: " if _name(node) in RAISING_REASONS else ""
                for text in _resolve_all(node.args, function, functions, 3):
                    yield Told(front + text, f"{path.relative_to(ROOT)}:{node.lineno}")
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.JoinedStr) and path.name == "verification.py":
                yield from (Told(text, f"{path.relative_to(ROOT)}:{node.lineno}") for text in _read_text(node.value))


def _list_in_file(path: Path) -> Iterator[Told]:
    module = ast.parse(path.read_text())
    functions = {node.name: node for node in ast.walk(module) if isinstance(node, _Function)}
    for function in functions.values():
        if path.is_relative_to(ROOT / "trainer") and _is_said(function.name):
            for text in _resolve_all(_list_results(function), function, functions, 3):
                yield Told(text, f"{path.relative_to(ROOT)}:{function.lineno}")
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _name(node) in SAYING:
                for argument in node.args:
                    for text in _resolve(argument, function, functions, 3):
                        place = f"{path.relative_to(ROOT)}:{node.lineno}"
                        yield from (Told(line, place) for line in text.split("\n") if line)


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _resolve(node: ast.AST, inside: _Function, functions: dict[str, _Function], depth: int) -> Iterator[str]:
    """The texts that an expression may be; an expression that is not understood is none."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield from _read_text(node)
    elif _is_count(node):
        yield _read_count(node)
    elif isinstance(node, ast.IfExp):
        yield from _resolve_all((node.body, node.orelse), inside, functions, depth)
    elif isinstance(node, ast.Tuple | ast.List):
        yield from _resolve_all(node.elts, inside, functions, depth)
    elif isinstance(node, ast.Starred):
        yield from _resolve(node.value, inside, functions, depth)
    elif isinstance(node, ast.GeneratorExp | ast.ListComp):
        yield from _resolve(node.elt, inside, functions, depth)
    elif isinstance(node, ast.Name) and depth:
        yield from _resolve_all(_list_assigned(node.id, inside), inside, functions, depth - 1)
    elif isinstance(node, ast.Call) and _name(node) in functions and depth:
        called = functions[_name(node)]
        yield from _resolve_all(_list_results(called), called, functions, depth - 1)


def _is_said(name: str) -> bool:
    return name in DESCRIBING or bool(CHECKING.fullmatch(name))


def _list_results(function: _Function) -> list[ast.expr]:
    return [node.value for node in ast.walk(function) if isinstance(node, ast.Return | ast.Yield) and node.value]


def _resolve_all(nodes, inside, functions, depth) -> Iterator[str]:
    for node in nodes:
        yield from _resolve(node, inside, functions, depth)


def _list_assigned(name: str, inside: _Function) -> list[ast.AST]:
    """What a variable of a function is given, and what is appended to it."""
    found: list[ast.AST] = []
    for node in ast.walk(inside):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        given = isinstance(node, ast.Assign | ast.AugAssign | ast.NamedExpr)
        if given and name in {getattr(target, "id", "") for target in targets}:
            found.append(node.value)
        if isinstance(node, ast.Call) and _name(node) == "append" and getattr(node.func.value, "id", "") == name:
            found += node.args
    return found


def _read_text(node: ast.Constant | ast.JoinedStr) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(_read_part(part) for part in node.values)
    elif isinstance(node.value, str):
        yield node.value


def _read_part(part: ast.expr) -> str:
    """A part of an f-string: its text, {} for a value, and a literal that is only padded as it is padded."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    if _is_count(part.value):
        return _read_count(part.value)
    if isinstance(part.value, ast.Constant):
        spec = part.format_spec.values[0].value if part.format_spec else ""
        return format(part.value.value, spec)
    return "{}"


def _is_count(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _name(node) == "format_count"


def _read_count(call: ast.Call) -> str:
    """The plural, which the rows have; the singular is put into Korean by the same row."""
    return f"{{}} {format_count(2, call.args[1].value).removeprefix('2 ')}"
