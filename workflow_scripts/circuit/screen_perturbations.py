"""Which perturbations would do what is wanted, as a trained circuit has it, beside what was measured of them."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import torch

from workflow_scripts.circuit import bundle, held_out, responses, screening
from workflow_scripts.circuit.calibration import of_member, scale
from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.learning import Material
from workflow_scripts.circuit.screening import Likeness
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import screen as screen_table
from workflow_scripts.contracts.screen import CIRCUIT, WITH_SINGLES

AT_ONCE = 500  # perturbations that are predicted at a time, which bounds memory


def screen_perturbations(
    *, experiments: Path, model: Path, signature: Path | None, screen: Path, spec: dict, threads: int
) -> None:
    """Write the Screen of one of `circuit/screens` (`spec`) by one run; signature: its table, where it has one."""
    torch.set_num_threads(threads)
    measured = contract.read(experiments)
    learned = circuit(measured)
    known, _ = imputed(learned)
    trained = bundle.read(model, str(measured.uns["gene_order"]))
    calibration, sd = trained.calibrations.at_rest, trained.model.sd.double().numpy()
    goal = screening.wanted(spec, signature, known.genes)
    done = screening.asked(spec, known.genes)
    perturbed = np.array([np.isin(known.genes, [one.target for one in those]) for those in done])

    parts = []
    for first in range(0, len(done), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        changes = responses.changes(trained.model, known, done[rows])
        alike = screening.likeness(changes / sd, goal, perturbed[rows])
        error = screening.expected(alike, scale(calibration, changes) / sd, goal, perturbed[rows])
        parts.append((alike, error))
    predicted, errors = (
        Likeness(*(np.concatenate(part, axis=1) for part in zip(*of, strict=True))) for of in zip(*parts, strict=True)
    )

    held = held_out.at_rest(trained.model, Material(learned, trained.model.config.members, trained.seed))
    left = ~np.isfinite(held.measured)
    alike = screening.likeness(held.change / sd, goal, left)
    error = screening.expected(alike, of_member(calibration, held) / sd, goal, left)
    seen = screening.likeness((np.nan_to_num(held.measured) - known.reference()) / sd, goal, left)
    ends = screening.intervals(predicted, errors, screening.Asked(alike, error, seen), held.member)

    there = known.perturbed()
    nothing = np.full(len(known.genes), np.nan)
    seen = np.array([there.get(those, nothing) for those in done])
    found = screening.likeness((seen - known.reference()) / sd, goal, perturbed)
    singles = known.singles()
    basis = [WITH_SINGLES if len(those) > 1 and any(one in singles for one in those) else CIRCUIT for those in done]
    screen_table.write(screening.screened(done, predicted, ends, found, basis, spec["least_size"]), screen)


if "snakemake" in globals():
    run(screen_perturbations, snakemake)  # noqa: F821
