"""The optional packages, and the one text that says how to install them: from a checkout, for no index has pet mood."""

from importlib.util import find_spec

# Name for import -> the extra of pyproject.toml that installs it.
EXTRAS = {
    "tensorflow": "cpu",
    "tensorboard": "tensorboard",
    "ai_edge_litert": "export",
    "onnx": "export",
    "onnxruntime": "export",
    "paramiko": "sftp",
    "tf2onnx": "export",
    "atheris": "fuzz",
    "mfusepy": "fuse",
    "jax": "jax",
    "prometheus_client": "serve",
    "starlette": "serve",
    "uvicorn": "serve",
}


def list_missing(packages: tuple[str, ...]) -> list[str]:
    """Those of the packages that are not installed."""
    return [name for name in packages if find_spec(name) is None]


def explain_missing_packages(*packages: str) -> str:
    """Such as "onnx is not installed: make setup, or pip install '.[export]', in the checkout of pet mood"."""
    extras = ",".join(sorted({EXTRAS[name] for name in packages}))
    are = "is" if len(packages) == 1 else "are"
    names = " and ".join(packages)
    return f"{names} {are} not installed: make setup, or pip install '.[{extras}]', in the checkout of pet mood"
