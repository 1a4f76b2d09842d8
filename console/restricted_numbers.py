"""Number types with bounds, for the fields of settings. jsonargparse checks values; error messages need the bounds."""

from collections.abc import Sequence
from typing import NamedTuple

from jsonargparse import typing as jsonargparse_typing

Bounds = Sequence[tuple[str, float]]  # comparison operators and limits, all of which hold


class NumberRestriction(NamedTuple):
    base: type[int] | type[float]
    bounds: Bounds


_RESTRICTIONS: dict[type, NumberRestriction] = {}


def restricted_number_type(name: str, base: type[int] | type[float], bounds: Bounds, docstring: str) -> type:
    """Return a subclass of int or float for type hints. `docstring` describes the bounds."""
    kind = jsonargparse_typing.restricted_number_type(name, base, list(bounds), docstring=docstring)
    _RESTRICTIONS[kind] = NumberRestriction(base, bounds)
    return kind


def find_restriction(kind: type) -> NumberRestriction | None:
    """Return the restriction of a type that restricted_number_type made, None for other types."""
    return _RESTRICTIONS.get(kind)


PositiveInt = restricted_number_type("PositiveInt", int, [(">", 0)], "int restricted to be >0")
NonNegativeInt = restricted_number_type("NonNegativeInt", int, [(">=", 0)], "int restricted to be ≥0")
PositiveFloat = restricted_number_type("PositiveFloat", float, [(">", 0)], "float restricted to be >0")
ClosedUnitInterval = restricted_number_type(
    "ClosedUnitInterval", float, [(">=", 0), ("<=", 1)], "float restricted to be ≥0 and ≤1"
)
