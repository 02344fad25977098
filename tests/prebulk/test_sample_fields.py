"""What says that nothing is known is no group and no class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.prebulk.sample_fields import joined

SAMPLES = pd.DataFrame({"tissue": ["liver", "lung", "liver"], "sex": ["f", "m", "m"]})


@pytest.mark.parametrize("missing", [np.nan, None, "", " ", "NA", "nan", "None", "n/a", "NULL"])
def test_what_is_missing_is_no_text(missing: object) -> None:
    samples = SAMPLES.assign(tissue=["liver", missing, "kidney"])
    assert joined(samples, ["tissue"], "").tolist() == ["liver", "", "kidney"]
    assert joined(samples, ["tissue", "sex"], "").tolist() == ["liver f", "", "kidney m"]
    assert joined(samples, ["sex", "tissue"], "").tolist() == ["f liver", "", "m kidney"]


def test_numbers_are_text_and_those_unknown_are_not() -> None:
    assert joined(pd.DataFrame({"donor": [7, 8]}), ["donor"], "").tolist() == ["7", "8"]
    assert joined(pd.DataFrame({"donor": [7.5, np.nan]}), ["donor"], "").tolist() == ["7.5", ""]


def test_the_name_of_a_sample_is_always_told() -> None:
    assert joined(pd.DataFrame({"sample_id": ["a", "NA"]}), ["sample_id"], "").tolist() == ["a", "NA"]


def test_a_pattern_tells_its_first_group_that_matched() -> None:
    titles = pd.DataFrame({"title": ["TCGA-A1 x", "GTEX-B2 y", "none", "donor: NA", "donor: C3 "]})
    found = joined(titles, ["title"], r"^(TCGA-\w+)|^(GTEX-\w+)|donor: (.*)")
    assert found.tolist() == ["TCGA-A1", "GTEX-B2", "", "", "C3"]
    assert joined(titles, ["title"], r"TCGA-\w+").tolist() == ["TCGA-A1", "", "", "", ""]


def test_without_fields_there_is_no_text() -> None:
    assert joined(SAMPLES, [], "").tolist() == ["", "", ""]
