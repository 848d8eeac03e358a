"""``main.py bench train``: this engine against a training loop written as pix2pixHD's code writes it."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Callable

SUMMARY = "images a second while training pix2pixhd-512, of this engine and of a plain loop"

_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import count, size

    parser.add_argument("--repeats", type=count, default=3, metavar="N", help="steps of each, in turns (3)")
    parser.add_argument("--size", type=size, default=(512, 256), metavar="WxH", help="size of the crops (512x256)")
    parser.add_argument("--batch", type=count, default=1, metavar="N", help="crops a step (1)")
    parser.add_argument("--recipe", default="pix2pixhd-512", choices=("pix2pixhd-512", "pix2pixhd-1024"),
                        help="whose networks train (pix2pixhd-512)")  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def run(arguments: argparse.Namespace, progress: Callable[[str], None]) -> dict:
    """Both train the same networks with the same losses on the same crops.

    Each has a process of its own, since the engine sets the allocator up for
    itself; they take steps in turns, so that another program on the machine
    slows both, and of each the fastest counts, for the same reason. A first
    step of each doesn't. VGG19's weights are random: they don't change its time.
    The engine computes as its recipe says, in mixed precision where the device
    has it; the plain loop in float32.
    """
    from core.commands.timing import machine
    from core.errors import TrainingError

    width, height = arguments.size
    if width % 32 or height % 32:
        raise TrainingError("These networks take sides that are multiples of 32; give another --size.")
    workers = {}
    try:
        for name in ("ours", "plain"):
            workers[name] = _Worker(name, arguments)
        times: dict[str, list[float]] = {name: [] for name in workers}
        peaks, precisions = {}, {}
        for turn in range(arguments.repeats + 1):
            for name, worker in workers.items():
                progress(f"{name}, step {turn} of {arguments.repeats}")
                answer = worker.step()
                peaks[name], precisions[name] = answer["peak"], answer["precision"]
                if turn:
                    times[name].append(answer["seconds"])
    finally:
        for worker in workers.values():
            worker.close()
    speed = {name: arguments.batch / min(found) for name, found in times.items()}
    return {
        "ours_images_per_s": round(speed["ours"], 4),
        "plain_images_per_s": round(speed["plain"], 4),
        "ratio": round(speed["ours"] / speed["plain"], 3),
        "peak_memory_mb": round(peaks["ours"] / 1e6),
        "plain_peak_memory_mb": round(peaks["plain"] / 1e6),
        "precision": precisions["ours"],
        "recipe": arguments.recipe,
        "size": [width, height],
        "batch": arguments.batch,
        "repeats": arguments.repeats,
        **machine(),
    }


def report(result: dict) -> str:
    """The result in words."""
    return (
        f"Training {result['recipe']} at {result['size'][0]}x{result['size'][1]}: "
        f"{result['ours_images_per_s']:.3g} images a second in {result['precision']}, "
        f"{result['peak_memory_mb']:,} MB at the peak.\n"
        f"A plain loop: {result['plain_images_per_s']:.3g} images a second, {result['plain_peak_memory_mb']:,} MB. "
        f"That is {result['ratio']:.2f} times as fast."
    )


class _Worker:
    """A process that trains a step whenever it is asked to."""

    def __init__(self, name: str, arguments: argparse.Namespace):
        width, height = arguments.size
        settings = [name, arguments.recipe, width, height, arguments.batch, arguments.device]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *map(str, settings)],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def step(self) -> dict:
        from core.errors import TrainingError

        try:
            self._process.stdin.write("step\n")
            self._process.stdin.flush()
            found = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            raise TrainingError("A measured step failed, perhaps for lack of memory; give a smaller --size.") from None
        if "refused" in found:
            raise TrainingError(found["refused"])
        return found

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _work(name: str, recipe: str, width: str, height: str, batch: str, device: str) -> None:
    """The worker's side: a line of JSON for each line read."""
    import time

    import torch

    from core.errors import DeviceError
    from core.rendering.device import choose_device
    from core.training.memory import peak_bytes

    try:
        crop, chosen = (int(width), int(height)), choose_device(device)
    except DeviceError as error:
        for _ in sys.stdin:
            print(json.dumps({"refused": str(error)}), flush=True)
        return
    step, precision = {"ours": _ours, "plain": _plain}[name](recipe, crop, int(batch), chosen)
    for _ in sys.stdin:
        started = time.perf_counter()
        step()
        if chosen.type == "cuda":
            torch.cuda.synchronize()
        elif chosen.type == "mps":
            torch.mps.synchronize()
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "peak": peak_bytes(chosen), "precision": precision}), flush=True)


def _batch(width: int, height: int, count: int):
    """Crops of a street: blocks of labels with objects, and noise for photographs."""
    import torch

    from core.data.crops import Batch

    draw = torch.Generator().manual_seed(0)
    blocks = torch.randint(0, 34, (count, 1, height // 32, width // 32), generator=draw).float()
    labels = torch.nn.functional.interpolate(blocks, (height, width))[:, 0].long()
    instances = labels * 1000 + torch.arange(width).div(64, rounding_mode="floor")
    edges = torch.zeros(count, 1, height, width)
    edges[..., 1:] = (instances[..., 1:] != instances[..., :-1])[:, None]
    photograph = torch.rand(count, height, width, 3, generator=draw).permute(0, 3, 1, 2) * 2 - 1
    return Batch(photograph, labels, instances, edges, instances, torch.zeros_like(labels, dtype=torch.bool))


def _vgg():
    import torch

    from core.networks.vgg import VGGFeatures

    vgg = VGGFeatures("vgg19")
    for parameter in vgg.parameters():
        if parameter.ndim == 4:
            torch.nn.init.kaiming_normal_(parameter)
    return vgg


def _ours(recipe: str, crop: tuple[int, int], count: int, device) -> tuple[Callable[[], object], str]:
    """A step of the engine, from crops in memory to the averaged weights, and its precision."""
    from dataclasses import replace

    from core.data.samples import Sample
    from core.training.recipes import recipe_named
    from core.training.schedule import Phase
    from core.training.trainer import Trainer

    named = replace(recipe_named(recipe), phases=(Phase(1.0, (crop[0], crop[0]), crop, count),))
    trainer = Trainer(named, [Sample("none", None, Path(), None)], None, device=str(device), vgg=_vgg())
    batch = _batch(*crop, count)
    return lambda: trainer.train_step(batch), trainer.precision.name


def _plain(recipe: str, crop: tuple[int, int], count: int, device) -> tuple[Callable[[], object], str]:
    """A step as pix2pixHD's public code takes it.

    Eager float32 in PyTorch's default layout; D judges the fake without
    gradient, the photograph, and the fake again; every backward pass computes
    gradients of all weights on its way.
    """
    import torch
    from torch.nn import functional as F

    from core.labels import STREETS
    from core.models.registry import build
    from core.networks.discriminators import MultiscaleDiscriminator
    from core.networks.perceptual import LAYERS, WEIGHTS
    from core.training.networks import encoder_of, generator_of
    from core.training.recipes import recipe_named

    named = recipe_named(recipe)
    torch.manual_seed(0)
    generator = build(*generator_of(named, STREETS, "whole")).to(device)
    encoder = build(*encoder_of(named)).to(device)
    width, layers, scales = named.discriminator
    discriminator = MultiscaleDiscriminator(len(STREETS) + 4, width=width, layers=layers, scales=scales).to(device)
    vgg = _vgg().to(device)
    optimiser_g = torch.optim.Adam([*generator.parameters(), *encoder.parameters()], named.learning_rate, named.betas)
    optimiser_d = torch.optim.Adam(discriminator.parameters(), named.learning_rate, named.betas)
    made = _batch(*crop, count)

    def towards(judged, target: float):
        return sum(F.mse_loss(scale[-1], torch.full_like(scale[-1], target)) for scale in judged)

    def step() -> list[float]:
        batch = made.to(device)
        one_hot = torch.zeros(count, len(STREETS), *batch.labels.shape[1:], device=device)
        one_hot.scatter_(1, batch.labels[:, None], 1.0)
        shown = torch.cat((one_hot, batch.edges), 1)
        fake = generator(torch.cat((shown, encoder(batch.photograph, batch.instances)), 1))
        on_old = discriminator(torch.cat((shown, fake.detach()), 1))
        on_real = discriminator(torch.cat((shown, batch.photograph), 1))
        on_fake = discriminator(torch.cat((shown, fake), 1))
        loss_d = 0.5 * (towards(on_old, 0.0) + towards(on_real, 1.0))
        loss_g = towards(on_fake, 1.0)
        for of_fake, of_real in zip(on_fake, on_real):
            for a, b in zip(of_fake[:-1], of_real[:-1]):
                loss_g = loss_g + named.feature_weight * 4 / (layers + 1) / scales * F.l1_loss(a, b.detach())
        for weight, a, b in zip(WEIGHTS, vgg(fake, LAYERS), vgg(batch.photograph, LAYERS)):
            loss_g = loss_g + named.perceptual_weight * weight * F.l1_loss(a, b.detach())
        optimiser_g.zero_grad()
        loss_g.backward()
        optimiser_g.step()
        optimiser_d.zero_grad()
        loss_d.backward()
        optimiser_d.step()
        return [float(loss_g.detach()), float(loss_d.detach())]

    return step, "float32"


if __name__ == "__main__":
    _work(*sys.argv[1:])
