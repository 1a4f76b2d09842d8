"""--overfit of a finder: the boxes of a few frames are learnt, and it says so where they are not."""

import pytest

from shards.errors import DataError
from tests.trainer.runs import FINDER_TINY, train_finder_here
from trainer.finder_settings import FinderSettings
from trainer.finder_training import finder_overfit


def test_boxes_are_learnt_and_nothing_is_written(whole_frames, tmp_path):
    result = train_finder_here(whole_frames, tmp_path / "run", *FINDER_TINY, "--overfit", "6")
    assert result.returncode == 0 and "6 frames learnt in" in result.stdout, result.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_not_learnt(whole_frames, monkeypatch):
    monkeypatch.setattr(finder_overfit, "_EPOCHS", 1)
    monkeypatch.setattr(finder_overfit, "_MOST_ROUNDS", 1)
    settings = FinderSettings(str(whole_frames), backbone="small", weights="none", overfit=2, resolution=96)
    with pytest.raises(DataError, match="the boxes of 2 frames were not learnt in 1 epochs"):
        finder_overfit.check_finder_by_overfitting(settings)
