"""The colours and surfaces from which one building is made."""

from __future__ import annotations

import numpy as np

from core.streets.parts import Surface
from core.streets.patterns import STRIPE_WIDTH


def legible(ink: tuple[int, int, int], board: tuple[float, float, float]) -> tuple[int, int, int]:
    """``ink`` (sRGB) where it stands out from a ``board`` (linear RGB) three to one, else the ink that does most."""

    def contrast(one):
        light = sorted(float(np.dot(c, (0.2126, 0.7152, 0.0722))) + 0.05 for c in (linear(*one), board))
        return light[1] / light[0]

    return ink if contrast(ink) >= 3 else max(INKS, key=contrast)


def linear(*srgb: int) -> tuple[float, float, float]:
    """8-bit sRGB -> linear RGB, 0..1."""
    c = np.asarray(srgb, float) / 255
    return tuple(float(v) for v in np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4))


PLASTERS = (
    (226, 214, 190), (236, 228, 210), (212, 190, 150), (222, 182, 120), (201, 160, 118), (190, 130, 104),
    (176, 186, 178), (188, 198, 206), (214, 214, 210), (240, 238, 232), (168, 150, 132), (206, 172, 160),
    (160, 168, 150), (228, 206, 150), (150, 142, 136), (198, 186, 170), (216, 200, 180), (182, 160, 140),
)
BRICKS = (
    ((132, 66, 48), (150, 140, 128)), ((112, 54, 42), (120, 112, 104)), ((150, 92, 66), (168, 158, 144)),
    ((168, 138, 100), (176, 168, 152)), ((96, 62, 54), (110, 104, 98)), ((140, 78, 60), (96, 90, 86)),
)
STONES = ((196, 184, 160), (176, 166, 150), (206, 198, 180), (158, 146, 130), (186, 160, 132), (150, 148, 144))
CONCRETES = (((160, 158, 152)), ((186, 184, 178)), ((140, 138, 134)), ((200, 196, 186)))
PANELS = ((90, 96, 102), (60, 66, 72), (150, 154, 156), (48, 62, 76), (112, 92, 74), (170, 172, 170), (70, 84, 78))
TILES = ((138, 66, 46), (120, 58, 44), (98, 52, 44), (150, 84, 58), (70, 66, 68), (84, 78, 78), (60, 60, 66), (110, 72, 56))
FRAMES = ((236, 236, 232), (240, 238, 230), (230, 228, 222), (84, 60, 44), (60, 64, 68), (46, 58, 50), (120, 92, 66))
#: What a shop's name is painted in.
INKS = ((240, 240, 236), (250, 220, 120), (30, 30, 34))
SHOPS = ((160, 30, 34), (30, 70, 120), (24, 92, 70), (220, 176, 40), (40, 40, 44), (228, 226, 220), (110, 40, 90),
         (200, 96, 30), (70, 54, 44), (20, 110, 140))
GOODS = ((206, 60, 46), (224, 140, 50), (216, 186, 80), (90, 140, 70), (60, 130, 150), (70, 90, 160), (170, 90, 130), (196, 150, 110),
         (226, 214, 190), (150, 156, 166))
DOORS = ((92, 60, 40), (60, 40, 30), (46, 66, 56), (110, 34, 32), (50, 60, 84), (120, 96, 70), (80, 84, 86), (200, 196, 186))
CURTAINS = ((222, 218, 208), (200, 194, 180), (186, 178, 170), (214, 204, 186), (150, 140, 136), (170, 176, 180))


class Palette:
    """Draws a building's surfaces; ``style`` is plaster, brick, stone, glass or concrete."""

    def __init__(self, rng: np.random.Generator, style: str):
        def pick(table):
            return table[int(rng.integers(len(table)))]

        def varied(colour, amount=0.08):
            c = np.asarray(linear(*colour)) * (1 + rng.normal(0, amount, 3) * 0.4 + rng.normal(0, amount))
            return tuple(float(v) for v in np.clip(c, 0.01, 0.9))

        plaster = Surface("plaster", varied(pick(PLASTERS)), roughness=0.9, scale=1.0)
        self.style = style
        if style == "brick":
            brick, mortar = pick(BRICKS)
            self.wall = Surface("brick", varied(brick), varied(mortar), roughness=0.85, scale=0.075)
            self.trim = Surface("stone", varied(pick(STONES)), roughness=0.8, scale=0.6) if rng.random() < 0.6 else \
                Surface("plaster", varied((232, 228, 218), 0.04), roughness=0.8)
        elif style == "stone":
            colour = varied(pick(STONES))
            self.wall = Surface("stone", colour, tuple(0.55 * v for v in colour), roughness=0.8, scale=float(rng.uniform(0.35, 0.6)))
            self.trim = Surface("plaster", tuple(min(1.1 * v, 0.85) for v in colour), roughness=0.8)
        elif style == "glass":
            self.wall = Surface("metal", varied(pick(PANELS)), roughness=0.45)
            self.trim = Surface("metal", varied(pick(PANELS)), roughness=0.35)
        elif style == "concrete":
            self.wall = Surface("concrete", varied(pick(CONCRETES)), roughness=0.85, scale=2.4)
            self.trim = Surface("plastic", varied(pick(PANELS)), roughness=0.5)
        else:
            self.wall = plaster
            self.trim = Surface("plaster", varied(pick(((238, 234, 226), (228, 220, 204), (206, 196, 180), (176, 164, 150))), 0.04), roughness=0.8)
        self.side = plaster if style != "brick" or rng.random() < 0.5 else self.wall
        self.plinth = Surface("stone", varied(pick(STONES)), roughness=0.85, scale=0.5) if rng.random() < 0.6 else \
            Surface("plaster", varied((120, 114, 108)), roughness=0.9)
        self.frame = Surface("plastic", varied(pick(FRAMES), 0.03), roughness=0.4)
        self.metal = Surface("metal", varied((92, 96, 98), 0.1), roughness=0.5)
        self.zinc = Surface("metal", varied((150, 154, 156), 0.08), roughness=0.45)
        self.tiles = Surface("tiles", varied(pick(TILES)), roughness=0.7, scale=float(rng.uniform(0.26, 0.36)))
        self.felt = Surface("concrete", varied((96, 94, 92)), roughness=0.95, scale=3.0)
        self.door = Surface("wood", varied(pick(DOORS)), roughness=0.5)
        self.shop = Surface("paint", varied(pick(SHOPS)), roughness=0.35)
        self.sign = Surface("sign", varied(pick(SHOPS)), roughness=0.4)
        self.letters = Surface("sign", varied(legible(pick(INKS), self.sign.colour)), roughness=0.4)
        self.awning = Surface("cloth", varied(pick(SHOPS)), varied((232, 228, 216)), roughness=0.9, scale=STRIPE_WIDTH)
        tint = linear(*pick(((58, 70, 76), (44, 54, 62), (70, 80, 78), (38, 44, 50))))
        self.glass = Surface("mirror_glass", tuple(0.35 * v for v in tint), roughness=0.03)
        self.dark_glass = Surface("mirror_glass", tuple(0.15 * v for v in tint), roughness=0.03)
        self.panes = (
            self.glass,
            self.dark_glass,
            Surface("mirror_glass", tuple(0.55 * v for v in varied(pick(CURTAINS))), tuple(0.3 * v for v in linear(200, 196, 186)), roughness=0.04, strength=1.0),
            Surface("mirror_glass", tuple(0.32 * v for v in varied(pick(CURTAINS))), tuple(0.2 * v for v in linear(170, 160, 150)), roughness=0.04, strength=1.0),
        )
        # From a stream of its own: what a shop sells changes nothing else of its house.
        goods = linear(*GOODS[int(rng.spawn(1)[0].integers(len(GOODS)))])
        self.shop_glass = Surface("mirror_glass", linear(60, 54, 46), goods, roughness=0.02, strength=2.0)
        self.tower_glass = Surface("mirror_glass", tuple(0.5 * v for v in linear(*pick(((60, 84, 96), (50, 70, 66), (76, 84, 92), (40, 52, 70))))), roughness=0.02)
