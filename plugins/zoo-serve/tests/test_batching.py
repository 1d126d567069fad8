"""The dispatcher: batches, their limits, and requests of workers that died."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from zoo_serve.front.computing.batching import MAX_ATTEMPTS, MAX_BATCH_BYTES, Dispatcher
from zoo_serve.front.metrics import Metrics
from zoo_serve.front.responses import HttpError, Response
from zoo_serve.messages import Request
from zoo_serve.settings import Settings


class Computer:
    """A worker that records its batches."""

    def __init__(self):
        self.batches = []

    def send(self, entries):
        self.batches.append(entries)

    def finish(self, dispatcher):
        for entry in self.batches[-1]:
            entry.future.set_result(Response(200, [], entry.request.body))
        dispatcher.add_free(self)

    @property
    def sizes(self):
        return [len(batch) for batch in self.batches]


def request(body=b""):
    return Request("infer", "", "", "", "", body)


def run(check, **settings):
    """Run a coroutine function with a dispatcher."""

    async def main():
        await check(Dispatcher(Settings(**settings), Metrics()))

    # In a thread, because the browser of other tests has a loop that runs in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(main())).result()


async def submit(dispatcher, count, model="m", body=b""):
    tasks = [
        asyncio.create_task(dispatcher.submit(model, request(body or str(i).encode())))
        for i in range(count)
    ]
    await asyncio.sleep(0.01)
    return tasks


def test_free_worker_takes_all_that_waits():
    async def check(dispatcher):
        worker = Computer()
        dispatcher.add_free(worker)
        tasks = await submit(dispatcher, 1)
        tasks += await submit(dispatcher, 5)
        assert worker.sizes == [1]
        worker.finish(dispatcher)
        await asyncio.sleep(0.01)
        assert worker.sizes == [1, 5]
        worker.finish(dispatcher)
        assert [each.body for each in await asyncio.gather(*tasks)] == [b"0", *b"0 1 2 3 4".split()]

    run(check)


def test_batch_is_shared_among_free_workers_and_limited():
    async def check(dispatcher):
        first, second = Computer(), Computer()
        dispatcher.add_free(first)
        dispatcher.add_free(second)
        await submit(dispatcher, 5)
        assert (first.sizes, second.sizes) == ([3], [2])
        await submit(dispatcher, 5)
        first.finish(dispatcher)
        await asyncio.sleep(0.01)
        assert first.sizes == [3, 4]

    run(check, max_batch=4)


def test_batch_has_one_model_and_the_oldest_request_comes_first():
    async def check(dispatcher):
        await submit(dispatcher, 2, "a")
        await submit(dispatcher, 3, "b")
        await submit(dispatcher, 1, "a")
        worker = Computer()
        dispatcher.add_free(worker)
        await asyncio.sleep(0.01)
        worker.finish(dispatcher)
        await asyncio.sleep(0.01)
        assert [[entry.model for entry in batch] for batch in worker.batches] == [
            ["a"] * 3,
            ["b"] * 3,
        ]

    run(check)


def test_bytes_of_a_batch_are_limited():
    async def check(dispatcher):
        await submit(dispatcher, 3, body=bytes(MAX_BATCH_BYTES // 2))
        worker = Computer()
        dispatcher.add_free(worker)
        await asyncio.sleep(0.01)
        assert worker.sizes == [2]

    run(check)


def test_max_delay_waits_for_further_requests():
    async def check(dispatcher):
        worker = Computer()
        dispatcher.add_free(worker)
        await submit(dispatcher, 1)
        await submit(dispatcher, 2)
        assert worker.sizes == []
        await asyncio.sleep(0.5)
        assert worker.sizes == [3]
        worker.finish(dispatcher)
        await submit(dispatcher, 4)
        assert worker.sizes == [3, 4]  # a full batch does not wait

    run(check, max_delay=0.3, max_batch=4)


def test_request_that_timed_out_leaves_the_queue():
    async def check(dispatcher):
        (task,) = await submit(dispatcher, 1)
        with pytest.raises(HttpError, match="within") as caught:
            await task
        assert caught.value.status == 504
        assert len(dispatcher) == 0

    run(check, timeout=0.05)


def test_full_queue_is_refused():
    async def check(dispatcher):
        tasks = await submit(dispatcher, 3)
        with pytest.raises(HttpError, match="at most 2 waiting") as caught:
            await tasks[2]
        assert caught.value.status == 503

    run(check, max_queue=2)


def test_requests_of_a_dead_worker_are_sent_alone_and_not_forever():
    async def check(dispatcher):
        worker = Computer()
        dispatcher.add_free(worker)
        tasks = await submit(dispatcher, 1) + await submit(dispatcher, 3)
        worker.finish(dispatcher)
        await asyncio.sleep(0.01)
        dispatcher.retry(worker.batches[1])
        for number in range(3):
            single = Computer()
            dispatcher.add_free(single)
            await asyncio.sleep(0.01)
            assert single.sizes == [1]
            if number:
                single.finish(dispatcher)
                dispatcher.remove(single)
        poison = worker.batches[1][0]
        while poison.attempts < MAX_ATTEMPTS:
            dispatcher.retry([poison])
            dispatcher.add_free(Computer())
            await asyncio.sleep(0.01)
        dispatcher.retry([poison])
        with pytest.raises(HttpError, match="died, 3 times"):
            await tasks[1]
        assert [task.done() for task in tasks] == [True] * 4

    run(check)
