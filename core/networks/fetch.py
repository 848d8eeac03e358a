"""``python main.py fetch-vgg``: the weights for the perceptual loss, once, checked by their checksum."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Run the command; 0 when the weights are there, 2 with a sentence when they can't be had."""
    parser = argparse.ArgumentParser(
        prog="main.py fetch-vgg",
        description="Fetch VGG19's weights from PyTorch (575 MB) for the perceptual loss of training, once.",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: where training looks for them)")
    parser.add_argument("--url", help="another address of the same file")
    parser.add_argument("--progress", choices=("bar", "json"), default="bar", help="json: an event a line, for other programs")
    options = parser.parse_args(argv)
    from core.checksum import sha256_of
    from core.errors import VedutaError
    from core.networks.vgg_files import VGG19_SHA256, VGG19_URL, download_vgg19, vgg_cache
    from core.training.reporting import reporter, sparing

    report = reporter(options.progress)
    target = options.out or vgg_cache()
    try:
        if target.is_file() and sha256_of(target) == VGG19_SHA256:
            report({"event": "fetched", "path": str(target), "sentence": f"VGG19's weights are there already: {target}."})
            return 0
        download_vgg19(sparing(report, "fetching"), target, options.url or VGG19_URL)
        report({"event": "fetched", "path": str(target), "sentence": f"VGG19's weights are {target}."})
        return 0
    except VedutaError as error:
        report({"event": "failed", "sentence": str(error)})
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        report.close()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
