"""What gives or shows light on a post: street lamps, traffic lights; and bollards.

Posts carry label 17 (pole), what shines on them 130 (lamp glass), signal heads label 19 (traffic light). They face +x:
a lamp's arm reaches over the road at +x, a signal's lenses look to +x.
"""

from __future__ import annotations

import numpy as np

from core.streets import glyphs
from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, block, circle, lathe, loft, part, placed, prism, rounded, rotation, translation, tube

POLE, LIGHT, LAMP_GLASS = 17, 19, 130
#: A lit lamp's own part, by the colour it shows.
LIT = {"red": 68, "yellow": 69, "green": 70}
#: What a lit lens sends out, as bright as a white wall in the sun: more, and a photograph burns its colour out to white.
SIGNAL_LIGHT = 1.5
SIGNAL = {"red": (0.95, 0.03, 0.02), "yellow": (1.0, 0.42, 0.02), "green": (0.03, 0.85, 0.36)}


def _steel(rng) -> Surface:
    colour = ((0.36, 0.37, 0.38), (0.05, 0.055, 0.06), (0.03, 0.06, 0.05), (0.16, 0.17, 0.18))[int(rng.integers(4))]
    kind = "metal" if colour[0] > 0.3 else "paint"
    return Surface(kind, tuple(float(c) for c in np.array(colour) * rng.uniform(0.8, 1.2)), roughness=0.45)


def _mast(height: float, low: float, high: float, sides: int = 16) -> Mesh:
    """A tapered mast with a door-height thicker foot and a flange."""
    return lathe([(low * 1.9, -0.03), (low * 1.9, 0.02), (low * 1.25, 0.03), (low * 1.25, 1.05), (low, 1.12), (high, height)], sides)


def _luminaire(lit: bool, strength: float = 40.0) -> Surface:
    if lit:
        return Surface("emission", (1.0, 0.78, 0.5), strength=strength)
    return Surface("plastic", (0.72, 0.72, 0.68), roughness=0.2)


def street_lamp(rng, kind: str | None = None, height: float | None = None, lit: bool = False) -> list[Part]:
    """A street lamp: ``curved`` or ``straight`` arm, ``post_top``, ``disc`` or ``lantern`` (old town)."""
    kind = kind or str(rng.choice(["curved", "straight", "post_top", "disc", "lantern"], p=[0.28, 0.28, 0.16, 0.16, 0.12]))
    steel = _steel(rng)
    if kind in ("curved", "straight"):
        height = float(height or rng.uniform(6.0, 9.0))
        reach = float(rng.uniform(0.9, 2.0))
        meshes = [_mast(height * (0.84 if kind == "curved" else 0.97), 0.075, 0.045)]
        if kind == "curved":
            t = np.linspace(0, 1, 14)
            bend = np.column_stack([reach * (1 - np.cos(t * np.pi / 2)), 0 * t, height * 0.84 + (height * 0.16) * np.sin(t * np.pi / 2)])
            meshes.append(tube(bend, np.linspace(0.045, 0.03, 14), 12))
            tip, tilt = bend[-1], 0.05
        else:
            tilt = float(rng.uniform(0.03, 0.22))
            foot = np.array([0, 0, height * 0.95])
            tip = foot + (reach * np.cos(tilt), 0, reach * np.sin(tilt))
            meshes += [tube([foot - (0.05, 0, 0), tip], [0.032, 0.026], 10), lathe([(0.05, height * 0.95), (0.05, height * 0.98), (0.01, height)], 12)]
        return [part(meshes, steel, POLE, smooth=False)] + _cobra_head(rng, tip, tilt, steel, lit)
    if kind == "lantern":
        return _lantern(rng, float(height or rng.uniform(3.2, 4.4)), steel, lit)
    height = float(height or rng.uniform(3.4, 5.0))
    parts = [part(_mast(height, 0.055, 0.035), steel, POLE)]
    if kind == "post_top":
        radius = float(rng.uniform(0.18, 0.26))
        glass = lathe([(radius * s, height + radius * (1 + c)) for s, c in
                       [(max(np.sin(a), 0.05), -np.cos(a)) for a in np.linspace(0.25, np.pi - 0.02, 11)]], 24)
        cap = lathe([(radius * 0.7, height + 1.75 * radius), (radius * 0.55, height + 1.98 * radius), (0.02, height + 2.08 * radius)], 20)
        collar = lathe([(0.05, height - 0.06), (radius * 0.45, height + 0.03), (radius * 0.3, height + 0.06)], 16)
        return parts + [part(glass, _luminaire(lit, 15.0), LAMP_GLASS, smooth=True), part([cap, collar], steel, POLE)]
    radius = float(rng.uniform(0.25, 0.38))
    top = height + 0.34
    roof = lathe([(radius, top), (radius, top + 0.03), (radius * 0.7, top + 0.07), (0.03, top + 0.085)], 32)
    under = placed(prism(circle(radius * 0.8, 32), 0.01), translation(z=top - 0.002), rotation("y", np.pi / 2))
    stays = [tube([(0.03 * c, 0.03 * s, height - 0.05), (radius * 0.75 * c, radius * 0.75 * s, top)], 0.009, 6)
             for c, s in ((np.cos(a), np.sin(a)) for a in (0.4, 2.5, 4.6))]
    return parts + [part([roof, *stays], steel, POLE), part(under, _luminaire(lit), LAMP_GLASS)]


def _cobra_head(rng, tip, tilt: float, steel: Surface, lit: bool) -> list[Part]:
    """A flat road luminaire whose lens looks down."""
    length, width = float(rng.uniform(0.5, 0.75)), float(rng.uniform(0.2, 0.3))
    rings = []
    for t, w, up, down in ((0.0, 0.22, 0.03, -0.03), (0.18, 0.7, 0.055, -0.035), (0.5, 1.0, 0.07, -0.035), (0.85, 0.9, 0.05, -0.035), (1.0, 0.55, 0.01, -0.025)):
        outline = rounded(w * width, up - down, (up - down) * 0.45, 3)
        rings.append(np.column_stack([np.full(len(outline), t * length), outline[:, 0], outline[:, 1] + (up + down) / 2]))
    at = (translation(*tip), rotation("y", -tilt), translation(x=-0.04))
    lens = block((length * 0.56, 0, -0.038), (length * 0.6, width * 0.72, 0.014))
    head = Surface("paint", steel.colour if steel.kind == "paint" else (0.3, 0.31, 0.32), roughness=0.4)
    return [
        part(placed(loft(np.array(rings)), *at), head, POLE, smooth=False),
        part(placed(lens, *at), _luminaire(lit, 60.0), LAMP_GLASS, bevel=0.004),
    ]


def _lantern(rng, height: float, steel: Surface, lit: bool) -> list[Part]:
    """A four- or six-sided lantern on a fluted cast-iron post."""
    iron = Surface("paint", (0.015, 0.02, 0.018), roughness=0.4)
    profile = [(0.16, -0.03), (0.16, 0.08), (0.12, 0.12), (0.12, 0.5), (0.09, 0.56), (0.1, 0.6), (0.055, 0.68),
               (0.045, height - 0.75), (0.065, height - 0.72), (0.04, height - 0.66), (0.035, height - 0.52)]
    sides = int(rng.choice([4, 6]))
    foot, top = height - 0.5, height - 0.06
    corners_low, corners_high = circle(0.11, sides, np.pi / sides), circle(0.19, sides, np.pi / sides)
    bars = [tube([(*a, foot), (*b, top)], 0.009, 5) for a, b in zip(corners_low, corners_high)]
    frame = [
        lathe([(0.03, foot - 0.05), (0.125, foot - 0.01), (0.125, foot + 0.01)], 16),
        lathe([(0.21, top), (0.21, top + 0.02), (0.09, top + 0.13), (0.07, top + 0.13), (0.075, top + 0.18), (0.01, top + 0.24)], sides * 3),
    ]
    rims = [np.column_stack([circle(radius, sides, np.pi / sides), np.full(sides, z)]) for radius, z in ((0.105, foot + 0.01), (0.185, top))]
    panes = loft(np.array(rims), caps=False)
    bulb = lathe([(0.02, foot + 0.06), (0.045, foot + 0.14), (0.045, foot + 0.24), (0.01, foot + 0.3)], 12)
    return [
        part([lathe(profile, 16), *bars, *frame], iron, POLE),
        part(panes, Surface("glass", (0.95, 0.96, 0.94), roughness=0.05), LAMP_GLASS),
        part(bulb, _luminaire(lit, 120.0), LAMP_GLASS, smooth=True),
    ]


def _visor(radius: float, depth: float) -> Mesh:
    """A half-open hood about the x axis, in front of x = 0, a sheet seen from both sides."""
    angle = np.linspace(-0.12 * np.pi, 1.12 * np.pi, 15)
    outer = np.column_stack([np.cos(angle), np.sin(angle)])
    rows = []
    for x, r, cut in ((0.0, radius, 0.0), (depth, radius * 1.02, 0.35)):
        reach = x * (1 - cut * (1 - np.clip(outer[:, 1] + 0.35, 0, 1)))
        rows.append(np.column_stack([reach, r * outer]))
    rows += [rows[1] * (1, 0.96, 0.96), rows[0] * (1, 0.96, 0.96)]
    count = len(angle)
    faces = [(r * count + i, r * count + i + 1, (r + 1) * count + i + 1, (r + 1) * count + i)
             for r in range(3) for i in range(count - 1)]
    return np.concatenate(rows).astype(np.float32), np.array(faces, np.int32)[:, ::-1]


def signal_head(rng, state: str | None = None, walkers: bool = False, lens: float = 0.1) -> list[Part]:
    """A signal head centred on the origin, its back at x = 0, lenses looking to +x; all label 19.

    ``state`` is red, yellow, green or red+yellow; a head for walkers has two lenses.
    """
    names = ("red", "green") if walkers else ("red", "yellow", "green")
    state = state or str(rng.choice(["red", "green"] if walkers else ["red", "green", "yellow", "red+yellow"],
                                    p=None if walkers else [0.45, 0.42, 0.08, 0.05]))
    body = Surface("plastic", ((0.018, 0.02, 0.02), (0.06, 0.065, 0.065), (0.015, 0.04, 0.03))[int(rng.integers(3))], roughness=0.45)
    pitch = lens * 2.5
    height = pitch * len(names) + 0.02
    depth = 0.14
    shells, hoods, parts = [], [], []
    for i, name in enumerate(names):
        z = (len(names) - 1) * pitch / 2 - i * pitch
        shells.append(placed(prism(rounded(lens * 2.45, pitch * 0.97, 0.035), depth), translation(depth, 0, z)))
        hoods.append(placed(_visor(lens * 1.06, lens * 1.55), translation(depth, 0, z)))
        lit = name in state.split("+")
        colour = SIGNAL[name]
        dome = placed(lathe([(lens, 0), (lens * 0.93, 0.008), (lens * 0.6, 0.018), (lens * 0.1, 0.022)], 24),
                      translation(depth + 0.002, 0, z), rotation("y", np.pi / 2))
        if walkers:
            figure = [placed(prism(o * lens * 0.85, 0.0), translation(depth + 0.028 + 4e-5 * k, 0, z)) for k, o in enumerate(glyphs.walker())]
            parts.append(part(dome, Surface("plastic", (0.01, 0.011, 0.011), roughness=0.3), LIGHT, smooth=True))
            glow = Surface("emission", colour, strength=SIGNAL_LIGHT) if lit else Surface("plastic", tuple(0.04 * c + 0.01 for c in colour), roughness=0.3)
            parts.append(part(figure, glow, LIT[name] if lit else LIGHT))
        else:
            glow = Surface("emission", colour, strength=SIGNAL_LIGHT) if lit else Surface("plastic", tuple(0.10 * c + 0.008 for c in colour), roughness=0.22)
            parts.append(part(dome, glow, LIT[name] if lit else LIGHT, smooth=True))
    parts.append(part(shells, body, LIGHT, bevel=0.006))
    parts.append(part(hoods, body, LIGHT, smooth=False))
    if not walkers and rng.random() < 0.4:
        board = prism(rounded(lens * 4.2, height + lens * 1.6, 0.06), 0.004)
        rim = prism(rounded(lens * 4.2 + 0.05, height + lens * 1.6 + 0.05, 0.08), 0.003)
        parts.append(part(placed(board, translation(x=0.03)), body, LIGHT))
        parts.append(part(placed(rim, translation(x=0.025)), Surface("sign", (0.82, 0.82, 0.8), roughness=0.4), LIGHT))
    return parts


def _mounted(parts: list[Part], *matrices) -> list[Part]:
    for p in parts:
        p.vertices, p.faces = placed((p.vertices, p.faces), *matrices)
    return parts


def traffic_light(rng, state: str | None = None, mast: bool | None = None, walkers: bool | None = None) -> list[Part]:
    """Signal heads on a post, or also over the road on a mast arm.

    Args:
        state: of the main signal: red, yellow, green or red+yellow; None draws one.
        mast: with an arm that reaches 3 to 5 m towards +y and a second head there.
        walkers: with a small head for people on foot, turned aside.
    """
    mast = bool(rng.random() < 0.3) if mast is None else mast
    walkers = bool(rng.random() < 0.5) if walkers is None else walkers
    steel = _steel(rng)
    state = state or str(rng.choice(["red", "green", "yellow", "red+yellow"], p=[0.45, 0.42, 0.08, 0.05]))
    low = float(rng.uniform(2.2, 2.6))
    radius = 0.085 if mast else 0.055
    parts, frame = [], []
    if mast:
        height, reach = float(rng.uniform(5.6, 6.4)), float(rng.uniform(3.2, 5.0))
        frame.append(_mast(height, radius, 0.06))
        t = np.linspace(0, 1, 10)
        arm = np.column_stack([0 * t, reach * t, height - 0.35 + 0.45 * np.sin(t * np.pi / 2)])
        frame.append(tube(arm, np.linspace(0.055, 0.035, 10), 12))
        hang = arm[-2] + (0.06, 0, -0.15)
        parts += _mounted(signal_head(rng, state, lens=0.13), translation(*hang))
    else:
        height = low + 1.0
        frame.append(tube([(0, 0, -0.03), (0, 0, height)], radius, 16))
        frame.append(lathe([(radius * 1.7, -0.03), (radius * 1.7, 0.03), (radius, 0.05)], 16))
        frame.append(lathe([(radius * 1.06, height), (radius * 0.8, height + 0.03), (0.01, height + 0.045)], 16))
    centre = low + 0.42
    parts += _mounted(signal_head(rng, state), translation(radius + 0.05, 0, centre))
    frame += [block((radius + 0.01, 0, centre + dz), (0.1, 0.05, 0.03)) for dz in (-0.3, 0.3)]
    if walkers:
        other = "green" if state == "red" and rng.random() < 0.7 else "red"
        turn = (-1) ** int(rng.integers(2)) * np.pi / 2
        parts += _mounted(signal_head(rng, other, walkers=True, lens=0.1), rotation("z", turn), translation(radius + 0.05, 0, low + 0.05))
        button = Surface("paint", (0.75, 0.5, 0.02), roughness=0.4)
        parts.append(part(placed(block((radius + 0.05, 0, 1.05), (0.09, 0.11, 0.17)), rotation("z", turn)), button, POLE, bevel=0.015))
    return [part(frame, steel, POLE)] + parts


def bollard(rng, kind: str | None = None) -> list[Part]:
    """A bollard 0.7 to 1.1 m high: ``steel``, ``iron`` (turned head), ``stone`` or ``flexible`` (striped)."""
    kind = kind or str(rng.choice(["steel", "iron", "stone", "flexible"], p=[0.4, 0.25, 0.15, 0.2]))
    height = float(rng.uniform(0.8, 1.05))
    if kind == "stone":
        stone = Surface("stone", (0.38, 0.36, 0.33), (0.26, 0.25, 0.23), roughness=0.85, scale=0.2)
        return [part(lathe([(0.17, -0.03), (0.15, height * 0.55), (0.13, height * 0.66), (0.1, height * 0.74), (0.02, height * 0.77)], 20), stone, POLE)]
    if kind == "iron":
        iron = Surface("paint", ((0.012, 0.014, 0.014), (0.02, 0.05, 0.035))[int(rng.integers(2))], roughness=0.35)
        profile = [(0.085, -0.03), (0.085, 0.1), (0.06, 0.16), (0.05, height - 0.22), (0.066, height - 0.2), (0.066, height - 0.17), (0.045, height - 0.14),
                   (0.06, height - 0.09), (0.062, height - 0.05), (0.04, height - 0.012), (0.008, height)]
        return [part(lathe(profile, 20), iron, POLE, smooth=True)]
    body = Surface("plastic", (0.75, 0.16, 0.02), roughness=0.5) if kind == "flexible" else _steel(rng)
    radius = 0.05 if kind == "flexible" else float(rng.uniform(0.045, 0.08))
    parts = [part(lathe([(radius * 1.2, -0.03), (radius * 1.2, 0.02), (radius, 0.03), (radius, height - 0.03), (radius * 0.8, height - 0.006), (0.01, height)], 20), body, POLE)]
    band = Surface("sign", (0.84, 0.84, 0.82), roughness=0.35)
    if kind == "flexible" or rng.random() < 0.5:
        tall = 0.1 if kind == "flexible" else 0.07
        bands = [lathe([(radius * 1.015, z), (radius * 1.015, z + tall)], 20, caps=False)
                 for z in ((height - 0.2, height - 0.45) if kind == "flexible" else (height - 0.16,))]
        parts.append(part(bands, band, POLE, smooth=True))
    return parts
