import json

import pytest

from shards.storage.seal import BrokenSeal, check_json, open_bytes, seal_bytes, seal_json

JSON = seal_json({"이름": "표본", "digest": "", "numbers": [1, 2.5, None], "name": "not text: \udcb0"})
BYTES = seal_bytes(b"\x00any bytes\nsha256 \xff")


def test_round_trip():
    assert json.loads(check_json(JSON))["numbers"] == [1, 2.5, None]
    assert open_bytes(BYTES) == b"\x00any bytes\nsha256 \xff"
    assert open_bytes(seal_bytes(b"")) == b""


@pytest.mark.parametrize(("data", "check"), [(JSON, check_json), (BYTES, open_bytes)])
def test_whatever_is_changed_is_found(data, check):
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(BrokenSeal):
                check(bytes(changed))
        with pytest.raises(BrokenSeal):
            check(data[:place])
    for more in (data + b"\n", data * 2, b" " + data):
        with pytest.raises(BrokenSeal):
            check(more)
