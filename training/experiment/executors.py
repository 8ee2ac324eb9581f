"""Where the runs of an experiment run: on the cores of this machine, or on a Dask cluster."""

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
from training.data.dataset import Dataset
from training.experiment.plan import Plan
from training.experiment.runs import Outcome, Runner, Task, run_task
from training.extras import require_installed
from training.versions import describe_differences, installed_versions

WAIT = 20.0  # seconds for the first worker


@contextlib.contextmanager
def on_cores(cores: int, requested: Plan) -> Iterator[Runner]:
    """A runner on so many processes of this machine, with one thread each.

    Outcomes come in the order in which runs finish. RunFolderError when the system kills a process.
    """
    if any(options.architecture != "markov" for options in requested.arms.values()):
        require_installed("tensorflow")
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415

    # loky replaces a process that has grown over many runs; its task is not lost
    warnings.filterwarnings("ignore", "A worker stopped", UserWarning)

    def runner(tasks: Sequence[Task], plan: Plan, bars: Dataset) -> Iterator[Outcome]:
        try:
            with parallel_config(backend="loky", n_jobs=cores, inner_max_num_threads=1):
                yield from Parallel(return_as="generator_unordered", batch_size=1)(
                    delayed(run_isolated)(task, plan, bars) for task in tasks
                )
        except BrokenProcessPool:
            raise RunFolderError(
                "the system ended a run, most likely because memory was full; use fewer --cores, "
                "and repeat the command to continue"
            ) from None

    yield runner


@contextlib.contextmanager
def on_cluster(scheduler: str, warn: Callable[[str], None], wait: float = WAIT) -> Iterator[Runner]:
    """A runner on the workers of a Dask scheduler. Tasks of a lost worker go to another.

    `warn` gets a line for each worker with other versions than this process. RunFolderError when
    the scheduler does not answer or is lost, when no worker comes within `wait` seconds, when a
    worker lacks a module, or when a run kills one worker after another.
    """
    distributed = importlib.import_module("distributed")
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):  # its log repeats what our error says in one line
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(scheduler, timeout="5s")
    except (OSError, TimeoutError, ValueError) as error:
        raise RunFolderError(
            f"{scheduler}: no Dask scheduler answers ({type(error).__name__}); start one with "
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
        with _modules_of_workers(scheduler):  # given by name, so each worker imports it itself
            client.run(pkgutil.resolve_name, f"{__name__}:run_isolated.__name__")
            versions = client.run(installed_versions)
        here = installed_versions()
        for worker, theirs in versions.items():
            if differences := describe_differences(theirs, here):
                warn(f"{worker}: the worker has {differences}; this may change its results")
        yield lambda tasks, plan, bars: _run_on_cluster(client, scheduler, tasks, plan, bars)
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.close(timeout=2)


@contextlib.contextmanager
def _modules_of_workers(scheduler: str) -> Iterator[None]:
    """RunFolderError when a worker lacks a module."""
    try:
        yield
    except ImportError as error:
        raise RunFolderError(
            f"{scheduler}: a worker has no {error.name or error}; install Sideman there as it is "
            "here, with '.[training,cluster]'"
        ) from None


def _run_on_cluster(
    client: Any, scheduler: str, tasks: Sequence[Task], plan: Plan, bars: Dataset
) -> Iterator[Outcome]:
    distributed = importlib.import_module("distributed")
    try:
        scattered = client.scatter(bars, broadcast=True)
        futures = [client.submit(run_isolated, task, plan, scattered, pure=False) for task in tasks]
        for future in distributed.as_completed(futures):
            with _modules_of_workers(scheduler):
                outcome = future.result()
            yield outcome
    except distributed.KilledWorker:
        raise RunFolderError(
            f"{scheduler}: a run killed one worker after another; give them more memory"
        ) from None
    except (OSError, TimeoutError, distributed.client.FutureCancelledError):
        raise RunFolderError(
            f"{scheduler}: the Dask scheduler was lost; start it again with its workers, and "
            "repeat the command to continue"
        ) from None


def run_isolated(task: Task, plan: Plan, bars: Dataset) -> Outcome:
    """The outcome of `run_task` in a process of its own, without notes and on one thread.

    A run that diverges comes back as failed, so that the others continue. RunFolderError for an
    OSError such as a full disk; a runner would take an OSError for a lost connection.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if plan.arms[task.arm].architecture != "markov":
        from training.model.backend import tf  # noqa: PLC0415

        with contextlib.suppress(RuntimeError):  # it can be set only before the first operation
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
    try:
        return run_task(task, plan, bars)
    except DivergenceError as error:
        none = np.empty((0, ROWS, COLUMNS), np.int8)
        return Outcome({**task._asdict(), "failed": str(error)}, none)
    except OSError as error:
        raise RunFolderError(
            f"{task.arm}, seed {task.seed}, on {platform.node()}: {error}; correct that there, "
            "and repeat the command to continue"
        ) from None
    finally:
        gc.collect()  # a run and its traced step refer to each other, and its bars may be large
