"""Long work in small steps, so that no note waits until all of it is done."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator

SLICE_SECONDS = 0.0003


class TimeSlice:
    """Runs jobs in order, for at most 0.3 ms at a time; between two slices the event loop runs.

    A job is an iterator, and each of its steps is a little work. The length of a `TimeSlice` is the
    number of unfinished jobs.
    """

    def __init__(self) -> None:
        self._jobs: deque[Iterator[object]] = deque()

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Iterator[object]) -> None:
        """Run a job after the jobs before it; at once when there are none."""
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._run()

    def clear(self) -> None:
        """Drop all unfinished jobs."""
        self._jobs.clear()

    def _run(self) -> None:
        until = time.monotonic() + SLICE_SECONDS
        while self._jobs:
            job = self._jobs[0]
            try:
                for _ in job:
                    if time.monotonic() > until:
                        self._run_later()
                        return
            except BaseException:
                self._remove(job)
                self._run_later()  # one job's error does not stop the other jobs
                raise
            self._remove(job)

    def _run_later(self) -> None:
        asyncio.get_running_loop().call_soon(self._run)

    def _remove(self, job: Iterator[object]) -> None:
        if self._jobs and self._jobs[0] is job:  # not if `clear` was called meanwhile
            self._jobs.popleft()
