"""The plugin's specs: the sources `folder` and `hf`."""

from zoo_core import SourceSpec, hookimpl


@hookimpl
def zoo_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            name="folder",
            summary="A folder of images with one sub-folder per class: folder:photos.",
            describe="zoo_images.folder_source:describe",
            address="PATH",
        ),
        SourceSpec(
            name="hf",
            summary="A data set of the Hugging Face Hub, or of a local folder: hf:cifar10.",
            describe="zoo_images.hugging_face:describe",
            address="NAME",
        ),
    ]
