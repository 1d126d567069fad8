"""Image files as inputs of models: found, decoded, prepared."""
