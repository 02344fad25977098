"""What runs an encoder's network: torch, or OpenVINO on a CPU.

A network is a torch module with one output. An engine gives it back as a function over arrays, which several
threads may call at a time.
Each call takes one core of a CPU: batches side by side are faster than all cores on one batch, which wait for
each other at every layer, and give the same bytes for any number of threads.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch

from workflow_scripts.io.errors import BadInput

if find_spec("openvino"):
    sys.modules["openvino_telemetry"] = None  # would tell its makers of every import and conversion
    import openvino

Infer = Callable[..., np.ndarray]


def require(engine: str) -> None:
    """Raise BadInput where `engine`, `torch` or `openvino`, is not installed."""
    if engine == "openvino" and "openvino" not in globals():
        raise BadInput("configuration", "engine", "openvino is not installed", "Install it, or take the engine torch.")


def on_torch(network: torch.nn.Module, device: torch.device) -> Infer:
    torch.set_num_threads(1)

    @torch.inference_mode()
    def infer(*arrays: np.ndarray) -> np.ndarray:
        return network(*(torch.from_numpy(array).to(device) for array in arrays)).cpu().numpy()

    return infer


def on_openvino(network: torch.nn.Module, example: tuple[np.ndarray, ...], dtype: torch.dtype, threads: int) -> Infer:
    """Compile a float32 network for `threads` calls at a time, computed in `dtype` where the CPU can.

    `example`: arrays such as the network takes; others may have other lengths.
    """
    options = {
        "INFERENCE_PRECISION_HINT": {torch.float32: "f32", torch.bfloat16: "bf16"}[dtype],
        "NUM_STREAMS": threads,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,  # other jobs share the machine
    }
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracing, which holds for any length: a test compares several
        converted = openvino.convert_model(network, example_input=tuple(map(torch.from_numpy, example)))
    compiled = openvino.Core().compile_model(converted, "CPU", options)
    of_thread = threading.local()  # a request is of one thread; a new one for each call would cost a quarter

    def infer(*arrays: np.ndarray) -> np.ndarray:
        if not hasattr(of_thread, "request"):
            of_thread.request = compiled.create_infer_request()
        return of_thread.request.infer(list(arrays))[0]

    return infer
