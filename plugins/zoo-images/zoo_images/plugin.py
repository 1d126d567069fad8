"""The plugin's specs: the sources `folder`, `files` and `hf`."""

from zoo_core import SourceSpec, hookimpl


@hookimpl
def zoo_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            name="folder",
            summary="A folder of images with one sub-folder per class: folder:photos.",
            describe="zoo_images.folders.folder_source:describe",
            address="PATH",
        ),
        SourceSpec(
            name="files",
            summary="Images listed with their labels in CSV or JSON lines: files:labels.csv.",
            describe="zoo_images.tables.files_source:describe",
            address="FILE",
        ),
        SourceSpec(
            name="hf",
            summary="A data set of the Hugging Face Hub, or of a local folder: hf:cifar10.",
            describe="zoo_images.hub.hugging_face:describe",
            address="NAME",
        ),
    ]
