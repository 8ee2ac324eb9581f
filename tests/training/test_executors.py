"""Executors: runs on several cores, and on a cluster that loses workers."""

import contextlib
import errno
import os
import re
import signal
import subprocess
import sys

import pytest
from loopback import free_port
from planning import planned

from perform.errors import RunFolderError
from training.experiment import executors, plan, runs
from training.options import read_recipe

MARKOV = read_recipe("markov")
pytestmark = pytest.mark.filterwarnings("ignore")  # joblib's and distributed's own


@contextlib.contextmanager
def dask(root, folder, workers):
    """A scheduler with so many workers: its address, and the processes, the scheduler's first."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    one = [address, "--no-nanny", "--nthreads", "1"]
    started = []

    def start(part, *words):
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{part}", *words, *here],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(root)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    try:
        start("dask_scheduler", "--port", str(port))
        for _ in range(workers):
            start("dask_worker", *one)
        from distributed import Client

        with Client(address, timeout="120s") as client:
            client.wait_for_workers(workers, timeout=120) if workers else None
        yield address, started
    finally:
        for process in started:
            process.kill()
            process.wait(120)


@pytest.mark.long
def test_two_cores_give_what_one_gives(bars, tmp_path):
    made = planned(bars, {"markov": MARKOV})
    tasks = runs.pending_tasks(tmp_path, made)
    with executors.on_cores(2, made) as runner:
        outcomes = {o.line["seed"]: o.line for o in runner(tasks, made, bars)}
    for task in tasks:
        line, other = runs.run_task(task, made, bars).line, outcomes[task.seed]
        assert {**line, "seconds": 0} == {**other, "seconds": 0}


def test_a_run_that_the_system_kills_is_one_line(bars, monkeypatch):
    def killed(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(executors, "run_isolated", killed)
    made = planned(bars, {"markov": MARKOV})
    with (
        executors.on_cores(2, made) as runner,
        pytest.raises(RunFolderError, match=r"the system ended a run.*fewer --cores"),
    ):
        list(runner([runs.Task("markov", 0)], made, bars))


def test_a_full_disk_of_a_worker_is_not_taken_for_a_lost_scheduler(bars, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/run/checkpoint.npz")

    monkeypatch.setattr(executors, "run_task", full)
    made = planned(bars, {"markov": MARKOV})
    with pytest.raises(RunFolderError, match=r"markov, seed 3.*No space left.*checkpoint\.npz"):
        executors.run_isolated(runs.Task("markov", 3), made, bars)


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_loses_no_run(bars, tmp_path, root):
    folder = tmp_path / "x"
    with dask(root, tmp_path, 2) as (address, started):

        def runner(tasks, made, bars):
            for number, outcome in enumerate(cluster(tasks, made, bars)):
                if number == 0:
                    os.kill(started[1].pid, signal.SIGKILL)
                yield outcome

        warned = []
        with executors.on_cluster(address, warned.append) as cluster:
            runs.run_experiment(folder, planned(bars, {"markov": MARKOV}, runs=8), bars, runner)
        assert sorted(line["seed"] for line in runs.read_results(folder)) == list(range(8))
        assert started[1].wait(120) == -signal.SIGKILL
        assert warned == []


def test_a_worker_without_sideman_is_an_error_before_an_experiment_begins(tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "__init__.py").touch()  # a package of the same name
    with (
        dask(tmp_path, tmp_path, 1) as (address, _),
        pytest.raises(
            RunFolderError, match=r"a worker has no training\.experiment; install Sideman"
        ),
        executors.on_cluster(address, pytest.fail),
    ):
        pass


def test_a_worker_with_other_versions_gets_a_warning(tmp_path, root):
    about = tmp_path / "numpy-0.9.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.9\n")
    warned = []
    with (
        dask(f"{tmp_path}:{root}", tmp_path, 1) as (address, _),
        executors.on_cluster(address, warned.append),
    ):
        (line,) = warned
    assert re.search(r"tcp://.*: the worker has numpy 0\.9 \(here \d", line)


def command(root, address, folder):
    """The command on a cluster in a process of its own, with everything that libraries print."""
    words = ["experiment", "-o", folder, "--arm", "markov", "--runs", "20", "--cluster", address]
    return subprocess.Popen(
        [sys.executable, "-m", "training", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def printed_by(process):
    """The lines that a command printed on standard error, without its bar and LiteRT's note."""
    _, err = process.communicate(timeout=300)
    lines = [line for line in err.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith(("runs ", "INFO: Created"))]


@pytest.mark.long
def test_a_lost_scheduler_is_one_line_and_finished_runs_stay(bars, tmp_path, root):
    folder = tmp_path / "x"
    with dask(root, tmp_path, 1) as (address, started):
        process = command(root, address, folder)
        while not runs.read_results(folder):
            assert process.poll() is None, process.stderr.read()
        started[0].kill()
        lines = printed_by(process)
    assert process.returncode == 2
    assert len(lines) == 1, lines
    assert f"{address}: the Dask scheduler was lost" in lines[0]
    assert plan.read_plan(folder).runs == 20


@pytest.mark.long
def test_a_cluster_without_workers_or_scheduler_is_an_error_and_leaves_nothing(tmp_path, root):
    with (
        dask(root, tmp_path, 0) as (address, _),
        pytest.raises(RunFolderError, match="has no workers; start some with `dask worker tcp"),
        executors.on_cluster(address, pytest.fail, wait=0.5),
    ):
        pass
    process = command(root, "tcp://127.0.0.1:1", tmp_path / "x")
    (line,) = printed_by(process)
    assert process.returncode == 2
    assert "no Dask scheduler answers" in line
    assert not (tmp_path / "x").exists()
