"""The folder of a static page, without a browser."""

import gzip
import hashlib
import json
import re
import shutil

import pytest

from zoo_core.errors import InvalidValueError, VerificationError
from zoo_core.registry.lookup import find_weights
from zoo_demo.static_page.folder import IN_BROWSER, RUNTIME, SHARED


@pytest.fixture
def page(static_folder):
    return static_folder


@pytest.fixture
def manifest(page):
    return json.loads((page / "manifest.json").read_bytes())


@pytest.fixture
def write(cli):
    """Return the function that writes a page to a folder, as the command does."""

    def run(folder, *arguments):
        return cli("demo", *arguments, "--static", folder)

    return run


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_manifest_states_checksum_of_every_file(page, manifest):
    files = {each.relative_to(page).as_posix(): each for each in page.rglob("*") if each.is_file()}
    del files["manifest.json"]
    assert manifest["files"] == {
        path: {"sha256": sha256(file.read_bytes()), "bytes": file.stat().st_size}
        for path, file in files.items()
    }


def test_folder_contains_published_bytes(manifest, catalog):
    for name in ("cnn.best", "numpy-net.best"):
        published = find_weights(catalog, name).published
        files = manifest["files"]
        assert files[f"models/{name}/model.safetensors"]["sha256"] == published.sha256
        assert files[f"models/{name}/card.json"]["sha256"] == published.card_sha256
        program = published.runtimes["onnx"]["sha256"]
        assert files[f"models/{name}/model.onnx"]["sha256"] == program


def test_manifest_states_calibration_and_licenses(page, manifest):
    first = manifest["models"][0]
    card = json.loads((page / "models/cnn.best/card.json").read_bytes())
    assert first["calibration"] == {
        "temperature": card["calibration"]["temperatures"][0],
        "limit": card["calibration"]["limit"],
    }
    assert first["heads"][0]["classes"] == [*"0123456789"]
    assert manifest["data"]["license"] == "CC-BY-SA-3.0"
    for name in ("LeCun", "Cortes", "Burges"):
        assert name in manifest["data"]["source"]
        assert name in (page / "licenses/mnist.txt").read_text()
    assert "Microsoft" in (page / "onnxruntime-web/LICENSE").read_text()
    assert "MIT License" in (page / "licenses/zoo.txt").read_text()


def test_page_has_policy_and_no_addresses_of_other_hosts(page):
    text = (page / "index.html").read_text()
    assert "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" in text
    for file in (*page.glob("*.js"), *page.glob("*/*.js"), page / "index.html", page / "style.css"):
        if "onnxruntime-web" not in str(file):
            found = set(re.findall(r"https?://[^\s\"')]+", file.read_text()))
            assert found <= {"http://www.w3.org/2000/svg", "http://localhost:8000/."}


def test_vendored_files_have_stated_checksums():
    stated = json.loads((RUNTIME / "VENDOR.json").read_bytes())["files"]
    assert {each.name for each in RUNTIME.iterdir()} == {"VENDOR.json", *stated}
    for name, facts in stated.items():
        content = (RUNTIME / name).read_bytes()
        assert (sha256(content), len(content)) == (facts["sha256"], facts["bytes"])
        if "unpacked" in facts:
            unpacked = gzip.decompress(content)
            expected = facts["unpacked"]["sha256"], facts["unpacked"]["bytes"]
            assert (sha256(unpacked), len(unpacked)) == expected


def test_api_of_static_page_has_functions_of_served_page():
    served, static = (
        re.findall(r"^export (?:async )?(?:const|function) (\w+)", file.read_text(), re.MULTILINE)
        for file in (SHARED / "api.js", IN_BROWSER / "api.js")
    )
    assert sorted(served) == sorted(static)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("number-reader", "sequence of mnist-numbers, 1×32×320"),
        ("two-headed-cnn", "classification, classification of two-digit-mnist, 1×42×28"),
    ],
)
def test_model_of_other_images_is_refused(tmp_path, write, name, found):
    result = write(tmp_path / "page", name)
    assert result.code == InvalidValueError.exit_code
    assert f"cannot use {name}." in result.err
    assert f"got {found}" in result.err
    assert "such as cnn or numpy-net" in result.err
    assert not (tmp_path / "page").exists()


def test_path_is_refused(tmp_path, write):
    result = write(tmp_path / "page", tmp_path)
    assert result.code == InvalidValueError.exit_code
    assert "got a path, not published weights" in result.err


def test_without_name_page_has_default_tags_of_single_digits(tmp_path, write):
    result = write(tmp_path / "page")
    assert result.code == 0
    written = json.loads((tmp_path / "page" / "manifest.json").read_bytes())
    models = {each["model"] for each in written["models"]}
    assert {"cnn", "numpy-net"} <= models
    assert "number-reader" not in models
    assert "python -m http.server --directory" in result.out


@pytest.mark.parametrize("option", [["--port", "0"], ["--host", "127.0.0.1"], ["--open"]])
def test_option_of_server_is_usage_error(tmp_path, write, option):
    result = write(tmp_path / "page", "cnn", *option)
    assert result.code == 2
    assert f"use either --static or {option[0]}" in result.err


def test_earlier_page_is_replaced(tmp_path, page, write):
    shutil.copytree(page, tmp_path / "page")
    assert write(tmp_path / "page", "cnn.best").code == 0
    assert [each.name for each in (tmp_path / "page" / "models").iterdir()] == ["cnn.best"]


@pytest.mark.parametrize("earlier", [True, False])
def test_folder_with_other_files_is_refused(tmp_path, page, write, earlier):
    folder = tmp_path / "page"
    shutil.copytree(page, folder) if earlier else folder.mkdir()
    (folder / "CNAME").write_text("digits.example")
    result = write(folder, "cnn.best")
    assert result.code == InvalidValueError.exit_code
    assert "got one with CNAME. Choose another folder." in result.err
    assert (folder / "CNAME").exists()


def test_damaged_weights_are_refused(tmp_path, catalog, write):
    found = find_weights(catalog, "cnn.best")
    root = tmp_path / "registry"
    shutil.copytree(found.registry.location.root, root)
    program = root / "cnn" / "best" / "model.onnx"
    program.write_bytes(program.read_bytes() + b"\0")
    folder = tmp_path / "page"
    result = write(folder, "cnn.best", "--registry", root)
    assert result.code == VerificationError.exit_code
    assert "checksum mismatch" in result.err
    assert not folder.exists()
