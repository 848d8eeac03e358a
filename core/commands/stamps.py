"""``python main.py stamps``: makes the library of stamps from the example streets."""

from __future__ import annotations

import argparse
from pathlib import Path

SUMMARY = "make the library of stamps from project files"


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    from core.errors import SceneError
    from core.scene.project import load_project
    from core.stamps import default_path, save_stamps
    from core.stamps_pick import choose, pick

    examples = Path(__file__).resolve().parents[2] / "assets" / "examples"
    parser = argparse.ArgumentParser(prog="main.py stamps", description="Make the library of stamps from streets.")
    parser.add_argument("streets", nargs="*", type=Path, help="project files (default: the examples)")
    parser.add_argument("--out", type=Path, default=default_path(), help="where to write it (default: %(default)s)")
    options = parser.parse_args(argv)
    paths = options.streets or sorted(examples.glob("*.veduta"))
    if not paths:
        raise SceneError(f"There are no streets in '{examples}'; name some project files.")
    found = []
    for path in paths:
        of_street = pick(load_project(path).scene, path.stem)
        print(f"{path.stem}: {len(of_street)}")
        found += of_street
    stamps = choose(found)
    if not stamps:
        raise SceneError("No street shows a thing whole and large enough; name other streets.")
    save_stamps(options.out, stamps)
    counts: dict[str, int] = {}
    for stamp in stamps:
        counts[stamp.kind] = counts.get(stamp.kind, 0) + 1
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    print(f"{options.out}: {options.out.stat().st_size / 1024:.0f} KiB")
    return 0
