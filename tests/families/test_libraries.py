"""Models of a library: sizes of images, heads, stems, tables and pretrained weights."""

from importlib import import_module

import pytest

from zoo_core.errors import InvalidValueError, UnavailableError

torch = pytest.importorskip("torch")
pytest.importorskip("zoo_torch")

from zoo_torch.families.config import FamilyConfig  # noqa: E402
from zoo_torch.families.table import read_table  # noqa: E402

pytestmark = pytest.mark.requires("zoo-mnist", "zoo-timm", "zoo-torch", "zoo-torchvision")

DIGITS, PAIRS, PHOTOS, LARGE = (1, 28, 28), (1, 42, 28), (3, 32, 32), (2, 90, 70)
GRAY = FamilyConfig(classes=(4, 3))

SMALLEST = {"timm": "test_resnet", "torchvision": "shufflenet_v2_x0_5"}
"""A model per library that is built in little time."""


def per_library(argnames, **cases):
    """Parametrize a test with the cases of each library."""
    values = [
        (library, *(case if isinstance(case, tuple) else (case,)))
        for library, listed in cases.items()
        for case in listed
    ]
    return pytest.mark.parametrize(f"library, {argnames}", values, indirect=["library"])


def build_one(library, name, shape=DIGITS, classes=(10,), **values):
    config = FamilyConfig(input_shape=shape, classes=classes, **values)
    return getattr(library.module("build"), name)(config)


def test_zoo_models_lists_table_without_importing_library(library, run_python):
    plugin = library.package.partition(".")[0]
    out = run_python(
        f"import sys; from {plugin}.plugin import zoo_models\n"
        f"heavy = {{{library.name!r}, 'torch', 'numpy', 'pydantic'}} & set(sys.modules)\n"
        "print(len(zoo_models()), heavy)"
    )
    table = library.module("table").table()
    assert out == f"{len(table.rows)} set()\n"
    assert len(table.rows) >= {"timm": 1_371, "torchvision": 80}[library.name]


def test_table_contains_every_model_of_library(library):
    table = library.module("table").table()
    installed = import_module(library.name).__version__
    release = {"timm": table.version, "torchvision": table.version.rpartition(".")[0]}[library.name]
    if not f"{installed}.".startswith(f"{release}."):
        pytest.skip(f"expected {library.name} {table.version}, got {installed}")
    assert library.names() == set(table.rows)


@per_library(
    "name",
    timm=[
        "test_vit",  # patches
        "test_resnet",  # a stem with a pooling
        "repvgg_a0",  # a stem of two parallel convolutions
        "legacy_xception",  # a pooling after its stem
        "dla46_c",  # multiples of 32
        "test_coatnet",  # a fixed size, and attention that small images skip
        "tresnet_m",  # a first layer that rearranges pixels
        "csatv2",  # color images only
    ],
    torchvision=["alexnet", "convnext_tiny", "vit_b_32"],
)
@pytest.mark.filterwarnings("ignore:CSATv2 is designed for 3-channel")
def test_probe_reproduces_table_row(library, name):
    assert library.probe(name) == library.module("table").table().rows[name]


@per_library(
    "name, function",
    timm=[("test_resnet", "timm.list_models")],
    torchvision=[("shufflenet_v2_x0_5", "zoo_torchvision.models.make_table.list_models")],
)
def test_make_table_script_reproduces_table_rows(library, name, function, tmp_path, monkeypatch):
    script, table = library.module("make_table"), library.module("table").table()
    path = tmp_path / "models.tsv"
    monkeypatch.setattr(script, "PATH", path)
    monkeypatch.setattr(function, lambda **_: [name])
    script.main()
    made = read_table(path, type(table.rows[name]))
    assert made.library == table.library
    assert made.version == import_module(library.name).__version__.partition("+")[0]
    assert made.rows == {name: table.rows[name]}


@pytest.mark.parametrize("shape", [DIGITS, PAIRS, PHOTOS, LARGE])
@per_library(
    "name",
    timm=["test_resnet", "test_vit", "test_convnext", "test_maxvit", "levit_128s"],
    torchvision=["squeezenet1_1", "mnasnet0_5", "googlenet", "swin_t"],
)
def test_model_returns_finite_logits_per_head_for_any_image_shape(library, name, shape):
    model = build_one(library, name, shape, (10, 7))
    x = torch.randn(3, *shape)
    for training in (False, True):
        first, second = model.train(training)(x)
        assert (first.shape, second.shape) == ((3, 10), (3, 7))
    assert (first.sum() + second.sum()).isfinite()


@per_library(
    "name, shape, size",
    timm=[
        ("test_vit", DIGITS, (32, 32)),  # patches of 16
        ("test_vit", PAIRS, (48, 32)),
        ("test_vit", (1, 60, 50), (64, 64)),
        ("vit_small_patch14_dinov2", DIGITS, (28, 28)),
        ("convnext_atto", DIGITS, (32, 32)),
        ("convit_tiny", PAIRS, (48, 48)),  # squares
        ("hrnet_w18_small", DIGITS, (32, 32)),
        ("resnet10t", PAIRS, (42, 28)),
        ("efficientformer_l1", (3, 300, 400), (224, 224)),  # one size only
    ],
    torchvision=[
        ("vit_b_16", DIGITS, (32, 32)),  # patches of 16
        ("vit_b_16", PAIRS, (48, 48)),  # squares
        ("swin_t", (1, 30, 30), (32, 32)),  # patches of 4
        ("convnext_tiny", DIGITS, (32, 32)),
        ("resnet18", PAIRS, (42, 28)),
        ("maxvit_t", PHOTOS, (224, 224)),
    ],
)
def test_model_enlarges_images_to_smallest_accepted_size(library, name, shape, size):
    with torch.device("meta"):
        model = build_one(library, name, shape)
        assert model.size == size
        assert model.eval()(torch.empty(2, *shape))[0].shape == (2, 10)


def test_stem_depends_on_image_size_unless_configured(library):
    with torch.device("meta"):
        models = [
            build_one(library, "resnet18"),
            build_one(library, "resnet18", (1, 65, 64)),
            build_one(library, "resnet18", (1, 65, 64), stem="small"),
            build_one(library, "resnet18", stem="original"),
        ]
        sides = []
        for model in models:
            model.network.layer1.register_forward_pre_hook(
                lambda _, x: sides.append(x[0].shape[-1])
            )
            model.eval()(torch.empty(1, 1, *model.size))
    assert sides == [28, 16, 64, 7]
    shapes = [{name: t.shape for name, t in m.state_dict().items()} for m in models]
    assert shapes[0] == shapes[-1]  # so that the same pretrained weights fit


@per_library("name", timm=["test_vit"], torchvision=["vgg11"])
def test_build_refuses_unavailable_small_stem(library, name):
    with pytest.raises(InvalidValueError, match=rf"model\.stem.*'small'.*{library.name}/{name}"):
        build_one(library, name, stem="small")


@per_library(
    "function, value",
    timm=[("timm.is_model", lambda name: name != "resnet18")],
    torchvision=[("zoo_torchvision.models.build.list_models", lambda module: ["vgg11"])],
)
def test_build_names_library_version_with_missing_model(library, function, value, monkeypatch):
    monkeypatch.setattr(function, value)
    version = library.module("table").table().version
    with pytest.raises(InvalidValueError, match=rf"'resnet18'.*{library.name}=={version}"):
        build_one(library, "resnet18")


@pytest.mark.parametrize("module", ["build", "pretrained"])
def test_module_lacks_attribute_for_name_outside_table(library, module):
    with pytest.raises(AttributeError, match="'resnet17'"):
        _ = library.module(module).resnet17


def test_library_model_trains_publishes_verifies_and_loads_by_name(
    library, run_process, run_python, tmp_path
):
    name, out = f"{library.name}/{SMALLEST[library.name]}", tmp_path / "run"
    commands = [
        f"train {name} --dataset synthetic --epochs 1 --set model.stem=original --out {out} --json",
        f"publish {out} --as {name}.first --registry {tmp_path / 'registry'}",
        f"registry add here {tmp_path / 'registry'}",
        f"verify {name}.first",
    ]
    code = f"from zoo_core.cli.main import run; print([run(c.split()) for c in {commands}])"
    plugins = f"zoo-core,zoo-torch,zoo-{library.name}"  # without zoo-report, which draws pictures
    result = run_process("-c", code, env={"ZOO_PLUGINS": plugins})
    assert result.out.endswith("[0, 0, 0, 0]\n"), result.err
    assert '"total": 450' in result.out
    loaded = run_python(
        "import zoo_core as zoo, numpy as np\n"
        f"loaded = zoo.load('{name}.first')\n"
        "print(loaded.predict(np.zeros((2, 3, 16, 16), np.uint8)).labels.shape)"
    )
    assert loaded == "(2, 1)\n"


@pytest.fixture
def pretrained(library):
    """Return a function from a model's name and config to its pretrained weights."""
    return lambda name, config: getattr(library.module("pretrained"), name)(config)


@per_library(
    "source",
    timm=["timm/test_resnet.r160_in1k"],
    torchvision=["torchvision/ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1"],
)
def test_pretrained_adapts_input_layer_and_omits_classifier(library, source, pretrained):
    name = SMALLEST[library.name]
    expected = library.release(name)
    given = pretrained(name, GRAY)
    assert given.source == source
    found = {key.removeprefix("network."): torch.tensor(t) for key, t in given.tensors.items()}
    assert expected.keys() - found.keys() == {"fc.weight", "fc.bias"}
    for key, tensor in found.items():
        full = expected[key].sum(1, keepdim=True) if key == "conv1.0.weight" else expected[key]
        torch.testing.assert_close(tensor, full)


def test_pretrained_keeps_classifier_for_equal_class_count(library, pretrained):
    name = SMALLEST[library.name]
    expected = library.release(name)
    given = pretrained(name, FamilyConfig(input_shape=PHOTOS, classes=(1000,)))
    assert given.tensors.keys() == {f"network.{key}" for key in expected}


@per_library(
    "name, key, shape",
    timm=[("vit_tiny_patch16_224", "pos_embed", (1, 1 + 4 * 4, 192))],
    torchvision=[("vit_b_32", "encoder.pos_embedding", (1, 1 + 2 * 2, 768))],
)
def test_pretrained_resizes_position_embeddings_to_image_size(
    library, name, key, shape, pretrained
):
    assert library.release(name)[key].shape != shape
    given = pretrained(name, FamilyConfig(input_shape=(1, 60, 60)))
    assert given.tensors[f"network.{key}"].shape == shape


@per_library(
    "remedy",
    timm=["hf download timm/test_resnet.r160_in1k model.safetensors; .* into {cache}"],
    torchvision=["copy it to {cache}.*/shufflenetv2_x0.5-f707e7126e.pth"],
)
def test_pretrained_names_file_to_copy_when_offline(library, remedy, pretrained, monkeypatch):
    library.use_cache()
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(
        UnavailableError, match=f"ZOO_OFFLINE.*{remedy.format(cache=library.cache)}"
    ):
        pretrained(SMALLEST[library.name], GRAY)


def test_pretrained_reports_unreachable_server_on_one_line(library, pretrained, loopback, capfd):
    library.use_cache()
    url = library.use_server("http://127.0.0.1:1", SMALLEST[library.name])
    with pytest.raises(UnavailableError) as caught:
        pretrained(SMALLEST[library.name], GRAY)
    assert url in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr().err == ""
    assert not [path for path in library.cache.rglob("*") if path.is_file()]
