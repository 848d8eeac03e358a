"""The loss that finds what alternates in step, and nothing else."""

from __future__ import annotations

import pytest
import torch

from core.networks.weave import alternation, weave_loss

SIZE = (64, 80)


def weave(period: int, axis: int, amplitude: float = 0.1) -> torch.Tensor:
    """(1, 3, 64, 80): stripes of ``period`` pixels along ``axis``."""
    place = torch.arange(SIZE[axis])
    stripes = amplitude * (1 - 2 * (place // (period // 2) % 2)).float()
    return (stripes[:, None] if axis == 0 else stripes).expand(1, 3, *SIZE).clone()


@pytest.mark.parametrize("axis", (0, 1))
def test_an_alternation_is_measured_by_its_amplitude(axis):
    found = alternation(weave(2, axis))
    down, across = found[:, 3:], found[:, :3]
    mine, other = (down, across) if axis == 0 else (across, down)
    assert torch.allclose(mine.abs(), torch.tensor(0.1), atol=1e-6) and other.abs().max() < 1e-6


def test_noise_slopes_and_curves_are_no_weave():
    noise = 0.1 * torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    assert alternation(noise).abs().mean() < 0.01, "a tenth of what a weave of the same strength gives"
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIZE[0]), torch.linspace(-1, 1, SIZE[1]), indexing="ij")
    assert alternation((0.5 * x + 0.3 * y)[None, None]).abs().max() < 1e-6
    assert alternation((x**2 - y**3)[None, None]).abs().max() < 1e-4


@pytest.mark.parametrize("period", (2, 4))
@pytest.mark.parametrize("axis", (0, 1))
def test_a_weave_on_a_photograph_costs_as_much_as_it_is_strong(period, axis):
    photograph = 0.3 * torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(1))
    assert weave_loss(photograph, photograph) == 0
    weak, strong = (weave_loss(photograph + weave(period, axis, a), photograph) for a in (0.05, 0.1))
    assert strong == pytest.approx(2 * float(weak), rel=1e-3) and strong > 0.02


def test_descending_it_takes_the_weave_and_leaves_the_photograph():
    photograph = 0.3 * torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(2))
    amplitude = torch.tensor(0.2, requires_grad=True)
    pattern = weave(2, 1, 1.0)
    optimiser = torch.optim.SGD([amplitude], lr=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        weave_loss(photograph + amplitude * pattern, photograph).backward()
        optimiser.step()
    assert abs(float(amplitude.detach())) < 0.02
    fake, real = (photograph + 0.1 * pattern).requires_grad_(), photograph.clone().requires_grad_()
    weave_loss(fake, real).backward()
    assert fake.grad.abs().max() > 0 and real.grad is None
