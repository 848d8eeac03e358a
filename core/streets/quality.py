"""How much light is traced for a photograph."""

from __future__ import annotations

from dataclasses import dataclass

#: Every pixel gets so many paths, or thin things are missed and pass for free of noise.
LEAST_SAMPLES = 6


@dataclass(frozen=True)
class Quality:
    """How much light is traced.

    The defaults were chosen by looking, and by the perceptual distance to a
    photograph of 128 paths: 0.090 with 6 paths for every pixel and the denoiser's
    fast prefilter (9 s at 1024x512 on two cores); with the accurate one 0.080 (11 s),
    0.055 with 12 paths (19 s), 0.037 with 24 (34 s), and 0.044 with these defaults
    (27 s). With 6 the denoiser makes grey mush of twigs, setts and what glass
    mirrors, and a model learns to paint that.

    Attributes:
        samples: light paths a pixel, at most.
        noise: a pixel of less noise than this gets no more of them (Cycles' adaptive sampling).
        bounces: of a path.
        threads: 0 takes all cores.
        denoise: smooth what noise is left.
    """

    samples: int = 32
    noise: float = 0.1
    bounces: int = 3
    threads: int = 2
    denoise: bool = True
