# SPDX-License-Identifier: Apache-2.0
# The front door. `make demo` and `make test` do all that is needed on a fresh Debian 12.

PREFIX ?= /usr/local
DESTDIR ?=
BENCH_ARGS ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?=
TORTURE_RUNS ?= 1000
TORTURE_MAILS ?= 1000000
TORTURE_RELOADS ?= 1000

.DEFAULT_GOAL := help
.PHONY: help demo test check tsan documents screenshots bench fuzz torture mutants acceptance format format-check tidy install deb test-systemd packages \
	packages-test

help:
	@echo "make demo     build, then watch test mails go round against the embedded mail server"
	@echo "make test     everything that must pass (both compilers, sanitizers, real servers)"
	@echo "make check    unit and session tests only, for every commit"
	@echo "make tsan     the tests that have threads, under ThreadSanitizer (part of make test)"
	@echo "make bench    speed and accuracy beside a minimal C client"
	@echo "make fuzz     every fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS)), starting from its corpus"
	@echo "make mutants  sabotaged copies of the program; each must fail the test named for it"
	@echo "make torture  the fault laboratory: TORTURE_RUNS ($(TORTURE_RUNS)) kills, fault grid, soak, sabotage"
	@echo "make screenshots  pictures of the status page and the terminal, into config/screenshots"
	@echo "make acceptance  every kind of outage with the real Prometheus and Alertmanager: alerts and times"
	@echo "make documents  what is made from the tables of keys: config/README.md, the schema for editors"
	@echo "make format   format the sources;  make format-check, make tidy: what CI checks"
	@echo "make install  install the daemon below PREFIX ($(PREFIX)), honours DESTDIR"
	@echo "make deb      a Debian package in build/"
	@echo "make test-systemd  installs that package in a container that systemd boots, and drives it"

packages:
	@.ci/install-packages build

packages-test:
	@.ci/install-packages build test

# One rule for all presets: configure once, then build the given targets.
build/%/build.ninja: CMakeLists.txt CMakePresets.json
	@cmake --preset $* >build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log

demo: packages
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja $(if $(MAKE_TERMOUT),,--quiet) -C build/release mailprobed mailprobed-loopback
	@tests/demo.py build/release

check: packages-test
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@ninja --quiet -C build/dev unit_tests session_tests
	@cd build/dev && ctest --output-on-failure -j2 -L 'unit|session|lint'

documents: packages
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@ninja --quiet -C build/dev mailprobed-keys
	@config/describe/documents.py build/dev/mailprobed-keys . --write

# clang with ASan and UBSan runs everything; g++ runs what needs no other servers.
test: packages-test
	@$(MAKE) --no-print-directory build/asan/build.ninja build/gcc/build.ninja
	@echo "== clang 19, AddressSanitizer, UndefinedBehaviorSanitizer"
	@ninja --quiet -C build/asan
	@cd build/asan && ctest --output-on-failure -j2
	@$(MAKE) --no-print-directory tsan
	@echo "== g++"
	@ninja --quiet -C build/gcc
	@cd build/gcc && ctest --output-on-failure -j2 -L 'unit|session|fuzz|e2e'

# Only what has threads is built: another whole tree would cost minutes.
tsan: packages-test
	@$(MAKE) --no-print-directory build/tsan/build.ninja
	@echo "== clang 19, ThreadSanitizer"
	@ninja --quiet -C build/tsan mailprobed mailprobed-loopback thread_tests
	@cd build/tsan && ctest --output-on-failure -j2 -L threads

bench: packages-test
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja --quiet -C build/release
	@tests/campaigns/bench/run.py build/release $(BENCH_ARGS)

# Libraries that no fuzz target needs are not instrumented.
fuzz: packages-test
	@$(MAKE) --no-print-directory build/fuzz/build.ninja
	@ninja --quiet -C build/fuzz fuzzers
	@tests/fuzz/run.py build/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

mutants: packages-test
	@tests/campaigns/mutants/run.py

# Two minutes of mail with every verdict, then the pictures.
screenshots: packages-test
	@.ci/install-packages screenshots
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja --quiet -C build/release mailprobed mailprobed-loopback
	@tests/assets/boards/npm_ci.py tests/assets/pages
	@node tests/assets/pages/screenshots.mjs build/release/mailprobed \
		build/release/tests/mailprobed-loopback config/screenshots

# The parts of the fault laboratory, one after the other; each prints its table and fails by itself.
torture: export TORTURE_SUMMARY = $(CURDIR)/build/torture/summary.txt
torture: packages-test
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja --quiet -C build/release mailprobed mailprobed-loopback mailprobed-crash-point \
		mailprobed-soak mailprobed-grid e2e_tests mailprobed-disk-shim mailprobed-clock-shim \
		mailprobed-gateways mailprobed-model mailprobed-readers
	@mkdir -p build/torture && rm -f $(TORTURE_SUMMARY)
	@echo "== kill -9 at random and at every write of the journal"
	@tests/campaigns/torture/kill.py --runs $(TORTURE_RUNS) build/release/mailprobed \
		build/release/tests/mailprobed-loopback \
		build/release/tests/campaigns/torture/mailprobed-crash-point.so build/torture/kill
	@echo "== reloads under load"
	@tests/campaigns/torture/reload.py --reloads $(TORTURE_RELOADS) build/release/mailprobed \
		build/release/tests/mailprobed-loopback build/torture/reload
	@echo "== our mails through gateways, and letters about them"
	@build/release/tests/campaigns/torture/mailprobed-gateways 100000 11
	@echo "== long letters that say the same over and over"
	@build/release/tests/campaigns/torture/mailprobed-readers 0
	@echo "== mailboxes of servers that use ids again, answer out of order and forget"
	@build/release/tests/campaigns/torture/mailprobed-model 100000 11
	@echo "== every kind of fault at every stage"
	@build/release/tests/mailprobed-grid tests/campaigns/grid/smtp.txt tests/campaigns/grid/pop3.txt
	@echo "== alerts in three hundred drawn histories"
	@python3 -B tests/assets/alerts/campaign.py config/prometheus build/torture/alerts 0 300
	@echo "== ten of a hundred probes broken in ten ways"
	@build/release/tests/e2e_tests --gtest_brief=1 --gtest_filter='Crowd*'
	@echo "== daemon, then server stopped for a minute"
	@tests/campaigns/torture/stop.py build/release/mailprobed build/release/tests/mailprobed-loopback 60
	@echo "== a thousand conversations cut by the end of the daemon"
	@STOP_MAILS=1000 tests/e2e/program/life/stop_test.py build/release/mailprobed \
		build/release/tests/mailprobed-loopback \
		build/release/tests/e2e/program/life/libmailprobed-disk-shim.so \
		build/release/tests/e2e/program/weather/libmailprobed-clock-shim.so \
		Stop.test_hundreds_of_mails_in_flight_are_all_recorded_in_time
	@echo "== soak"
	@build/release/tests/mailprobed-soak $(TORTURE_MAILS) 500 300
	@echo "== sabotaged copies"
	@tests/campaigns/mutants/run.py
	@echo "== all parts passed"
	@tests/campaigns/torture/summary.py $(TORTURE_SUMMARY)

# Outages are made and mended; the table says which alert came, when, and what else came.
acceptance: packages-test
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja --quiet -C build/release mailprobed mailprobed-loopback
	@tests/campaigns/acceptance/accept.py build/release/mailprobed \
		build/release/tests/mailprobed-loopback

SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')

format:
	@clang-format-19 -i $(SOURCES)

format-check: packages-test
	@clang-format-19 --dry-run -Werror $(SOURCES) && echo "format: ok"

tidy: packages-test
	@$(MAKE) --no-print-directory build/asan/build.ninja
	@.ci/tidy build/asan

install: packages
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja --quiet -C build/release mailprobed man
	@DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX)

# The date of the last commit makes two packages of one commit alike.
deb: packages
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja --quiet -C build/release mailprobed man
	@rm -f build/mailprobed_*.deb
	@export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || date +%s); \
		cpack --config build/release/CPackConfig.cmake -B build >build/deb.log 2>&1 || \
		{ cat build/deb.log; exit 1; }
	@ls build/mailprobed_*.deb

# The test says which steps it took; where containers cannot boot it is skipped.
test-systemd: packages-test deb
	@ninja --quiet -C build/release mailprobed-loopback mailprobed-clock-shim
	@cd build/release && ctest --verbose -L systemd
