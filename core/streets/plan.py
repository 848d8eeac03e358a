"""What a street is before anything is built: plain frozen data, no Blender.

A street runs along an axis of constant curvature and slope. A place in it is
(s, t): metres along the axis and metres to its left. Everything that stands
in the street is written down in (s, t) with a turn relative to the axis, so
that the same lay-out serves straight and bent streets. Traffic keeps right:
towards growing s it drives where t < 0.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass

import numpy as np

from core.errors import DataError


@dataclass(frozen=True)
class Axis:
    """The street's centre line.

    Attributes:
        curvature: 1/m, positive bends left; 0 is straight.
        slope: rise per metre of s.
        start, end: the first and last s of the carriageway.
    """

    curvature: float
    slope: float
    start: float
    end: float

    def heading(self, s: float) -> float:
        """Direction of the axis at ``s`` in radians from world +x."""
        return self.curvature * s

    def warp(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) of (s, t, height above ground) -> (N, 3) world x, y, z, float64."""
        p = np.asarray(points, float)
        s, t, h = p[:, 0], p[:, 1], p[:, 2]
        k = self.curvature
        if abs(k) < 1e-9:
            x, y = s, t
        else:
            # A circle about (0, 1/k): the point's radius is 1/k - t.
            x = np.sin(k * s) * (1 / k - t)
            y = 1 / k - np.cos(k * s) * (1 / k - t)
        return np.stack([x, y, h + self.slope * s], 1)

    def pose(self, s: float, t: float, turn: float = 0.0, height: float = 0.0) -> np.ndarray:
        """(4, 4) transform that sets an asset down at (s, t), turned left by ``turn`` radians."""
        angle = self.heading(s) + turn
        c, n = math.cos(angle), math.sin(angle)
        matrix = np.eye(4)
        matrix[:3, 0] = (c, n, 0)
        matrix[:3, 1] = (-n, c, 0)
        matrix[:3, 3] = self.warp(np.array([[s, t, height]]))[0]
        return matrix


@dataclass(frozen=True)
class Band:
    """A lengthwise strip of the carriageway at t0 < t < t1: ``lane``, ``parking``, ``rail`` or ``median``."""

    kind: str
    t0: float
    t1: float
    #: +1 traffic towards growing s, -1 against, 0 none.
    direction: int = 0


@dataclass(frozen=True)
class CrossStreet:
    """A side street over the whole width, centred at ``s``, with carriageway ``2 * half``."""

    s: float
    half: float
    zebra: bool
    signals: bool


@dataclass(frozen=True)
class Block:
    """A raised block of pavement, s0..s1 by t0..t1, on which buildings stand.

    ``walk`` is the pavement's width along the edges that face a carriageway,
    ``square`` how far behind it the houses stand where they stand round a square.
    """

    s0: float
    s1: float
    t0: float
    t1: float
    walk: float
    radius: float
    garden: bool = False
    square: float = 0.0


@dataclass(frozen=True)
class Building:
    """One building; (s, t) is the middle of its front on the ground, ``turn`` the way it faces."""

    s: float
    t: float
    turn: float
    width: float
    depth: float
    storeys: int
    storey: float
    ground: float
    style: str
    roof: str
    shop: bool
    open_left: bool
    open_right: bool
    seed: int
    number: int


@dataclass(frozen=True)
class Item:
    """One placed asset: ``family`` vehicle, person, rider, tree, hedge or furniture.

    ``length`` (along its own x) and ``width`` (along y) are its footprint in metres; ``number`` its
    instance number within its class, -1 where its class counts no objects.
    ``option`` is a pose, a season or whatever the family's builder takes.
    """

    family: str
    kind: str
    s: float
    t: float
    turn: float
    length: float
    width: float
    seed: int
    number: int = -1
    option: str = ""
    scale: float = 1.0
    moving: bool = False


@dataclass(frozen=True)
class Camera:
    """A viewpoint; ``height`` above the road, angles in radians, ``pitch`` up positive."""

    s: float
    t: float
    height: float
    turn: float
    pitch: float
    hfov: float
    ego: bool
    ego_seed: int


@dataclass(frozen=True)
class Sky:
    """Hour and weather. Angles in radians; the sun's azimuth is relative to the street's axis.

    Attributes:
        kind: ``clear``, ``fair`` (broken cloud), ``hazy`` or ``overcast``.
        cover: share of sky under cloud, 0..1.
        exposure: stops added to the photograph.
        warmth: white balance, -1 cold .. 1 warm.
        look: name of a tone curve in ``lighting.LOOKS``.
        wet: share of the ground that shines wet, 0..1.
    """

    kind: str
    elevation: float
    azimuth: float
    cover: float
    exposure: float
    warmth: float
    look: str
    wet: float


@dataclass(frozen=True)
class StreetPlan:
    """Everything that decides a street; the same seed gives the same plan."""

    seed: int
    character: str
    season: str
    axis: Axis
    lane: float
    kerb_left: float
    kerb_right: float
    road: str
    walk: str
    bands: tuple[Band, ...]
    crossings: tuple[CrossStreet, ...]
    zebras: tuple[float, ...]
    blocks: tuple[Block, ...]
    buildings: tuple[Building, ...]
    items: tuple[Item, ...]
    cameras: tuple[Camera, ...]
    sky: Sky

    def to_json(self) -> str:
        """The plan as one JSON object."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "StreetPlan":
        """The inverse of :meth:`to_json`.

        Raises:
            DataError: when the text isn't a street's plan.
        """
        try:
            data = json.loads(text)
            single = {"axis": Axis, "sky": Sky}
            many = {
                "bands": Band, "crossings": CrossStreet, "blocks": Block,
                "buildings": Building, "items": Item, "cameras": Camera,
            }
            for name, kind in single.items():
                data[name] = kind(**data[name])
            for name, kind in many.items():
                data[name] = tuple(kind(**entry) for entry in data[name])
            data["zebras"] = tuple(data["zebras"])
            return cls(**data)
        except (KeyError, TypeError, ValueError):
            raise DataError("This is not a street's plan; plan the street again from its seed.") from None


def plan_street(seed: int) -> StreetPlan:
    """The street of ``seed`` (0 or more); see :mod:`core.streets.layout` for how it is chosen."""
    from core.streets.layout import lay_out

    return lay_out(seed)
