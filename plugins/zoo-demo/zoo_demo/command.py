"""`zoo demo`."""

from __future__ import annotations

import threading
import webbrowser

import click

from zoo_core.plugin_api import deferred_signals, installed_catalog, options
from zoo_demo.request_limits import is_loopback
from zoo_demo.server import address_of, listen, serve_until


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=options.complete_weights)
@click.option("--all", "every", is_flag=True, help="Every published tag, not only the defaults.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 for any that is free.",
)
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@options.device
@options.registry
def demo(  # noqa: PLR0917 (click passes every argument by name)
    names: tuple[str, ...],
    every: bool,
    host: str,
    port: int,
    opened: bool,
    device: str,
    registry: str | None,
) -> None:
    """Draw a digit and see what every model reads in it, stroke by stroke, on a local page.

    NAME is the name of published weights, a run's folder or a .safetensors file; without any, each
    published model is shown by its default tag. Ctrl-C ends it.
    """
    if every and names:
        raise click.UsageError("name weights, or --all")
    from zoo_demo.app import make_app
    from zoo_demo.model_selection import choose, load_all
    from zoo_demo.models import in_order

    with listen(host, port) as bound:
        catalog = installed_catalog()
        chosen = choose(catalog, names, every=every, registry=registry)
        models = load_all(catalog, chosen, registry=registry, device=device)
        url = address_of(host, bound)

        def ready() -> None:
            click.echo(f"{url} shows {_count(len(models))}. Ctrl-C ends it.")
            if opened:
                # Apart, since a browser in the terminal ends only with its user's patience.
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

        if not is_loopback(host):
            click.echo(
                f"zoo: --host {host} lets every machine that reaches this one use the page; "
                "nobody is asked for a password.",
                err=True,
            )
        app = make_app(catalog, models if names else in_order(models), host=host)
        with deferred_signals() as stop:
            serve_until(stop, app, bound, ready)


def _count(models: int) -> str:
    return f"{models} models" if models > 1 else "1 model"
