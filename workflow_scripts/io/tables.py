"""Typed parquet tables: a pandera schema for the columns, key-value metadata for the rest."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pyarrow
import pyarrow.parquet as parquet
from pandera.errors import SchemaError, SchemaErrors

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import BLANK, read_sealed_within, require_intact_beside, seal_beside, seal_within

SEAL = b"seal"  # the key of the seal among the metadata


def validate_table(frame: pd.DataFrame, schema: pa.DataFrameSchema, where: Path | str) -> pd.DataFrame:
    """Return `frame` with the dtypes of `schema`; raise BadInput naming the first fault."""
    try:
        return schema.validate(frame)
    except (SchemaError, SchemaErrors) as error:
        reason = str(getattr(error, "schema_errors", [error])[0]).splitlines()[0]
        raise BadInput(where, f"table {schema.name}", reason, "Remove the file and run its rule again.") from error


def write_table(
    frame: pd.DataFrame, path: Path, schema: pa.DataFrameSchema, metadata: dict[str, str] | None = None
) -> None:
    """Validate `frame` and write it to `path` with `metadata` in the parquet schema, sealed."""
    frame = validate_table(frame, schema, path)
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **(metadata or {}), SEAL: BLANK})
    with replacing(path) as temporary:
        parquet.write_table(table, temporary)
        seal_within(temporary)


def read_table(path: Path, schema: pa.DataFrameSchema) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read and validate a table that `write_table` wrote; return it with its metadata."""
    content = read_sealed_within(path)
    try:
        table = parquet.read_table(pyarrow.BufferReader(content))
        frame = table.to_pandas(ignore_metadata=True)
        metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items() if key != SEAL}
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise BadInput(
            path, "", f"not a readable parquet file ({error})", "Remove it and run its rule again."
        ) from error
    return validate_table(frame, schema, path), metadata


def write_text_table(frame: pd.DataFrame, path: Path, schema: pa.DataFrameSchema) -> None:
    """Write a table as text with tabs, for people and spreadsheets, its seal beside it."""
    frame = validate_table(frame, schema, path)
    with replacing(path) as temporary:
        frame.to_csv(temporary, sep="\t", index=False, lineterminator="\n")
    seal_beside(path)


def read_text_table(path: Path, schema: pa.DataFrameSchema, text: Collection[str] = ()) -> pd.DataFrame:
    """Read a table of text; a damaged one raises BadInput. An empty field is NaN, but for the columns `text`."""
    require_intact_beside(path)
    numbers = [name for name in schema.columns if name not in text]
    try:
        found = pd.read_csv(
            path, sep="\t", float_precision="round_trip", dtype=dict.fromkeys(text, str),
            keep_default_na=False, na_values=dict.fromkeys(numbers, [""]),
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise BadInput(path, "", f"not a readable table ({error})", "Remove it and run its rule again.") from error
    return validate_table(found, schema, path)
