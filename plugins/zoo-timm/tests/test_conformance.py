from zoo_core.testing import conformance_test

test_conformance = conformance_test("timm/test_vit")
