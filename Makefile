# One word per action; see README.md.
PRESET ?= release
JOBS ?= $(shell nproc)
ARGS ?=

.PHONY: run build test slt fuzz compat bench fmt lint layers clean deps test-deps

deps:
	@tools/install-deps build

test-deps:
	@tools/install-deps test

build: deps
	@cmake --preset $(PRESET) >/dev/null
	@ninja -C build/$(PRESET) -j $(JOBS) weir

run: deps
	@PRESET=release $(MAKE) --no-print-directory build
	@tools/run build/release/weir $(ARGS)

test: test-deps
	@cmake --preset $(PRESET) >/dev/null
	@ninja -C build/$(PRESET) -j $(JOBS)
	@ctest --test-dir build/$(PRESET) --output-on-failure -j $(JOBS)

slt: test-deps
	@cmake --preset $(PRESET) >/dev/null
	@ninja -C build/$(PRESET) -j $(JOBS) slt_runner
	@build/$(PRESET)/slt_runner $(if $(ARGS),$(ARGS),tests/slt)

fuzz: test-deps
	@cmake --preset asan >/dev/null
	@ninja -C build/asan -j $(JOBS) weir_fuzz
	@build/asan/weir_fuzz smoke $(if $(ARGS),$(ARGS),--seconds 60)

# Programs in other languages; each is left out where its tools are missing, and fetches its libraries.
compat: build
	@WEIR_COMPAT_BUILD=build/compat /usr/bin/python3 tests/compat/drivers_test.py build/$(PRESET)/weir

bench: build
	@bench/run $(ARGS)

fmt:
	@git ls-files -z 'src/*.h' 'src/*.cc' 'tests/*.cc' | xargs -0 clang-format-19 -i

lint:
	@tools/lint $(ARGS)

layers:
	@tools/layers

clean:
	@rm -rf build
