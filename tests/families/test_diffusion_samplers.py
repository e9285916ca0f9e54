"""Ways of sampling a diffusion: they agree with another library's on the same noise, and with what is known exactly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers.schedulers import scheduling_ddpm
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor

from workers.contracts import Field, Fields, Port, Spec
from workers.engine.runners import Sampler
from workers.engine.wishes import Noise, plain
from workers.families.ddpm import Ddpm
from workers.families.flow_matching import FlowMatching
from workers.families.noise_schedules import TIMESTEPS, kept, levels

SPEC = Spec("image", (Field("image", "continuous", (1, 3, 3)),))
ITEMS = 3
THEIR_SCHEDULE = {"cosine": "squaredcos_cap_v2", "linear": "linear"}
THEIR_PREDICTION = {"v": "v_prediction", "epsilon": "epsilon"}


def two_points(x: Tensor, t: int, schedule: Any, prediction: str) -> Tensor:
    """What a perfect network says where every pixel is -1 or 1, alike often: the picture is tanh(alpha x / sigma^2)."""
    share = kept(schedule)[t].item()
    alpha, sigma = share**0.5, (1 - share) ** 0.5
    picture = (alpha * x.double() / sigma**2).tanh()
    noise = (x - alpha * picture) / sigma
    return (noise if prediction == "epsilon" else alpha * noise - sigma * picture).float()


def called(family: Ddpm) -> Any:
    def call(graph: str, /, image: Tensor, t: Tensor) -> Fields:
        return {family.prediction: two_points(image, int(t[0]), family.schedule, family.prediction)}

    return call


def ours(family: Ddpm, **controls: Any) -> Tensor:
    wishes = plain("1", range(ITEMS), family.controls(**controls))
    return Sampler(family, SPEC, None, [], called(family)).fields(wishes)["image"]


def theirs(family: Ddpm, scheduler: Any, steps: int) -> Tensor:
    scheduler.set_timesteps(steps)
    x = Noise([Port("image", "noise", (1, 3, 3))], plain("1", range(ITEMS))).once()["image"]
    for t in scheduler.timesteps:
        said = two_points(x, int(t), family.schedule, family.prediction)
        x = scheduler.step(said, t, x).prev_sample
    return x


@pytest.fixture(params=["v", "epsilon"])
def family(request):
    return Ddpm(prediction=request.param, schedule="linear", use_classes=False)


def config(family: Ddpm) -> dict[str, Any]:
    return {
        "beta_schedule": THEIR_SCHEDULE[family.schedule], "prediction_type": THEIR_PREDICTION[family.prediction],
        "timestep_spacing": "trailing",
    }  # fmt: skip


def test_ddim_agrees_with_diffusers(family):
    other = DDIMScheduler(**config(family), clip_sample=False)
    torch.testing.assert_close(
        ours(family, sampler="ddim", num_inference_steps=10), theirs(family, other, 10), rtol=0, atol=1e-3
    )


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("steps", [5, 20])
def test_dpm_solver_agrees_with_diffusers(family, steps):
    other = DPMSolverMultistepScheduler(**config(family), solver_order=2, final_sigmas_type="zero")
    torch.testing.assert_close(
        ours(family, sampler="dpmpp_2m", num_inference_steps=steps), theirs(family, other, steps), rtol=0, atol=1e-3
    )


def test_ddpm_agrees_with_diffusers_on_the_same_fresh_noise(family, monkeypatch):
    fresh = Noise([Port("noise", "noise", (1, 3, 3))], plain("1", range(ITEMS)))
    monkeypatch.setattr(scheduling_ddpm, "randn_tensor", lambda *said, **more: fresh.next()["noise"])
    other = scheduling_ddpm.DDPMScheduler(**config(family), clip_sample=False)
    torch.testing.assert_close(
        ours(family, sampler="ddpm", num_inference_steps=10), theirs(family, other, 10), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_the_schedules_are_those_of_diffusers(schedule):
    other = DDIMScheduler(beta_schedule=THEIR_SCHEDULE[schedule])
    torch.testing.assert_close(kept(schedule).float(), other.alphas_cumprod, rtol=1e-3, atol=1e-7)


def test_eulers_flow_agrees_with_diffusers():
    other = FlowMatchEulerDiscreteScheduler()
    other.set_timesteps(sigmas=[1 - k / 8 for k in range(8)])
    x = Noise([Port("image", "noise", (1, 3, 3))], plain("1", range(ITEMS))).once()["image"]
    for t in other.timesteps:
        x = other.step(-normal_velocity(x, 1 - t.item() / TIMESTEPS), t, x).prev_sample
    torch.testing.assert_close(flowed(8, "euler"), x, rtol=0, atol=1e-5)


SPREAD = 0.3  # of the data that flow is known of


def normal_velocity(x: Tensor, t: float) -> Tensor:
    """The velocity of the straight flow from N(0, 1) to N(0, SPREAD^2), which brings x at t = 0 to SPREAD x."""
    return x * (t * SPREAD**2 - (1 - t)) / (t**2 * SPREAD**2 + (1 - t) ** 2)


def flowed(steps: int, solver: str) -> Tensor:
    def call(graph: str, /, image: Tensor, t: Tensor) -> Fields:
        return {"velocity": normal_velocity(image.double(), t[0].item() / TIMESTEPS)}

    family = FlowMatching(use_classes=False)
    wishes = plain("1", range(ITEMS), family.controls(solver=solver, num_inference_steps=steps))
    return Sampler(family, SPEC, None, [], call).fields(wishes)["image"].float()


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2)])
def test_the_error_of_a_flow_falls_with_the_order_of_its_solver(solver, order):
    begun = Noise([Port("image", "noise", (1, 3, 3))], plain("1", range(ITEMS))).once()["image"]
    coarse, fine = ((flowed(steps, solver) - SPREAD * begun).abs().max().item() for steps in (50, 100))
    assert coarse / fine == pytest.approx(2**order, rel=0.25)


@pytest.mark.parametrize(("sampler", "steps"), [("ddim", 200), ("dpmpp_2m", 100), ("ddpm", 400)])
@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_a_perfect_network_ends_at_the_data(sampler, steps, schedule):
    family = Ddpm(schedule=schedule, use_classes=False)
    made = ours(family, sampler=sampler, num_inference_steps=steps)
    torch.testing.assert_close(made.abs(), torch.ones_like(made), rtol=0, atol=0.05)


@pytest.mark.parametrize("steps", [1, 7, 1000])
@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_levels_go_from_the_last_time_to_the_picture_with_ever_less_noise(schedule, steps):
    way = levels(schedule, steps)
    assert [way[0].t, way[-1].t, way[-1].sigma, len(way)] == [TIMESTEPS - 1, -1, 0.0, steps + 1]
    assert all(one.alpha**2 + one.sigma**2 == pytest.approx(1) for one in way)
    assert all(one.sigma > other.sigma for one, other in pairwise(way))
