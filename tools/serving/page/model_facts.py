"""What the page says about the model: what it was trained on and what it is worth, from the files of its run."""

from pathlib import Path
from typing import Any

from shards.emotions import EMOTIONS, ENGLISH
from shards.errors import DataError
from trainer.answering.korean_sentences import format_mood_sentence
from trainer.model.mood_json import Metadata
from trainer.run_files.file_names import METRICS_FILE, RECORD_FILE
from trainer.run_files.run_record import read_run_object

_LEVELS = ("videos", "frames")
_REMEDY = "restore it, or move it away to serve without"


def read_model_facts(model_path: Path, metadata: Metadata) -> dict[str, Any]:
    """What is known of a model, ready for JSON. What its run's folder does not say is None.

    Raises DataError where metrics.json or run.json is no JSON object, or is not as this program writes it.
    """
    metrics, record = (read_run_object(model_path.with_name(name), _REMEDY) for name in (METRICS_FILE, RECORD_FILE))
    try:
        return {
            "run": model_path.absolute().parent.name,
            "backbone": metadata.backbone,
            "resolution": metadata.trained.get("resolution", metadata.image_size),
            "prior": [round(share, 6) for share in metadata.prior],
            "untrained": [label for label, share in enumerate(metadata.prior) if share == 0],
            "moods": [mood._asdict() for mood in EMOTIONS],
            "sentences": {species or "unknown": _list_sentences(species) for species in ("dog", "cat", None)},
            "data": _describe_data(record["data"]) if record and "data" in record else None,
            "scores": _describe_scores(metrics["evaluation"]) if metrics and metrics.get("evaluation") else None,
        }
    except (KeyError, TypeError, ValueError) as error:
        where = f"{METRICS_FILE} or {RECORD_FILE} beside {model_path}"
        raise DataError(f"{where} is not as this program writes it ({error!r}); train anew or move it away") from error


def _list_sentences(species: str | None) -> list[str]:
    """The Korean sentence for each mood, and as the last one that for a mood that is not known."""
    return [format_mood_sentence(label, species) for label in (*range(len(EMOTIONS)), None)]


def _describe_data(data: dict[str, Any]) -> dict[str, Any]:
    """Names and sizes of the datasets, without the folders around them."""
    return {
        part: {"name": Path(data[part]["path"]).name, "pictures": data[part]["records"], "videos": data[part]["videos"]}
        for part in ("train", "valid")
    }


def _describe_scores(evaluation: dict[str, Any]) -> dict[str, Any]:
    """The macro-F1 for videos and for frames, each beside the answer that is always the commonest mood."""
    scores = {}
    for level in _LEVELS:
        figures = evaluation[level]["equal_priors"]
        score = {name: figures["macro_f1"][name] for name in ("value", "interval", "majority", "against_majority")}
        mood = EMOTIONS[ENGLISH.index(figures["majority"])]
        scores[level] = score | {"count": evaluation[level]["n"], "commonest": mood._asdict()}
    return scores
