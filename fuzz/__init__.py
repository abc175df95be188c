"""Fuzz targets, each with a corpus: `make fuzz` looks for new inputs, `tests/fuzz` runs those that are known."""
