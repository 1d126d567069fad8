"""Specs of the plugin: the runtime `onnx` and the command `zoo quantize`."""

from zoo_core import CommandSpec, RuntimeSpec, hookimpl


@hookimpl
def zoo_runtimes() -> list[RuntimeSpec]:
    return [
        RuntimeSpec(
            name="onnx",
            summary="ONNX Runtime on the CPU, which starts sooner than a framework.",
            open="zoo_onnx.predictor:open_program",
            framework="onnxruntime",
            format="onnx",
            write="zoo_onnx.program:write_program",
            requires=("onnx",),
            suffix=".onnx",
        )
    ]


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="quantize",
            command="zoo_onnx.quantization.command:quantize",
            summary="Convert published weights to 8-bit integers: smaller and faster.",
            group="share",
        )
    ]
