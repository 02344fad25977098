"""Trained models of GeneLM, used from Python: `from genelm import load`."""

from .model import Model, load

__all__ = ["Model", "load"]
