"""Where an experiment's runs run: on the cores of this machine, or on the workers of a Dask cluster."""

import contextlib
import gc
import importlib
import logging
import os
import pkgutil
import platform
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

from perform.errors import DivergenceError, RunFolderError
from perform.music.note import COLUMNS, ROWS
from training import versions
from training.data.dataset import Dataset
from training.experiment.plan import Plan
from training.experiment.runs import Outcome, Runner, Task, run
from training.extras import require_installed

WAIT = 20.0  # seconds for the first worker


@contextlib.contextmanager
def on_cores(cores: int, wanted: Plan) -> Iterator[Runner]:
    """A runner on so many processes of this machine, one thread each; outcomes come as they are done.

    RunFolderError (one line) when the system ends one of the processes.
    """
    if any(options.architecture != "markov" for options in wanted.arms.values()):
        require_installed("tensorflow")
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415

    # a process that has grown over many runs is ended and another begun; nothing is lost by it
    warnings.filterwarnings("ignore", "A worker stopped", UserWarning)

    def runner(tasks: Sequence[Task], made: Plan, bars: Dataset) -> Iterator[Outcome]:
        try:
            with parallel_config(backend="loky", n_jobs=cores, inner_max_num_threads=1):
                yield from Parallel(return_as="generator_unordered", batch_size=1)(
                    delayed(run_alone)(task, made, bars) for task in tasks
                )
        except BrokenProcessPool:
            raise RunFolderError(
                "a run was ended by the system, most likely for want of memory; use fewer --cores, and the "
                "same command goes on"
            ) from None

    yield runner


@contextlib.contextmanager
def on_cluster(scheduler: str, tell: Callable[[str], None], wait: float = WAIT) -> Iterator[Runner]:
    """A runner on the workers of a Dask scheduler, one of which is there; what a dead worker had goes to another.

    `tell` gets a line for every worker of other versions than this process. RunFolderError (one line) when the
    scheduler cannot be reached or is lost, when no worker comes within `wait` seconds, when one lacks what runs
    need, or when a run takes every worker with it.
    """
    distributed = importlib.import_module("distributed")
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):  # it tells at length what is said here in a line
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(scheduler, timeout="5s")
    except (OSError, TimeoutError, ValueError) as fault:
        raise RunFolderError(
            f"{scheduler}: no Dask scheduler answers ({type(fault).__name__}); start one with "
            "`dask scheduler` and workers with `dask worker ADDRESS`"
        ) from None
    try:
        try:
            client.wait_for_workers(1, timeout=wait)
        except TimeoutError:
            raise RunFolderError(
                f"{scheduler}: the Dask scheduler has no workers; start some with "
                f"`dask worker {scheduler}`"
            ) from None
        with _known_to_workers(scheduler):  # by a name that they load for themselves
            client.run(pkgutil.resolve_name, f"{__name__}:run_alone.__name__")
            there = client.run(versions.installed_versions)
        here = versions.installed_versions()
        for worker, theirs in there.items():
            if differing := versions.describe_differences(theirs, here):
                tell(f"{worker}: the worker has {differing}; its runs may differ by that")
        yield lambda tasks, made, bars: _spread(client, scheduler, tasks, made, bars)
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.close(timeout=2)


@contextlib.contextmanager
def _known_to_workers(scheduler: str) -> Iterator[None]:
    """RunFolderError (one line) when a worker lacks a module."""
    try:
        yield
    except ImportError as fault:
        raise RunFolderError(
            f"{scheduler}: a worker has no {fault.name or fault}; install Sideman there as it is here, with "
            "'.[training,cluster]'"
        ) from None


def _spread(
    client: Any, scheduler: str, tasks: Sequence[Task], made: Plan, bars: Dataset
) -> Iterator[Outcome]:
    distributed = importlib.import_module("distributed")
    try:
        spread = client.scatter(bars, broadcast=True)
        futures = [client.submit(run_alone, task, made, spread, pure=False) for task in tasks]
        for future in distributed.as_completed(futures):
            with _known_to_workers(scheduler):
                outcome = future.result()
            yield outcome
    except distributed.KilledWorker:
        raise RunFolderError(
            f"{scheduler}: a run ended one worker after another; give them more memory"
        ) from None
    except (OSError, TimeoutError, distributed.client.FutureCancelledError):
        raise RunFolderError(
            f"{scheduler}: the Dask scheduler was lost; start it again with its workers, and the same "
            "command goes on"
        ) from None


def run_alone(task: Task, made: Plan, bars: Dataset) -> Outcome:
    """`run` in a process of its own: quiet, on one thread, so that runs side by side do not crowd.

    A run that loses itself comes back as failed, and the others go on. RunFolderError for what the system has
    against it, a full disk for one, so that it is not taken for a fault of the way between machines.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if made.arms[task.arm].architecture != "markov":
        from training.model.backend import tf  # noqa: PLC0415

        with contextlib.suppress(RuntimeError):  # set once, before the first operation
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
    try:
        return run(task, made, bars)
    except DivergenceError as fault:
        none = np.empty((0, ROWS, COLUMNS), np.int8)
        return Outcome({**task._asdict(), "failed": str(fault)}, none)
    except OSError as fault:
        raise RunFolderError(
            f"{task.arm}, seed {task.seed}, on {platform.node()}: {fault}; mend that there, and the same "
            "command goes on"
        ) from None
    finally:
        gc.collect()  # a run and its compiled step hold each other, and its bars may be gigabytes
