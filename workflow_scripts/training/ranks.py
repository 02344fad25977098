"""One function on several ranks: a process for each device of each node.

On one node the ranks are processes of this one. On several SLURM starts them (`srun`), within the job that
this process is a part of. Lightning's own launcher would run the job's script again for every rank, and end
a failed training by a signal; here the first error of any rank ends all of them and is raised as if it had
been here. A rank lives no longer than this process, even if that is killed: it ends with its standard input.
"""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from workflow_scripts.io.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
CALL, FAILURE = "call.pickle", "failure.pickle"  # from this process to the ranks, and back from the first that fails
PATIENCE = 10.0  # seconds for a rank to end by itself


def call(
    function: Callable[..., None], arguments: dict[str, Any], *, devices: int, nodes: int, threads: int, folder: Path
) -> None:
    """Run `function(**arguments, rank=rank, threads=threads)` on devices x nodes ranks; a single one runs right here.

    `function` stands in a module of the project, what it returns is dropped, and `arguments` can be pickled.
    `threads` are those of this job: they are shared by the ranks of one node; on several nodes SLURM gives as
    many to each rank. `folder` is one that all nodes see. Raises BadInput and OSError as a rank raised them,
    RuntimeError with the traceback of anything else, and BadInput if a rank was killed.
    """
    if devices * nodes == 1:
        function(**arguments, rank=0, threads=threads)
        return
    threads = threads if nodes > 1 else max(1, threads // devices)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as shared:
        content = pickle.dumps((function, {**arguments, "threads": threads}, nodes))
        Path(shared, CALL).write_bytes(content)
        ranks = [
            subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=_output(), stderr=_output())
            for command, variables in commands(Path(shared), devices, nodes, threads)
        ]
        try:
            while None in (ended := [rank.poll() for rank in ranks]) and not any(ended):
                time.sleep(0.05)
        finally:
            _end(ranks)
        if any(ended):
            raise _failure(Path(shared), [code for code in ended if code])


def commands(shared: Path, devices: int, nodes: int, threads: int) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield the command line and the environment of each process to start: of each rank, or of `srun` for all."""
    rank = [sys.executable, "-m", __spec__.name, str(shared)]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = {**os.environ, "PYTHONPATH": path}
    if nodes > 1:
        if "SLURM_JOB_ID" not in os.environ or shutil.which("srun") is None:
            reason = f"is {nodes}, but this is no SLURM job"
            raise BadInput("configuration", "training/nodes", reason, "Set it to 1, or use profiles/slurm.")
        steps = [f"--nodes={nodes}", f"--ntasks={nodes * devices}", f"--ntasks-per-node={devices}"]
        yield ["srun", *steps, f"--cpus-per-task={threads}", "--overlap", "--kill-on-bad-exit=1", *rank], variables
        return
    variables |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "NODE_RANK": "0"}
    for device in range(devices):
        yield rank, {**variables, "LOCAL_RANK": str(device)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(shared: Path) -> None:
    """Be one rank of the call in the folder `shared`."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    function, arguments, nodes = pickle.loads((shared / CALL).read_bytes())
    rank = int(os.environ["SLURM_PROCID" if nodes > 1 else "LOCAL_RANK"])
    logging.basicConfig(
        level=logging.WARNING if rank else logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        function(**arguments, rank=rank)
    except Exception as error:
        if not isinstance(error, (BadInput, OSError)):
            error = RuntimeError(f"rank {rank} failed:\n{traceback.format_exc()}")
        with suppress(FileExistsError), (shared / FAILURE).open("xb") as handle:  # those after the first follow from it
            pickle.dump((type(error), _arguments(error)), handle)
        logging.shutdown()
        os._exit(1)  # at once: the others may never answer again


def _arguments(error: Exception) -> tuple[Any, ...]:
    """What makes the same error once more."""
    if isinstance(error, BadInput):
        return error.file, error.place, error.reason, error.remedy
    if isinstance(error, OSError):
        return error.errno, error.strerror, error.filename
    return error.args


def _failure(shared: Path, codes: list[int]) -> Exception:
    """The first error of any rank; if one was killed, what others say of that is left out."""
    if min(codes) < 0 or not (shared / FAILURE).exists():
        reason = f"a rank ended with exit status {min(codes)} and no word"
        return BadInput("training", "", reason, "If it was killed for memory, ask for more or lower batch_size.")
    kind, arguments = pickle.loads((shared / FAILURE).read_bytes())
    return kind(*arguments)


def _output() -> Any:
    """The file that this process logs to, if any, so that the ranks do as well."""
    handlers = logging.getLogger().handlers
    return next((handler.stream for handler in handlers if isinstance(handler, logging.FileHandler)), None)


def _end(ranks: list[subprocess.Popen]) -> None:
    for rank in ranks:
        rank.stdin.close()
    deadline = time.monotonic() + PATIENCE
    for rank in ranks:
        try:
            rank.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            rank.kill()
            rank.wait()


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
