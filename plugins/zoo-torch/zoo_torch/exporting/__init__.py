"""Export of modules for other programs: ONNX and torch.export."""
