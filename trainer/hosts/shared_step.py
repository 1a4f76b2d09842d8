"""A training step that several hosts take together as one process would take it with the whole batch.

Each host computes the features of its own part of the batch. Features are small, so every host gets those of all parts
and computes the head, the loss and the metrics of the whole batch: BatchNormalization and dropout of the head are those
of one process. Back through the trunk each host goes with its own part; the gradients are added up, and the optimizer
takes the same step everywhere. The parts between the exchanges are compiled by themselves, by XLA too.

What a trunk does with a whole batch is done with a host's part alone: BatchNormalization, where it learns (a network
from scratch), takes the statistics of the part, and the moving ones are the mean over the hosts; dropout in a backbone
draws other numbers on each host.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainer.hosts.host_ring import HostRing
from trainer.model.model_copy import flatten_layers
from trainer.run_files.checkpoint import list_variables

_SEED_NAME = "seed_generator_state"


class SharedStep:
    """What a compiled model's fit calls for each step: takes an iterator over (own inputs, targets of all).

    Args:
        model: compiled and built; what it consists of is split into the next two, which share its layers.
        trunk: own inputs (own, ..) -> features (own, width).
        head: features (batch, width) -> what the loss takes.
        hosts: that take the step together.
        jit: whether XLA compiles.
    """

    def __init__(self, model: keras.Model, trunk: keras.Model, head: keras.Model, hosts: HostRing, jit: bool):
        self._model, self._trunk, self._head, self._hosts = model, trunk, head, hosts
        self._learnt = trunk.trainable_variables
        self._statistics = list_learnt_statistics(trunk)
        sizes = [int(np.prod(variable.shape)) for variable in (*self._learnt, *self._statistics)]
        self._edges = np.cumsum([0, *sizes])
        self._see = tf.function(lambda inputs: trunk(inputs, training=True), jit_compile=jit)
        self._judge = tf.function(self._learn_head, jit_compile=jit)
        self._take = tf.function(self._update, jit_compile=jit)

    def __call__(self, iterator: Iterator) -> dict[str, Any]:
        inputs, targets = next(iterator)[:2]
        with tf.GradientTape() as tape:
            features = self._see(inputs)
        count, place = int(features.shape[0]), self._hosts.place
        head_gradients, backwards = self._judge(self._gather(features), targets)
        if self._learnt:
            own = backwards[place * count : (place + 1) * count]
            gradients = tape.gradient(features, self._learnt_tensors(), own, tf.UnconnectedGradients.ZERO)
            values = np.concatenate([np.ravel(each) for each in (*gradients, *self._statistics)])
            self._hosts.add_up(values)
            self._take(head_gradients, tf.constant(values))
        else:
            self._take(head_gradients, tf.zeros(0))
        return self._model.get_metrics_result()

    def _learnt_tensors(self) -> list[tf.Variable]:
        return [variable.value for variable in self._learnt]

    def _gather(self, features: tf.Tensor) -> tf.Tensor:
        """The features of the whole batch. With them goes whether a host wants to stop, so that all do at one step."""
        own = features.numpy()
        received = self._hosts.gather(bytes([self._hosts.stop_wanted]) + own.tobytes())
        self._hosts.stop_agreed = any(data[0] for data in received)
        parts = [np.frombuffer(data, own.dtype, offset=1).reshape(own.shape) for data in received]
        return tf.constant(np.concatenate(parts))

    def _learn_head(self, features: tf.Tensor, targets: tf.Tensor) -> tuple[list[tf.Tensor | None], tf.Tensor]:
        """Gradients of the loss of the whole batch: by variable that learns, None without one, and of the features."""
        model = self._model
        with tf.GradientTape() as tape:
            tape.watch(features)
            outputs = self._head(features, training=True)
            loss = model.compute_loss(y=targets, y_pred=outputs, training=True)
            model.metrics[0].update_state(loss, sample_weight=tf.shape(features)[0])
            scaled = model.optimizer.scale_loss(loss)
        sources = [variable.value for variable in model.trainable_variables]
        *gradients, backwards = tape.gradient(scaled, [*sources, features])
        model.compute_metrics(None, targets, outputs)
        return gradients, backwards

    def _update(self, head_gradients: list[tf.Tensor | None], values: tf.Tensor) -> None:
        """Take the optimizer's step, and set the trunk's moving statistics to their mean over the hosts.

        `values` holds the trunk's gradients and statistics, each the sum over all hosts.
        """
        found = {}
        for variable, start, end in zip((*self._learnt, *self._statistics), self._edges, self._edges[1:], strict=False):
            if self._learnt:
                found[id(variable)] = tf.reshape(values[start:end], variable.shape)
        gradients = []
        for variable, of_head in zip(self._model.trainable_variables, head_gradients, strict=True):
            parts = [each for each in (found.get(id(variable)), of_head) if each is not None]
            gradients.append(tf.add_n(parts))
        self._model.optimizer.apply_gradients(zip(gradients, self._model.trainable_variables, strict=True))
        for variable in self._statistics:
            variable.assign(found[id(variable)] / self._hosts.count)


def list_learnt_statistics(network: keras.Model) -> list[keras.Variable]:
    """The moving statistics that training changes: of BatchNormalization that is not frozen."""
    layers = [layer for layer in flatten_layers(network) if isinstance(layer, keras.layers.BatchNormalization)]
    return [each for layer in layers if layer.trainable for each in (layer.moving_mean, layer.moving_variance)]


def share_statistics(network: keras.Model, hosts: HostRing) -> None:
    """Set the moving statistics that training changes to their mean over the hosts."""
    variables = list_learnt_statistics(network)
    values = np.concatenate([np.ravel(variable) for variable in variables])
    hosts.add_up(values)
    _assign(variables, (values / np.float32(hosts.count)).tobytes())


def share_variables(model: keras.Model, backbone: keras.Model, hosts: HostRing) -> None:
    """Give all variables of the first host's compiled model to the others, but for random states of the backbone.

    Those are moved by the number of the host, so that each drops other parts of its maps.
    """
    variables = list_variables(model)
    if hosts.is_first:
        hosts.hand_on(b"".join(np.asarray(variable).tobytes() for variable in variables))
        return
    _assign(variables, hosts.hand_on())
    for variable in backbone.variables:
        if variable.name == _SEED_NAME:
            state = np.asarray(variable)
            variable.assign(state + np.array([hosts.place, 0], state.dtype))


def _assign(variables: list[keras.Variable], data: bytes) -> None:
    start = 0
    for variable in variables:
        before = np.asarray(variable)
        variable.assign(np.frombuffer(data, before.dtype, before.size, start).reshape(before.shape))
        start += before.nbytes
