"""The command `zoo demo`."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

import click

from zoo_core.plugin_api import (
    FoundWeights,
    ZooCommand,
    deferred_signals,
    installed_catalog,
    options,
    print_lines,
    web_server,
)
from zoo_demo.request_limits import is_loopback
from zoo_demo.server import make_server


@click.command(
    cls=ZooCommand,
    examples={
        "The default weights of every model": "zoo demo --open",
        "Two models, on any free port": "zoo demo cnn mlp --port 0",
        "A run of yours": "zoo demo runs/mlp-1",
        "A page for any web server": "zoo demo cnn --static page",
    },
)
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=options.complete_weights)
@click.option("--all", "every", is_flag=True, help="Serve every published tag.")
@web_server.host_option
@web_server.port_option
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--static",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write a page that predicts in the browser, instead of serving one.",
)
@options.device
@options.registry
def demo(  # noqa: PLR0917 (click passes every argument by name)
    names: tuple[str, ...],
    every: bool,
    host: str,
    port: int,
    opened: bool,
    folder: Path | None,
    device: str,
    registry: str | None,
) -> None:
    """Draw digits on a local page and compare the predictions of every model, stroke by stroke.

    The page has a mode per kind of image: one digit, two digits, a number of any length, or the
    images of another data set. It shows classes, labels, strings and masks, boxes around what was
    found, and how sure each model is. A prediction that a model refuses is shown on request.

    NAME is the name of published weights, a run's folder or a .safetensors file. Without a NAME,
    the page shows the default tag of each published model. Stop the server with Ctrl-C.

    --static writes a folder for any web server: the page runs the published ONNX programs of
    models of single digits in the browser, and needs neither zoo nor a network.
    """
    if every and names:
        raise click.UsageError("use either NAME or --all")
    if folder is not None:
        _check_static_options(click.get_current_context())
        _write_static(folder, names, every=every, registry=registry)
        return
    from zoo_demo.app import make_app
    from zoo_demo.model_selection import choose, load_all
    from zoo_demo.models import in_order

    # Before the models are loaded, which takes seconds: a port in use is reported at once.
    with web_server.listen(host, port) as bound:
        catalog = installed_catalog()
        chosen = choose(catalog, names, every=every, registry=registry)
        models = load_all(catalog, chosen, registry=registry, device=device)
        url = web_server.address_of(host, bound)

        def ready() -> None:
            count = f"{len(models)} model{'s' if len(models) > 1 else ''}"
            print_lines(f"{url} shows {count}. Stop it with Ctrl-C.")
            if opened:
                # In a thread, because a browser in the terminal returns only when the user quits.
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

        if not is_loopback(host):
            print_lines(
                f"zoo: warning: with --host {host}, every machine that reaches this one can use "
                "the page without a password.",
                err=True,
            )
        app = make_app(catalog, models if names else in_order(models), host=host, ready=ready)
        # uvicorn stops at a signal and then raises it once more for the previous handler, which
        # would end with a traceback (SIGINT) or without exit code 0 (SIGTERM).
        with deferred_signals():
            make_server(app).run(sockets=[bound])


def _check_static_options(context: click.Context) -> None:
    """Raise a usage error for an option of the server, which `--static` does not start."""
    for name, option in (("host", "--host"), ("port", "--port"), ("opened", "--open")):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"use either --static or {option}")


def _write_static(
    folder: Path, names: tuple[str, ...], *, every: bool, registry: str | None
) -> None:
    from zoo_demo.model_selection import choose
    from zoo_demo.static_page.folder import write_folder
    from zoo_demo.static_page.models import find_static_models

    catalog = installed_catalog()
    chosen: list[str | FoundWeights] = choose(catalog, names, every=every, registry=registry)
    models = find_static_models(catalog, chosen, registry=registry)
    written = write_folder(folder, catalog, models)
    print_lines(
        f"{folder}: {', '.join(model.served.id for model in models)}; {written.files} files, "
        f"{written.bytes / 1e6:.1f} MB",
        f"Serve it with any web server, for example: python -m http.server --directory {folder}",
    )
