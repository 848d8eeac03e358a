"""Car bodies: a shell lofted from profile, plan and section curves, and the greenhouse on it.

The *tub* is the body below the windows. It is one surface ``tub(p, h)``: ``p``
runs round the car in plan (0 middle of the nose, 1 where the nose meets the
flank, 2 where the flank meets the tail, 3 middle of the tail; negative on the
right), ``h`` runs up from the sill (0) to the shoulder (1). The bonnet and the
boot are Coons patches (Coons 1967) between the shoulder and the greenhouse.
The *greenhouse* is a ring of columns from a base outline to a roof outline;
faces between columns are windscreen, pillar, side window and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from core.streets.vehicle_shapes import Curve, Mesh, facing, flipped, grid, joined, tidy


@dataclass(frozen=True)
class CarSpec:
    """A car's measures in metres; ``d_`` values lie that far behind the front bumper.

    Attributes:
        windows: side windows from the front, (base front, base rear, roof
            front, roof rear) as ``d`` values.
        front, tail, flank: (h, inset) tables of the nose's, the tail's and the
            flank's profile.
        doors: ``d`` of the door gaps at the sill.
        bed: a pickup's open bed behind the cab.
    """

    length: float
    width: float
    height: float
    wheelbase: float
    overhang: float
    wheel: float
    tyre: float
    sill: float
    z_nose: float
    z_cowl: float
    z_belt: float
    z_hip: float
    z_tail: float
    d_cowl: float
    d_header: float
    d_roof_end: float
    d_screen_end: float
    windows: tuple
    doors: tuple
    front: tuple = ((0, 0.12), (0.12, 0.05), (0.3, 0.0), (0.5, 0.005), (0.72, 0.05), (0.88, 0.11), (1, 0.20))
    tail: tuple = ((0, 0.10), (0.15, 0.03), (0.32, 0.0), (0.46, 0.005), (0.52, 0.03), (0.8, 0.05), (0.94, 0.08), (1, 0.13))
    flank: tuple = ((0, 0.075), (0.08, 0.034), (0.16, 0.022), (0.23, 0.006), (0.40, 0.001), (0.60, 0.0), (0.69, 0.002), (0.75, 0.020), (0.86, 0.034), (0.95, 0.058), (1, 0.092))
    nose_power: float = 2.4
    tail_power: float = 3.2
    roof_width: float = 0.60
    roof_drop_front: float = 0.05
    roof_drop_rear: float = 0.09
    screen_bow: float = 0.14
    rear_bow: float = 0.08
    bonnet_crown: float = 0.030
    boot_crown: float = 0.015
    arch_gap: float = 0.045
    style: dict = field(default_factory=dict)

    def x(self, d):
        return self.length / 2 - d

    @property
    def axles(self) -> tuple[float, float]:
        front = self.x(self.overhang)
        return front, front - self.wheelbase

    @property
    def arch(self) -> float:
        return self.wheel + self.arch_gap


class Tub:
    """The lower body of a :class:`CarSpec` as a surface that can be asked anywhere."""

    LEVELS = (0.0, 0.08, 0.16, 0.23, 0.35, 0.48, 0.60, 0.69, 0.75, 0.83, 0.90, 0.96, 1.0)

    def __init__(self, spec: CarSpec):
        self.spec = spec
        front, rear = spec.axles
        self.x_nose = front + spec.arch + 0.012
        self.x_tail = rear - spec.arch - 0.012
        self.half = spec.width / 2
        self.front, self.tail, self.flank = Curve(spec.front), Curve(spec.tail), Curve(spec.flank)
        half = spec.length / 2
        self.top = Curve([
            (half, spec.z_nose),
            (front, spec.z_nose + 0.68 * (spec.z_cowl - spec.z_nose)),
            (spec.x(spec.d_cowl) - 0.18, spec.z_cowl),
            (0.5 * (front + rear) - 0.1, spec.z_belt),
            (rear, spec.z_hip),
            (-half, spec.z_tail),
        ])

    def shoulder(self, x):
        """Height of the shoulder at ``x``."""
        return self.top(x)

    def p_of_x(self, x):
        """``p`` on the flank (1..2) at ``x``."""
        return 1 + (self.x_nose - np.asarray(x, float)) / (self.x_nose - self.x_tail)

    def top_x(self, p):
        """Nominal x that decides the shoulder's height at ``p``."""
        p = np.abs(np.asarray(p, float))
        spec, half = self.spec, self.spec.length / 2
        nose = self.x_nose + (half - self.x_nose) * np.abs(np.cos(np.clip(p, 0, 1) * np.pi / 2)) ** (2 / spec.nose_power)
        tail = self.x_tail - (half + self.x_tail) * np.abs(np.cos(np.clip(3 - p, 0, 1) * np.pi / 2)) ** (2 / spec.tail_power)
        flank = self.x_nose + (self.x_tail - self.x_nose) * np.clip(p - 1, 0, 1)
        return np.where(p < 1, nose, np.where(p > 2, tail, flank))

    def height(self, p, h):
        z1 = self.top(self.top_x(p))
        return self.spec.sill + np.asarray(h, float) * (z1 - self.spec.sill)

    def h_of_z(self, p, z):
        z1 = self.top(self.top_x(p))
        return (np.asarray(z, float) - self.spec.sill) / (z1 - self.spec.sill)

    def __call__(self, p, h) -> np.ndarray:
        """Points (..., 3) at plan parameter ``p`` (-3..3) and height share ``h`` (0..1)."""
        p, h = np.broadcast_arrays(np.asarray(p, float), np.asarray(h, float))
        spec, side, p = self.spec, np.where(p < 0, -1.0, 1.0), np.abs(p)
        half = spec.length / 2
        taper_x = np.clip(np.abs(self.top_x(p)) / half, 0, 1)
        wide = self.half * (1 - 0.045 * taper_x**2.6) - self.flank(h)
        nose, tail = np.clip(p, 0, 1) * np.pi / 2, np.clip(3 - p, 0, 1) * np.pi / 2
        a, b = 2 / spec.nose_power, 2 / spec.tail_power
        x_front = half - self.front(h)
        x_rear = -half + self.tail(h)
        x = np.where(
            p < 1, self.x_nose + (x_front - self.x_nose) * np.abs(np.cos(nose)) ** a,
            np.where(p > 2, self.x_tail + (x_rear - self.x_tail) * np.abs(np.cos(tail)) ** b,
                     self.x_nose + (self.x_tail - self.x_nose) * np.clip(p - 1, 0, 1)),
        )
        share = np.where(p < 1, np.abs(np.sin(nose)) ** a, np.where(p > 2, np.abs(np.sin(tail)) ** b, 1.0))
        z = self.height(p, h)
        y = wide * share + self._flare(x, z) * share
        return np.stack([x, side * y, z], -1)

    def _flare(self, x, z):
        """The arches' lips stand out a little."""
        out = 0.0
        for axle in self.spec.axles:
            distance = np.hypot(x - axle, z - self.spec.wheel)
            out = out + 0.016 * np.exp(-(((distance - self.spec.arch) / 0.045) ** 2))
        return out

    def normal(self, p, h, step: float = 2e-3) -> np.ndarray:
        """Outward unit normals (..., 3)."""
        p, h = np.broadcast_arrays(np.asarray(p, float), np.asarray(h, float))
        hl, hh = np.clip(h - step, 0, 1), np.clip(h + step, 0, 1)
        across = self(p + step, h) - self(p - step, h)
        n = np.cross(self(p, hh) - self(p, hl), across)
        n /= np.linalg.norm(n, axis=-1, keepdims=True) + 1e-12
        out = np.stack([np.where(np.abs(p) < 1, 1.0, np.where(np.abs(p) > 2, -1.0, 0.0)), np.sign(p + 1e-9), 0 * p], -1)
        return n * np.where((n * out).sum(-1, keepdims=True) < 0, -1.0, 1.0)

    def low(self, x):
        """Height of the shell's lower edge at flank positions ``x``: the sill, or the arch."""
        low = np.full(np.shape(x), self.spec.sill)
        for axle in self.spec.axles:
            u = np.asarray(x) - axle
            inside = np.abs(u) <= self.spec.arch + 1e-9
            rise = self.spec.wheel + np.sqrt(np.clip(self.spec.arch**2 - u**2, 0, None))
            low = np.where(inside, rise, low)
        return low

    def columns(self, segments: int = 12) -> np.ndarray:
        """``p`` of the shell's columns on the left side, from the nose to the tail."""
        spec = self.spec
        corner = self.corner
        nose = np.concatenate([np.linspace(0, corner, 7)[:-1], np.linspace(corner, 1, 6)[:-1]])
        angle = np.linspace(0, np.pi, segments + 1)
        front, rear = spec.axles
        step = spec.arch + 0.004
        xs = []
        for axle in (front, rear):
            xs += [axle + step, *(axle + spec.arch * np.cos(angle)), axle - step]
        cowl, end = self.cowl_x, self.spec.x(self.spec.d_screen_end) + self.spec.rear_bow
        between = np.linspace(front - step, rear + step, 10)[1:-1]
        extra = [cowl] + ([end] if end > self.x_tail else [])
        xs = np.array(sorted(set(np.round(np.concatenate([xs, between, extra]), 5)), reverse=True))
        tail = np.concatenate([np.linspace(2, 3 - corner, 6), np.linspace(3 - corner, 3, 7)[1:]])
        if end <= self.x_tail and np.abs(tail - self.p_screen_end).min() > 1e-4:
            tail = np.sort(np.append(tail, self.p_screen_end))
        return np.concatenate([nose, [1.0], self.p_of_x(xs), tail])

    @property
    def cowl_x(self) -> float:
        """Where the windscreen's base meets the shoulder."""
        return self.spec.x(self.spec.d_cowl) - self.spec.screen_bow

    @property
    def corner(self) -> float:
        """Share of the nose (and of the tail) in plan that counts as its face; the rest turns into the flank."""
        return self.spec.style.get("corner", 0.55)

    @property
    def screen_end_x(self) -> float:
        """Where the rear screen's base meets the shoulder."""
        return float(self(self.p_screen_end, 1.0)[0])

    @cached_property
    def p_screen_end(self) -> float:
        """``p`` of that place: on the flank, or on the tail's corner where the screen stands right at the back."""
        end = self.spec.x(self.spec.d_screen_end) + self.spec.rear_bow
        if end > self.x_tail:
            return float(self.p_of_x(end))
        ps = np.linspace(2, 3 - self.corner - 0.03, 200)
        return float(ps[np.argmin(np.abs(self(ps, 1.0)[:, 0] - end))])

    def shell(self) -> tuple[Mesh, Mesh, Mesh]:
        """(body, wheel wells, ledge): painted shell with bonnet and boot, dark arches, the strip under the windows."""
        p = self.columns()
        x = self(p, 0.5)[:, 0]
        on_flank = (p >= 1) & (p <= 2)
        low = np.where(on_flank, self.low(x), self.spec.sill)
        h_low = self.h_of_z(p, low)
        # rows lie at fixed shares of the height, so that creases run straight over the arches
        h = np.maximum(np.array(self.LEVELS)[None], h_low[:, None])
        left = self(np.broadcast_to(p[:, None], h.shape), h)
        right = left[1:-1][::-1] * np.array([1, -1, 1.0])
        loop = np.concatenate([left, right])
        body = grid(loop, close_rows=True)
        body = facing_out(body)

        spec = self.spec
        corner = self.corner
        top = self(p, 1.0)
        p_cowl = float(self.p_of_x(self.cowl_x))
        bonnet = self._deck(p, top, 0.0, corner, p_cowl, spec.z_cowl + 0.012, spec.screen_bow, spec.bonnet_crown)
        pieces = [body, bonnet]
        if not spec.style.get("bed"):
            pieces.append(self._deck(3 - p[::-1], top[::-1] * [-1, 1, 1], 0.0, corner, 3 - self.p_screen_end,
                                     None, spec.rear_bow, spec.boot_crown, rear=True))
        side = (p >= p_cowl - 1e-6) & (p <= self.p_screen_end + 1e-6)
        if spec.style.get("bed"):
            side = (p >= p_cowl - 1e-6)
        edge = top[side]
        inner = edge.copy()
        inner[:, 1] -= 0.05
        inner[:, 2] += 0.006
        ledge = facing(grid(np.stack([edge, inner])), (0, 0, 1))
        pieces += [ledge, (ledge[0] * [1, -1, 1], ledge[1][:, ::-1])]
        shell = tidy(joined(*pieces), 1e-5)

        wells = []
        for k, axle in enumerate(spec.axles):
            near = on_flank & (np.abs(x - axle) <= spec.arch + 0.006)
            lip = left[near, 0]
            inside = lip * [1, 0, 1] + [0, self.half - 0.36, 0]
            well = grid(np.stack([lip, inside]))
            wells += [well, (well[0] * [1, -1, 1], well[1][:, ::-1])]
        return shell, joined(*wells), ledge

    def _deck(self, p, top, start, corner, end, z_middle, bow, crown, rear=False) -> Mesh:
        """A Coons patch between the two shoulders; worked out nose-first, and turned round for the boot."""
        front = (p >= start - 1e-6) & (p <= corner + 1e-6)
        side = (p >= corner - 1e-6) & (p <= end + 1e-6)
        f_half, s = top[front], top[side]
        # from the left corner over the middle to the right corner
        f = np.concatenate([f_half[::-1], f_half[1:] * [1, -1, 1]])
        u = np.linspace(0, 1, len(f))
        corner_left = s[-1]
        y = corner_left[1] * f[:, 1] / f[0, 1]
        across = 1 - (y / corner_left[1]) ** 2
        z_lift = 0.0 if z_middle is None else max(0.0, z_middle - corner_left[2])
        c = np.stack([corner_left[0] + bow * across, y, corner_left[2] + (z_lift + crown) * across], 1)
        v = np.linspace(0, 1, len(s)) if len(s) > 1 else np.array([0.0, 1.0])
        run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(s, axis=0), axis=1))]) if len(s) > 1 else v
        v = run / run[-1]
        r = s * [1, -1, 1]
        u, v = u[None, :, None], v[:, None, None]
        points = (
            (1 - v) * f[None] + v * c[None] + (1 - u) * s[:, None] + u * r[:, None]
            - ((1 - u) * (1 - v) * f[0] + u * (1 - v) * f[-1] + (1 - u) * v * c[0] + u * v * c[-1])
        )
        share = 1 - (np.abs(f[:, 1]) / np.abs(f[0, 1])) ** 2.5
        points[..., 2] += crown * share[None] * np.sin(np.pi * np.clip(v[..., 0], 0, 1)) ** 0.8
        mesh = grid(points)
        if rear:
            mesh = mesh[0] * [-1, 1, 1], mesh[1]
        return facing(mesh, (0, 0, 1))


def facing_out(mesh: Mesh) -> Mesh:
    """A tub-like ring turned to look away from the vehicle's middle axis."""
    v, f = mesh
    a, b, c = v[f[:, 0]], v[f[:, 1]], v[f[:, 2]]
    n = np.cross(b - a, c - a)
    m = (a + b + c) / 3
    return flipped(mesh) if (n[:, :2] * m[:, :2]).sum() < 0 else mesh


class Greenhouse:
    """Windows, pillars and roof of a :class:`CarSpec` over its :class:`Tub`.

    ``meshes`` maps a kind of face to a mesh: ``screen``, ``rear``, ``side``
    (glass), ``trim`` (dark surrounds), ``body`` (pillars, frames, roof),
    ``pillar`` (dark pillars between windows).
    """

    ROWS = (0.0, 0.045, 0.22, 0.42, 0.62, 0.78, 0.84, 0.885, 0.93, 0.965, 1.0)
    # share of the way inwards and upwards at each share of the wall's length
    INWARD = Curve([(0, 0.0), (0.5, 0.30), (0.8, 0.56), (0.9, 0.72), (0.965, 0.88), (1, 1.0)])
    UPWARD = Curve([(0, 0.0), (0.5, 0.54), (0.8, 0.86), (0.9, 0.948), (0.965, 0.986), (1, 1.0)])

    def __init__(self, spec: CarSpec, tub: Tub):
        self.spec, self.tub = spec, tub
        self.x_header, self.x_end = spec.x(spec.d_header), spec.x(spec.d_roof_end)
        h = spec.height
        crown = 0.035
        self.roof = Curve([
            (self.x_header, h - crown - spec.roof_drop_front),
            (self.x_header - 0.42 * (self.x_header - self.x_end), h - crown),
            (self.x_end, h - crown - spec.roof_drop_rear),
        ])
        self.crown = crown
        self._columns()
        self._build()

    def base_y(self, x):
        p = self.tub.p_of_x(np.clip(x, self.tub.x_tail, self.tub.x_nose))
        return self.tub(p, 1.0)[..., 1] - 0.035

    def roof_y(self, x):
        share = (x - self.x_end) / (self.x_header - self.x_end)
        return self.spec.roof_width * (1 - 0.06 * (2 * np.clip(share, 0, 1) - 1) ** 2) * (0.97 + 0.03 * np.clip(share, 0, 1))

    def _columns(self):
        """Base and roof points of every column, left side, from the nose's middle to the tail's."""
        spec, tub = self.spec, self.tub
        base, roof, tags, corners = [], [], [], []

        def put(bx, by, rx, ry, tag):
            bz = tub.shoulder(np.clip(bx, -spec.length / 2, spec.length / 2)) - 0.012
            base.append((bx, by, bz))
            roof.append((rx, ry, self.roof(rx)))
            tags.append(tag)

        a_base, a_roof = tub.cowl_x, self.x_header - 0.05
        yb, yr = float(self.base_y(a_base)) - 0.02, float(self.roof_y(a_roof)) - 0.01
        # windscreen: from the middle to its edge, a dark border, then the A pillar
        for s in (0.0, 0.2, 0.4, 0.6, 0.8, 0.92):
            put(a_base + spec.screen_bow * (1 - s * s), yb * s, a_roof + 0.10 * (1 - s * s), yr * s, "screen")
        for s, tag in ((0.945, "trim"), (0.965, "body")):
            put(a_base + spec.screen_bow * (1 - s * s), yb * s, a_roof + 0.10 * (1 - s * s), yr * s, tag)
        corners.append(len(base))
        first = spec.windows[0]
        put(a_base - 0.015, yb + 0.012, a_roof - 0.02, yr + 0.006, "body")
        for k, (b0, b1, r0, r1) in enumerate(spec.windows):
            bx0, bx1, rx0, rx1 = spec.x(b0), spec.x(b1), spec.x(r0), spec.x(r1)
            edge = 0.018
            for share, offset, tag in ((0, 0, "trim"), (0, -edge, "side"), (1 / 3, 0, "side"), (2 / 3, 0, "side"), (1, edge, "trim")):
                bx, rx = bx0 + (bx1 - bx0) * share + offset, rx0 + (rx1 - rx0) * share + offset
                put(bx, float(self.base_y(bx)), rx, float(self.roof_y(rx)), tag)
            if k and spec.style.get("panel"):
                tags[-5:] = ["body"] * 5
            last = k == len(spec.windows) - 1
            put(bx1, float(self.base_y(bx1)), rx1, float(self.roof_y(rx1)), "body" if last or spec.style.get("body_pillars") else "pillar")
        c_base = tub.screen_end_x
        c_roof = self.x_end + 0.02
        yb, yr = float(self.base_y(c_base)) - 0.03, float(self.roof_y(c_roof)) - 0.01
        # the rear corner must stay on the tail's outline
        yb = min(yb, float(tub(tub.p_screen_end, 1.0)[1]) - 0.035)
        share = 0.5
        bx, rx = 0.5 * (spec.x(spec.windows[-1][1]) + c_base), 0.5 * (spec.x(spec.windows[-1][3]) + c_roof)
        put(bx, min(float(self.base_y(bx)), 1.0), rx, float(self.roof_y(rx)), "body")
        corners.append(len(base))
        put(c_base + 0.03, yb + 0.02, c_roof + 0.02, yr + 0.006, "body")
        rear = spec.style.get("rear_glass", 0.86)
        for s, tag in ((0.985, "body"), (rear, "trim"), (rear - 0.03, "rear"), (0.6, "rear"), (0.4, "rear"), (0.2, "rear"), (0.0, "rear")):
            put(c_base - spec.rear_bow * (1 - s * s), yb * s, c_roof - 0.06 * (1 - s * s), yr * s, tag)
        self.base, self.top = np.array(base), np.array(roof)
        self.tags, self.corners = tags, corners

    def _build(self):
        spec = self.spec
        q = np.array(self.ROWS)
        inward, upward = self.INWARD(q)[None, :], self.UPWARD(q)[None, :]
        b, r = self.base[:, None], self.top[:, None]
        left = np.empty((len(self.base), len(q), 3))
        # screens lean further than flanks do: along x they keep to the straight line
        left[..., 0] = b[..., 0] + (r[..., 0] - b[..., 0]) * (0.75 * q + 0.25 * inward)
        left[..., 1] = b[..., 1] + (r[..., 1] - b[..., 1]) * inward
        left[..., 2] = b[..., 2] + (r[..., 2] - b[..., 2]) * upward
        self.left = left
        loop = np.concatenate([left, left[1:-1][::-1] * [1, -1, 1]])
        tags = self.tags[:-1] + self.tags[:-1][::-1]
        kinds = np.empty((len(tags), len(q) - 1), object)
        solid_rear = spec.style.get("solid_rear", False)
        for i, tag in enumerate(tags):
            for j in range(len(q) - 1):
                if tag == "screen":
                    kind = "trim" if j == 0 or j == 7 else ("screen" if j < 7 else "body")
                elif tag == "rear":
                    kind = "body" if solid_rear else "trim" if j in (0, 6) else ("rear" if j < 6 else "body")
                elif tag == "side":
                    kind = "trim" if j in (0, 5) else ("side" if j < 5 else "body")
                elif tag in ("trim", "pillar"):
                    kind = tag if j <= 5 else "body"
                else:
                    kind = "body"
                kinds[i, j] = kind
        self.meshes: dict[str, Mesh] = {}
        for kind in ("screen", "rear", "side", "trim", "pillar"):
            keep = kinds == kind
            if keep.any():
                self.meshes[kind] = facing_out(tidy(grid(loop, keep=keep, close_rows=True)))
        walls = facing_out(tidy(grid(loop, keep=kinds == "body", close_rows=True)))
        self.meshes["body"] = tidy(joined(walls, self._roof()), 1e-5)

    def _roof(self) -> Mesh:
        first, last = self.corners
        rim = self.left[:, -1]
        f_half, s, r_half = rim[: first + 1], rim[first : last + 1], rim[last:]
        f = np.concatenate([f_half[::-1], f_half[1:] * [1, -1, 1]])
        n = len(f)
        # the rear edge gets the front's columns
        y = r_half[0, 1] * f[:, 1] / f[0, 1]
        c = np.stack([np.interp(np.abs(y), r_half[::-1, 1], r_half[::-1, 0]), y, np.full(n, 0.0)], 1)
        c[:, 2] = np.interp(np.abs(y), r_half[::-1, 1], r_half[::-1, 2])
        run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(s, axis=0), axis=1))])
        v = (run / run[-1])[:, None, None]
        u = (0.5 - 0.5 * f[:, 1] / f[0, 1])[None, :, None]
        t = s * [1, -1, 1]
        points = (
            (1 - v) * f[None] + v * c[None] + (1 - u) * s[:, None] + u * t[:, None]
            - ((1 - u) * (1 - v) * f[0] + u * (1 - v) * f[-1] + (1 - u) * v * c[0] + u * v * c[-1])
        )
        across = 1 - np.abs(2 * u[0, :, 0] - 1) ** 2.2
        along = np.clip(1 - np.abs(2 * v[:, 0, 0] - 1) ** 6, 0, 1)
        points[..., 2] += self.crown * across[None] * along[:, None]
        return facing(grid(points), (0, 0, 1))

    def headliner(self) -> Mesh:
        """The roof's inside."""
        rim = self.left[self.corners[0] :: 3, -1] - [0, 0.02, 0.02]
        share = np.linspace(1, -1, 7)
        points = rim[:, None] * np.stack([np.ones(7), share, np.ones(7)], 1)[None]
        points[..., 2] += 0.8 * self.crown * (1 - np.abs(share) ** 2.2)
        return facing(grid(points), (0, 0, -1))


__all__ = ["CarSpec", "Tub", "Greenhouse", "replace", "facing_out"]
