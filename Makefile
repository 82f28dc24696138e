# SPDX-License-Identifier: Apache-2.0
# Each target does all of its own set-up. PRESET is one of CMakePresets.json; ONLY picks parts of the bench or of test-vm, or fuzz targets.
PRESET ?= release
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)
CTEST   = ctest --test-dir build/$(PRESET) --output-on-failure --no-tests=error

demo: place dependencies-demo programs ; scripts/demo build/$(PRESET)
test: place dependencies-test build clients
	$(CTEST) -LE crash -j$$((2 * $(JOBS))) # these wait for a third of their time,
	$(CTEST) -L crash -j$$((3 * $(JOBS))) # and these mostly for the kernel
test-asan: place dependencies-test dependencies-fuzz ; scripts/test-sanitized asan
test-tsan: place dependencies-test clients dependencies-fuzz ; $(MAKE) build PRESET=release && scripts/test-sanitized tsan
test-vm: place dependencies-vm build ; scripts/make-package build/$(PRESET) && tests/vm/run --build build/$(PRESET) $(if $(ONLY),--only $(ONLY))
bench: place dependencies-bench build ; tests/bench/run --build build/$(PRESET) --json build/bench.json $(if $(ONLY),--only $(ONLY))
check: dependencies-check ; $(MAKE) configure PRESET=dev && scripts/check build/dev # each file for itself
check-quick: dependencies-check configure ; scripts/check build/$(PRESET) --no-tidy
fuzz: dependencies-fuzz              ; scripts/fuzz build/asan $(ONLY)
install: programs                    ; cmake --install build/$(PRESET) --prefix $(PREFIX)
build: configure                     ; cmake --build build/$(PRESET) -j$(JOBS)
package: dependencies-package programs ; scripts/make-package build/$(PRESET)
programs: configure                  ; cmake --build build/$(PRESET) -j$(JOBS) --target core/all plugins/all tools/all
configure: dependencies-build        ; cmake --preset $(PRESET) --log-level=WARNING
place:                               ; scripts/check-place
clients:                             ; scripts/install-clients build/clients
dependencies-%:                      ; scripts/install-dependencies build $*
clean:                               ; rm -rf build

.NOTPARALLEL:
.PHONY: place clients programs demo test test-asan test-tsan test-vm bench check check-quick fuzz install package build configure clean
