"""Metrics of the front process in the format of Prometheus."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1, 2.5, 5, 10, 30)
"""Upper bounds of the latency's buckets in seconds."""

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Upper bounds of the batch size's buckets."""


class Metrics:
    """Counters, gauges and histograms of a server."""

    def __init__(self) -> None:
        # Not the global registry, because a process may run several servers, as tests do.
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "zoo_requests", "Answered requests.", ["model", "code"], registry=registry
        )
        self._latency = Histogram(
            "zoo_request_seconds",
            "Seconds from the end of a request's body to its response.",
            ["model"],
            buckets=LATENCIES,
            registry=registry,
        )
        self._batch = Histogram(
            "zoo_batch_size", "Requests per batch.", ["model"], buckets=BATCHES, registry=registry
        )
        self.queue = Gauge("zoo_queue_length", "Requests waiting for a worker.", registry=registry)
        self.workers = Gauge("zoo_workers_ready", "Workers that are ready.", registry=registry)
        self.restarts = Counter("zoo_worker_restarts", "Workers that have died.", registry=registry)
        self.swaps = Counter(
            "zoo_model_swaps", "Models replaced by other weights.", ["model"], registry=registry
        )
        # Cached per server, because looking up a child by its labels takes a microsecond or two.
        self._count = lru_cache(1024)(self._requests.labels)
        self._time = lru_cache(1024)(self._latency.labels)

    def record(self, model: str, code: int, seconds: float) -> None:
        """Record an answered request."""
        self._count(model, code).inc()
        self._time(model).observe(seconds)

    def record_batch(self, model: str, size: int) -> None:
        """Record a batch that is sent to a worker."""
        self._batch.labels(model).observe(size)

    def text(self) -> bytes:
        """Return all metrics as text."""
        return generate_latest(self._registry)
