"""Networks of bulk models by the name of their family, as `bulk/runs/{run}/model` of a configuration gives it.

A family is a module of this folder:

- `SETTINGS`: the JSON schema of its settings, a literal (it is read without importing the module); configurations,
  defaults, the tables of config/README.md and the rerun matrix follow from it.
- `MULTIPLES`: likewise a literal, {key of its settings: [another key, times]}: the one is a multiple of so many times
  the other; there may be none.
- `STATES`: a literal, whether its predictions come with states of samples, which a contrastive objective asks for.
- `NOISE`: a literal, the noise of visible values in training, in sds of their gene, where a configuration names none.
- `create(settings, genes, base, learned, seed, tokens) -> nn.Module`: a new network over the G genes of a GeneEmbedding
  (`genes`), upon a `bulk.base.Base` that was fitted to `bulk.fitting.Learned` and knows its factors without each fold.
  tokens: genes of a sample that one training step looks at. The network has `config`, a frozen dataclass from which
  `restore` builds it anew.
- `restore(architecture) -> nn.Module`: an untrained network of `dataclasses.asdict(network.config)`.
- `forward(network, base, batch) -> Prediction`: what the network says of a `bulk.data.Batch` in training, of which only
  the visible values may be looked at; differentiable (see `bulk/objectives`, which makes the loss of it).
- `predict(network, base, values, visible) -> (N, G) float32`: ln(TPM+1) of every known gene as the network says it, NaN
  for the others. values (N, G), NaN where unmeasured, of which only the `visible` (N, G) bool may be looked at.
- `embed(network, base, values) -> (N, D) float32`: one vector a sample, with every measured gene visible.
- `embed_genes(network, base) -> (G, D) float32`: one vector a gene, finite, whatever its value in a sample; only where
  the network has such vectors.

`predict`, `embed` and `embed_genes` are deterministic; what is computed of a sample is the same to the bit whichever
are beside it. To add a family, write its module and add its line.
"""

MODELS = {
    "graph": "workflow_scripts.bulk.models.graph",
    "perceiver": "workflow_scripts.bulk.models.perceiver",
    "transformer": "workflow_scripts.bulk.models.transformer",
}
