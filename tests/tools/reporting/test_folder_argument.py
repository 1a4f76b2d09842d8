from pathlib import Path

import pytest

from shards.errors import CallError
from tools.reporting.folder_argument import parse_dataset_folder


def test_a_folder_is_asked_for(folder):
    assert parse_dataset_folder(str(folder)) == folder and parse_dataset_folder(".") == Path()
    for text, message in (("", "DIR is empty; give"), (str(folder / "dataset.json"), "dataset.json is a file; give")):
        with pytest.raises(CallError, match=message):
            parse_dataset_folder(text)
