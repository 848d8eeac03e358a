"""Scores of a model on held-out photographs, as JSON and as a page with pictures."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Sequence
from urllib.parse import quote

import numpy as np
import torch

from core.capture import photograph_codes
from core.data.samples import Sample, read_sample
from core.data.statistics import ClassCount
from core.evaluation.looks import measure_cars
from core.evaluation.metrics import confusion, mean_iou, psnr, ssim
from core.evaluation.segmentation import Segmenter, segment
from core.labels import label_set_for
from core.looks import random_looks
from core.models.model_file import Model
from core.networks.perceptual import perceptual_distance
from core.opencv import cv2
from core.rendering.renderer import Renderer
from core.scene.files import resize_nearest, write_bytes, write_picture


@dataclass
class Scores:
    """Means over the held-out photographs; None where a score wasn't asked for."""

    frames: int = 0
    psnr_db: float | None = None
    ssim: float | None = None
    perceptual: float | None = None
    perceptual_random_codes: float | None = None
    captured_closer_share: float | None = None
    miou_real: float | None = None
    miou_generated: float | None = None
    miou_ratio: float | None = None
    car_delta_e: float | None = None
    car_delta_e_weakest: float | None = None
    car_delta_e_far: float | None = None
    car_delta_e_far_largest: float | None = None
    cars: int = 0
    cars_recoloured_share: float | None = None
    cars_contained_share: float | None = None
    classes: dict[str, list[float]] = field(default_factory=dict)


def evaluate(
    model: Model,
    samples: Sequence[Sample],
    out: Path,
    vgg: torch.nn.Module | None,
    judge: Segmenter | None,
    size: tuple[int, int] | None = None,
    device: str = "auto",
    pictures: int = 12,
    progress: Callable[[int], None] | None = None,
    cars: int | None = None,
) -> Scores:
    """Measure ``model`` and write ``report.json``, ``index.html`` and its pictures to ``out``.

    A photograph is rebuilt from its maps with its own captured codes, and once
    more with codes drawn at random from the code book. Every car gets each look
    of the book: what the two most different ones change on it and beyond 64 px,
    see ``core.evaluation.looks``.

    Args:
        samples: their maps hold the model's classes, or the project's own where these agree.
        judge: one of :func:`core.labels.label_set_for` the model's classes.
        size: (width, height) at which frames are rendered and compared;
            default: the photographs' own.
        cars: measure the looks of only so many cars of a frame, the largest; None: all of at least 400 pixels.

    Raises:
        BadImageError: when a file can't be read. LabelError: when a label map holds other classes.
    """
    label_set = label_set_for(model.label_set)
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    renderer = Renderer(model, device)
    rows: dict[str, list[float]] = {}
    classes = len(label_set)
    matrices = {"real": np.zeros((classes, classes), np.int64), "generated": np.zeros((classes, classes), np.int64)}
    classes_seen, shown = ClassCount(), []
    for number, sample in enumerate(samples):
        photograph, labels, instances = read_sample(sample)
        label_set.check(labels, f"label map of {sample.name}")
        classes_seen.add(labels)
        if size is not None:
            photograph = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA)
            labels, instances = resize_nearest(labels, size), resize_nearest(instances, size)
        captured = photograph_codes(model, photograph, labels, instances, label_set, scarce=0) if model.encoder is not None else {}
        picture = renderer.render(labels, instances, captured, label_set)
        add = lambda name, value: rows.setdefault(name, []).append(value)  # noqa: E731
        add("psnr_db", psnr(picture, photograph))
        add("ssim", ssim(picture, photograph))
        if model.code_book is not None:
            drawn = random_looks(model.code_book, labels, instances, label_set, seed=number)
            other = renderer.render(labels, instances, drawn, label_set)
            for car in measure_cars(renderer, labels, instances, captured, label_set, cars):
                add("car_delta_e", car.delta_e)
                add("car_delta_e_weakest", car.weakest)
                add("car_delta_e_far", car.far_mean)
                add("car_delta_e_far_largest", car.far_largest)
        if vgg is not None:
            add("perceptual", _perceptual(vgg, picture, photograph))
            if model.code_book is not None:
                add("perceptual_random_codes", _perceptual(vgg, other, photograph))
        if judge is not None:
            for name, image in (("real", photograph), ("generated", picture)):
                matrices[name] += confusion(*segment(judge, image, labels, label_set), classes)
        if number < pictures:
            shown.append(_save_row(out / "pictures", sample.name, label_set.palette[labels], picture, photograph))
        if progress:
            progress(number + 1)
    scores = Scores(frames=len(samples), cars=len(rows.get("car_delta_e", [])))
    for name, values in rows.items():
        setattr(scores, name, float(np.mean(values)))
    if scores.cars:
        # What is asked of a model: 20 between a car's most different looks, below 1 for every pixel beyond 64 px.
        scores.cars_recoloured_share = float(np.mean(np.array(rows["car_delta_e"]) >= 20))
        scores.cars_contained_share = float(np.mean(np.array(rows["car_delta_e_far_largest"]) < 1))
        scores.car_delta_e_far_largest = float(np.max(rows["car_delta_e_far_largest"]))
    if "perceptual_random_codes" in rows:
        scores.captured_closer_share = float(
            np.mean(np.array(rows["perceptual"]) < np.array(rows["perceptual_random_codes"]))
        )
    if judge is not None:
        # Classes of fewer than one pixel in 2,000 say more about luck than about the model.
        truth = matrices["real"].sum(1)
        present = truth > truth.sum() / 2000
        scores.miou_real = mean_iou(matrices["real"], present)
        scores.miou_generated = mean_iou(matrices["generated"], present)
        if scores.miou_real:  # a judge of few steps may recognise nothing
            scores.miou_ratio = scores.miou_generated / scores.miou_real
    scores.classes = classes_seen.shares(label_set)
    _write(out, model, scores, shown)
    return scores


def _perceptual(vgg, a: np.ndarray, b: np.ndarray) -> float:
    tensors = [torch.from_numpy(i).permute(2, 0, 1)[None].float() / 127.5 - 1 for i in (a, b)]
    return float(perceptual_distance(vgg, *tensors)[0])


def _save_row(folder: Path, name: str, *images: np.ndarray) -> list[str]:
    files = []
    for kind, image in zip(("labels", "generated", "photograph"), images):
        file = f"{name}_{kind}.jpg"
        write_picture(folder / file, image)
        files.append(file)
    return files


def _write(out: Path, model: Model, scores: Scores, shown: list[list[str]]) -> None:
    data = {"model": model.card.name, "provenance": model.card.provenance, "scores": vars(scores)}
    write_bytes(out / "report.json", json.dumps(data, indent=2).encode())
    numbers = "".join(
        f"<tr><td>{html.escape(k)}</td><td>{v:.4g}</td></tr>"
        for k, v in vars(scores).items()
        if isinstance(v, (int, float))
    )
    rows = "".join(
        "<tr>" + "".join(f'<td><img src="pictures/{quote(f)}"></td>' for f in row) + "</tr>" for row in shown
    )
    trained = model.card.provenance.get("classes", {})
    shares = "".join(
        f"<tr><td>{html.escape(name)}"
        + "".join(f"<td>{100 * v:.2f} %" for v in (*trained.get(name, (0.0, 0.0)), *scores.classes.get(name, (0.0, 0.0))))
        + "</tr>"
        for name in {**trained, **scores.classes}
    )
    page = (
        "<!doctype html><meta charset='utf-8'><title>Evaluation</title>"
        "<style>body{font:15px/1.5 system-ui;margin:2rem;max-width:1600px}img{width:100%;display:block}"
        "td{padding:.2rem .6rem;vertical-align:top}th{text-align:left;padding:.2rem .6rem}</style>"
        f"<h1>{html.escape(model.card.name)}</h1><table>{numbers}</table>"
        f"<h2>Held-out streets</h2><table><tr><th>Labels<th>Generated<th>Photograph</tr>{rows}</table>"
        "<h2>Classes</h2><table><tr><th><th>Training: frames<th>pixels<th>Held out: frames<th>pixels</tr>"
        f"{shares}</table>"
    )
    write_bytes(out / "index.html", page.encode())
