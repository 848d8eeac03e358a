"""Getting ready on a bare machine: system libraries, a virtual environment, the dependencies.

Standard library only, and nothing but what Debian's plain ``python3`` has. Where
everything is there already this costs a few milliseconds and changes nothing.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
_STAMP = ENVIRONMENT / "veduta-installed.json"
_AGAIN = "VEDUTA_RESTARTED"

#: Import names that are not the distribution's own name in lower case.
_IMPORT_NAMES = {
    "opencv-python": "cv2", "pillow": "PIL", "PySide6-Essentials": "PySide6", "scikit-learn": "sklearn",
    "pytest-qt": "pytestqt",
}

#: Shared library -> Debian package. Without the first two OpenCV does not import.
_ENGINE_LIBRARIES = {"libGL.so.1": "libgl1", "libgthread-2.0.so.0": "libglib2.0-0"}
_WINDOW_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


class NotReady(Exception):
    """Something is missing that can't be installed from here; ``str()`` says what to do."""


def prepare(arguments: list[str], window: bool, tests: bool = False) -> None:
    """Return with every dependency importable; may restart the program inside ``.venv``.

    Args:
        arguments: the program's arguments, for the restart.
        window: whether Qt's windows will be needed (its system libraries are).
        tests: whether the test tools are needed too.

    Raises:
        NotReady: with the one thing the person has to do.
    """
    if sys.version_info < (3, 11):
        raise NotReady(
            "Veduta needs Python 3.11 or newer; this is %d.%d. Start it with a newer one." % sys.version_info[:2]
        )
    lock = locked(tests)
    ready = not missing_modules(lock)
    packages = missing_packages(window or tests, tests)
    if not ready and not _in_environment() and not _environment_works():
        if importlib.util.find_spec("ensurepip") is None:
            packages.append(f"python{_version()}-venv")
    if packages:
        _install_packages(packages, needed=_needed(packages) and not (ready and _opencv_imports()))
    if ready:
        return
    if os.environ.get(_AGAIN) == "1":
        raise NotReady(
            f"Some dependencies still do not import ({', '.join(missing_modules(lock))}); "
            f"delete the folder {ENVIRONMENT} and start again."
        )
    _make_environment(lock)
    if _in_environment():
        importlib.invalidate_caches()
        return
    _restart(arguments)


def locked(tests: bool = False) -> list[str]:
    """The pinned requirements, from pyproject.toml; empty for an installed package, which pip has served."""
    table = _project().get("tool", {}).get("veduta", {})
    return table.get("lock", []) + (table.get("lock-test", []) if tests else [])


def _range(name: str) -> str:
    """The versions of a dependency that will do, as pyproject.toml states them."""
    return next(text for text in _project()["project"]["dependencies"] if text.startswith(name))


def _project() -> dict:
    import tomllib

    try:
        with open(ROOT / "pyproject.toml", "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}


def missing_modules(lock: list[str]) -> list[str]:
    """Distributions of the lock whose module is not there; looks without importing."""
    names = dict.fromkeys(requirement.split("==")[0].strip() for requirement in lock)
    return [name for name in names if importlib.util.find_spec(_IMPORT_NAMES.get(name, name.lower())) is None]


def missing_packages(window: bool, tests: bool = False) -> list[str]:
    """Debian packages of the system libraries that Linux lacks; empty on other systems."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = dict(_ENGINE_LIBRARIES, **(_WINDOW_LIBRARIES if window else {}))
    packages = [package for library, package in wanted.items() if not _loads(library)]
    if window and not _has_fonts():
        packages.append("fonts-dejavu-core")
    if tests and not shutil.which("Xvfb"):
        packages.append("xvfb")
    return packages


# -- system packages ---------------------------------------------------------


def _install_packages(packages: list[str], needed: bool) -> None:
    """apt-get where it may run, else the line to type; NotReady where nothing works without them."""
    line = "apt-get install -y --no-install-recommends " + " ".join(packages)
    may = _administrator()
    if shutil.which("apt-get") and may is not None:
        _say(f"Installing system packages: {' '.join(packages)}")
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        quiet = ["-qq"] if not sys.stdout.isatty() else ["-q"]
        prefix = may + (["env", "DEBIAN_FRONTEND=noninteractive"] if may else [])
        subprocess.call(prefix + ["apt-get", *quiet, "update"], env=environment)
        done = subprocess.call(
            prefix + line.split()[:1] + quiet + line.split()[1:], env=environment,
            stdout=None if sys.stdout.isatty() else subprocess.DEVNULL,
        )
        if done == 0:
            return
        problem = "The system packages could not be installed."
    else:
        problem = "Some system packages are missing."
    advice = f"{problem} As an administrator, run:\n  {line}"
    if not shutil.which("apt-get"):
        advice = f"{problem} Install what your system calls these Debian packages:\n  {' '.join(packages)}"
    if needed:
        raise NotReady(advice)
    _say(advice)


def _needed(packages: list[str]) -> bool:
    """Whether even the engine fails without these."""
    return any(package in _ENGINE_LIBRARIES.values() or package.endswith("-venv") for package in packages)


def _opencv_imports() -> bool:
    """Whether it does all the same: an environment may bring libraries of its own."""
    return _quiet_call([sys.executable, "-c", "import cv2"]) == 0


def _administrator() -> list[str] | None:
    """What to put before a command to run it as root: [] for root itself, None where that can't be."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    if sys.stdin.isatty() or subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return ["sudo"]
    return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
        return True
    except OSError:
        return False


def _has_fonts() -> bool:
    folders = (Path(folder).expanduser() for folder in _FONT_FOLDERS)
    return any(
        name.lower().endswith((".ttf", ".otf", ".ttc", ".pfb"))
        for folder in folders for _, _, names in os.walk(folder) for name in names
    )


def _version() -> str:
    return "%d.%d" % sys.version_info[:2]


# -- the virtual environment ---------------------------------------------------


def _python() -> Path:
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _in_environment() -> bool:
    return Path(sys.prefix).resolve() == ENVIRONMENT.resolve()


def _environment_works() -> bool:
    """True where ``.venv`` has a Python of this version, with pip."""
    check = "import sys, pip; raise SystemExit(sys.version_info[:2] != (%d, %d))" % sys.version_info[:2]
    return _python().exists() and _quiet_call([str(_python()), "-c", check]) == 0


def _make_environment(lock: list[str]) -> None:
    """Bring ``.venv`` to the locked versions; quick where it is there already."""
    if _stamped(lock):
        return
    try:
        if not _in_environment() and not _environment_works():
            _say(f"Making a virtual environment in {ENVIRONMENT}")
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        pip = [str(_python()), "-m", "pip", "install", "--disable-pip-version-check"]
        pip += [] if sys.stdout.isatty() else ["--quiet"]
        _say("Installing the dependencies; the first time this takes some minutes and about 2 GB of disk")
        torch = next(requirement for requirement in lock if requirement.startswith("torch=="))
        wanted = list(lock)
        if _has_distribution("torch"):  # perhaps a build that was chosen for this machine's GPU
            wanted[lock.index(torch)] = _range("torch")
        elif _wants_cpu_torch():
            # Where pip has been told of PyTorch's CPU builds, this is far smaller; else it changes nothing.
            _quiet_call(pip + [torch + "+cpu"])
        subprocess.run(pip + wanted, check=True)
        _STAMP.write_text(json.dumps(_fingerprint(lock)))
    except (subprocess.CalledProcessError, OSError) as error:
        raise NotReady(
            f"The dependencies could not be installed ({type(error).__name__}); "
            f"check the network and the free disk space, then start again. Folder: {ENVIRONMENT}"
        ) from None


def _wants_cpu_torch() -> bool:
    """Linux without an NVIDIA GPU, where the ordinary wheel would bring CUDA in vain."""
    if not sys.platform.startswith("linux"):
        return False
    return not (shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists())


def _has_distribution(name: str) -> bool:
    check = f"import importlib.metadata as m; m.version({name!r})"
    return _quiet_call([str(_python()), "-c", check]) == 0


def _stamped(lock: list[str]) -> bool:
    """Whether ``.venv`` was last brought to this lock (or to a longer one) by this Python version."""
    try:
        stamp = json.loads(_STAMP.read_text())
        return _environment_works() and set(_fingerprint(lock)) <= set(stamp)
    except (OSError, ValueError, TypeError):
        return False


def _fingerprint(lock: list[str]) -> list[str]:
    return [hashlib.sha256(f"{_version()} {requirement}".encode()).hexdigest()[:16] for requirement in lock]


def _restart(arguments: list[str]) -> None:
    """Run main.py again with the environment's Python; does not return."""
    command = [str(_python()), str(ROOT / "main.py"), *arguments]
    environment = dict(os.environ, **{_AGAIN: "1"})
    sys.stdout.flush()
    if os.name == "nt":  # there execv returns to the shell before the program ends
        raise SystemExit(subprocess.call(command, env=environment))
    os.execve(command[0], command, environment)


def _quiet_call(command: list[str]) -> int:
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _say(text: str) -> None:
    print(text, flush=True)
