"""What sample sheets say of samples of several corpora."""

from __future__ import annotations

import pandas as pd


def further_columns(about: pd.DataFrame, sheets: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The columns that `about` has not, with a value for each of its samples: text, empty where nothing is told.

    about (index sample_id): corpus and others; sheets: SampleSheets by corpus, whose column `file` is left out.
    """
    found = pd.DataFrame(index=about.index)
    for corpus, sheet in sheets.items():
        of_corpus = (about["corpus"] == corpus).to_numpy()
        told = sheet.set_index("sample_id").reindex(about.index[of_corpus]).fillna("")
        for column in [name for name in told if name != "file" and name not in about]:
            if column not in found:
                found[column] = pd.Series("", about.index, dtype=object)
            found.loc[of_corpus, column] = told[column].to_numpy()
    return found
