# Every target works from a bare clone with Python 3.11 and make; nothing is installed outside .venv.
PYTHON ?= python3
BIN := .venv/bin
PART ?= all

.PHONY: nightly server test check soak bench clean

nightly: .venv/ready
	@$(BIN)/cdiscflow simulate rd1302 --subjects 24 --seed 1 --dirt all --if-none
	@$(BIN)/python -m flows

server: .venv/ready
	@exec $(BIN)/python -m flows.team

test: .venv/ready
	@$(BIN)/python -m pytest -n auto --dist loadfile

check: .venv/ready
	@$(BIN)/ruff format --check src flows tests bench validation
	@$(BIN)/ruff check src flows tests bench validation
	@$(BIN)/cdiscflow check
	@$(BIN)/python -m pytest -n auto --dist loadfile tests/rules tests/clinical tests/test_layers.py tests/test_docs.py

soak: .venv/ready
	@$(BIN)/python -m tests.soak $(PART)

bench: .venv/ready
	@$(BIN)/python -m bench

# uv fills the environment in seconds where pip needs minutes; it is itself a package from the registry
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

clean:
	@test ! -d outputs || chmod -R u+w outputs
	@find outputs -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} + 2>/dev/null || true
	@rm -rf .venv .prefect .cache build dist src/*.egg-info
