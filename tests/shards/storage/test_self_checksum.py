import json

import pytest

from shards.storage.self_checksum import (
    ChecksumMismatch,
    append_checksum,
    check_json_checksum,
    dump_json_with_checksum,
    strip_checksum,
)

JSON = dump_json_with_checksum({"이름": "표본", "digest": "", "numbers": [1, 2.5, None], "name": "not text: \udcb0"})
BYTES = append_checksum(b"\x00any bytes\nsha256 \xff")


def test_round_trip():
    assert json.loads(check_json_checksum(JSON))["numbers"] == [1, 2.5, None]
    assert strip_checksum(BYTES) == b"\x00any bytes\nsha256 \xff"
    assert strip_checksum(append_checksum(b"")) == b""


@pytest.mark.parametrize(("data", "check"), [(JSON, check_json_checksum), (BYTES, strip_checksum)])
def test_whatever_is_changed_is_found(data, check):
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(ChecksumMismatch):
                check(bytes(changed))
        with pytest.raises(ChecksumMismatch):
            check(data[:place])
    for more in (data + b"\n", data * 2, b" " + data):
        with pytest.raises(ChecksumMismatch):
            check(more)
