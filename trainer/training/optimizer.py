"""AdamW with a smaller rate for the backbone, warm-up and cosine."""

from collections.abc import Sequence

import keras
from keras import ops

from trainer.model.network import find_backbone

_FINAL = 0.01  # of the highest rate, at the end


class LayerwiseAdamW(keras.optimizers.Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019) and a factor on the rate of each variable.

    Scaling gradients instead would do nothing: Adam divides by their size.
    `scales` and `decays` follow the order of the trainable variables.
    """

    def __init__(self, learning_rate, scales: Sequence[float], decays: Sequence[float], **rest):
        super().__init__(learning_rate, **rest)
        self.scales, self.decays = list(scales), list(decays)

    def update_step(self, gradient, variable, learning_rate):
        place = self._get_variable_index(variable)
        rate = ops.cast(learning_rate, variable.dtype) * self.scales[place]
        if self.decays[place]:
            self.assign_sub(variable, ops.multiply(variable, rate * self.decays[place]))
        super().update_step(gradient, variable, rate)


def plan_rate(peak: float, steps: int, warmup: float) -> keras.optimizers.schedules.LearningRateSchedule:
    """From near 0 to `peak` in the `warmup` part of the steps, then along a cosine to a hundredth of it."""
    rising = round(warmup * steps)
    start = peak * _FINAL if rising else peak
    falling = max(1, steps - rising)  # CosineDecay counts its own steps, less the warm-up's
    return keras.optimizers.schedules.CosineDecay(
        start, falling, _FINAL, warmup_target=peak if rising else None, warmup_steps=rising
    )


def make_optimizer(
    network: keras.Model, peak: float, steps: int, warmup: float, backbone_rate: float, weight_decay: float
) -> keras.optimizers.Optimizer:
    """For the variables that are trainable now; kernels decay, biases and normalisation do not."""
    backbone = {id(variable) for variable in find_backbone(network).trainable_variables}
    variables = network.trainable_variables
    scales = [backbone_rate if id(variable) in backbone else 1.0 for variable in variables]
    decays = [weight_decay if len(variable.shape) > 1 else 0.0 for variable in variables]
    # Gradients are clipped to a norm of 1; on several devices each device's own, before they are added.
    return LayerwiseAdamW(plan_rate(peak, steps, warmup), scales, decays, global_clipnorm=1.0)
