"""``main.py`` and ``veduta``: which command runs, and how errors reach a person.

Nothing heavy is imported here, so that ``--help`` answers at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

import core
from core import bootstrap
from core.errors import VedutaError

#: Command -> (module that has ``main(argv) -> exit status``, what it does).
COMMANDS = {
    "render": ("core.commands.render", "photographs from label maps, without a window"),
    "streets": ("core.streets.dataset", "build procedural streets and render them with Blender's Cycles"),
    "check-data": ("core.data.command", "say what a data folder holds and what is wrong with it"),
    "train": ("core.training.command", "train a model"),
    "fetch-vgg": ("core.networks.fetch", "fetch the weights for training's perceptual loss, once"),
    "evaluate": ("core.evaluation.command", "measure a model on held-out streets"),
    "default-model": ("core.commands.default_model", "make a model like the default one: streets, training, measuring"),
    "import": ("core.commands.import_model", "turn a pix2pixHD checkpoint into a model file"),
    "fill-parts": ("core.commands.fill_parts", "lay windows, wheels and more inside the bare objects of a label map"),
    "cast-shadows": ("core.commands.cast_shadows", "lay shadows for a chosen sun on the ground and walls of a label map"),
    "stamps": ("core.commands.stamps", "make the library of stamps from example streets"),
    "bench": ("core.commands.bench", "measure speed on this machine"),
    "test": ("core.commands.test", "run the project's tests"),
}

_STUDIO = "app.main"
_EXAMPLE = "core.commands.example"


def main(argv: list[str]) -> int:
    """Run a command, or the studio; the exit status is 2 after an error that a person can act on."""
    name = argv[0] if argv else ""
    if name in ("-h", "--help", "help"):
        print(usage())
        return 0
    if name == "--version":
        print(f"Veduta {core.__version__}")
        return 0
    known = name in COMMANDS
    try:
        if name and not known and not name.startswith("-") and not Path(name).exists():
            return _refused(f"There is no command or file '{name}'; see --help.")
        window = not known and has_display()
        bootstrap.prepare(argv, window, tests=name == "test")
        module = COMMANDS[name][0] if known else _STUDIO if window else _EXAMPLE
        return int(importlib.import_module(module).main(argv[1:] if known else argv) or 0)
    except (VedutaError, bootstrap.NotReady) as error:
        return _refused(str(error))
    except OSError as error:
        if error.errno is None:
            raise  # not the system's word, but a library's
        what = "A file or a device" if error.filename is None else f"'{_shortened(str(error.filename))}'"
        return _refused(f"{what} can't be used ({error.strerror}); choose another place or check its permissions.")
    except (MemoryError, RuntimeError) as error:
        from core.memory import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        return _refused("This is too large for this machine's memory; choose a smaller --size, or close other programs.")
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _refused(sentence: str) -> int:
    """Print why nothing was done; the exit status."""
    print(f"error: {sentence}", file=sys.stderr)
    return 2


def _shortened(name: str) -> str:
    """A name with its middle left out where it is too long to be read."""
    return name if len(name) <= 120 else f"{name[:60]} ... {name[-50:]}"


def usage() -> str:
    """What ``--help`` prints; commands whose module is not there are left out."""
    lines = [
        "usage: python main.py [PROJECT.veduta | LABELS.png]   open the studio",
        "       python main.py COMMAND [--help] ...",
        "",
        "commands:",
    ]
    lines += [f"  {name:<13} {summary}" for name, (module, summary) in COMMANDS.items() if _there(module)]
    return "\n".join(lines)


def has_display() -> bool:
    """Whether a window can be opened: always on Windows and macOS, else where a display is named."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def run() -> None:
    """The installed command ``veduta``."""
    raise SystemExit(main(sys.argv[1:]))


def studio() -> None:
    """The installed command ``veduta-studio``, which has no console on Windows."""
    raise SystemExit(main(sys.argv[1:]))


def _there(module: str) -> bool:
    """Whether the module's file exists, without importing its packages."""
    return bootstrap.ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()


if __name__ == "__main__":  # how the studio starts its helpers (core.child)
    run()
