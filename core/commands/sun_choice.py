"""The sun as a person gives it on the command line: degrees from straight ahead to the right, degrees above the horizon."""

from __future__ import annotations

import argparse
import re

#: How it is written, for help texts.
FORM = "AZIMUTH,ELEVATION"

HELP = (
    "the sun in degrees: from straight ahead to the right (90 at the right, 180 behind, -90 or 270 at the left), "
    "and above the horizon"
)


def sun(text: str):
    """``-60,35`` -> ``core.shadows.sun.Sun``; for argparse."""
    from core.errors import SceneError
    from core.shadows.sun import Sun

    number = r"([+-]?\d+(?:\.\d*)?)"
    match = re.fullmatch(rf"\s*{number}\s*,\s*{number}\s*", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no place of the sun; write it as -60,35")
    try:
        return Sun.degrees(float(match[1]), float(match[2]))
    except SceneError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def with_sun(argv: list[str], option: str) -> list[str]:
    """``argv`` with a sun at the left tied to its option: argparse takes "-60,35" alone for an option of that name."""
    tied: list[str] = []
    for word in argv:
        if tied and tied[-1] == option and re.match(r"-\d", word):
            tied[-1] = f"{option}={word}"
        else:
            tied.append(word)
    return tied
