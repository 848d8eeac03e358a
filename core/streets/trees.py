"""Trees of several kinds and seasons.

A tree is a skeleton grown into lobes of a crown (:mod:`core.streets.growth`),
its bark, and three or four ``scatter`` parts of small leaf clusters in
different greens. Lobes leave gaps between them, so the crown shows sky, light
and shade.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.streets.growth import Skeleton, bark, colonise, thicken
from core.streets.parts import Part, Surface
from core.streets.leaves import leaf_cluster, scattered, unit
from core.streets.solids import part

VEGETATION, TRUNK = 21, 50
SEASONS = ("spring", "summer", "autumn", "winter")

#: Leaf clusters a tree may carry, before a caller's ``detail``.
FEWEST_CLUSTERS, MOST_CLUSTERS = 1500, 6000


@dataclass(frozen=True)
class Species:
    """What one kind of tree looks like; lengths in metres, shares of the height.

    Attributes:
        height: lowest and highest.
        clear: share of the height below the first branch.
        spread: crown width as a share of the height.
        widest: where the crown is widest, 0 its foot .. 1 its top.
        lobes: how many clumps make up the crown.
        lobe: a lobe's radius as a share of the crown's half width.
        tropism: upward (+) or downward (-) share of the growth.
        leaf: length and width of a leaf.
        leaves: leaves in a cluster.
        clusters: clusters at middle height in summer.
        hang: 0 leaves stand out, 1 they hang straight down.
        bark: linear colour of the bark.
        summer, autumn: linear colours of the leaves.
        trunk: trunk radius as a share of the height.
    """

    height: tuple[float, float]
    clear: float
    spread: float
    widest: float
    lobes: int
    lobe: float
    tropism: float
    leaf: tuple[float, float]
    leaves: int
    clusters: int
    hang: float
    bark: tuple[float, float, float]
    summer: tuple[tuple[float, float, float], ...]
    autumn: tuple[tuple[float, float, float], ...]
    trunk: float = 0.017


SPECIES: dict[str, Species] = {
    "round": Species(
        (7, 13), 0.27, 0.72, 0.42, 24, 0.40, 0.10, (0.19, 0.15), 7, 4600, 0.35, (0.13, 0.10, 0.075),
        ((0.055, 0.13, 0.025), (0.085, 0.17, 0.03), (0.035, 0.095, 0.02), (0.12, 0.20, 0.045)),
        ((0.50, 0.29, 0.03), (0.42, 0.20, 0.02), (0.26, 0.24, 0.04), (0.55, 0.38, 0.06)),
    ),
    "oval": Species(
        (6, 11), 0.25, 0.48, 0.40, 20, 0.46, 0.22, (0.17, 0.12), 7, 3800, 0.3, (0.12, 0.095, 0.075),
        ((0.045, 0.11, 0.028), (0.07, 0.145, 0.032), (0.03, 0.08, 0.022), (0.10, 0.17, 0.04)),
        ((0.48, 0.15, 0.025), (0.38, 0.08, 0.02), (0.50, 0.26, 0.03), (0.24, 0.18, 0.03)),
    ),
    "poplar": Species(
        (11, 17), 0.10, 0.17, 0.38, 26, 0.72, 0.75, (0.15, 0.13), 7, 4400, 0.2, (0.16, 0.14, 0.115),
        ((0.06, 0.135, 0.03), (0.085, 0.165, 0.035), (0.04, 0.10, 0.022)),
        ((0.52, 0.38, 0.05), (0.45, 0.30, 0.03), (0.32, 0.30, 0.06)), 0.012,
    ),
    "birch": Species(
        (7, 13), 0.22, 0.42, 0.40, 22, 0.42, -0.02, (0.11, 0.085), 7, 4200, 0.75, (0.52, 0.50, 0.46),
        ((0.085, 0.17, 0.035), (0.12, 0.205, 0.04), (0.06, 0.13, 0.03)),
        ((0.58, 0.42, 0.05), (0.50, 0.33, 0.03), (0.36, 0.34, 0.07)), 0.010,
    ),
    "conifer": Species(
        (6, 14), 0.06, 0.36, 0.06, 0, 0.0, 0.0, (0.24, 0.045), 8, 4600, 0.3, (0.10, 0.07, 0.05),
        ((0.022, 0.062, 0.03), (0.032, 0.078, 0.036), (0.016, 0.046, 0.024)),
        ((0.022, 0.062, 0.03), (0.032, 0.078, 0.036), (0.016, 0.046, 0.024)), 0.014,
    ),
    "ornamental": Species(
        (3.2, 5.2), 0.33, 0.80, 0.45, 15, 0.44, 0.12, (0.10, 0.065), 8, 3200, 0.25, (0.11, 0.075, 0.06),
        ((0.06, 0.12, 0.03), (0.09, 0.155, 0.035), (0.04, 0.085, 0.022)),
        ((0.45, 0.06, 0.025), (0.36, 0.035, 0.02), (0.50, 0.16, 0.03)), 0.018,
    ),
}

#: Blossom of ornamental trees in spring.
BLOSSOM = (
    ((0.82, 0.50, 0.56), (0.88, 0.66, 0.70), (0.74, 0.38, 0.46)),
    ((0.86, 0.83, 0.80), (0.90, 0.88, 0.86), (0.78, 0.76, 0.70)),
)


def _crown(rng, species: Species, height: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lobes of the crown: centres (L, 3), radii (L, 3), and attractors (A, 3) within them."""
    foot, top = species.clear * height, height
    half = species.spread * height / 2
    lean = rng.normal(0, 0.06 * half, 2)
    centres, radii = [], []
    for i in range(species.lobes):
        level = (i + rng.uniform(0.1, 0.9)) / species.lobes
        # An egg whose widest circle lies at ``widest``.
        if level < species.widest:
            width = np.sqrt(max(1 - ((species.widest - level) / (species.widest + 0.12)) ** 2, 0))
        else:
            width = np.sqrt(max(1 - ((level - species.widest) / (1.06 - species.widest)) ** 2, 0))
        size = half * species.lobe * rng.uniform(0.72, 1.25) * (0.65 + 0.35 * width)
        reach = max(half * width * rng.uniform(0.85, 1.12) - size * 0.75, 0) * (1 if i % 4 else rng.uniform(0.1, 0.5))
        angle = i * 2.39996 + rng.normal(0, 0.35)
        z = foot + size * 0.55 + level * (top - foot - size * 1.35)
        centres.append([np.cos(angle) * reach + lean[0] * level, np.sin(angle) * reach + lean[1] * level, z])
        radii.append([size, size, size * (0.75 if species.tropism < 0.5 else 1.6)])
    centres, radii = np.array(centres), np.array(radii)
    share = (radii.prod(1) ** 0.8)
    which = rng.choice(len(centres), size=int(np.clip(110 * height, 500, 1400)), p=share / share.sum())
    ball = unit(rng.normal(size=(len(which), 3))) * rng.random((len(which), 1)) ** 0.45
    attractors = centres[which] + ball * radii[which]
    attractors = attractors[attractors[:, 2] > foot * 0.85]
    return centres, radii, attractors


def _trunk_line(rng, height: float, clear: float, wobble: float = 0.05) -> np.ndarray:
    """(S, 3) polyline from the ground to the first fork and a little into the crown."""
    count = max(int(np.ceil(clear / 0.4)), 4)
    z = np.linspace(0, clear, count)
    drift = np.cumsum(rng.normal(0, wobble * 0.4, (count, 2)), axis=0)
    drift -= drift[0]
    return np.column_stack([drift, z])


def _broadleaf(rng, species: Species, height: float) -> Skeleton:
    _, _, attractors = _crown(rng, species, height)
    up = 0.55 if species.tropism > 0.5 else 0.18
    start = _trunk_line(rng, height, height * (species.clear + up * (1 - species.clear)))
    step = float(np.clip(height * 0.032, 0.13, 0.42))
    nodes, parents = colonise(
        rng, attractors, start, step, kill=step * 1.25, tropism=(0, 0, species.tropism), wander=0.16
    )
    return thicken(nodes, parents, species.trunk * height * rng.uniform(0.85, 1.2), 0.006 + 0.0004 * height)


def _whorls(rng, species: Species, height: float) -> Skeleton:
    """A conifer: a straight leader and tiers of drooping branches with side twigs."""
    nodes = [np.array([0, 0, z]) for z in np.linspace(0, height * 0.985, int(height / 0.3) + 2)]
    parents = list(range(-1, len(nodes) - 1))
    trunk_count = len(nodes)
    half = species.spread * height / 2
    foot = species.clear * height
    z = foot
    while z < height * 0.96:
        level = (z - foot) / (height - foot)
        reach = half * (1 - level) ** 0.82 + 0.12
        count = int(rng.integers(5, 8)) if level < 0.85 else 4
        turn = rng.random() * 2 * np.pi
        at = int(np.clip(round(z / height * (trunk_count - 1)), 1, trunk_count - 1))
        for k in range(count):
            angle = turn + k * 2 * np.pi / count + rng.normal(0, 0.18)
            length = reach * rng.uniform(0.72, 1.1)
            pieces = max(int(length / 0.22), 2)
            rise = 0.55 * level - 0.12 + rng.normal(0, 0.06)
            heading = np.array([np.cos(angle), np.sin(angle), rise])
            parent, position = at, nodes[at].copy()
            position[2] = z
            for i in range(pieces):
                share = i / pieces
                # Boughs sag in their middle and lift at their ends.
                bend = heading + np.array([0, 0, -0.45 * np.sin(share * np.pi) * (1 - level) + 0.25 * share])
                position = position + unit(bend) * length / pieces
                nodes.append(position)
                parents.append(parent)
                parent = len(nodes) - 1
                if share > 0.2:
                    side = np.array([-np.sin(angle), np.cos(angle), -0.25]) * (1 if i % 2 else -1)
                    twig = position + unit(side + 0.7 * heading) * length * 0.34 * (1.1 - share)
                    nodes.append((position + twig) / 2 + rng.normal(0, 0.02, 3))
                    parents.append(parent)
                    nodes.append(twig)
                    parents.append(len(nodes) - 2)
        z += height * rng.uniform(0.024, 0.04) * (1.15 - 0.5 * level) + 0.08
    nodes = np.array(nodes)
    nodes[trunk_count:, 2] = np.maximum(nodes[trunk_count:, 2], 0.08)
    return thicken(nodes, np.array(parents), species.trunk * height, 0.007)


def _foliage(rng, skeleton: Skeleton, count: int, species: Species) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where clusters sit: places (K, 3), headings (K, 3), and how far outside they are (K,), 0..1."""
    nodes, directions = skeleton.nodes, skeleton.directions()
    thin = np.flatnonzero((skeleton.tips <= 6) & (nodes[:, 2] > species.clear * nodes[:, 2].max() * 0.8))
    weight = 1.0 / np.sqrt(skeleton.tips[thin])
    chosen = rng.choice(thin, count, p=weight / weight.sum())
    back = nodes[skeleton.parents[chosen]] - nodes[chosen]
    places = nodes[chosen] + back * rng.random((count, 1))
    reach = species.leaf[0] * 1.5
    jitter = rng.normal(0, reach * 0.75, (count, 3))
    jitter[:, 2] -= np.abs(jitter[:, 2]) * species.hang + species.hang * reach * rng.random(count)
    places = places + jitter
    headings = unit(directions[chosen] + rng.normal(0, 0.55, (count, 3)))
    headings[:, 2] -= species.hang * 1.2
    middle = np.array([*nodes[:, :2].mean(0), nodes[:, 2].max() * 0.6])
    radial = np.linalg.norm((places - middle) * (1, 1, 0.8), axis=1)
    return places, headings, np.clip(radial / np.percentile(radial, 95), 0, 1)


def _colours(rng, kind: str, species: Species, season: str):
    """Linear leaf colours for a season, each a little different from tree to tree."""
    if season == "autumn":
        base = np.array(species.autumn)
        if kind != "conifer":
            # Some trees have only begun to turn.
            turned = rng.uniform(0.45, 1.0)
            summer = np.resize(np.array(species.summer), base.shape)
            base = base * turned + summer * (1 - turned)
    elif season == "spring" and kind == "ornamental":
        base = np.array(BLOSSOM[int(rng.integers(len(BLOSSOM)))])
    else:
        # Light that passes leaf after leaf greens them further; the single leaf is greyer than the crown.
        base = np.array(species.summer) * (1.25, 1.0, 1.2)
        if season == "spring" and kind != "conifer":
            base = base * (1.45, 1.35, 1.0) + (0.015, 0.02, 0.0)
    tint = rng.normal(1, 0.07, 3) * rng.uniform(0.85, 1.15)
    return [tuple(float(c) for c in np.clip(colour * tint, 0.004, 0.95)) for colour in base]


def tree(rng, kind: str | None = None, season: str | None = None, height: float | None = None,
         detail: float = 1.0) -> list[Part]:
    """A street or garden tree.

    Args:
        rng: ``numpy.random.Generator``; the same state gives the same tree.
        kind: a key of :data:`SPECIES`, or None to draw one.
        season: one of :data:`SEASONS`, or None for summer.
        height: metres, or None to draw one that suits the kind.
        detail: share of the leaf clusters, 0.2..1, for trees far away; leaves grow to keep the crown filled.

    Returns:
        Bark (label 50, tree trunk) and ``scatter`` parts of leaf clusters (label 21).

    Raises:
        KeyError: for a kind or season that does not exist.
    """
    kind = kind or str(rng.choice(list(SPECIES), p=(0.34, 0.22, 0.08, 0.14, 0.08, 0.14)))
    season = season or "summer"
    if season not in SEASONS:
        raise KeyError(season)
    species = SPECIES[kind]
    height = float(height) if height else float(rng.uniform(*species.height))
    skeleton = (_whorls if kind == "conifer" else _broadleaf)(rng, species, height)
    colour = np.array(species.bark) * rng.uniform(0.8, 1.2)
    surface = Surface(
        "bark", tuple(float(c) for c in colour), (0.03, 0.025, 0.02) if kind == "birch" else tuple(colour * 0.45),
        roughness=0.95, scale=0.12 if kind == "birch" else 0.05,
    )
    bare = season == "winter" and kind != "conifer"
    detail = float(np.clip(detail, 0.2, 1.0))
    parts = [part(bark(rng, skeleton, thinnest=0.0 if bare else 0.009), surface, TRUNK, smooth=True)]
    if bare:
        parts.append(_twigs(rng, skeleton, species, surface, detail))
        return parts
    middle = sum(species.height) / 2
    fullness = {"spring": 0.75, "summer": 1.0, "autumn": 0.8, "winter": 1.0}[season] * rng.uniform(0.88, 1.12)
    count = int(np.clip(species.clusters * fullness * (height / middle) ** 1.2, FEWEST_CLUSTERS, MOST_CLUSTERS))
    count = max(int(count * detail), 200)
    # Leaves grow with the crown where the budget of clusters can't.
    growth = float(np.clip((height / middle) ** 0.5, 0.8, 1.35)) * detail ** -0.4
    if season == "spring" and kind != "conifer":
        growth *= 0.82
    species = replace(species, leaf=(species.leaf[0] * growth, species.leaf[1] * growth))
    places, headings, outside = _foliage(rng, skeleton, count, species)
    sizes = rng.uniform(0.75, 1.25, count)
    colours = _colours(rng, kind, species, season)
    # Light colours sit outside and on top, dark ones within; the order of ``colours`` is by light.
    light = 0.55 * outside + 0.3 * places[:, 2] / height + rng.normal(0, 0.22, count)
    order = np.argsort(light)
    by_light = sorted(colours, key=sum)
    for share, leaf_colour in zip(np.array_split(order, len(by_light)), by_light):
        cluster = leaf_cluster(rng, species.leaves, *species.leaf)
        leaf = Surface("leaf", leaf_colour, roughness=0.45)
        parts.append(scattered(rng, places[share], headings[share], sizes[share], cluster, leaf, VEGETATION))
    return parts


def _twigs(rng, skeleton: Skeleton, species: Species, surface: Surface, detail: float) -> Part:
    """Fine bare twigs on the ends of the branches, as instances of one small spray."""
    vertices, faces = [], []
    for _ in range(7):
        heading = unit(rng.normal(size=3) * (0.8, 0.8, 0.25) + (0, 0, 0.9))
        root = np.array([0, 0, rng.uniform(-0.05, 0.25)])
        side = unit(np.cross(heading, rng.normal(size=3)))
        other = np.cross(heading, side)
        length = rng.uniform(0.25, 0.55)
        base = len(vertices)
        middle = root + heading * length * 0.5 + side * 0.03
        for point, radius in ((root, 0.0045), (middle, 0.003), (root + heading * length, 0.001)):
            for angle in (0, 2.1, 4.2):
                vertices.append(point + radius * (np.cos(angle) * side + np.sin(angle) * other))
        for ring in (0, 3):
            for j in range(3):
                a, b = base + ring + j, base + ring + (j + 1) % 3
                faces.append([a, b, b + 3, a + 3])
    count = max(int(min(species.clusters * 0.45, 2200) * detail), 150)
    places, headings, _ = _foliage(rng, skeleton, count, replace(species, leaf=(0.03, 0.02)))
    headings[:, 2] += species.hang * 0.6 + 0.25
    thin = replace(surface, colour=tuple(0.7 * c if sum(surface.colour) < 1 else 0.15 * c for c in surface.colour))
    spray = np.array(vertices, np.float32), np.array(faces, np.int32)
    return scattered(rng, places, headings, rng.uniform(0.6, 1.3, count), spray, thin, TRUNK)
