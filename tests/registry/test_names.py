"""Names of published weights, and addresses of registries."""

import json
import re

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, VerificationError
from zoo_core.plugins.specs import MAX_NAME_LENGTH
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.location import Folder, Remote, open_location
from zoo_core.registry.lookup import open_registry, resolve_weights
from zoo_core.registry.names import WeightsName, check_tag_name, parse_name

models = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)
tags = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}(\.[a-z0-9_-]{1,20}){0,2}", fullmatch=True)


@pytest.mark.slow
@given(
    registry=st.from_regex(
        r"[a-z0-9][a-z0-9_.-]{0,40}(/[a-z0-9][a-z0-9_-]{0,40})?", fullmatch=True
    ),
    model=models,
    tag=tags,
    sha256=st.text("0123456789abcdef", min_size=8, max_size=64),
)
def test_parse_name_splits_name_into_parts(registry, model, tag, sha256):
    for prefix, stated in ((f"{registry}/", registry), ("", "")):
        for suffix, named in ((f".{tag}", tag), ("", "")):
            for end, checksum in ((f"@sha256:{sha256}", sha256), ("", "")):
                name = parse_name(f"{prefix}{model}{suffix}{end}")
                assert name == WeightsName(stated, model, named, checksum)


@given(st.text())
def test_parse_name_round_trips_text_or_returns_none(text):
    name = parse_name(text)
    if name is not None:
        whole = (
            f"{name.registry}/" * bool(name.registry) + name.model + f".{name.tag}" * bool(name.tag)
        )
        assert whole + f"@sha256:{name.sha256}" * bool(name.sha256) == text


NO_NAMES = [
    *(
        "",
        ".",
        "..",
        "../softmax",
        "/softmax",
        "softmax/",
        "a//b",
        "a/b/c/d/e",
        "softmax.",
        ".first",
    ),
    *("softmax..first", "softmax.first.", "softmax first", "softmax.first\n", "softmax\0", "a\\b"),
    *("Softmax", "sоftmax", "ｓoftmax", "softmax.é", "-softmax", "softmax.-a", "%2e%2e", "~", "*"),
    *(
        "softmax@md5:00000000",
        "a" * (MAX_NAME_LENGTH + 1),
        "softmax." + "a" * (MAX_NAME_LENGTH + 1),
    ),
    "r" * (2 * MAX_NAME_LENGTH + 1) + "/softmax",
]


@pytest.mark.parametrize("text", NO_NAMES)
def test_weights_name_rejects_invalid_text(toy, registry, text):
    assert parse_name(text) is None
    with pytest.raises(UnknownNameError, match=r"MODEL\.TAG"):
        resolve_weights(toy, text, str(registry))
    with pytest.raises(InvalidValueError, match=r"MODEL\.TAG"):
        check_tag_name(text)


@pytest.mark.parametrize("digits", ["", "0", "0" * 65, "ABCDEFAB"])
def test_weights_name_rejects_invalid_checksum(digits):
    with pytest.raises(InvalidValueError, match=f"8 to 64 hexadecimal digits.* got '{digits}'"):
        parse_name(f"softmax@sha256:{digits}")


@pytest.mark.parametrize("text", ["a" * 10**6, "a." * 10**6, "a/" * 10**6, "a.a" * 10**6 + "!"])
def test_parse_name_rejects_long_text_quickly(text):
    assert parse_name(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "con.a",
        "nul.default",
        "com1.x",
        "lpt9.x",
        "a.aux",
        "a.nul.txt",
        "here/there/a.b",
        "a",
        "a.b@sha256:00000000",
    ],
)
def test_publish_run_rejects_nonportable_or_incomplete_name(toy, run, tmp_path, text):
    with pytest.raises(InvalidValueError, match=r"MODEL\.TAG") as caught:
        publish_run(toy, run.folder, text, str(tmp_path / "shelf"))
    assert repr(text) in str(caught.value)
    assert not (tmp_path / "shelf").exists()


def test_check_tag_name_accepts_prefix_of_device_name():
    assert check_tag_name("console.null").tag == "null"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "address"),
        ("a\0b", "address"),
        ("a\nb", "address"),
        ("\ud800", "address"),
        ("http://a\ud800", "address"),
        ("x" * 2001, "address"),
        ("http://", "host"),
        ("http://:80/", "host"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://a／b", "NFKC"),
        ("https://a:99999/", "out of range"),
        ("https://a:x/", "integer value as 'x'"),
        ("file://far/away", "folder.* machine"),
        ("file:///a%00b", "folder.* machine"),
        ("local://far/away", "folder.* machine"),
        ("simplecache::file:///tmp", "chains several"),
        ("zip://a::file:///tmp/x.zip", "chains several"),
    ],
)
def test_open_location_rejects_invalid_address(url, message):
    with pytest.raises(InvalidValueError, match=message):
        open_location(url)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://example.org/r/", Remote),
        ("HTTP://example.org", Remote),
        ("http://[::1]:80/r", Remote),
        ("file:///tmp/r", Folder),
        ("file://localhost/tmp/r", Folder),
        ("local:///tmp/r", Folder),
        ("/tmp/r", Folder),
    ],
)
def test_open_location_distinguishes_folders_and_servers(url, kind):
    location = open_location(url)
    assert isinstance(location, kind)
    if kind is Folder:
        assert location.url == "/tmp/r"


def test_open_location_accepts_file_system_root():
    assert str(open_location("/").path("softmax/first")) == "/softmax/first"


@pytest.mark.parametrize(
    "part", ["softmax", "softmax/first", "softmax/first/model.safetensors", "index.json"]
)
def test_registry_rejects_link_leading_outside(toy, registry, tmp_path, part):
    (registry / part).rename(tmp_path / "elsewhere")
    (registry / part).symlink_to(tmp_path / "elsewhere")
    elsewhere = re.escape(str(tmp_path / "elsewhere"))
    with pytest.raises(VerificationError, match=f"{re.escape(str(registry))}.* {elsewhere}"):
        load_pretrained(toy, "softmax.first", registry=str(registry))


def test_registry_follows_link_inside(toy, registry):
    (registry / "softmax/first").rename(registry / "there")
    (registry / "softmax/first").symlink_to(registry / "there")
    assert load_pretrained(toy, "softmax.first", registry=str(registry)).card


def test_registry_reports_circular_link(toy, registry):
    (registry / "index.json").unlink()
    (registry / "index.json").symlink_to("index.json")
    with pytest.raises(DataError, match=r"index\.json\b.* Too many levels"):
        open_registry(str(registry)).index()


BAD = [
    "../first",
    "/first",
    "first/..",
    "..",
    "",
    "First",
    "a..b",
    "a\\b",
    "a\0",
    "nul",
    "ｆirst",
    "x" * 65,
]


@pytest.mark.parametrize("where", ["model", "tag"])
@pytest.mark.parametrize("bad", BAD)
def test_registry_index_rejects_unpublishable_name(registry, where, bad):
    path = registry / "index.json"
    index = json.loads(path.read_bytes())
    facts = index["models"]["softmax"]
    if where == "model":
        index["models"] = {bad: facts}
    else:
        facts |= {"default": bad, "tags": {bad: facts["tags"]["first"]}}
    path.write_text(json.dumps(index))
    with pytest.raises(VerificationError, match=r"index\.json\b.* MODEL\.TAG"):
        open_registry(str(registry)).index()
