"""Proteins are spelled in the letters of the encoder."""

from __future__ import annotations

import logging

import pytest

from workflow_scripts.esm2.proteins import spell


def test_stops_are_left_out_and_odd_letters_become_the_unknown_one(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        spelled = spell(["MKTAYI*", "mu*obxzJ-.é*", "M"], "ACDEFGHIKLMNPQRSTVWYBOUXZ", "X")
    assert spelled == ["MKTAYI", "MUOBXZXXXX", "M"]
    assert "3 proteins of 17 residues; 3 stops left out, 4 unknown letters read as X" in caplog.text


def test_the_alphabet_is_that_of_the_encoder() -> None:
    assert spell(["MUK^T]"], "KM]T", "T") == ["MTKTT]"]
