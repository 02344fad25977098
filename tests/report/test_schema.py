from __future__ import annotations

import pytest

from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.settings.validation import validate


def test_an_empty_section_is_filled_with_defaults() -> None:
    section: dict = {}
    validate(section, load_schema("report"), "configuration")
    assert section == {"embedding": {"seed": 1, "neighbors": 15, "perplexity": 30, "max_samples": 20000}}


def test_a_configuration_without_the_section_has_its_defaults() -> None:
    assert complete({}, load_schema("config"))["report"]["embedding"]["neighbors"] == 15


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("neighbors", 1, "embedding/neighbors: given 1; allowed: at least 2"),
        ("perplexity", "many", "embedding/perplexity: given 'many'; allowed: number"),
        ("max_samples", 3, "embedding/max_samples: given 3; allowed: at least 10"),
        ("seed", -1, "embedding/seed: given -1; allowed: at least 0"),
        ("min_dist", 0.1, "unknown key 'min_dist'"),
    ],
)
def test_a_bad_value_is_refused_in_words(key: str, value: object, said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        validate({"embedding": {key: value}}, load_schema("report"), "configuration")
