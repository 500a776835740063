# Measurements; see docs/speed.md. The corpora are made in .bench/ on first use.

PYTHON ?= .venv/bin/python

.PHONY: bench bench-quick
bench:
	$(PYTHON) -m benchmarks full
bench-quick:
	$(PYTHON) -m benchmarks quick
