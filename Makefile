# Every target sets up .venv by itself; nothing is needed but python3 (with venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One thread is fastest for networks this small, and keeps the same bytes on every run.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: app blues test check models bench lock

app: $(VENV)/ready  ## open the app in a browser
	$(BIN)/streamlit run app.py

blues: $(VENV)/ready  ## write blues.mid and say what was done
	$(BIN)/lstmmusic generate -o blues.mid --force

test: $(VENV)/ready  ## the fast test suite, but for what `check` executes
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --ignore tests/test_docs.py

check: $(VENV)/ready  ## lint, types, import rules, executed docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --doctest-modules lstmmusic benchmarks/tables tests/test_docs.py -q

models: $(VENV)/ready  ## train the shipped models again from datasets/
	$(BIN)/python -m training.build

bench: $(VENV)/ready  ## measure speeds
	$(BIN)/python -m benchmarks

lock:  ## choose newer versions of everything (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--no-annotate --no-header --upgrade -o constraints.txt

$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "lstmmusic needs Python 3.11, 3.12 or 3.13; $(PYTHON) is `$(PYTHON) -V 2>&1`." \
		"Try: make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) lacks venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'
	touch $@
