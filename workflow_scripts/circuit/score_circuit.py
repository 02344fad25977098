"""What a run says of a circuit beside what baselines say, held against what is known of it."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import pandas as pd

from workflow_scripts.circuit import bundle, responses, response_baselines
from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import edge_truth
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import responses as responses_table
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.edges import score_edges
from workflow_scripts.evaluation.responses import score_responses, score_roll_out

print
