"""The generation process: its frames, answers and restarts; the search within a time limit."""

import asyncio
import gc
import os
import signal
import time
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines import PlacedSource

from perform.bundles import catalog
from perform.clock.virtual import VirtualClock
from perform.events import PhraseRequested
from perform.generation import time_limit, worker_client
from perform.generation.evolved import EvolvedSource
from perform.generation.worker import (
    FRAME_LENGTH,
    MARGIN_SECONDS,
    MAX_PENDING,
    MAX_SECONDS,
    Answer,
    Request,
    RequestQueue,
    _answer,
    pack,
    to_event,
)
from perform.generation.worker_client import WorkerClient
from perform.music.condition import Conditions
from perform.music.line_context import ContextChord, LineContext, Motif
from perform.music.note import Note
from perform.music.steering import Steering
from perform.steering.fitness import WEIGHTS

C7 = ContextChord(0, 0, (0, 4, 7, 10), (0, 2, 4, 5, 7, 9, 10))
CONTEXT = LineContext(
    (C7, C7._replace(start=960)),
    following=C7,
    before=tuple(Note(i * 120 - 3840, 120, 60) for i in range(32)),
    place=11,
    length=12,
    feel="swing",
    density=0.5,
    motif=Motif(tuple(Note(i * 120, 120, 60) for i in range(16)), late=True),
)
requests = st.builds(
    Request,
    voice=st.sampled_from(["lead", "bass"]),
    bar=st.integers(0, 5),
    seed=st.integers(0, 2**48 - 1),
    path=st.text(max_size=5),
    due=st.floats(0, 1e6),
    conditions=st.sampled_from([Conditions(), Conditions("minor", 0.25, 1.0)]),
    steering=st.sampled_from([None, Steering((0.5, 0.0), last=(Note(0, 240, 60),))]),
    context=st.sampled_from([None, LineContext(), CONTEXT]),
)


@given(st.lists(requests, max_size=12), st.integers(1, 999))
def test_requests_come_whole_from_any_chunks_and_the_newest_and_most_urgent_wins(sent, size):
    stream = b"".join(pack(request) for request in sent)
    queue = RequestQueue()
    for start in range(0, len(stream), size):
        queue.add_bytes(stream[start : start + size])
    newest = {(request.voice, request.bar): request for request in sent}
    done = [queue.pop_most_urgent(0.0) for _ in range(len(queue))]
    assert {(request.voice, request.bar): request for request in done} == newest
    assert [request.due for request in done] == sorted(request.due for request in done)


def queued(dues):
    """A queue of requests that are due at these moments."""
    queue = RequestQueue()
    for bar, due in enumerate(dues):
        queue.add_bytes(pack(Request("lead", bar, 0, "blues", due)))
    return queue


def pending(dues, now=0.0):
    """The most urgent of requests that are due at these moments, and the queue of the others."""
    queue = queued(dues)
    return queue.pop_most_urgent(now), queue


def test_an_overdue_request_waits_for_all_others_and_takes_none_of_their_time():
    queue = queued([8.0, 10.5, 9.5, 12.0])
    first = queue.pop_most_urgent(10.0)
    assert first.due == 10.5
    assert queue.seconds_for(first, 10.0) == MAX_SECONDS
    later = [queue.pop_most_urgent(10.0).due for _ in range(3)]
    assert later == [12.0, 8.0, 9.5]  # a transport that has stopped still waits for these


def test_a_worker_that_is_behind_is_soon_in_time_again():
    """A bar a second, requested two seconds before; each takes 0.6 s, but none came before 5 s."""
    queue, now, wanted, in_time = RequestQueue(), 5.0, list(range(12)), []
    while wanted or queue:
        while wanted and (wanted[0] <= now or not queue):
            bar = wanted.pop(0)
            now = max(now, bar)
            queue.add_bytes(pack(Request("lead", bar, 0, "blues", bar + 2.0)))
        request = queue.pop_most_urgent(now)
        now += 0.6
        in_time += [request.bar] if now <= request.due else []
    assert in_time == [5, 6, 7, 8, 9, 10, 11]  # the most overdue one first would give 9, 10, 11


def test_a_queue_that_is_never_emptied_keeps_the_latest_requests():
    queue = queued(range(MAX_PENDING + 5))
    assert len(queue) == MAX_PENDING
    assert queue.pop_most_urgent(0.0).due == 5


@given(st.lists(st.floats(9.9, 10.9), min_size=1, max_size=12))
def test_requests_share_the_time_until_they_are_due(dues):
    """With the time of the first, each of the pending ones is answered before it is due."""
    first, others = pending(dues)
    seconds = others.seconds_for(first, 10.0)
    assert 0 <= seconds <= MAX_SECONDS
    number = np.arange(1, len(dues) + 1)
    spare = np.array(sorted(dues)) - 10.0 - number * (seconds + MARGIN_SECONDS)
    if seconds > 0:
        assert spare.min() > -1e-6
    if seconds < MAX_SECONDS:  # it is all that there is
        assert spare.min() < 1e-6


def test_three_requests_for_one_moment_have_a_third_of_the_time_each():
    first, others = pending([10.0, 10.0, 10.0])
    assert others.seconds_for(first, 9.7) == pytest.approx(0.1 - MARGIN_SECONDS)
    first, others = pending([10.0, 12.0, 12.0])  # the later ones leave it what it has
    assert others.seconds_for(first, 9.9) == pytest.approx(0.1 - MARGIN_SECONDS)


def test_a_request_alone_has_the_time_until_it_is_due_and_at_most_a_quarter_of_a_second():
    request, others = pending([10.0])
    assert others.seconds_for(request, 9.9) == pytest.approx(0.1 - MARGIN_SECONDS)
    assert others.seconds_for(request, 1.0) == MAX_SECONDS == 0.25
    assert others.seconds_for(request, 11.0) == 0


def test_the_process_steers_and_when_it_is_killed_the_next_one_gives_the_same_phrases():
    received = {}
    weights = tuple(float(name == "on-beat") for name in WEIGHTS)

    async def play():
        async with WorkerClient(lambda ready: received.update({ready.bar: ready.phrase})) as source:
            for bar in range(8):
                steering = Steering(weights) if bar >= 4 else None
                requested = PhraseRequested("lead", bar, bar, "blues", 0, Conditions(), steering)
                source.request(requested, time.monotonic() + 60)
            assert await source.wait_for_phrases(30)
            first = dict(received)
            os.kill(source.process_id, signal.SIGKILL)
            for bar in range(8, 12):
                requested = PhraseRequested("lead", bar, bar - 8, "blues", 0)
                source.request(requested, time.monotonic() + 60)
            assert await source.wait_for_phrases(30)
            assert source.restarts == 1
            return first

    first = asyncio.run(play())
    on_beat = [note.start % 480 == 0 for bar in range(4, 8) for note in first[bar]]
    # without steering two in five are on the beat; with enough time all are
    assert sum(on_beat) / len(on_beat) > 0.6
    assert [received[bar] for bar in range(8, 12)] == [first[bar] for bar in range(4)]


def test_a_process_that_hangs_cannot_be_started_or_crashes_is_restarted(monkeypatch, caplog):
    real, commands = asyncio.create_subprocess_exec, []

    async def start(*command, **pipes):
        commands.append(command)
        match len(commands):
            case 1:
                return await real("sleep", "60", **pipes)
            case 2:
                raise BlockingIOError(11, "Resource temporarily unavailable")
            case 3:
                return await real("false", **pipes)
        monkeypatch.setattr(worker_client, "TIMEOUT_SECONDS", 30.0)
        return await real(*command, **pipes)

    async def play():
        async with WorkerClient(lambda _: None) as source:
            source.request(PhraseRequested("lead", 0, 0, "blues", 0), time.monotonic() + 60)
            return await source.wait_for_phrases(30)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    monkeypatch.setattr(worker_client, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(worker_client, "RESTART_SECONDS", 0.01)
    assert asyncio.run(play())
    assert len(commands) == 4
    assert "has not answered" in caplog.text
    assert "cannot be started ([Errno 11]" in caplog.text


def test_a_search_that_makes_its_pool_first_ends_in_time(monkeypatch):
    """Making the pool takes most of the time; here it takes all of it, on a virtual clock."""
    clock = VirtualClock()
    source = EvolvedSource(catalog.find("blues-bars"))
    generate = source._source._generate

    def generate_slowly(number, conditions):
        clock.advance(0.05)
        return generate(number, conditions)

    monkeypatch.setattr(source._source, "_generate", generate_slowly)
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=clock.now))
    steering = Steering(tuple(float(name == "on-beat") for name in WEIGHTS))
    for seed, seconds in enumerate((0.0, 0.06, 0.12)):
        start = clock.now()
        assert source.phrase(seed, steering=steering, seconds=seconds).phrase
        assert clock.now() - start <= max(seconds, 0.05)  # at least one batch
    start = clock.now()
    source.phrase(9, steering=steering)
    assert clock.now() - start > 0.12


def test_a_request_has_less_than_two_kilobytes():
    phrase = tuple(Note(i * 120, 120, 60) for i in range(16))
    steering = Steering(tuple(0.123456 for _ in WEIGHTS), last=phrase, player=phrase)
    request = Request(
        "lead", 1, 2**48 - 1, "/models/blues", 1e6, Conditions("minor", 0.5, 0.5), steering, CONTEXT
    )
    assert len(msgspec.msgpack.encode(request)) < 2000


def test_a_placed_bar_is_answered_with_the_chords_that_it_was_made_for():
    request = Request("lead", 3, 9, "lines", 0.0, context=CONTEXT)
    frame = pack(_answer(request, RequestQueue(), {"lines": PlacedSource(tied=True)}))
    ready = to_event(msgspec.msgpack.decode(frame[FRAME_LENGTH.size :], type=Answer))
    assert ready[:2] == ("lead", 3)
    assert (ready.placed, ready.tied, ready.chords) == (True, True, CONTEXT.chords)
    assert ready.phrase[0] == Note(0, 480, 60)


def test_output_after_the_last_read_leaves_no_pipe_open(tmp_path, monkeypatch):
    """A program that writes more at its end than asyncio buffers without a reader."""
    writer = tmp_path / "writer"
    writer.write_text("#!/bin/sh\ncat > /dev/null\nhead -c 400000 /dev/zero\n")
    writer.chmod(0o755)
    monkeypatch.setattr(worker_client, "sys", SimpleNamespace(executable=str(writer)))

    async def play():
        async with WorkerClient(lambda _: None) as source:
            process = source.process
        assert process.returncode == 0  # its output was read to the end, and it was not killed

    asyncio.run(play())
    gc.collect()  # an open pipe would raise a warning here
