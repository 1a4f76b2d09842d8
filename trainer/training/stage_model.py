"""The model of a stage: the network behind its input, compiled with the stage's optimizer and the loss."""

import keras
import numpy as np

from trainer.hosts.shared_step import SharedStep
from trainer.settings import Stage
from trainer.training.data_wait import DataWait, measure_data_wait
from trainer.training.optimizer import make_optimizer
from trainer.training.run_context import TrainingRun


def compile_stage(run: TrainingRun, stage: Stage) -> tuple[keras.Model, DataWait]:
    """The model to fit in this stage, and the time for which its fit waits for data.

    All variables of its optimizer and metrics exist, so that a checkpoint can be restored into it.
    """
    settings = run.settings
    with run.device.scope():
        model = run.build_training_model(stage)
        model.compile(
            make_optimizer(
                run.network,
                stage.learning_rate,
                stage.epochs * run.steps,
                settings.warmup,
                settings.backbone_rate,
                settings.weight_decay,
            ),
            run.make_loss(),
            metrics=run.make_metrics(),
            jit_compile=run.device.jit,
        )
        _make_variables(model, run.make_example_targets())
    if run.hosts:
        model.train_function = SharedStep(model, *run.build_training_halves(stage), run.hosts, run.device.jit)
    return model, measure_data_wait(model)


def _make_variables(model: keras.Model, targets: np.ndarray) -> None:
    """Make the optimizer's and the metrics' variables, which Keras would make in the first step."""
    model.optimizer.build(model.trainable_variables)
    model.compute_metrics(None, targets, np.zeros((1, *model.output_shape[1:]), np.float32))
    model.reset_metrics()
