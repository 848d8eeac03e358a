"""``python main.py check-data DIR``: what is wrong with a data set, in sentences."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py check-data", description="Look at every file of a data set and say what is wrong with it."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="Cityscapes or pix2pixHD layout, or labels and photographs")
    parser.add_argument("--labels-json", type=Path, metavar="FILE", help="the classes of the label maps (default: streets)")
    parser.add_argument("--split", default="train", help="train, val or test (default: train)")
    parser.add_argument("--quick", action="store_true", help="read only the headers of most files")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON and nothing else")
    parser.add_argument("--progress", choices=("bar", "json"), default="bar",
                        help="json: an event a line, for other programs; the last one is what was found")  # fmt: skip
    return parser


def main(argv: list[str]) -> int:
    """Run the command; 0 when the data can be trained on, 2 when it can't."""
    options = parser().parse_args(argv)
    from core.data.check import check_data
    from core.data.label_file import read_label_set
    from core.data.samples import nearby
    from core.errors import VedutaError
    from core.training.reporting import reporter, sparing

    report = reporter("json") if options.progress == "json" else None
    try:
        label_set = read_label_set(options.labels_json)
    except VedutaError as error:
        if report is not None:
            report({"event": "failed", "sentence": str(error)})
        else:
            print(f"error: {error}", file=sys.stderr)
        return 2
    progress = _progress if report is None else sparing(report, "checking")
    findings = check_data(options.folder, label_set, options.split, options.quick, progress)
    if report is not None:
        report({"event": "findings", **asdict(findings), "classes": {label.id: label.name for label in label_set},
                "nearby": [str(p) for p in nearby(options.folder, options.split)] if not findings.frames else []})  # fmt: skip
        return 2 if findings.errors else 0
    if options.json:
        print(json.dumps(asdict(findings), indent=2, ensure_ascii=False))
        return 2 if findings.errors else 0
    if findings.frames:
        print(f"{findings.frames:,} photographs with label maps ({findings.layout} layout).")
    for sentence in findings.errors:
        print(f"error: {sentence}")
    for sentence in findings.notes:
        print(f"note: {sentence}")
    if findings.pixels:
        print("Classes by their share of the pixels:")
        for label_id, share in sorted(findings.pixels.items(), key=lambda item: -item[1]):
            name = label_set[label_id].name
            print(f"  {share:7.2%}  {name} (in {findings.frames_with[label_id]:,} frames)")
    print("It can't be trained on like this." if findings.errors else "It can be trained on.")
    return 2 if findings.errors else 0


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total} samples", end="" if done < total else "\n", file=sys.stderr, flush=True)
