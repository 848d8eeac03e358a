"""Where the sun stands."""

from __future__ import annotations

import math
from typing import NamedTuple

from core.errors import SceneError

#: Lowest sun in radians: below it shadows are longer than any street.
LOWEST = math.radians(3)

#: Where it stands, in eighths of a turn to the right.
_SIDES = (
    "ahead", "ahead at the right", "at the right", "behind at the right", "behind", "behind at the left", "at the left",
    "ahead at the left",
)


class Sun(NamedTuple):
    """A place in the sky, in radians.

    Attributes:
        azimuth: where the sun stands, from straight ahead to the right: 0 ahead, pi / 2 at the right, pi behind.
        elevation: above the horizon, more than 0 and at most pi / 2.
    """

    azimuth: float
    elevation: float

    @classmethod
    def degrees(cls, azimuth: float, elevation: float) -> "Sun":
        """Likewise in degrees, checked."""
        return cls(math.radians(azimuth), math.radians(elevation)).checked()

    def checked(self) -> "Sun":
        """Itself, the azimuth brought into -pi .. pi.

        Raises:
            SceneError: for what is no number, or no place above the horizon.
        """
        if not (math.isfinite(self.azimuth) and math.isfinite(self.elevation)):
            raise SceneError("The sun's place must be two numbers: degrees from straight ahead, degrees above the horizon.")
        if not 0 < self.elevation <= math.pi / 2 + 1e-9:
            raise SceneError("The sun must stand above the horizon; give it an elevation of more than 0 and up to 90 degrees.")
        return Sun(math.remainder(self.azimuth, 2 * math.pi), self.elevation)

    @property
    def words(self) -> str:
        """As a person says it: "ahead at the left, 35\u00b0 high"."""
        eighth = round(self.azimuth / (math.pi / 4)) % 8
        return f"{_SIDES[eighth]}, {math.degrees(self.elevation):.0f}\u00b0 high"

    @property
    def drift(self) -> tuple[float, float]:
        """Metres to the right and ahead by which what is one metre high casts its shadow: away from the sun."""
        away = 1 / math.tan(max(self.elevation, LOWEST)) if self.elevation < math.pi / 2 else 0.0
        return -away * math.sin(self.azimuth), -away * math.cos(self.azimuth)
