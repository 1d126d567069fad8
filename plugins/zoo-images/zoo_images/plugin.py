"""The plugin's specs: the sources `folder` and `hf`."""

from zoo_core import SourceSpec, hookimpl


@hookimpl
def zoo_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            name="folder",
            summary="A folder of images with a class a sub-folder: folder:photos.",
            describe="zoo_images.folder_source:describe",
            address="PATH",
        ),
        SourceSpec(
            name="hf",
            summary="What the library of Hugging Face loads, from its Hub or a folder: hf:cifar10.",
            describe="zoo_images.hugging_face:describe",
            address="NAME",
        ),
    ]
