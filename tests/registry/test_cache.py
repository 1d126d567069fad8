"""The download cache: files of remote registries, stored whole and verified by checksum."""

import hashlib
import os
import socket
import threading
from pathlib import Path

import pytest

from tests.stress import servers
from zoo_core.errors import DataError, UnavailableError, UnknownNameError, VerificationError
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.registry import cache
from zoo_core.registry.lookup import add_registry, open_registry

WEIGHTS = "softmax/first/model.safetensors"
CARD = "softmax/first/card.json"
CONTENT = b"some bytes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(loopback, registry, monkeypatch):
    """Return a web server for the registry with softmax.first."""
    monkeypatch.setenv("ZOO_TIMEOUT", "1")
    with servers.serving(registry) as server:
        yield server


@pytest.fixture
def home():
    """Return the cache's folder."""
    return Path(os.environ["ZOO_HOME"])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def keep(download=lambda to: to.write(CONTENT), *, size=10):
    return cache.fetch(SHA256, size, download, what="it")


def test_load_pretrained_fetches_files_once(toy, run, server, home):
    for _ in range(2):
        loaded = load_pretrained(toy, "softmax", registry=server.url)
        assert loaded.sha256 == run.card.weights.sha256
        assert loaded.card.metrics == run.card.metrics
    assert server.asked == {"index.json": 1, WEIGHTS: 1, CARD: 1}
    assert loaded.sha256 in names(home / "sha256")
    assert all(cache.is_whole(path) for path in cache.cached_files())


def test_load_pretrained_uses_cache_without_server(toy, loopback, registry):
    with servers.serving(registry) as server:
        add_registry(toy, "there", server.url)
        loaded = load_pretrained(toy, "softmax")
    assert load_pretrained(toy, "softmax").sha256 == loaded.sha256
    assert load_pretrained(toy, "there/softmax.first").card == loaded.card
    with pytest.raises(DataError, match="ConnectionRefusedError"):
        load_pretrained(toy, "there/softmax.second")


def test_network_guard_limits_process_to_loopback_server(cli, server):
    assert cli("pull", "softmax", "--registry", server.url).code == 0
    assert server.asked[WEIGHTS] == 1
    refused = cli("pull", "softmax", "--registry", "http://127.0.0.2:1")
    assert refused.code == 1
    assert "('127.0.0.2', 1)" in refused.err


def test_network_guard_limits_test_to_loopback_server(loopback):
    with socket.socket() as one, pytest.raises(Exception, match="connection to"):
        one.connect(("127.0.0.2", 1))


@pytest.mark.parametrize("name", [WEIGHTS, CARD])
def test_load_pretrained_refetches_damaged_file(toy, run, server, name):
    load_pretrained(toy, "softmax", registry=server.url)
    weights = cache.path_of(run.card.weights.sha256)
    (card,) = set(cache.cached_files()) - {weights}
    path = weights if name == WEIGHTS else card
    path.write_bytes(b"x" + path.read_bytes()[1:])
    loaded = load_pretrained(toy, "softmax", registry=server.url)
    assert loaded.card.metrics == run.card.metrics
    assert cache.is_whole(path)
    assert server.asked[name] == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", [WEIGHTS, CARD])
@pytest.mark.parametrize(
    ("behavior", "error", "message"),
    [
        (servers.flip(0.7), VerificationError, "sha256 [0-9a-f]{64}, got [0-9a-f]{64}"),
        (servers.promise(-5), VerificationError, r"[\d,]+ bytes, got [\d,]+"),
        (servers.unstated(0.5), VerificationError, r"[\d,]+ bytes, got [\d,]+"),
        (servers.cut(0.5), UnavailableError, r"[\d,]+ of [\d,]+ bytes"),
        (servers.endless(), UnavailableError, r"at most [\d,]+ bytes, got more"),
        (servers.silence, UnavailableError, "ZOO_TIMEOUT=2 "),
        (servers.missing, UnavailableError, r"\b404\b"),
    ],
)
def test_cache_keeps_no_invalid_download(toy, server, home, name, behavior, error, message):
    server.behaviors[name] = behavior
    with pytest.raises(error, match=rf"{server.url}/{name}\b.*{message}"):
        load_pretrained(toy, "softmax", registry=server.url)
    kept = list((home / "sha256").iterdir())
    assert len(kept) == (name == WEIGHTS)  # the card came before
    assert all(cache.is_whole(path) for path in kept)
    server.behaviors.clear()
    assert load_pretrained(toy, "softmax", registry=server.url).card


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behavior", "error", "message"),
    [
        (servers.text(b"{}"), VerificationError, "'schema'"),
        (servers.text(b'{"schema": 2}'), VerificationError, r"schema\b.* 1, got 2\b"),
        (servers.text(b"[" * 10**6), VerificationError, "index"),
        (servers.text(b"\xff\xfe"), VerificationError, "index"),
        (servers.large(100_000_000), UnavailableError, "16,777,216 bytes, got 100,000,000"),
        (servers.endless(), UnavailableError, "at most 16,777,216 bytes, got more"),
        (servers.drip(), UnavailableError, "ZOO_TIMEOUT=2 "),
        (servers.missing, UnavailableError, r"\b404\b"),
    ],
)
def test_registry_keeps_index_when_refresh_fails(toy, server, home, behavior, error, message):
    registry = open_registry(server.url)
    before = registry.index()
    server.behaviors["index.json"] = behavior
    with pytest.raises(error, match=rf"{server.url}/index.json\b.*{message}"):
        registry.index(refresh=True)
    assert registry.index() == before
    assert len(names(home / "registries")) == 1


def test_load_pretrained_refreshes_index_for_new_tag(toy, run, registry, server):
    assert load_pretrained(toy, "softmax", registry=server.url)
    publish_run(toy, run.folder, "softmax.second", str(registry))
    assert load_pretrained(toy, "softmax.second", registry=server.url).card.tag == "second"
    with pytest.raises(UnknownNameError, match=r"Choose one of: softmax\.first, softmax\.second"):
        load_pretrained(toy, "softmax.third", registry=server.url)


def test_cache_downloads_once_among_concurrent_threads():
    begun, wait, downloads = threading.Event(), threading.Event(), []

    def slowly(to):
        downloads.append(to)
        begun.set()
        wait.wait(10)
        to.write(CONTENT)

    threads = [threading.Thread(target=keep, args=[slowly]) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    wait.set()
    for thread in threads:
        thread.join()
    assert len(downloads) == 1
    assert cache.path_of(SHA256).read_bytes() == CONTENT


def test_cache_downloads_without_lock_folder(home):
    home.mkdir()
    (home / "locks").touch()  # a file instead of the folder of locks
    assert keep().read_bytes() == CONTENT


def test_cache_removes_old_leftovers_of_killed_downloads(home):
    (home / "sha256").mkdir(parents=True)
    left = [home / "sha256" / f".{name}.tmp-0123" for name in (SHA256, "other")]
    for path in left:
        path.write_bytes(b"left")
        os.utime(path, (0, 0))
    keep()
    assert names(home / "sha256") == [left[1].name, SHA256]
    assert cache.prune({SHA256}) == 4
    assert names(home / "sha256") == [SHA256]
    assert cache.prune(set()) == len(CONTENT)
    assert cache.cached_files() == []


def test_cache_keeps_nothing_of_failed_download(home):
    def fail(to):
        to.write(b"some")
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"^it .*zoo-home\b.* No space left.* ZOO_HOME\b"):
        keep(fail)
    with pytest.raises(VerificationError, match=r"\bit: .*\b9 bytes, got 10\b"):
        keep(size=9)
    assert names(home / "sha256") == []


def test_cache_names_unusable_folder(server, home):
    home.write_bytes(b"")
    with pytest.raises(DataError, match=r"^it .*zoo-home\b.* Not a directory.* ZOO_HOME\b"):
        keep()
    with pytest.raises(DataError, match=r"index\.json .*zoo-home\b.* ZOO_HOME\b"):
        open_registry(server.url).index()
