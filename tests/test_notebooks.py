"""Notebooks of the documentation: they are stored without outputs, and run from top to bottom."""

import os
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_notebook_is_valid_and_stored_without_outputs(notebook):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert all(cell.source.strip() and not cell.metadata for cell in notebook.cells)


@pytest.mark.slow
@pytest.mark.requires("ipykernel", "zoo-images", "zoo-mnist", "zoo-numpy", "zoo-registry")
def test_notebook_runs_from_top_to_bottom(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Its own commands, `!zoo`, are those of this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    done = nbclient.NotebookClient(notebook, timeout=None).execute()
    results = [output for cell in done.cells for output in cell.get("outputs", ())]
    assert sum(result.output_type == "execute_result" for result in results) >= 2
