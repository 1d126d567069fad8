from zoo_core.plugin_api import conformance_test

test_conformance = conformance_test("zoo-serve")
