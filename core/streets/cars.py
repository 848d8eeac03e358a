"""Cars by kind: their measures, and the assembly of shell, panes, wheels and details."""

from __future__ import annotations

from dataclasses import replace

from core.streets import car_details as details
from core.streets.car_bodies import CarSpec, Greenhouse, Tub
from core.streets.naming import BETWEEN_SPOKES
from core.streets.parts import Surface
from core.streets.vehicle_shapes import Bag
from core.streets.wheels import RIM_FINISHES, car_wheel, put_wheel

CAR, GLASS, WHEEL, RIM = 26, 47, 48, 78

PANE = Surface("glass", (0.80, 0.86, 0.84), roughness=0.02)
TINTED = Surface("glass", (0.22, 0.24, 0.24), roughness=0.02)

SPECS: dict[str, CarSpec] = {
    "hatchback": CarSpec(
        4.06, 1.76, 1.46, 2.55, 0.83, 0.318, 0.205, 0.20, 0.75, 0.925, 0.93, 0.985, 0.99,
        1.16, 1.92, 3.66, 3.93,
        windows=((1.52, 2.38, 2.02, 2.50), (2.48, 3.18, 2.58, 3.16), (3.21, 3.50, 3.19, 3.40)), doors=(1.22, 2.42, 3.36),
        tail=((0, 0.10), (0.15, 0.03), (0.32, 0.0), (0.46, 0.004), (0.52, 0.03), (0.8, 0.055), (0.94, 0.075), (1, 0.11)),
        style={"spoiler": True, "tail_h": (0.60, 0.97)},
    ),
    "sedan": CarSpec(
        4.66, 1.81, 1.44, 2.78, 0.86, 0.325, 0.215, 0.19, 0.74, 0.91, 0.925, 0.975, 1.00,
        1.32, 2.10, 3.42, 4.06,
        windows=((1.70, 2.52, 2.20, 2.64), (2.62, 3.34, 2.72, 3.22), (3.37, 3.66, 3.25, 3.38)), doors=(1.34, 2.56, 3.55),
        rear_bow=0.10, tail=((0, 0.10), (0.15, 0.03), (0.32, 0.0), (0.46, 0.004), (0.52, 0.03), (0.8, 0.035), (0.93, 0.05), (1, 0.09)),
        style={"chrome": True, "tail_h": (0.60, 0.93)},
    ),
    "estate": CarSpec(
        4.66, 1.82, 1.47, 2.76, 0.87, 0.325, 0.215, 0.19, 0.74, 0.91, 0.925, 0.965, 0.97,
        1.32, 2.10, 4.30, 4.53,
        windows=((1.70, 2.52, 2.20, 2.64), (2.62, 3.42, 2.72, 3.42), (3.50, 4.22, 3.49, 4.10)), doors=(1.34, 2.56, 3.55),
        style={"chrome": True, "rails": True, "tail_h": (0.60, 0.97), "spoiler": True, "tinted": True},
    ),
    "suv": CarSpec(
        4.42, 1.84, 1.66, 2.64, 0.87, 0.350, 0.225, 0.255, 0.90, 1.045, 1.045, 1.095, 1.09,
        1.24, 1.92, 3.95, 4.22,
        windows=((1.60, 2.40, 2.02, 2.50), (2.50, 3.26, 2.58, 3.26), (3.33, 3.86, 3.33, 3.76)), doors=(1.26, 2.44, 3.40),
        roof_width=0.63, roof_drop_rear=0.07,
        style={"cladding": True, "rails": True, "spoiler": True, "tinted": True, "tail_h": (0.62, 0.95)},
    ),
    "van": CarSpec(
        4.92, 1.90, 1.96, 3.00, 0.92, 0.335, 0.215, 0.22, 0.93, 1.14, 1.13, 1.15, 1.14,
        0.84, 1.62, 4.72, 4.84,
        windows=((1.12, 2.16, 1.76, 2.16), (2.34, 3.42, 2.34, 3.42), (3.60, 4.56, 3.60, 4.54)), doors=(1.10, 2.26, 3.52),
        roof_width=0.74, roof_drop_front=0.06, roof_drop_rear=0.04, screen_bow=0.16, rear_bow=0.03, tail_power=4.5,
        tail=((0, 0.08), (0.10, 0.02), (0.20, 0.0), (0.30, 0.005), (0.34, 0.03), (0.8, 0.035), (1, 0.05)),
        style={"van": True, "rows": 3, "body_pillars": True, "shelf": False, "rear_door": False, "tall_lamps": True, "tail_h": (0.36, 0.78),
               "lamp_h": (0.66, 0.88), "grille_h": (0.62, 0.80), "tinted": True, "rear_plate_h": 0.42, "plate_h": 0.36},
    ),
    "sports": CarSpec(
        4.42, 1.86, 1.29, 2.52, 0.93, 0.335, 0.245, 0.15, 0.62, 0.84, 0.835, 0.90, 0.90,
        1.50, 2.26, 3.10, 4.02,
        windows=((1.88, 2.86, 2.36, 2.94), (2.90, 3.36, 2.97, 3.16)), doors=(1.52, 2.90),
        roof_width=0.56, roof_drop_rear=0.05, rear_bow=0.14,
        front=((0, 0.10), (0.12, 0.02), (0.3, 0.0), (0.5, 0.02), (0.72, 0.09), (0.88, 0.17), (1, 0.28)),
        nose_power=2.2, bonnet_crown=0.022,
        style={"rear_door": False, "grille_h": (0.42, 0.56), "grille_p": 0.22, "lamp_h": (0.64, 0.90), "rim": 0.77, "rows": 1,
               "plate_h": 0.34, "rear_plate_h": 0.40, "tail_h": (0.66, 0.90)},
    ),
    "pickup": CarSpec(
        5.28, 1.86, 1.80, 3.16, 0.90, 0.385, 0.255, 0.33, 0.98, 1.13, 1.12, 1.14, 1.13,
        1.36, 2.02, 3.34, 3.56,
        windows=((1.74, 2.52, 2.14, 2.60), (2.62, 3.30, 2.70, 3.26)), doors=(1.40, 2.56, 3.42),
        roof_width=0.64, roof_drop_rear=0.05, rear_bow=0.02, tail_power=5.0,
        style={"bed": True, "cladding": True, "rear_door": True, "tall_lamps": True, "tail_h": (0.55, 0.93), "shelf": False,
               "rear_plate_h": 0.36, "grille_h": (0.52, 0.90)},
    ),
}
SPECS["taxi"] = replace(SPECS["estate"], length=4.72, style={**SPECS["estate"].style, "taxi": True, "rails": False})


def _raked(front, share: float):
    """A nose profile whose upper half leans back by ``share`` of the original."""
    return tuple((h, inset if h < 0.5 else inset * share) for h, inset in front)


def varied(spec: CarSpec, rng) -> CarSpec:
    """``spec`` with the small differences between makes; lengths stay within 2 %."""
    tall = rng.uniform(-0.025, 0.025)
    return replace(
        spec,
        height=spec.height + tall,
        z_nose=spec.z_nose + rng.uniform(-0.025, 0.025),
        z_belt=spec.z_belt + rng.uniform(-0.015, 0.010),
        z_hip=spec.z_hip + rng.uniform(-0.015, 0.020),
        wheel=spec.wheel + rng.uniform(-0.006, 0.012),
        nose_power=spec.nose_power * rng.uniform(0.93, 1.10),
        tail_power=spec.tail_power * rng.uniform(0.95, 1.10),
        roof_width=spec.roof_width + rng.uniform(-0.01, 0.01),
        d_cowl=spec.d_cowl + rng.uniform(-0.03, 0.03),
        front=_raked(spec.front, rng.uniform(0.75, 1.45)),
        style={**spec.style, "panel": bool(spec.style.get("van") and rng.random() < 0.45)},
    )


def car(kind: str, rng, paint: Surface) -> Bag:
    """One car of ``kind`` in ``paint``."""
    spec = varied(SPECS[kind], rng)
    tub = Tub(spec)
    house = Greenhouse(spec, tub)
    bag = Bag(CAR)
    shell, wells, _ = tub.shell()
    bag.add(shell, paint)
    bag.add(wells, details.GAP)
    bag.add(house.meshes["body"], paint)
    bag.add(house.meshes["trim"], details.BLACK)
    if "pillar" in house.meshes:
        bag.add(house.meshes["pillar"], details.GLOSS_BLACK)
    rear_pane = TINTED if spec.style.get("tinted") and rng.random() < 0.7 else PANE
    bag.add(house.meshes["screen"], PANE, GLASS)
    bag.add(house.meshes["side"], PANE if rng.random() < 0.7 else rear_pane, GLASS)
    if "rear" in house.meshes:
        bag.add(house.meshes["rear"], rear_pane, GLASS)
    details.cabin(bag, tub, house, rng)
    details.front_face(bag, tub, rng, paint)
    details.rear_face(bag, tub, rng, paint)
    details.gaps_and_trim(bag, tub, house, rng, paint)
    details.roof_things(bag, tub, house, rng, paint)
    if spec.style.get("bed"):
        details.load_bed(bag, tub, house, paint)

    style = int(rng.choice(6, p=(0.24, 0.18, 0.18, 0.14, 0.08, 0.18)))
    if kind == "sports":
        style = int(rng.integers(5))
    finish = RIM_FINISHES[int(rng.choice(4, p=(0.45, 0.25, 0.12, 0.18)))] if style != 5 else RIM_FINISHES[3]
    wheel = car_wheel(WHEEL, spec.wheel, spec.tyre, style, finish, rim_share=spec.style.get("rim", 0.70), rim_label=RIM, gap_label=BETWEEN_SPOKES)
    for axle in spec.axles:
        y = tub.half * (1 - 0.045 * abs(axle / (spec.length / 2)) ** 2.6) - 0.018 - spec.tyre / 2
        put_wheel(bag, wheel, axle, y, spec.wheel)
    return bag
