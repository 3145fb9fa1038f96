
# Copyright (C) the ngx_sandbox authors
#
# Run as root on Debian 12.  Each target does its own set-up.
#
#   make run        serve on 127.0.0.1:8080, with a short tour
#   make stop       end what "make run" started
#   make test       all tests but the long ones; SANITIZE=1: under sanitizers
#   make soak       the long and heavy tests
#   make bench      benchmarks, each against its reference; ARGS="--quick"
#                   BASE=CHECKOUT: this checkout against another one
#   make fuzz       each fuzzer for SECONDS=10
#   make lint       static analysis and style
#   make image      the base image; NODE=20 or another major version
#   make install    PREFIX=/usr, DESTDIR respected; make uninstall
#   make clean
#
# T="t/exec.t t/files.t" limits "make test" to these files; TEST_JOBS=1 runs one
# file at a time.

BUILD =		build
SANITIZE =
NODE =		20
PREFIX =	/usr
DESTDIR =
SECONDS =	10
BASE =
T =

CC =		gcc

SHELL =		/bin/bash

MODULE =	$(BUILD)/ngx_http_sandbox_module.so
AGENT =		$(BUILD)/agent
ASAN =		$(BUILD)/asan
FAULT =		$(BUILD)/fault

export BUILD SANITIZE NODE JOBS

# a target's set-up is a row of steps; what compiles runs inside of one
ifeq ($(MAKELEVEL),0)
.NOTPARALLEL:
endif

JOBS =		2

# compiles quietly; what was said is shown when it fails
compile =	mkdir -p $(BUILD) \
		&& { $(MAKE) -s --no-print-directory -j $(JOBS) $(1) \
			>$(BUILD)/compile.log 2>&1 \
		|| { cat $(BUILD)/compile.log >&2; false; }; }

.PHONY: help deps-build deps-run deps-test deps-asan deps-lint deps-bench \
	deps module fault agent image engine sanitized run stop test soak \
	bench fuzz lint install uninstall clean unit fuzzers

help:
	@sed -n '/^#   make/s/^#  //p' Makefile

-include agent/agent.mk
-include t/unit/unit.mk


deps: deps-build deps-run deps-test

deps-build deps-run deps-test deps-asan deps-lint deps-bench: deps-%:
	@tools/deps $*


module: deps-build
	@echo "module: $(MODULE)"
	@tools/module $(BUILD)

fault: deps-build
	@echo "fault: the module for the tests of crashes, in $(FAULT)"
	@tools/module $(FAULT) fault

agent: deps-build
	@echo "agent: $(AGENT)"
	@$(call compile,$(AGENT))

image: deps-run engine
	@image/build --latest $(NODE)

engine: deps-run
	@tools/engine start $(BUILD)/run

sanitized: deps-build deps-asan
	@echo "sanitized: nginx, module and agent in $(ASAN)"
	@tools/nginx-asan $(ASAN)
	@$(call compile,$(ASAN)/agent)


run: deps-build deps-run module agent image
	@tools/quickstart start $(BUILD)
	@examples/quickstart/tour.sh

stop:
	@tools/quickstart stop $(BUILD)
	@tools/engine stop $(BUILD)/run


test: deps module fault agent $(if $(SANITIZE),sanitized) deps-test
	@echo "test: the unit tests are built"
	@$(call compile,unit)
	@echo "test: $(if $(T),$(T),everything but t/soak)"
	@tools/test $(BUILD) $(T)

soak: deps module fault agent
	@echo "soak: the long and heavy tests"
	@TEST_JOBS=1 tools/test $(BUILD) $(or $(T),$(wildcard t/soak/*.t))

bench: deps-build deps-run deps-bench module agent image
ifeq ($(BASE),)
	@echo "bench: each figure against its reference in the same run"
	@bench/run $(ARGS)
else
	@echo "bench: building $(BASE)"
	@$(MAKE) -s --no-print-directory -C $(BASE) BUILD=build module agent
	@echo "bench: $(BASE) against this checkout, in alternating rounds"
	@rc=0; bench/compare $(ARGS) $(BASE) $(BUILD) || rc=1; \
	bench/instructions $(BASE) $(BUILD) || rc=1; exit $$rc
endif

fuzz: deps-build deps-test deps-asan
	@echo "fuzz: each fuzzer for $(SECONDS) seconds"
	@$(call compile,fuzzers)
	@tools/fuzz $(BUILD) $(SECONDS)

lint: deps-build deps-test deps-lint module
	@echo "lint: style, shell scripts, static analysis"
	@tools/lint


MODULES_DIR =	$(DESTDIR)$(PREFIX)/lib/nginx/modules
LOAD_DIR =	$(DESTDIR)$(PREFIX)/share/nginx/modules-available
AGENT_DIR =	$(DESTDIR)$(PREFIX)/lib/nginx-sandbox
DOC_DIR =	$(DESTDIR)$(PREFIX)/share/doc/nginx-sandbox
CONF_DIR =	$(DESTDIR)/etc/nginx
SBIN_DIR =	$(DESTDIR)$(PREFIX)/sbin
UNIT_DIR =	$(DESTDIR)/lib/systemd/system
UNIT =		nginx-sandbox-network.service
NETWORK =	$(PREFIX)/sbin/nginx-sandbox-network

DOCS =		$(wildcard README.md LICENSE CHANGES SECURITY.md docs/*.md)

install: module agent
	@echo "install: module, agent and documentation below $(DESTDIR)$(PREFIX)"
	@install -d $(MODULES_DIR) $(LOAD_DIR) $(AGENT_DIR)/network $(DOC_DIR) \
		$(CONF_DIR)/modules-enabled $(SBIN_DIR) $(UNIT_DIR)
	@install -m 644 $(MODULE) $(MODULES_DIR)/
	@install -m 755 $(AGENT) $(AGENT_DIR)/agent
	@printf 'load_module %s/ngx_http_sandbox_module.so;\n' \
		$(PREFIX)/lib/nginx/modules >$(LOAD_DIR)/mod-http-sandbox.conf
	@ln -sf $(PREFIX)/share/nginx/modules-available/mod-http-sandbox.conf \
		$(CONF_DIR)/modules-enabled/50-mod-http-sandbox.conf
	@install -m 644 conf/sandbox_proxy.conf $(CONF_DIR)/
	@install -m 644 $(DOCS) conf/nginx.conf.example $(DOC_DIR)/
	@install -m 755 tools/sandbox-network $(AGENT_DIR)/
	@install -m 644 tools/network/*.sh $(AGENT_DIR)/network/
	@ln -sf ../lib/nginx-sandbox/sandbox-network $(DESTDIR)$(NETWORK)
	@sed -e 's|@COMMAND@|$(NETWORK)|' \
		-e 's|@DOC@|$(PREFIX)/share/doc/nginx-sandbox|' \
		conf/$(UNIT) >$(UNIT_DIR)/$(UNIT)
	@tools/install-user "$(DESTDIR)"
	@tools/install-network install "$(DESTDIR)" $(NETWORK)

# what others put there, nginx's own directories too, the user and the
# sandboxes' state stay
uninstall:
	@echo "uninstall: what \"make install\" put below $(DESTDIR)$(PREFIX)"
	@tools/install-network remove "$(DESTDIR)" $(NETWORK)
	@rm -f $(MODULES_DIR)/ngx_http_sandbox_module.so $(AGENT_DIR)/agent \
		$(DESTDIR)$(NETWORK) $(UNIT_DIR)/$(UNIT) \
		$(AGENT_DIR)/sandbox-network \
		$(addprefix $(AGENT_DIR)/network/, \
			$(notdir $(wildcard tools/network/*.sh))) \
		$(LOAD_DIR)/mod-http-sandbox.conf \
		$(CONF_DIR)/modules-enabled/50-mod-http-sandbox.conf \
		$(CONF_DIR)/sandbox_proxy.conf \
		$(addprefix $(DOC_DIR)/,$(notdir $(DOCS)) nginx.conf.example)
	@rmdir --ignore-fail-on-non-empty $(AGENT_DIR)/network $(AGENT_DIR) \
		$(DOC_DIR) 2>/dev/null \
		|| true

clean: stop
	@echo "clean: removing $(BUILD)"
	@rm -rf $(BUILD)
