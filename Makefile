# Thin: every target is a script or a CMake preset. `make help` lists them.
prefix ?= /usr/local
MODEL ?= models/mnist-gan.safetensors
SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help setup build check lint demo bench bench-quality fuzz format docs web install clean

help:
	@echo 'make demo     install what is missing, build, run the main job on the shipped model'
	@echo 'make check    install what is missing, build, run every test'
	@echo 'make lint     what clang, clang-tidy and shellcheck say of what changed (ALL=1: of everything)'
	@echo 'make build    the release, at build/release/ganatomy (make setup installs what it needs)'
	@echo 'make bench    measure against PyTorch (installs python3-torch)'
	@echo 'make bench-quality  seconds of training to a good generator, beside PyTorch; goes on where it was stopped'
	@echo 'make fuzz     fuzz every reader for a bounded time (SECONDS_EACH=60; installs clang)'
	@echo 'make docs     renew the pages that are made by the program'
	@echo 'make web      make web/dissect.js anew from web/dissect (installs esbuild and node-typescript)'
	@echo 'make format   clang-format on the lines that git diff shows'
	@echo 'make install  DESTDIR=, prefix=/usr/local'
	@echo 'make clean    remove build/'

setup:
	@tools/setup.sh build data

build:
	@tools/build.sh release -DGA_TESTS=OFF

check:
	@tools/setup.sh build data tests
	@tools/check.sh dev

lint:
	@tools/setup.sh build tests lint
	@tools/lint.sh $(if $(ALL),--all)

demo:
	@tools/setup.sh build data
	@$(MAKE) --no-print-directory build
	@tools/demo.sh

bench:
	@tools/setup.sh build data bench
	@$(MAKE) --no-print-directory build
	@cmake --build --preset release --target bench_worker >build/bench-build.log || { cat build/bench-build.log; exit 1; }
	@/usr/bin/python3 bench/bench.py build/release/bench_worker build/release/ganatomy $(MODEL)

# QUALITY: more options of bench/quality.py, such as QUALITY='--seeds 1'
bench-quality:
	@tools/setup.sh build data bench
	@$(MAKE) --no-print-directory build
	@cmake --build --preset release --target bench_quality >build/bench-build.log || { cat build/bench-build.log; exit 1; }
	@/usr/bin/python3 bench/quality.py build/release/bench_quality build/release/ganatomy $(QUALITY)

fuzz:
	@tools/setup.sh build fuzz
	@tools/fuzz.sh

docs: build
	@build/release/ganatomy --commands >docs/commands.md
	@tools/write_networks.sh build/release/ganatomy docs/networks.md docs/networks/*.md
	@echo 'docs/commands.md, docs/networks.md and the pages of docs/networks are new'

web:
	@tools/setup.sh web
	@tools/web.sh

format:
	@git diff -U0 --no-color HEAD -- '*.c' '*.h' | clang-format-diff -p1 -i

install:
	@tools/build.sh release -DGA_TESTS=OFF -DCMAKE_INSTALL_PREFIX='$(prefix)'
	DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(prefix)'

clean:
	rm -rf build
