"""PyTorch's training step, as its guides to performance say: mixed precision, channels last, torch.compile."""

import time
from collections.abc import Callable
from typing import Any

import torch
import torchvision

PACKAGES = ("torch", "torchvision")
_CLASSES = 6


def open_torch_step(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The step on a batch of bytes on the device; `device`, `batch_size`, `resolution` and `steps` are settings."""
    device = torch.device("cuda" if settings["device"] == "gpu" else "cpu")
    torch.backends.cudnn.benchmark = True
    network = torchvision.models.efficientnet_b0(num_classes=_CLASSES).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, fused=device.type == "cuda")
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    kind = torch.float16 if device.type == "cuda" else torch.bfloat16
    compiled = torch.compile(network) if device.type == "cuda" else network
    side, count = settings["resolution"], settings["batch_size"]
    pictures = torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, device=device)
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, _CLASSES, (count,), device=device)
    mean = torch.tensor([0.485, 0.456, 0.406], device=device).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225], device=device).view(1, 3, 1, 1)

    def take_step() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype=kind):
            logits = compiled((pictures.float() / 255 - mean) / deviation)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels, label_smoothing=0.1)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        for _ in range(settings["steps"]):
            loss = take_step()
        last = float(loss.detach())  # waits for the device
        return {"count": settings["steps"] * count, "seconds": time.perf_counter() - begun, "loss": last}

    take_turn()
    return take_turn
