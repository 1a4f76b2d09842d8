"""The model of a stage: the network behind its input, compiled with the stage's optimizer and the loss."""

import keras
import numpy as np

from trainer.model.picture_models import build_window_model
from trainer.model.trainable_layers import choose_trainable
from trainer.settings import Stage
from trainer.training.data_wait import DataWait, measure_data_wait
from trainer.training.loss import make_loss
from trainer.training.optimizer import make_optimizer
from trainer.training.run_context import TrainingRun


def compile_stage(run: TrainingRun, stage: Stage) -> tuple[keras.Model, DataWait]:
    """The model to fit in this stage, and the time for which its fit waits for data.

    All variables of its optimizer and metrics exist, so that a checkpoint can be restored into it.
    """
    settings = run.settings
    with run.device.scope():
        choose_trainable(run.network, stage.train_base, settings.network_settings.from_scratch)
        frozen = stage.train_base == "frozen"
        model = build_window_model(run.network, run.sizes, frozen, run.input_settings.augment)
        model.compile(
            make_optimizer(
                run.network,
                stage.learning_rate,
                stage.epochs * run.steps,
                settings.warmup,
                settings.backbone_rate,
                settings.weight_decay,
            ),
            make_loss(settings.imbalance, run.prior, settings.label_smoothing),
            metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
            jit_compile=run.device.jit,
        )
        _make_variables(model)
    return model, measure_data_wait(model)


def _make_variables(model: keras.Model) -> None:
    """Make the optimizer's and the metrics' variables, which Keras would make in the first step."""
    model.optimizer.build(model.trainable_variables)
    shape = (1, model.output_shape[-1])
    model.compute_metrics(None, np.zeros(1, np.int64), np.zeros(shape, np.float32))
    model.reset_metrics()
