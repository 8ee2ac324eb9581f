"""Generation in another process: its frames, its order of work, its death."""

import asyncio
import gc
import os
import signal
import time
from types import SimpleNamespace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from perform.bundles import catalog
from perform.clock.virtual import VirtualClock
from perform.events import PhraseRequested, Steering
from perform.generation import evolved, worker_client
from perform.generation.evolved import EvolvedSource
from perform.generation.worker import Request, RequestQueue, pack
from perform.generation.worker_client import WorkerClient
from perform.music.condition import Conditions
from perform.music.note import Note
from perform.steering.fitness import WEIGHTS

requests = st.builds(
    Request,
    voice=st.sampled_from(["lead", "bass"]),
    bar=st.integers(0, 5),
    seed=st.integers(0, 2**48 - 1),
    path=st.text(max_size=5),
    due=st.floats(0, 1e6),
    conditions=st.sampled_from([Conditions(), Conditions("minor", 0.25, 1.0)]),
    steering=st.sampled_from([None, Steering((0.5, 0.0), last=(Note(0, 240, 60),))]),
)


@given(st.lists(requests, max_size=12), st.integers(1, 999))
def test_however_frames_are_cut_the_newest_of_a_bar_is_done_and_the_most_urgent_first(sent, size):
    stream = b"".join(pack(request) for request in sent)
    desk = RequestQueue()
    for start in range(0, len(stream), size):
        desk.take_in(stream[start : start + size])
    newest = {(request.voice, request.bar): request for request in sent}
    done = [desk.most_urgent() for _ in range(len(desk))]
    assert {(request.voice, request.bar): request for request in done} == newest
    assert [request.due for request in done] == sorted(request.due for request in done)


def test_the_process_steers_and_when_it_is_killed_its_successor_owes_the_same():
    heard = {}
    weights = tuple(float(name == "on-beat") for name in WEIGHTS)

    async def play():
        async with WorkerClient(lambda ready: heard.update({ready.bar: ready.phrase})) as source:
            for bar in range(8):
                steering = Steering(weights) if bar >= 4 else None
                wanted = PhraseRequested("lead", bar, bar, "blues", 0, Conditions(), steering)
                source.request(wanted, time.monotonic() + 60)
            assert await source.wait_for_phrases(30)
            first = dict(heard)
            os.kill(source.process_id, signal.SIGKILL)
            for bar in range(8, 12):
                wanted = PhraseRequested("lead", bar, bar - 8, "blues", 0)
                source.request(wanted, time.monotonic() + 60)
            assert await source.wait_for_phrases(30)
            assert source.restarts == 1
            return first

    first = asyncio.run(play())
    on_beat = [note.start % 480 == 0 for bar in range(4, 8) for note in first[bar]]
    # two in five where nobody asks, all of them where there is time to choose
    assert sum(on_beat) / len(on_beat) > 0.6
    assert [heard[bar] for bar in range(8, 12)] == [first[bar] for bar in range(4)]


def test_one_that_is_silent_cannot_be_started_or_crashes_is_started_again(monkeypatch, caplog):
    real, tries = asyncio.create_subprocess_exec, []

    async def start(*command, **pipes):
        tries.append(command)
        match len(tries):
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
    assert len(tries) == 4
    assert "has not answered" in caplog.text
    assert "cannot be started ([Errno 11]" in caplog.text


def test_a_search_that_begins_without_a_pool_is_done_in_time(monkeypatch):
    """Making phrases is most of it: on a clock that only they move."""
    clock = VirtualClock()
    source = EvolvedSource(catalog.find("blues"))
    generate = source._source._generate

    def slowly(number, conditions):
        clock.advance(0.05)
        return generate(number, conditions)

    monkeypatch.setattr(source._source, "_generate", slowly)
    monkeypatch.setattr(evolved, "time", SimpleNamespace(monotonic=clock.now))
    steering = Steering(tuple(float(name == "on-beat") for name in WEIGHTS))
    for seed, seconds in enumerate((0.0, 0.06, 0.12)):
        begun = clock.now()
        assert source.phrase(seed, steering=steering, seconds=seconds)
        assert clock.now() - begun <= max(seconds, 0.05)  # one batch is the least
    begun = clock.now()
    source.phrase(9, steering=steering)
    assert clock.now() - begun > 0.12


def test_a_request_is_small_enough_to_send_by_the_beat():
    phrase = tuple(Note(i * 120, 120, 60) for i in range(16))
    steering = Steering(tuple(0.123456 for _ in WEIGHTS), last=phrase, player=phrase)
    request = Request(
        "lead", 1, 2**48 - 1, "/models/blues", 1e6, Conditions("minor", 0.5, 0.5), steering
    )
    assert len(msgspec.msgpack.encode(request)) < 1000


def test_what_comes_when_nobody_reads_any_more_keeps_no_pipe_open(tmp_path, monkeypatch):
    """More than asyncio takes unread: a program that says it when it is told to end."""
    talker = tmp_path / "talker"
    talker.write_text("#!/bin/sh\ncat > /dev/null\nhead -c 400000 /dev/zero\n")
    talker.chmod(0o755)
    monkeypatch.setattr(worker_client, "sys", SimpleNamespace(executable=str(talker)))

    async def play():
        async with WorkerClient(lambda _: None) as source:
            process = source.process
        assert process.returncode == 0  # it was heard to the end, not killed

    asyncio.run(play())
    gc.collect()  # a pipe that is still open would complain
