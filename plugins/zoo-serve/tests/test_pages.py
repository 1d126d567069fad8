"""Pages, the OpenAPI description and metrics."""

import re

import pytest


def test_openapi_describes_every_model_and_its_paths_exist(server):
    described = server.ask("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert {"/predict/numpy-net", "/predict/a/mood.v1", "/v2/models/fuse/infer"} <= set(
        described["paths"]
    )
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            reply = server.ask(path, b"" if method == "post" else None)
            assert str(reply.status) in operation["responses"], path
    references = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert references == set(described["components"]["schemas"])


def test_pages_load_nothing_from_elsewhere(server):
    for path in ("/", "/docs"):
        page = server.ask(path)
        assert "default-src 'self'" in page.headers["content-security-policy"]
        for link in re.findall(r'(?:href|src)="([^"]*)"', page.body.decode()):
            assert link.startswith("/")
            assert server.ask(link).status == 200


@pytest.mark.browser
@pytest.mark.slow
def test_page_predicts_in_browser(server, browser):
    page = browser.new_page()
    problems = []
    page.on("console", lambda each: each.type == "error" and problems.append(each.text))
    page.on("pageerror", lambda exc: problems.append(str(exc)))
    page.goto(f"{server.address}/docs")
    page.wait_for_selector("body[data-ready]")
    page.get_by_label("Model").select_option("fuse")
    page.get_by_label("or text").fill("a,b\n1,2")
    page.get_by_role("button", name="Predict").click()
    page.wait_for_selector("#answer:not([hidden])")
    assert '"row 2"' in page.locator("#answer").inner_text()
    assert page.locator("code", has_text="POST /predict/fuse").count() == 1
    page.close()
    assert not problems


def test_metrics_count_requests_by_model_and_code(server):
    before = server.metric('zoo_requests_total{code="400",model="fuse"}')
    server.ask("/predict/fuse", b"")
    text = server.ask("/metrics").body.decode()
    assert server.metric('zoo_requests_total{code="400",model="fuse"}') == before + 1
    for name in ("zoo_request_seconds_bucket", "zoo_batch_size_bucket", "zoo_queue_length 0.0"):
        assert name in text
    assert "zoo_worker_restarts_total" in text
    assert "zoo_workers_ready" in text
