"""Files of what is simulated, for rules."""

from __future__ import annotations

from workflow_scripts.settings.settings import Settings

WEIGHTS = "<results>/simulate/esm2_random.pt"
PARTS = ("circuits", "enhancers")  # of the section, which are simulated by name, each in its folder


def mirror(settings: Settings) -> list[str]:
    """The simulated mirror, where the configuration asks for it."""
    return ["<results>/simulate/mirror"] if settings.section("download/mirror") == "simulate" else []


def truth(settings: Settings) -> list[str]:
    """The planted truth of the simulated organism, where there is one."""
    return ["<results>/simulate/truth"] if mirror(settings) else []


def weights(settings: Settings) -> list[str]:
    """The random weights, where the mirror or the configuration holds them."""
    return [WEIGHTS] if mirror(settings) or any(WEIGHTS in names for names in settings.named.values()) else []
