# Commands from labelled videos to a trained model and its answers. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
GPU ?= $(if $(wildcard $(VENV)/.ready-gpu.lock),1)
LOCK := requirements/$(if $(GPU),gpu,cpu).lock
READY := $(VENV)/.ready-$(notdir $(LOCK))
OUT ?= data/pets
DATA ?= $(OUT)
# The last part of DATA names the run. To make a space divides words, so it is put aside.
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)
RUN ?= runs/$(subst <space>,$(SPACE),$(notdir $(patsubst %.csv,%,$(patsubst %/,%,$(subst $(SPACE),<space>,$(DATA))))))
FINDER ?= $(wildcard runs/finder/finder.keras)
FINDER_RUN ?= runs/finder
PEERS := .venv-bench/.ready
ARGS ?=

.PHONY: help setup demo test lint inventory advise shards verify show overview report duplicates csv coco compare train finder predict serve export \
  bench chaos lock clean preprocess trainer tools tests benchmarks configs console docs data runs

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(READY) ## .venv with everything; GPU=1 for TensorFlow with CUDA

# Uses the first Python from 3.11 to 3.13 that really runs (the wrapper of a version manager may not). The environment
# is made again when its lock file changes, and for the other lock file: TensorFlow for CPU and for GPU overwrite each
# other's files.
$(READY): $(LOCK) pyproject.toml
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then break; else python=; fi; done; \
	if [ -z "$$python" ]; then echo 'make: no Python 3.11 to 3.13 with venv found; install one or name it: make PYTHON=...' >&2; exit 2; fi; \
	rm -rf $(VENV); $$python -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m preprocess.compiled_loops
	@touch $@

# What others would use, for `make bench` alone, about 8 GB: most of it is PyTorch with CUDA. The lock file has all that is
# installed but PyTorch and its CUDA, so nothing is left to pip's resolver, which finds no versions that all peers ask for.
$(PEERS): requirements/peers.lock
	rm -rf .venv-bench; $(BIN)/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check torch==2.14.1 torchvision==0.29.1
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/peers.lock
	@touch $@

test: setup ## sets everything up, runs all tests
	@# Three processes keep two cores busy: a third of the time a test waits for Ray or for a process of its own.
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## style and unused code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

inventory: setup ## what lies in a source, what is missing, what a run would take: SOURCE=DIR
	@test -n "$(SOURCE)" || { echo 'make: name the source: make inventory SOURCE=DIR' >&2; exit 2; }
	$(BIN)/python -m tools.inventory "$(SOURCE)" $(ARGS)

advise: setup ## how long a run and an epoch take here, what limits, which settings: SOURCE=DIR [OUT=DIR]
	@test -n "$(SOURCE)" || { echo 'make: name the source: make advise SOURCE=DIR [OUT=$(OUT)]' >&2; exit 2; }
	$(BIN)/python -m tools.advise "$(SOURCE)" --out "$(OUT)" $(ARGS)

shards: setup ## labels and frames to a dataset: SOURCE=DIR OUT=DIR
	@test -n "$(SOURCE)" || { echo 'make: name the source: make shards SOURCE=DIR [OUT=$(OUT)]' >&2; exit 2; }
	$(BIN)/python -m preprocess --source "$(SOURCE)" --out "$(OUT)" $(ARGS)

verify: setup ## check every byte of a dataset: DATA=DIR
	$(BIN)/python -m tools.verify "$(DATA)" $(ARGS)

show: setup ## a picture of a dataset's crops, by mood: DATA=DIR
	$(BIN)/python -m tools.show "$(DATA)" $(ARGS)

overview: setup ## a page about a dataset: moods, splits, rejections, boxes, samples: DATA=DIR [SOURCE=DIR]
	$(BIN)/python -m tools.dataset_report "$(DATA)" $(if $(SOURCE),--source "$(SOURCE)") $(ARGS)

report: setup ## a page about near-duplicates: what was dropped, and what other settings would keep: DATA=DIR [SOURCE=DIR]
	$(BIN)/python -m tools.dedupe_report "$(DATA)" $(if $(SOURCE),--source "$(SOURCE)") $(ARGS)

duplicates: report

csv: setup ## a dataset's kept rows as train.csv and val.csv (image_path,bbox,labels): DATA=DIR
	$(BIN)/python -m tools.to_csv "$(DATA)" $(ARGS)

coco: setup ## a dataset's whole frames and boxes as COCO JSON, train.json and val.json: DATA=DIR
	$(BIN)/python -m tools.to_coco "$(DATA)" $(ARGS)

compare: setup ## two datasets or two runs side by side, as a page: A=DIR B=DIR
	@test -n "$(A)" -a -n "$(B)" || { echo 'make: name both: make compare A=DIR B=DIR' >&2; exit 2; }
	$(BIN)/python -m tools.compare "$(A)" "$(B)" $(ARGS)

train: setup ## train a model on a dataset or a CSV: DATA=DIR RUN=DIR
	$(BIN)/python -m trainer.train --train "$(DATA)" --out "$(RUN)" $(ARGS)

finder: setup ## train a finder of dogs and cats on a dataset's whole frames: DATA=DIR FINDER_RUN=DIR
	$(BIN)/python -m trainer.train_finder --config configs/finder.yaml --train "$(DATA)" --out "$(FINDER_RUN)" $(ARGS)

predict: setup ## the mood in pictures, folders or videos: IMAGE=FILE RUN=DIR [FINDER=FILE]
	@test -n "$(IMAGE)" || { echo 'make: name the picture: make predict IMAGE=FILE [RUN=$(RUN)]' >&2; exit 2; }
	$(BIN)/python -m trainer.inference --weight_path "$(RUN)" --image "$(IMAGE)" \
	  $(if $(FINDER),--finder "$(FINDER)") $(ARGS)

serve: setup ## a page for photos, clips and the webcam, on this machine alone: RUN=DIR [FINDER=FILE]
	$(BIN)/python -m tools.serve "$(RUN)" $(if $(FINDER),--finder "$(FINDER)") $(ARGS)

export: setup ## a model, with a finder for whole photos, as SavedModel, LiteRT and ONNX: RUN=DIR [FINDER=FILE]
	$(BIN)/python -m trainer.export --weight_path "$(RUN)" --out "$(RUN)-export" \
	  $(if $(FINDER),--finder "$(FINDER)") $(ARGS)

# The picture that the demo asks about lies in a zip, as all of its frames do: Python's zipfile takes that video out.
DEMO_ZIP := data/demo/aihub/*/01.데이터/2.Validation/원천데이터_09/DOG/WALKRUN.zip
DEMO_FRAME := data/demo/video/원천데이터/20210509_dog-walkrun-007297.mp4/frame_14_timestamp_583.jpg

demo: setup ## on a fresh machine: make a sample and shards, check and show them, train, predict a mood
	test -d data/demo/aihub || $(BIN)/python -m tools.make_sample data/demo/aihub --as zips \
	  --videos 240 --frames 5 --height 480
	$(BIN)/python -m preprocess --config configs/demo.yaml
	$(BIN)/python -m tools.verify data/demo/pets
	$(BIN)/python -m tools.show data/demo/pets
	$(BIN)/python -m tools.dataset_report data/demo/pets
	$(BIN)/python -m tools.dedupe_report data/demo/pets
	$(BIN)/python -m trainer.train --config configs/demo_train.yaml
	$(BIN)/python -m zipfile --metadata-encoding cp949 -e $(DEMO_ZIP) data/demo/video
	$(BIN)/python -m trainer.inference --weight_path runs/demo/model.keras --image $(DEMO_FRAME) \
	  --box 196,144,222,216
	@echo 'Look at data/demo/pets.dataset.html, data/demo/pets.dedupe.html and runs/demo/report.html;'
	@echo 'open the page for photos, clips and the webcam with: make serve RUN=runs/demo'
	@echo '(this model has seen drawings only: what it says of a real animal means nothing);'
	@echo 'then: make shards SOURCE=/your/pet/videos OUT=data/pets'

bench: setup ## every job beside its limit and what others would use, benchmarks/RESULTS.md; QUICK=1; ARGS=hashing
	@$(BIN)/python -m benchmarks.side_by_side --dry_run $(if $(QUICK),--quick) $(ARGS)
	@$(MAKE) --no-print-directory $(PEERS)
	$(BIN)/python -m benchmarks.side_by_side $(if $(QUICK),--quick) $(ARGS)

chaos: setup ## try to break it: kills, full disks, damaged bytes, hostile input; hours: ARGS='--minutes 10'
	$(BIN)/python -m chaos $(ARGS)

lock: ## pin the versions again (needs uv)
	for kind in cpu gpu; do \
	  uv pip compile --quiet --universal --python-version 3.11 --no-header --upgrade --extra $$kind --extra dev \
	    pyproject.toml -o requirements/$$kind.lock; done

clean: ## remove the environment and the demo's data
	rm -rf $(VENV) data/demo runs/demo

# Folders: without these make would say that there is nothing to be done.
preprocess: INSTEAD := make shards SOURCE=DIR
trainer: INSTEAD := make train DATA=DIR
tests: INSTEAD := make test
benchmarks: INSTEAD := make bench
data: INSTEAD := make shards SOURCE=DIR OUT=data/NAME
runs: INSTEAD := make train DATA=DIR RUN=runs/NAME
tools configs console docs: INSTEAD := make help
preprocess trainer tools tests benchmarks configs console docs data runs:
	@echo 'make: $@ is a folder; did you mean $(INSTEAD)?' >&2; exit 2
