"""People on foot and riders: a body, a posture, clothes, hair and what they carry."""

from __future__ import annotations

import numpy as np

from core.streets import poses
from core.streets.bags import carry
from core.streets.bodies import body as draw_body
from core.streets.clothes import Tailor
from core.streets.hair import Head, beard, brows, hair, hair_colour, hat, helmet
from core.streets.parts import Part, Surface
from core.streets.poses import POSES
from core.streets.two_wheelers import seat
from core.streets.wardrobe import dress, gloves

PERSON, RIDER = 24, 25
SKIN = ((0.52, 0.30, 0.21), (0.58, 0.36, 0.26), (0.44, 0.24, 0.155), (0.30, 0.15, 0.09), (0.15, 0.07, 0.04), (0.07, 0.034, 0.021))


def _skin_tone(rng) -> tuple[float, float, float]:
    tone = np.array(SKIN[int(rng.choice(len(SKIN), p=(0.28, 0.26, 0.2, 0.12, 0.08, 0.06)))])
    return tuple(float(c) for c in np.clip(tone * rng.uniform(0.85, 1.12), 0.01, 0.9))


def _skin(tailor: Tailor, head: Head, cover: np.ndarray, tone) -> list[Part]:
    """The skin that shows, with darker lips; and the eyes. It runs 2 cm on under every hem."""
    body = tailor.body
    chin = head.eyes[2] - 1.15 * head.unit
    height = (body.rest[:, 2] - chin) / (head.eyes[2] - chin)
    lips = head.unit * np.minimum(0.045 - np.abs(height - 0.385), 0.20 - np.abs(body.rest[:, 1]) / head.unit)
    lips = np.where(head.on_head & (body.rest[:, 0] > head.eyes[0] + 0.03 * head.unit), lips, -0.01)
    eyes = np.where(body.data.eyes, 1.0, -1.0)
    skin = Surface("skin", tone, roughness=0.5)
    lip = Surface("skin", tuple(float(c) for c in np.array(tone) * (0.82, 0.5, 0.5)), roughness=0.4)
    iris = Surface("plastic", (0.09, 0.075, 0.065), roughness=0.15)
    shown = np.minimum(0.025 - cover, np.minimum(-lips, -eyes))
    parts = [tailor.cut(body.posed, where, surface, posed=True) for where, surface in ((shown, skin), (lips, lip), (eyes, iris))]
    return tailor.named("skin", parts)


_STYLES = {
    0.0: (("bald", "crop", "short", "full", "curls"), (0.10, 0.20, 0.42, 0.20, 0.08)),
    1.0: (("short", "full", "curls", "bob", "long", "ponytail", "bun"), (0.07, 0.06, 0.08, 0.22, 0.30, 0.18, 0.09)),
}


def _head(rng, tailor: Tailor, head: Head, label: int, helmeted: str | None) -> list[Part]:
    body = tailor.body
    colour = hair_colour(rng, body.age)
    styles, shares = _STYLES[body.female]
    style = str(rng.choice(styles, p=shares))
    if body.age < 0.6 and style == "bald":
        style = "short"
    parts = [brows(head, tuple(0.7 * c for c in colour), label)]
    if helmeted == "full":
        return helmet(rng, head, True, label)
    covered = helmeted
    if not covered and rng.random() < 0.16:
        covered = str(rng.choice(["cap", "beanie", "brim"], p=(0.45, 0.4, 0.15)))
    if covered and style in ("curls", "full", "bun", "ponytail"):
        style = "crop" if body.female == 0 else "long"
    parts += hair(rng, head, style, colour, label, covered)
    if body.female == 0 and body.age > 0.6 and rng.random() < 0.35:
        grown = beard(rng, head, colour)
        parts += [grown] if grown else []
    if helmeted:
        parts += helmet(rng, head, False, label)
    elif covered:
        parts += hat(rng, head, covered, label)
    return parts


def _lowered(parts: list[Part]) -> list[Part]:
    """``parts`` with their soles on the ground."""
    low = min(float(p.vertices[:, 2].min()) for p in parts)
    for p in parts:
        p.vertices = (p.vertices - np.array([0, 0, low], np.float32)).astype(np.float32)
    return parts


def person(rng, pose: str = "walk", age: str | None = None, female: bool | None = None, season: str | None = None) -> list[Part]:
    """Someone on foot who faces +x (label 24).

    Args:
        rng: ``numpy.random.Generator``; the same state gives the same person.
        pose: one of :data:`POSES`; ``sit`` is for a seat 0.45 m high below the origin.
        age: child, teen, adult or old; None draws one.
        female: None draws it.
        season: a tree's season, for warmer or lighter clothes; None draws one.

    Raises:
        KeyError: for a pose that does not exist.
        DataError: when the bodies' file is missing.
    """
    body = draw_body(rng, age, female)
    poses.strike(rng, body, pose)
    tailor = Tailor(body, PERSON)
    head = Head(tailor)
    season = season or str(rng.choice(["spring", "summer", "autumn", "winter"]))
    outfit = dress(rng, tailor, season, sporty=pose == "run", seated=pose == "sit")
    parts = _skin(tailor, head, outfit.cover, _skin_tone(rng)) + outfit.parts + tailor.named("head", _head(rng, tailor, head, PERSON, None))
    if pose in ("walk", "stand", "stroll"):
        parts += carry(rng, tailor, outfit.thick)
    return _lowered(parts)


def rider(rng, kind: str = "bicycle") -> list[Part]:
    """Someone who sits on a two-wheeler of ``kind`` and holds its handlebar (label 25); the vehicle is separate.

    Raises:
        KeyError: where ``kind`` is no two-wheeler of :mod:`core.streets.two_wheelers`.
        DataError: when the bodies' file is missing.
    """
    motor = kind in ("motorcycle", "scooter")
    place = seat(kind)
    body = draw_body(rng, "adult" if motor or rng.random() < 0.8 else "teen")
    poses.ride(body, place.hip, dict(zip("LR", place.hands)), dict(zip("LR", place.feet)), place.lean)
    tailor = Tailor(body, RIDER)
    head = Head(tailor)
    season = "winter" if motor and rng.random() < 0.7 else str(rng.choice(["spring", "summer", "autumn"]))
    outfit = dress(rng, tailor, season, seated=True)
    if season == "winter" or motor and rng.random() < 0.5:
        outfit = gloves(rng, tailor, outfit)
    helmeted = ("full" if kind == "motorcycle" or rng.random() < 0.5 else "open") if motor else ("open" if rng.random() < 0.55 else None)
    parts = _skin(tailor, head, outfit.cover, _skin_tone(rng)) + outfit.parts + tailor.named("head", _head(rng, tailor, head, RIDER, helmeted))
    if rng.random() < 0.4:
        parts += carry(rng, tailor, outfit.thick, "backpack")
    return parts


__all__ = ["PERSON", "POSES", "RIDER", "person", "rider"]
