"""AdamW with a smaller learning rate for the backbone, linear warm-up and cosine decay."""

from collections.abc import Sequence

import keras
from keras import ops

from trainer.model.network import find_backbone

_FINAL_SHARE = 0.01  # of the peak rate, at the end of a stage; the warm-up starts there too


class LayerwiseAdamW(keras.optimizers.Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019) and a learning rate for each variable.

    The rates are scaled rather than the gradients, which would change nothing: Adam divides them by their size. Weight
    decay follows a variable's own rate, whereas keras.optimizers.AdamW applies one rate to all variables.
    """

    def __init__(self, learning_rate, rate_factors: Sequence[float], weight_decays: Sequence[float], **rest):
        """`rate_factors` and `weight_decays` hold a number for each trainable variable, in the model's order."""
        super().__init__(learning_rate, **rest)
        self.rate_factors, self.weight_decays = list(rate_factors), list(weight_decays)

    def update_step(self, gradient, variable, learning_rate):
        place = self._get_variable_index(variable)
        rate = ops.cast(learning_rate, variable.dtype) * self.rate_factors[place]
        if self.weight_decays[place]:
            self.assign_sub(variable, ops.multiply(variable, rate * self.weight_decays[place]))
        super().update_step(gradient, variable, rate)


def plan_rate(peak: float, steps: int, warmup: float) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that rises to `peak` in the first `warmup` part of the steps and then falls along a cosine.

    It starts and ends at a hundredth of the peak; without warm-up it starts at the peak.
    """
    rising = round(warmup * steps)
    start = peak * _FINAL_SHARE if rising else peak
    falling = max(1, steps - rising)  # CosineDecay counts its steps from the end of the warm-up
    return keras.optimizers.schedules.CosineDecay(
        start, falling, _FINAL_SHARE, warmup_target=peak if rising else None, warmup_steps=rising
    )


def make_optimizer(
    network: keras.Model, peak: float, steps: int, warmup: float, backbone_rate: float, weight_decay: float
) -> keras.optimizers.Optimizer:
    """An optimizer for the variables of the network that are trainable now.

    Args:
        network: as build_network makes it.
        peak: highest learning rate of the head.
        steps: of the whole stage.
        warmup: the part of the steps in which the rate rises.
        backbone_rate: the backbone's rate as a part of the head's.
        weight_decay: for kernels; biases and normalization layers do not decay.
    """
    backbone = {id(variable) for variable in find_backbone(network).trainable_variables}
    variables = network.trainable_variables
    factors = [backbone_rate if id(variable) in backbone else 1.0 for variable in variables]
    decays = [weight_decay if len(variable.shape) > 1 else 0.0 for variable in variables]
    # Gradients are clipped to a norm of 1; on several devices, each device's own gradients before they are added up.
    return LayerwiseAdamW(plan_rate(peak, steps, warmup), factors, decays, global_clipnorm=1.0)
