"""Names of published weights, and addresses of registries: what is one, and where it leads."""

import json

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, VerificationError
from zoo_core.plugins.specs import MAX_NAME_LENGTH
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.location import Folder, Web, open_location
from zoo_core.registry.lookup import open_registry, resolve_weights
from zoo_core.registry.names import WeightsName, check_tag_name, parse_name

models = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)
tags = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}(\.[a-z0-9_-]{1,20}){0,2}", fullmatch=True)


@given(
    registry=st.from_regex(
        r"[a-z0-9][a-z0-9_.-]{0,40}(/[a-z0-9][a-z0-9_-]{0,40})?", fullmatch=True
    ),
    model=models,
    tag=tags,
    sha256=st.text("0123456789abcdef", min_size=8, max_size=64),
)
def test_a_name_is_taken_apart_as_it_was_put_together(registry, model, tag, sha256):
    for prefix, stated in ((f"{registry}/", registry), ("", "")):
        for suffix, named in ((f".{tag}", tag), ("", "")):
            for end, checksum in ((f"@sha256:{sha256}", sha256), ("", "")):
                name = parse_name(f"{prefix}{model}{suffix}{end}")
                assert name == WeightsName(stated, model, named, checksum)


@given(st.text())
def test_any_text_is_a_name_or_none(text):
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
        "softmax@sha256:",
        "softmax@sha256:0",
        "softmax@sha256:" + "0" * 65,
        "softmax@sha256:ABCDEFAB",
    ),
    *(
        "softmax@md5:00000000",
        "a" * (MAX_NAME_LENGTH + 1),
        "softmax." + "a" * (MAX_NAME_LENGTH + 1),
    ),
    "r" * (2 * MAX_NAME_LENGTH + 1) + "/softmax",
]


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_no_name_is_found_nowhere(toy, registry, text):
    assert parse_name(text) is None
    with pytest.raises(UnknownNameError, match="is no name of published weights"):
        resolve_weights(toy, text, str(registry))
    with pytest.raises(InvalidValueError, match=r"weights are published as MODEL\.TAG"):
        check_tag_name(text)


@pytest.mark.parametrize("text", ["a" * 10**6, "a." * 10**6, "a/" * 10**6, "a.a" * 10**6 + "!"])
def test_long_texts_are_no_names_and_do_not_take_for_ever(text):
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
def test_what_could_be_no_folder_everywhere_is_not_published(toy, run, tmp_path, text):
    with pytest.raises(InvalidValueError, match=r"weights are published as MODEL\.TAG, got"):
        publish_run(toy, run.folder, text, str(tmp_path / "shelf"))
    assert not (tmp_path / "shelf").exists()


def test_what_begins_like_a_device_may_be_published():
    assert check_tag_name("console.null").tag == "null"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is no address of a registry"),
        ("a\0b", "is no address of a registry"),
        ("a\nb", "is no address of a registry"),
        ("\ud800", "is no address of a registry"),
        ("http://a\ud800", "is no address of a registry"),
        ("x" * 2001, "is no address of a registry"),
        ("http://", "it names no host"),
        ("http://:80/", "it names no host"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://a／b", "contains invalid characters under NFKC"),
        ("https://a:99999/", "Port out of range"),
        ("https://a:x/", "Port could not be cast"),
        ("file://far/away", "names no folder of this machine"),
        ("file:///a%00b", "names no folder of this machine"),
        ("local://far/away", "names no folder of this machine"),
        ("simplecache::file:///tmp", "is several URLs in one"),
        ("zip://a::file:///tmp/x.zip", "is several URLs in one"),
    ],
)
def test_what_is_no_address_is_named(url, said):
    with pytest.raises(InvalidValueError, match=said):
        open_location(url)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://example.org/r/", Web),
        ("HTTP://example.org", Web),
        ("http://[::1]:80/r", Web),
        ("file:///tmp/r", Folder),
        ("file://localhost/tmp/r", Folder),
        ("local:///tmp/r", Folder),
        ("/tmp/r", Folder),
    ],
)
def test_addresses_are_folders_or_servers(url, kind):
    location = open_location(url)
    assert isinstance(location, kind)
    if kind is Folder:
        assert location.url == "/tmp/r"


def test_a_folder_may_be_the_root_of_the_file_system():
    assert str(open_location("/").path("softmax/first")) == "/softmax/first"


@pytest.mark.parametrize(
    "part", ["softmax", "softmax/first", "softmax/first/model.safetensors", "index.json"]
)
def test_links_do_not_lead_out_of_a_registry(toy, registry, tmp_path, part):
    (registry / part).rename(tmp_path / "elsewhere")
    (registry / part).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VerificationError, match="leads out of the registry"):
        load_pretrained(toy, "softmax.first", registry=str(registry))


def test_a_link_within_a_registry_is_followed(toy, registry):
    (registry / "softmax/first").rename(registry / "there")
    (registry / "softmax/first").symlink_to(registry / "there")
    assert load_pretrained(toy, "softmax.first", registry=str(registry)).card


def test_a_link_that_leads_to_itself_is_named(toy, registry):
    (registry / "index.json").unlink()
    (registry / "index.json").symlink_to("index.json")
    with pytest.raises(DataError, match="cannot be read: Too many levels"):
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
def test_an_index_names_only_what_could_be_published(registry, where, bad):
    path = registry / "index.json"
    index = json.loads(path.read_bytes())
    facts = index["models"]["softmax"]
    if where == "model":
        index["models"] = {bad: facts}
    else:
        facts |= {"default": bad, "tags": {bad: facts["tags"]["first"]}}
    path.write_text(json.dumps(index))
    with pytest.raises(VerificationError, match="is not a readable index of a registry"):
        open_registry(str(registry)).index()
