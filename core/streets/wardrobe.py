"""What people wear: outfits for a season, cut from the body by :class:`~core.streets.clothes.Tailor`."""

from __future__ import annotations

import numpy as np

from core.streets.bodies import JOINTS
from core.streets.clothes import AWAY, Outfit, Tailor
from core.streets.parts import Surface
from core.streets.shoes import shoes
from core.streets.solids import part, tube

#: Linear RGB of cloth, muted ones first; most people wear little colour in a street.
DARK = ((0.012, 0.012, 0.014), (0.02, 0.022, 0.027), (0.012, 0.02, 0.05), (0.04, 0.042, 0.045), (0.03, 0.024, 0.018), (0.02, 0.032, 0.024))
NEUTRAL = ((0.12, 0.12, 0.125), (0.28, 0.28, 0.28), (0.34, 0.28, 0.19), (0.18, 0.13, 0.085), (0.10, 0.11, 0.075), (0.55, 0.52, 0.46), (0.07, 0.09, 0.13))
LIGHT = ((0.74, 0.74, 0.73), (0.62, 0.62, 0.62), (0.70, 0.66, 0.57), (0.48, 0.58, 0.68), (0.68, 0.55, 0.55))
BRIGHT = ((0.50, 0.025, 0.03), (0.03, 0.10, 0.38), (0.03, 0.22, 0.12), (0.72, 0.42, 0.03), (0.62, 0.16, 0.03), (0.36, 0.06, 0.22), (0.05, 0.32, 0.40), (0.60, 0.30, 0.36), (0.25, 0.10, 0.42))
DENIM = ((0.030, 0.055, 0.115), (0.07, 0.115, 0.20), (0.016, 0.024, 0.045), (0.18, 0.25, 0.36), (0.014, 0.015, 0.017))


def _cloth(rng, *families, roughness: float = 0.85) -> Surface:
    family = families[int(rng.integers(len(families)))]
    colour = np.array(family[int(rng.integers(len(family)))]) * rng.uniform(0.8, 1.2)
    # Worn and washed: rarely the full colour.
    colour += (colour.mean() - colour) * rng.uniform(0.05, 0.5)
    return Surface("cloth", tuple(float(c) for c in np.clip(colour + rng.normal(0, 0.003, 3), 0.004, 0.85)), roughness=roughness)


def _collar(t: Tailor, rise: float) -> np.ndarray:
    """(N,) metres below a neckline ``rise`` over the base of the neck; its front is lower than its nape."""
    forward = t.body.rest[:, 0] - t.body.joints[JOINTS.index("neck")][0]
    return t.neck + rise * t.unit - 0.45 * forward - t.body.rest[:, 2]


def _top_cover(t: Tailor, sleeves: float, hem: float, collar: float) -> np.ndarray:
    """Cover of a top from ``hem`` (height, metres) to the neck, with sleeves."""
    z = t.body.rest[:, 2]
    trunk = t.on("pelvis", "waist", "chest", "clavicle", "thigh", "neck", "head")
    cover = np.where(trunk, np.minimum(z - hem, _collar(t, collar)), AWAY)
    arm = t.on("upperarm", "forearm", "hand")
    return np.where(arm, t.arms(sleeves), cover)


def _upper(rng, t: Tailor, surface: Surface, gap: float, sleeves: float, hem: float, straight: float, sleeve: float,
           cuff: float, folds: float = 0.004, collar: float = 0.012, opening=None, over: float = 0.0):
    """A top: its part and its cover. ``over`` adds to the gap below the waist, over trousers."""
    cover = _top_cover(t, sleeves, hem, collar)
    mask = cover > -0.06

    def loosened(points):
        points = t.straightened(points, mask, straight)
        points = t.widened(points, "upperarm", "forearm", (0.0, sleeve))
        return t.widened(points, "forearm", "hand", (sleeve, cuff)) if sleeves > 1 else points

    # Over trousers a top stands off; tucked in (``over`` negative) it lies close.
    low = np.clip((t.waist + 0.07 * t.unit - t.body.rest[:, 2]) / (0.10 * t.unit), 0, 1) * t.on("pelvis", "thigh", "waist", "chest")
    gaps = gap + over * low
    top = t.garment(rng, cover, surface, gaps, 9, folds, loosened, opening)
    return top, cover if opening is None else np.minimum(cover, opening(t.body.rest))


def _opening(t: Tailor, wide: float, low: float):
    """An unbuttoned front as ``opening(points) -> (N,)``: a V, ``wide`` metres at the collar, closing at the height ``low``."""
    spine = np.array([t.body.joints[JOINTS.index(name)] for name in ("pelvis", "waist", "chest", "neck")])
    trunk = t.on("pelvis", "waist", "chest", "neck", "clavicle", "thigh")

    def outside(points):
        height = np.clip((points[:, 2] - low) / (t.neck - low), -0.3, 1)
        behind = 2 * (np.interp(points[:, 2], spine[:, 2], spine[:, 0]) - 0.015 * t.unit - points[:, 0])
        return np.where(trunk, np.maximum(np.abs(points[:, 1]) - wide * t.unit * height, behind), 0.5)

    return outside


def _lower(rng, t: Tailor, kind: str, surface: Surface, reach: float, tucked: bool = False):
    """Trousers of a kind (``straight``, ``slim``, ``loose``, ``shorts``, ``leggings``): the part and its cover."""
    top = t.waist + (0.025 if tucked else 0.0) * t.unit
    length = {"shorts": float(rng.uniform(0.62, 0.95)), "leggings": min(1.93, reach)}.get(kind, reach - float(rng.uniform(0, 0.08)) * (reach > 2))
    cover = np.where(t.on("pelvis", "waist", "chest"), top - t.body.rest[:, 2], AWAY)
    legs = t.on("thigh", "shin", "foot", "toes")
    cover = np.where(legs, np.minimum(t.legs(length), top - t.body.rest[:, 2]), cover)
    gap, thigh, shin = {"straight": (0.010, 0.080, 0.066), "slim": (0.006, 0.068, 0.050), "loose": (0.016, 0.096, 0.086),
                        "shorts": (0.016, 0.100, 0.09), "leggings": (0.003, 0.0, 0.0)}[kind]

    def loosened(points):
        points = t.widened(points, "thigh", "shin", (0.5 * thigh, thigh))
        return t.widened(points, "shin", "foot", (thigh, shin), feet=True)

    rounds = 3 if kind == "leggings" else 8
    # Trousers sit close round the hips; with a shirt tucked in, over it.
    hips = np.clip((t.body.rest[:, 2] - t.crotch + 0.02) / 0.1, 0, 1)
    gaps = gap + ((0.014 if tucked else 0.005) - gap) * hips * (kind != "leggings")
    return t.garment(rng, cover, surface, gaps, rounds, 0.0 if kind == "leggings" else 0.0045, loosened), cover


def dress(rng, tailor: Tailor, season: str, sporty: bool = False, seated: bool = False) -> Outfit:
    """Clothes for a season.

    Args:
        season: one of spring, summer, autumn, winter.
        sporty: for running.
        seated: nothing that needs legs together.
    """
    t = tailor
    female = t.body.female > 0.5
    cold = {"winter": 0.95, "autumn": 0.65, "spring": 0.4, "summer": 0.04}[season]
    long_hem = t.crotch + 0.035 * t.unit
    parts, cover, reach = shoes(rng, t, season, sporty)
    t.named("shoes", parts)
    covers = [cover]

    skirted = female and not seated and not sporty and rng.random() < {"summer": 0.4, "spring": 0.25, "autumn": 0.18, "winter": 0.1}[season]
    gown = skirted and season != "winter" and rng.random() < 0.45
    top_cloth = _cloth(rng, *((LIGHT, BRIGHT, NEUTRAL, LIGHT, DARK, DARK, NEUTRAL) if season in ("summer", "spring") else (DARK, NEUTRAL, LIGHT, BRIGHT, DARK, NEUTRAL)))
    tucked = skirted or not sporty and rng.random() < 0.3
    if skirted:
        cloth = top_cloth if gown else _cloth(rng, DARK, NEUTRAL, BRIGHT, DENIM)
        knee = t.body.joints[JOINTS.index("shin.L")][2]
        hem = knee + float(rng.uniform(-0.28, 0.16)) * t.unit
        parts += t.named("legs", [t.skirt(rng, t.waist + 0.035 * t.unit, hem, 0.020, float(rng.uniform(0.0, 0.09)), cloth, int(rng.integers(6, 13)))])
        if season != "summer" or rng.random() < 0.2:
            tights, cover = _lower(rng, t, "leggings", Surface("cloth", (0.012, 0.011, 0.012), roughness=0.7), reach)
            parts += t.named("legs", [tights])
            covers.append(cover)
    else:
        if sporty:
            kind, cloth = str(rng.choice(["leggings", "shorts"])), _cloth(rng, DARK, DARK, BRIGHT)
        elif season == "summer" and rng.random() < 0.42:
            kind, cloth = "shorts", _cloth(rng, DENIM, NEUTRAL, DARK, LIGHT)
        else:
            kind = str(rng.choice(["straight", "slim", "loose", "leggings"], p=(0.25, 0.42, 0.18, 0.15) if female else (0.48, 0.27, 0.25, 0.0)))
            cloth = _cloth(rng, DENIM, DENIM, DARK, NEUTRAL)
        trousers, cover = _lower(rng, t, kind, cloth, reach, tucked)
        parts += t.named("legs", [trousers])
        covers.append(cover)

    coat = _coat_kind(rng, season, seated) if rng.random() < cold and not sporty else "none"
    opened = coat != "none" and (coat == "blazer" or coat != "puffer" and rng.random() < 0.45)
    short = season == "summer" and rng.random() < 0.8 or season == "spring" and rng.random() < 0.35
    sleeves = float(rng.uniform(0.45, 0.75)) if short else 1.93
    if season == "summer" and female and rng.random() < 0.25:
        sleeves = 0.30
    if coat == "none" or opened:
        hem = t.waist - 0.03 * t.unit if tucked else long_hem + float(rng.uniform(0.0, 0.06)) * t.unit
        loose = float(rng.uniform(0.1, 0.5)) if female else float(rng.uniform(0.4, 0.8))
        under = coat != "none"
        top, cover = _upper(rng, t, top_cloth, 0.005 if under else float(rng.uniform(0.007, 0.012)), sleeves, hem, loose * (0.3 if under or tucked else 1),
                            0.0 if under else (0.060 if short else 0.050), 0.0 if under else 0.038, 0.002 if under else 0.003,
                            over=-0.004 if tucked else (0.006 if under else 0.012))
        parts.append(top)
        covers.append(cover)
    if coat != "none":
        covers.append(_coat(rng, t, coat, opened, long_hem, parts))
    if rng.random() < {"winter": 0.4, "autumn": 0.2}.get(season, 0.02):
        parts.append(_scarf(rng, t))
    thick = {"none": 0.014, "puffer": 0.044}.get(coat, 0.028)
    return Outfit([p for p in parts if p is not None], np.max(covers, axis=0), thick)


def _coat_kind(rng, season: str, seated: bool) -> str:
    shares = (0.36, 0.26, 0.22, 0.16) if season == "winter" else (0.40, 0.12, 0.18, 0.30)
    kind = str(rng.choice(["jacket", "puffer", "coat", "blazer"], p=shares))
    return "jacket" if seated and kind == "coat" else kind


def _coat(rng, t: Tailor, kind: str, opened: bool, long_hem: float, parts: list) -> np.ndarray:
    """Add a jacket, puffer, blazer or coat to ``parts``; returns its cover."""
    cloth = _cloth(rng, DARK, DARK, NEUTRAL, BRIGHT if kind in ("puffer", "jacket") else NEUTRAL)
    if kind == "puffer":
        cloth = Surface("plastic", cloth.colour, roughness=0.42)
    gap, folds = {"jacket": (0.020, 0.005), "puffer": (0.032, 0.003), "coat": (0.022, 0.004), "blazer": (0.016, 0.002)}[kind]
    hem = t.waist - 0.05 * t.unit if kind == "coat" else long_hem + float(rng.uniform(-0.02, 0.06)) * t.unit
    opening = _opening(t, float(rng.uniform(0.06, 0.10)), hem - 0.15 * t.unit if kind != "blazer" else t.waist + float(rng.uniform(0.0, 0.1))) if opened else None
    press = (lambda: _quilt(t)) if kind == "puffer" else None
    jacket, cover = _upper(rng, t, cloth, gap + (press() if press else 0.0), 1.97, hem, 0.75, 0.066, 0.050, folds, 0.03, opening, over=0.008)
    parts.append(jacket)
    if kind == "coat":
        knee = t.body.joints[JOINTS.index("shin.L")][2]
        low = knee + float(rng.uniform(-0.12, 0.25)) * t.unit
        parts.append(t.skirt(rng, t.waist, low, 0.036, float(rng.uniform(0.02, 0.06)), cloth, 5, open_front=opened))
    if kind in ("jacket", "puffer") and rng.random() < 0.45:
        parts.append(_hood(t, cloth))
    return cover


def _quilt(t: Tailor) -> np.ndarray:
    """(N,) metres by which a puffer's chambers bulge, a seam every 7 cm of trunk and sleeve."""
    rest = t.body.rest
    sleeve = np.full(len(rest), 0.0)
    for side in "LR":
        rows = t.on(f"upperarm.{side}", f"forearm.{side}")
        sleeve[rows] = np.linalg.norm(rest[rows] - t.body.joints[JOINTS.index(f"upperarm.{side}")], axis=1)
    level = np.where(t.on("upperarm", "forearm"), sleeve, rest[:, 2]) / (0.085 * t.unit)
    return 0.012 * (np.abs(np.sin(level * np.pi)) ** 0.6 - 0.6)


def _ring_at_neck(t: Tailor, radius: float, height: float, thick: float, back: float = 0.0, bulge: float = 1.0):
    neck = t.body.joints[JOINTS.index("neck")]
    angle = np.linspace(0, 2 * np.pi, 25)
    line = np.column_stack([neck[0] + 0.012 + radius * np.cos(angle) * bulge - back * (np.cos(angle) < 0) * np.abs(np.cos(angle)), radius * np.sin(angle),
                            neck[2] + height - 0.035 * t.unit * np.cos(angle)])
    mesh = tube(line, thick, 10, caps=False, flatten=1.5)
    matrix = t.body.transforms[JOINTS.index("neck")] * 0.5 + t.body.transforms[JOINTS.index("chest")] * 0.5
    return (mesh[0] @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32), mesh[1]


def gloves(rng, t: Tailor, outfit: Outfit) -> Outfit:
    """``outfit`` with gloves up to the wrist."""
    cover = np.where(t.on("forearm", "hand"), -t.arms(1.93), AWAY)
    leather = Surface("plastic", DARK[int(rng.integers(len(DARK)))], roughness=0.6)
    pair = t.garment(rng, cover, leather, 0.005, 2, 0.0)
    return Outfit(outfit.parts + [pair], np.maximum(outfit.cover, cover), outfit.thick) if pair else outfit


def _scarf(rng, t: Tailor):
    cloth = _cloth(rng, NEUTRAL, BRIGHT, DARK, LIGHT)
    return part(_ring_at_neck(t, 0.075 * t.unit, 0.035 * t.unit, 0.026 * t.unit), cloth, t.label, smooth=True)


def _hood(t: Tailor, cloth: Surface):
    """A hood that lies on the shoulders."""
    return part(_ring_at_neck(t, 0.072 * t.unit, 0.012 * t.unit, 0.024 * t.unit, back=0.05 * t.unit), cloth, t.label, smooth=True)
