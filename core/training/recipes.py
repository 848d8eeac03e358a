"""Named recipes: everything that decides a training run, in one table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import TrainingError
from core.training.schedule import ENHANCER, GLOBAL, Bend, Phase, Place, place


#: Steps of warm-up where a run begins with a model file. That brings neither D nor Adam's moments: at its full
#: rate G would follow a D that knows nothing, and in the first hundred steps forget part of what it could.
WARM_UP = 200
#: Set by options of their own, or by nobody.
_NOT_SETTABLE = ("name", "about", "steps", "accumulate")
_ANY = float("inf")
#: Values that make sense: least and largest.
_RANGES = {
    "code_dim": (1, 64), "learning_rate": (1e-9, 1), "constant": (0, 1), "warm_up": (0, _ANY), "discriminator_rate": (1e-6, 1e3),
    "gan_weight": (0, _ANY), "feature_weight": (0, _ANY), "perceptual_weight": (0, _ANY), "pixel_weight": (0, _ANY),
    "texture_weight": (0, _ANY), "colour_weight": (0, _ANY), "weave_weight": (0, _ANY),
    "jitter": (0, _ANY), "perceptual_scale": (1, 8), "fold_parts": (0, 1), "fold_some": (0, 1), "own_size": (0, 1),
    "longest_gradient": (0, _ANY), "ema": (0, 0.999999), "pool": (0, 10_000),
}


@dataclass(frozen=True)
class Recipe:
    """All settings of a run. Loss weights of 0 leave a loss out.

    Attributes:
        generator, encoder: architecture and its arguments (label_count and
            code_dim are filled in from the data); encoder None for no codes.
        code_dim: channels of an appearance code.
        steps: optimiser steps.
        learning_rate, betas: Adam's.
        constant: share of the steps at full learning rate before it falls
            linearly to zero.
        warm_up: steps over which G's and E's rate rises from nothing, while
            D learns at its full one.
        discriminator: width, stride-2 layers, scales.
        discriminator_rate: D's learning rate, as a share of the generator's.
        gan: ``lsgan`` or ``hinge``.
        gan_weight, feature_weight, perceptual_weight: of eqs. 2-5 and the
            perceptual term (lambda = 10 in the paper).
        pixel_weight: of an L1 term; not in the paper, it settles colours
            early in short runs.
        colour_weight: of :func:`core.networks.region_statistics.region_colour_loss`,
            over the regions that have a code of their own.
        weave_weight: of :func:`core.networks.weave.weave_loss`.
        texture_weight: of :func:`core.networks.region_statistics.region_statistics_loss`
            on the shallow taps; needs the perceptual loss.
        perceptual_layers: VGG taps, shallow to deep.
        perceptual_form: see :class:`core.networks.perceptual.PerceptualLoss`.
        perceptual_scale: 2 looks at the picture at half size in every other
            step, at a window of half the size in the others: a quarter of the
            work, and neither coarse nor fine faults stay unseen.
        jitter: D and VGG look at crops from which so many rows and columns are
            cut, at a place drawn for each step. Otherwise their strides always
            fall on the same pixels as G's, and draw a grid there.
        fold_parts, fold_some, part_codes, own_size: see :class:`core.data.crops.CropSettings`.
        longest_gradient: longer ones, of G with E or of D, are shortened to
            this: one odd crop must not undo an hour; 0 for no limit.
        ema: decay of the averaged weights that are saved for use.
        pool: fake pictures kept to show D older ones too (Shrivastava et al.
            2017, sec. 2.3); 0 shows it the newest only, as pix2pixHD does.
        accumulate: parts into which a step's crops are split, to save memory.
        precision: see :class:`core.training.precision.Precision`.
        bends: see :func:`core.training.schedule.place`.
    """

    name: str
    about: str
    generator: tuple[str, dict[str, Any]]
    encoder: tuple[str, dict[str, Any]] | None
    phases: tuple[Phase, ...]
    steps: int
    code_dim: int = 6
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    constant: float = 0.5
    warm_up: int = 0
    discriminator: tuple[int, int, int] = (64, 3, 3)
    discriminator_rate: float = 1.0
    gan: str = "lsgan"
    gan_weight: float = 1.0
    feature_weight: float = 10.0
    perceptual_weight: float = 10.0
    pixel_weight: float = 0.0
    texture_weight: float = 0.0
    colour_weight: float = 0.0
    weave_weight: float = 0.0
    jitter: int = 0
    perceptual_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    perceptual_form: str = "absolute"
    perceptual_scale: int = 1
    fold_parts: float = 0.5
    fold_some: float = 0.0
    part_codes: bool = False
    own_size: float = 0.0
    longest_gradient: float = 0.0
    ema: float = 0.999
    pool: int = 0
    accumulate: int = 1
    precision: str = "auto"
    bends: tuple[Bend, ...] = ()

    @property
    def adversarial(self) -> bool:
        """False where no loss asks the discriminator; it is then neither asked nor trained."""
        return bool(self.gan_weight or self.feature_weight)

    def place_at(self, step: int) -> Place:
        """Phase and learning-rate factor of 0-based ``step``."""
        return place(self.phases, self.steps, self.bends, self.constant, step)

    def phase_at(self, step: int) -> Phase:
        """The phase that holds ``step`` (0-based)."""
        return self.place_at(step).phase

    def rate_at(self, step: int) -> float:
        """G's learning rate: constant, then linear to zero (sec. 4); with a warm-up, rising before."""
        return self.learning_rate * self.place_at(step).factor * self.warmth_at(step)

    def warmth_at(self, step: int) -> float:
        """The factor in 0..1 that the warm-up adds to G's and E's rate at 0-based ``step``."""
        return min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0

    def lasting(self, steps: int, done: int) -> "Recipe":
        """This recipe with ``steps`` in all, decided after ``done`` of them.

        Raises:
            TrainingError: when more than ``steps`` are done.
        """
        if steps < max(1, done):
            raise TrainingError(f"This run has done {done} steps already; ask for more than that with --steps.")
        if steps == self.steps:
            return self
        bends = self.bends + ((done, self.steps),) if done else self.bends
        return replace(self, steps=steps, bends=bends)

    def cropped(self, side: int) -> "Recipe":
        """This recipe with no side of a crop longer than ``side``."""
        phases = tuple(
            replace(p, crop=min(p.crop, side) if isinstance(p.crop, int) else tuple(min(s, side) for s in p.crop))
            for p in self.phases
        )
        return replace(self, phases=phases)

    def batched(self, batch: int) -> "Recipe":
        """This recipe with ``batch`` crops a step in every phase."""
        return replace(self, phases=tuple(replace(p, batch=batch) for p in self.phases))

    def set(self, assignments: list[str]) -> "Recipe":
        """This recipe with single values changed, each given as ``name=value``.

        Raises:
            TrainingError: for a name or value that can't be set so.
        """
        changes: dict[str, Any] = {}
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            present = getattr(self, name, None)
            if not equals or name in _NOT_SETTABLE or not isinstance(present, (int, float, str)):
                names = [f for f, v in vars(self).items() if isinstance(v, (int, float, str)) and f not in _NOT_SETTABLE]
                raise TrainingError(f"'{assignment}' can't be set; write name=value with one of: {', '.join(names)}.")
            try:
                changes[name] = _truth(text) if isinstance(present, bool) else type(present)(text)
            except ValueError:
                raise TrainingError(f"'{text}' is no value for {name}; it is {present} now.") from None
        if changes.get("gan", "lsgan") not in ("lsgan", "hinge"):
            raise TrainingError(f"There is no adversarial loss '{changes['gan']}'; choose lsgan or hinge.")
        if changes.get("perceptual_form", "absolute") not in ("absolute", "direction"):
            raise TrainingError(
                f"There is no perceptual loss '{changes['perceptual_form']}'; choose absolute or direction."
            )
        return replace(self, **changes)

    def check(self) -> None:
        """Raise TrainingError where a value makes no sense."""
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                reach = f"from {least:g} to {most:g}" if most < float("inf") else f"{least:g} or more"
                raise TrainingError(f"{name} is {value:g}; give a value {reach} (--set {name}=...).")
        smallest = min(min(phase.size) for phase in self.phases)
        if self.jitter > smallest // 2:
            raise TrainingError(f"jitter cuts {self.jitter} rows and columns from crops of {smallest}; give half of that or less (--set jitter=...).")
        if not any(getattr(self, name) for name in _RANGES if name.endswith("_weight")):
            raise TrainingError("All losses have weight 0, so there is nothing to learn; leave one of them in (--set gan_weight=1).")


def _truth(text: str) -> bool:
    """"1" or "true", "0" or "false"; ValueError for anything else."""
    if text.lower() not in ("1", "true", "0", "false"):
        raise ValueError(text)
    return text.lower() in ("1", "true")


_COMPACT = (
    "compact",
    {
        "widths": [32, 48, 96, 160], "blocks": [1, 1, 2], "upsampling": "bilinear", "grain": True,
        "code_channels": [12, 20, 36], "code_cross": True, "label_dims": 25,
    },
)
_COMPACT_ENCODER = ("compact_encoder", {"width": 16})

#: pix2pixHD's networks as published: 64 channels in G1, 32 in G2, 3-scale D.
_HD_GLOBAL = ("pix2pixhd_global", {"width": 64, "downsamples": 4, "blocks": 9})
_HD_LOCAL = (
    "pix2pixhd_local",
    {"width": 32, "downsamples": 4, "blocks": 9, "enhancers": 1, "local_blocks": 3},
)
_HD_ENCODER = ("pix2pixhd_encoder", {"width": 16, "downsamples": 4})
#: 200 passes over Cityscapes' 2975 photographs, one a step (sec. 4).
_HD_STEPS = 200 * 2975


def _pix2pixhd(width: int, about: str, batch: int = 1) -> Recipe:
    """The global generator by itself on whole frames of one width."""
    return Recipe(
        name=f"pix2pixhd-{width}",
        about=about,
        generator=_HD_GLOBAL,
        encoder=_HD_ENCODER,
        phases=(Phase(share=1.0, widths=(width, width), crop=(width, width // 2), batch=batch),),
        steps=_HD_STEPS // batch,
        code_dim=3,
        precision="native",
    )


_TABLE = (
    Recipe(
        name="compact",
        about="the default model: the compact generator, appearance codes, coarse to fine",
        generator=_COMPACT,
        encoder=_COMPACT_ENCODER,
        phases=(
            Phase(share=0.3, widths=(800, 1200), crop=256, batch=4),
            # Small frames stay in: what is learnt last is kept best, and maps come at 1024x512, too.
            Phase(share=0.7, widths=(900, 2048), crop=384, batch=2),
        ),
        steps=4000,
        discriminator=(24, 3, 2),
        learning_rate=5e-4,
        fold_parts=0.35,
        fold_some=0.15,
        part_codes=True,
        own_size=0.85,
        # At the generator's own rate D wins within a thousand steps, and its gradients draw grids.
        discriminator_rate=0.4,
        pixel_weight=3.0,
        feature_weight=6.0,
        perceptual_weight=60.0,
        perceptual_form="direction",
        texture_weight=3.0,
        colour_weight=10.0,
        weave_weight=15.0,
        jitter=8,
        longest_gradient=150.0,
        perceptual_scale=2,
        ema=0.998,
        precision="native",
    ),
    _pix2pixhd(512, "pix2pixHD's global generator at 512x256"),
    _pix2pixhd(1024, "pix2pixHD's global generator at 1024x512, as published"),
    Recipe(
        name="pix2pixhd-2048",
        about="pix2pixHD complete at 2048x1024: the global generator, then the local enhancer around it, then both",
        generator=_HD_LOCAL,
        encoder=_HD_ENCODER,
        phases=(
            Phase(share=0.50, widths=(1024, 1024), crop=(1024, 512), batch=1, trains=GLOBAL),
            Phase(share=0.05, widths=(2048, 2048), crop=(1024, 1024), batch=1, trains=ENHANCER, fresh_rate=True),
            Phase(share=0.45, widths=(2048, 2048), crop=(1024, 1024), batch=1),
        ),
        steps=2 * _HD_STEPS,
        code_dim=3,
        precision="native",
    ),
    Recipe(
        name="tiny",
        about="minutes on any machine, to see that everything works",
        generator=("compact", {"widths": [16, 32, 48, 64], "blocks": [1, 1, 1], "upsampling": "bilinear"}),
        encoder=("compact_encoder", {"width": 8}),
        phases=(Phase(share=1.0, widths=(256, 256), crop=128, batch=2),),
        steps=400,
        part_codes=True,
        discriminator=(16, 2, 2),
        learning_rate=1e-3,
        pixel_weight=5.0,
        perceptual_weight=20.0,
        perceptual_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
        ema=0.98,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _TABLE}


def recipe_named(name: str, **changes: Any) -> Recipe:
    """A recipe of the table, with some settings changed.

    Raises:
        TrainingError: for a name that the table doesn't have.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe '{name}'; choose one of: {', '.join(RECIPES)}.")
    return replace(RECIPES[name], **changes)


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain JSON data."""
    return asdict(recipe)


def recipe_from_json(data: dict[str, Any]) -> Recipe:
    """The inverse of :func:`recipe_to_json`."""

    def pair(value):
        return None if value is None else (value[0], value[1])

    def phase(p):
        crop = p["crop"] if isinstance(p["crop"], int) else pair(p["crop"])
        return Phase(**{**p, "widths": pair(p["widths"]), "crop": crop})

    try:
        return Recipe(
            **{
                **data,
                "generator": pair(data["generator"]),
                "encoder": pair(data["encoder"]),
                "phases": tuple(map(phase, data["phases"])),
                "bends": tuple(pair(bend) for bend in data.get("bends", ())),
                "betas": tuple(data["betas"]),
                "discriminator": tuple(data["discriminator"]),
                "perceptual_layers": tuple(data["perceptual_layers"]),
            }
        )
    except (KeyError, TypeError, ValueError):
        raise TrainingError("The recipe of this run is damaged; start a new run.") from None
