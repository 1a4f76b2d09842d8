"""The manifest's columns and the fields of records as Markdown tables, for docs/dataset.md and a dataset's card."""

import pyarrow as pa

from shards.crop_geometry import BoxEdges
from shards.descriptions.field_descriptions import COLUMN_DESCRIPTIONS, Description
from shards.manifest import SCHEMA
from shards.record_fields import RecordKind

_FIELD_TYPES = {bytes: "bytes", str: "string", int: "int64", BoxEdges: "4 float32"}


def tabulate_columns(schema: pa.Schema = SCHEMA) -> str:
    """The table of the manifest's columns; `schema` is that of its file."""
    return _format_table({field.name: _name_type(field.type) for field in schema}, COLUMN_DESCRIPTIONS)


def tabulate_fields(kind: RecordKind) -> str:
    """The table of the fields of a kind of records."""
    return _format_table(
        {name: _FIELD_TYPES[python_type] for name, python_type in kind.fields.items()}, kind.descriptions
    )


def _name_type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return f"dictionary of {kind.value_type}"
    return f"{kind.byte_width} bytes" if pa.types.is_fixed_size_binary(kind) else str(kind)


def _format_table(types: dict[str, str], descriptions: dict[str, Description]) -> str:
    """A table in the order of `types`, which maps names to types."""
    lines = ["| name | type | what | unit or values | null |", "|---|---|---|---|---|"]
    for name, kind in types.items():
        what, unit, null = descriptions[name]
        lines.append(f"| `{name}` | {kind} | {what} | {unit} | {null} |")
    return "\n".join(lines)
