"""Worker processes that die: restarted, and no other request is lost."""

import os
import signal
import threading

INFER = "/v2/models/fuse/infer"


def number(value):
    return {"inputs": [{"name": "inputs", "datatype": "FP32", "shape": [1, 2], "data": [value, 0]}]}


def test_killed_workers_lose_no_request(serve, fuse, wait_for):
    server = serve(f"fuse={fuse / 'fuse'}", "--workers", 2)
    expected = server.ask(INFER, number(5)).json()["outputs"]
    wrong, done = [], threading.Event()

    def client():
        while not done.is_set():
            reply = server.ask(INFER, number(5))
            if reply.status != 200 or reply.json()["outputs"] != expected:
                wrong.append(reply)

    threads = [threading.Thread(target=client) for _ in range(6)]
    for thread in threads:
        thread.start()
    for killed in range(1, 5):
        wait_for(lambda: server.metric("zoo_workers_ready") == 2)
        os.kill(server.workers()[0], signal.SIGKILL)
        wait_for(lambda killed=killed: server.metric("zoo_worker_restarts_total") == killed)
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert server.ask("/v2/health/ready").status == 200


def test_poisonous_request_fails_and_others_are_answered(serve, fuse):
    # The delay is for a batch that all of them are in.
    limits = ("--max-batch", 5, "--max-delay", 5000)
    server = serve(f"fuse={fuse / 'fuse'}", "--workers", 1, *limits)
    replies = {}

    def client(value):
        replies[value] = server.ask(INFER, number(value))

    threads = [threading.Thread(target=client, args=(value,)) for value in [1, 2, 666, 3, 4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {value: reply.status for value, reply in replies.items()} == {
        **dict.fromkeys([1, 2, 3, 4], 200),
        666: 500,
    }
    assert "the worker process died" in replies[666].error
    assert server.metric("zoo_worker_restarts_total") == 3


def test_workers_end_with_a_killed_front(serve, wait_for):
    server = serve("numpy-regressor", "--workers", 2)
    workers = server.workers()
    assert len(workers) == 2
    server.process.kill()
    server.process.wait()
    wait_for(lambda: not any(os.path.exists(f"/proc/{worker}") for worker in workers))


def test_front_imports_no_numpy(run_python):
    modules = run_python(
        "import sys, zoo_serve.command, zoo_serve.front.front, zoo_serve.front.http.server\n"
        "print(*sys.modules)"
    ).split()
    assert "zoo_serve.front.computing.batching" in modules
    assert not {"numpy", "torch", "onnxruntime", "PIL", "pydantic"} & set(modules)
