"""Every caption that the rules name renders, for the demo and for a run on real data."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts

from workflow_scripts.settings.schema import complete, load_schema

ROOT = Path(__file__).resolve().parents[2]
CAPTIONS = sorted((ROOT / "config/report").glob("*.rst"))


def render(caption: Path, config: dict, truth: bool) -> str:
    """As Snakemake renders it, but with a warning of docutils or an unknown name as an error."""
    snakemake = SimpleNamespace(
        config=config,
        wildcards=SimpleNamespace(
            run="small",
            set="netseq",
            network="planted",
            complete="planted",
            pairs="planted",
            screen="programme",
            cells="planted",
            attribution="starts",
        ),
        input={"truth": ["truth"]} if truth else {},
    )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    file = SimpleNamespace(path=Path("results/report/costs.html"))
    source = environment.from_string(caption.read_text()).render(snakemake=snakemake, files=[file])
    return publish_parts(source, writer="html", settings_overrides={"halt_level": 2})["html_body"]


def configuration() -> dict:
    """The sections that captions read, filled with defaults as the Snakefile fills them."""
    tracks = complete({"sets": {"netseq": {}}}, load_schema("tracks"))
    return {"report": complete({}, load_schema("report")), "tracks": tracks}


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_renders_and_explains(caption: Path) -> None:
    for truth in (True, False):
        text = re.sub("<[^>]+>", " ", render(caption, configuration(), truth))
        assert len(text.split()) > 40
        assert "{{" not in text and "results/" not in text


def test_the_report_opens_with_scores_where_they_were_summed_up(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some folder").mkdir()
    (tmp_path / "some folder/opening.html").write_text("<p>ahead of all</p>")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    file = SimpleNamespace(path=Path("some folder/summary.html"))
    source = environment.from_string((ROOT / "config/report/workflow.rst").read_text()).render(files=[file])
    shown = publish_parts(f"{source}\n\n.. _1. Summary: javascript:show()\n", writer="html")["html_body"]
    assert shown.index("<p>ahead of all</p>") < shown.index("javascript:show()") < shown.index("Where to look")


def test_every_rule_has_the_caption_it_names_and_no_caption_is_left_over() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    named = set(re.findall(r'caption="\.\./config/report/(\w+)\.rst"', rules))
    assert named | {"workflow"} == {path.stem for path in CAPTIONS}


def test_captions_name_the_number_of_samples_that_baselines_are_fitted_to() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "workflow_scripts/bulk").glob("*.py"))
    (most,) = re.findall(r"^MOST_REFERENCES = (\d+)", sources, re.MULTILINE)
    for name in ("workflow", "imputation"):
        assert f"more than {int(most):,} train samples" in (ROOT / f"config/report/{name}.rst").read_text()


def test_planted_truth_is_spoken_of_only_where_there_is_one() -> None:
    caption = ROOT / "config/report/pausing.rst"
    assert "Wilson" in render(caption, configuration(), True)
    assert "Wilson" not in render(caption, configuration(), False)
