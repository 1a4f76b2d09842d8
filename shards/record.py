"""A record: one frame, cropped or whole, serialised as a tf.train.Example with the fields of shards.record_fields.

The protobuf message is declared here again, in a descriptor pool of its own, because importing TensorFlow for it would
take five seconds and half a gigabyte. A test checks that both give the same bytes.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.message import DecodeError

from shards.crop_geometry import BoxEdges
from shards.record_fields import FIELDS

# tensorflow/core/example/{feature,example}.proto, as a FileDescriptorProto.
_PROTO = """
name: "example.proto" package: "tensorflow" syntax: "proto3"
message_type {
  name: "BytesList" field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_BYTES }
}
message_type {
  name: "FloatList" field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_FLOAT }
}
message_type {
  name: "Int64List" field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_INT64 }
}
message_type {
  name: "Feature" oneof_decl { name: "kind" }
  field { name: "bytes_list" number: 1 oneof_index: 0 type: TYPE_MESSAGE type_name: ".tensorflow.BytesList" }
  field { name: "float_list" number: 2 oneof_index: 0 type: TYPE_MESSAGE type_name: ".tensorflow.FloatList" }
  field { name: "int64_list" number: 3 oneof_index: 0 type: TYPE_MESSAGE type_name: ".tensorflow.Int64List" }
}
message_type {
  name: "Features"
  field {
    name: "feature" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".tensorflow.Features.FeatureEntry"
  }
  nested_type {
    name: "FeatureEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING }
    field { name: "value" number: 2 type: TYPE_MESSAGE type_name: ".tensorflow.Feature" }
  }
}
message_type {
  name: "Example" field { name: "features" number: 1 type: TYPE_MESSAGE type_name: ".tensorflow.Features" }
}
"""


def _make_example_class() -> type:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_PROTO, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


_Example = _make_example_class()


def encode_record(values: dict[str, Any], fields: dict[str, type] = FIELDS) -> bytes:
    """Serialise all or some fields of a record of the kind with these fields. The same values give the same bytes."""
    example = _Example()
    features = example.features.feature
    for name, value in values.items():
        kind = fields[name]
        if kind is int:
            features[name].int64_list.value.append(value)
        elif kind is BoxEdges:
            features[name].float_list.value.extend(value)
        else:
            features[name].bytes_list.value.append(value.encode() if kind is str else value)
    # By default, the order of map entries differs from one process to the next.
    return example.SerializeToString(deterministic=True)


def decode_record(data: bytes, fields: dict[str, type] = FIELDS) -> dict[str, Any]:
    """Return the fields that a serialised record has, by name; `fields` are those of its kind.

    Raises ValueError where the bytes are no Example, a field is unknown, or it does not hold one value of its type.
    """
    try:
        features = _Example.FromString(data).features.feature
    except DecodeError as error:
        raise ValueError(f"not a tf.train.Example: {error}") from error
    if unknown := set(features) - set(fields):
        raise ValueError(f"fields that the format does not know: {sorted(unknown)}")
    return {name: _decode_value(name, kind, features[name]) for name, kind in fields.items() if name in features}


def _decode_value(name: str, kind: type, feature: Any) -> Any:
    if kind is BoxEdges:
        edges = feature.float_list.value
        if len(edges) != len(BoxEdges._fields):
            raise ValueError(f"field {name!r} holds {len(edges)} numbers instead of the four edges of a box")
        return BoxEdges(*edges)
    values = feature.int64_list.value if kind is int else feature.bytes_list.value
    if len(values) != 1:
        raise ValueError(f"field {name!r} holds {len(values)} values instead of one of type {kind.__name__}")
    return values[0].decode() if kind is str else values[0]
