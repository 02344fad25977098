"""Networks from sequence to tracks by the name of their family, as `seq2track/runs/{run}/model` gives it.

A family is a module of this folder:

- `SETTINGS`: the JSON schema of its settings, a literal (it is read without importing the module); configurations,
  defaults, the tables of config/README.md and the rerun matrix follow from it.
- `MULTIPLES`: likewise a literal, {key of its settings: [another key, times]}: the one is a multiple of so many times
  the other; there may be none.
- `RESOLUTION`: a literal, the key of its settings (bp) of which bin, window and context are parts or multiples; empty
  where there is none.
- `create(settings, shape, seed) -> nn.Module`: a new network of a `layers.Shape`. It has `config`, a frozen dataclass
  from which `restore` builds it anew.
- `restore(architecture) -> nn.Module`: an untrained network of `dataclasses.asdict(network.config)`.

A network maps inputs (B, L, C) float32, the window and its context, to numbers (B, T, N) of any sign, the higher the
more signal. Where in the genome it stands, and on which strand, it is not told. To add a family, write its module and
add its line.
"""

MODELS = {
    "dilated": "workflow_scripts.seq2track.models.dilated",
    "transformer": "workflow_scripts.seq2track.models.transformer",
}
