"""The network behind its input: models that take whole frames as the pipeline decodes them."""

from typing import Any

import keras

from shards.record_fields import FRAME_SIDE
from trainer.finder_training.centre_loss import make_centre_loss
from trainer.finding.centre_decoding import decode_centres
from trainer.input.augmentation import AUGMENTATION_NUMBERS
from trainer.input.frame_batches import TARGET_VALUES
from trainer.input.frame_canvas import ColourJitter, FrameCanvas
from trainer.input.frame_placement import PLACEMENT_VALUES


def build_frame_training_model(network: keras.Model, resolution: int, augment: bool) -> keras.Model:
    """The network on frames, placements and numbers, see trainer.input.frame_batches, with the network's output.

    Without `augment` the numbers, which change colours, have no effect.
    """
    pictures, placements = _make_frame_inputs()
    numbers = keras.Input((AUGMENTATION_NUMBERS,), name="numbers")
    squares = FrameCanvas(resolution)(pictures, placements)
    if augment:
        squares = ColourJitter(dtype="float32")(squares, numbers)
    return keras.Model([pictures, placements, numbers], network(squares))


def build_frame_validation_model(network: keras.Model, resolution: int) -> keras.Model:
    """The network on frames, placements and targets, to what is found (CentreBoxes by name) and each frame's loss."""
    pictures, placements = _make_frame_inputs()
    targets = keras.Input((TARGET_VALUES,), name="targets")
    heads = network(FrameCanvas(resolution)(pictures, placements))
    return keras.Model([pictures, placements, targets], AnswersAndLoss(resolution)(heads, targets))


class AnswersAndLoss(keras.layers.Layer):
    """Decodes heads, and measures the loss of each picture, (batch,), beside."""

    def __init__(self, resolution: int):
        super().__init__(dtype="float32")
        self.resolution = resolution

    def call(self, heads: Any, targets: Any) -> dict[str, Any]:
        losses = make_centre_loss(self.resolution)(targets, heads)
        return decode_centres(heads, self.resolution)._asdict() | {"loss": losses}


def _make_frame_inputs() -> tuple[Any, Any]:
    pictures = keras.Input((FRAME_SIDE, FRAME_SIDE, 3), dtype="uint8", name="pictures")
    return pictures, keras.Input((PLACEMENT_VALUES,), name="placements")
