"""Bulk models by the name of their family, as `bulk/runs/{run}/model` of a configuration gives it.

A family is a module of this folder:

- `SETTINGS`: the JSON schema of its settings, a literal (it is read without importing the module); configurations,
  defaults, the tables of config/README.md and the rerun matrix follow from it.
- `MULTIPLES`: likewise a literal, {key of its settings: [another key, times]}: the one is a multiple of so many times
  the other; there may be none.
- `create(settings, genes, statistics, references, seed, tokens) -> nn.Module`: a new model over the G genes of a
  GeneEmbedding (`genes`) and a Standardizer (`statistics`). references: (N, G) float32 ln(TPM+1) of train samples, NaN
  where unmeasured; none (N = 0) where the state will come from a checkpoint or another rank. tokens: genes of a sample
  that one training step looks at. The model has `config`, a frozen dataclass from which `restore` builds it anew, and
  `known` (G,) bool, the genes that it may look at.
- `restore(architecture) -> nn.Module`: an untrained model of `dataclasses.asdict(model.config)`.
- `loss(model, batch) -> Loss`: of a `bulk.data.Batch`; differentiable.
- `impute(model, values, visible) -> (N, G) float32`: ln(TPM+1) of every known gene, NaN for the others. values (N, G),
  NaN where unmeasured, of which only the `visible` (N, G) bool may be looked at.
- `embed(model, values) -> (N, d) float32`: one vector a sample, with every measured gene visible.
- `embed_genes(model) -> (G, d) float32`: one vector a gene, finite, whatever its value in a sample; only where the
  model has such vectors.

`impute`, `embed` and `embed_genes` are deterministic. To add a family, write its module and add its line.
"""

MODELS = {
    "transformer": "workflow_scripts.bulk.models.transformer",
}
