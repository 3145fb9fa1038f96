
# Copyright (C) the ngx_sandbox authors
#
# Run as root on Debian 12.  Each target does its own set-up.
#
#   make run        serve on 127.0.0.1:8080, with a short tour
#   make stop       end what "make run" started
#   make dev        nginx, module and agent under sanitizers, -O0 -g
#   make check      the tests that need no container engine
#   make test       all tests but the long ones
#   make soak       the long and heavy tests
#   make guest      T="t/exec.t": these tests in a guest with cgroup v2 only
#   make bench      benchmarks, each against its reference; ARGS="--quick"
#                   BASE=CHECKOUT: this checkout against another one
#   make fuzz       each fuzzer for SECONDS=10
#   make selftest   build/sandbox-selftest, which "make install" installs
#   make lint       static analysis, style, and the rooms of the sources
#   make compile_commands.json
#                   how each file is compiled, for editors
#   make image      the base image; NODE=20 or another major version
#   make install    PREFIX=/usr, DESTDIR respected; make uninstall
#   make clean
#
# For run, check, test and soak:
#
#   T="t/exec.t t/files.t"  run these files, and build only what they need
#   SANITIZE=1              use the sanitized build
#   DEV=1                   use the build of "make dev"
#   KEEP=1                  keep the folders of failed tests, and name them
#   TEST_JOBS=1             run one file at a time
#
# For soak:
#
#   ENGINE=KIND             all tests that need an engine, on one of its own:
#                           remapped, rootless (both Docker), or podman
#
# For what compiles the module:
#
#   NGINX=DIR               build nginx from these sources too, and the module
#                           for it; else the module is for Debian's nginx
#   VIEWER=DIR              where npm's swagger-ui-dist is, for the page of the
#                           API's document; "none": no page; else npm brings it

BUILD =		build
SANITIZE =
DEV =
KEEP =
NODE =		20
PREFIX =	/usr
DESTDIR =
SECONDS =	10
BASE =
T =
ENGINE =
VIEWER =
NGINX =

CC =		gcc

SHELL =		/bin/bash

# the folder of what is built for the nginx of NGINX
ifneq ($(NGINX),)
override NGINX := $(abspath $(NGINX))
ON :=		$(shell tools/nginx-version "$(NGINX)")
ifeq ($(ON),)
$(error NGINX is not usable)
endif
endif

MODULE =	$(BUILD)/$(ON:%=%/)ngx_http_sandbox_module.so
AGENT =		$(BUILD)/agent
FAULT =		$(BUILD)/$(ON:%=%/)fault

# the folder of a sanitized build
ifneq ($(DEV),)
SANITIZE =	1
CHECKED =	dev
else
CHECKED =	$(if $(SANITIZE),asan)
endif

# the folder of nginx and the module; without one, nginx is Debian's
KIND =		$(if $(CHECKED),$(ON:%=%-)$(CHECKED),$(ON))

# an nginx that finds NGINX in its environment takes it for inherited sockets
# and does not become a daemon
NGINX_SOURCES =	$(NGINX)
unexport NGINX

export BUILD SANITIZE ON KIND CHECKED KEEP NODE JOBS VIEWER NGINX_SOURCES \
	ENGINE

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

# test files, and the targets that the ones asked for need
all-tests =	$(sort $(wildcard t/*.t t/*/*.t))
short-tests =	$(filter-out t/soak/%,$(all-tests))
free-tests =	$(shell tools/needs --free $(short-tests))
engine-tests =	$(filter-out $(free-tests),$(short-tests))
needs =		$(if $(filter $(1),$(MAKECMDGOALS)), \
		$(addprefix need-,$(shell tools/needs $(2) || echo error)))

TESTS =		$(or $(T),$(short-tests))
CHECKS =	$(or $(T),$(free-tests))
SOAKS =		$(or $(T),$(if $(ENGINE),$(engine-tests), \
		$(filter t/soak/%,$(all-tests))))

DEPS =		build source viewer run test browser disk podman rootless \
		systemd guest asan lint bench

.PHONY: help deps $(DEPS:%=deps-%) module fault nginx agent selftest image \
	engine sanitized dev nginx-asan nginx-dev agent-asan agent-dev \
	compile_commands.json run stop check check-free test soak guest bench \
	fuzz lint install uninstall clean unit fuzzers need-module need-fault \
	need-agent need-unit need-engine need-selftest need-browser need-disk \
	need-podman need-rootless need-systemd need-guest need-error

help:
	@sed -n '/^#   make/,/^$$/s/^# \{0,2\}//p' Makefile

-include agent/agent.mk
-include t/unit/unit.mk
-include tools/selftest/selftest.mk


deps: deps-build deps-run deps-test deps-browser deps-disk deps-podman \
	deps-rootless deps-systemd

$(DEPS:%=deps-%): deps-%:
	@tools/deps $*


module: deps-build $(NGINX:%=deps-source) $(if $(VIEWER),,deps-viewer)
	@echo "module: $(MODULE)"
	@tools/module $(dir $(MODULE))

fault: deps-build $(NGINX:%=nginx)
	@echo "fault: the module for the tests of crashes, in $(FAULT)"
	@tools/module $(FAULT) fault

nginx: module
	$(if $(NGINX),,$(error nginx is built from sources: NGINX=DIR))
	@echo "nginx: of $(NGINX), in $(dir $(MODULE))"
	@tools/module $(dir $(MODULE)) nginx

agent: deps-build
	@echo "agent: $(AGENT)"
	@$(call compile,$(AGENT))

selftest: deps-build
	@echo "selftest: $(SELFTEST)"
	@$(call compile,$(SELFTEST))

image: deps-run engine
	@image/build --latest $(NODE)

engine: deps-run
	@tools/engine start $(BUILD)/run

sanitized: nginx-asan agent-asan

nginx-asan nginx-dev: nginx-%: deps-build deps-asan \
		$(if $(VIEWER),,deps-viewer)
	@echo "nginx: sanitized, with the module, in $(BUILD)/$(ON:%=%-)$*"
	@tools/nginx-asan $(BUILD) $(ON:%=%-)$* $(if $(filter dev,$*),-O0,-O1)

agent-asan agent-dev: agent-%: deps-build deps-asan
	@echo "agent: $(BUILD)/$*/agent"
	@$(call compile,$(BUILD)/$*/agent)

dev: nginx-dev agent-dev
	@tools/compile-commands $(BUILD) dev $(ON:%=%-dev)
	@echo 'dev: compile_commands.json is written; next:'
	@echo '  make check DEV=1 T=t/agent/exec.t     test the agent alone'
	@echo '  make test DEV=1 KEEP=1 T=t/exec.t     test nginx, keep its logs'
	@echo '  make run DEV=1                        serve on 127.0.0.1:8080'

compile_commands.json: module
	@echo "compile_commands.json: of the module and the agent"
	@tools/compile-commands $(BUILD) "" $(ON)


run: deps-build deps-run need-module need-agent image
	@tools/quickstart start $(BUILD)
	@examples/quickstart/tour.sh

stop:
	@tools/quickstart stop $(BUILD)
	@tools/engine stop $(BUILD)/run


# each test declares its needs in a line "# needs:", see tools/needs

check: check-free deps-test $(call needs,check,$(CHECKS))
	@echo "check: $(or $(T),the tests that need no engine)"
	@CHECK=1 tools/test $(BUILD) $(CHECKS)

test: deps-test $(call needs,test,$(TESTS))
	@echo "test: $(or $(T),everything but t/soak)"
	@tools/test $(BUILD) $(TESTS)

soak: deps-test $(addprefix deps-,$(filter podman rootless,$(ENGINE))) \
	$(call needs,soak,$(SOAKS))
	@echo "soak: $(or $(T),$(if $(ENGINE),what needs an engine, \
		the long and heavy tests))$(if $(ENGINE), on: $(ENGINE))"
	@TEST_JOBS=1 tools/test $(BUILD) $(SOAKS)

# its engine and image are copied from this machine's

guest: deps-test deps-guest $(call needs,guest,$(T)) image
	@tools/guest $(BUILD) $(or $(T),$(error make guest T="t/exec.t"))

check-free: with-engine = $(filter-out $(shell tools/needs --free $(CHECKS)), \
		$(CHECKS))
check-free:
	$(if $(strip $(with-engine)), \
		$(error an engine is needed: make test T="$(strip $(with-engine))"))

need-module: module $(if $(CHECKED),$(CHECKED:%=nginx-%),$(ON:%=nginx))

need-fault: fault

need-agent: agent $(CHECKED:%=agent-%)

need-unit: deps-build $(if $(SANITIZE),deps-asan)
	@echo "unit: the programs of t/unit"
	@mkdir -p $(BUILD)
	@$(call compile,unit)

need-engine: deps-run

need-selftest: selftest

need-browser need-disk need-podman need-rootless need-systemd need-guest: \
need-%: deps-%

need-error:
	@false

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

fuzz: deps-build deps-asan
	@echo "fuzz: each fuzzer for $(SECONDS) seconds"
	@$(call compile,fuzzers)
	@tools/fuzz $(BUILD) $(SECONDS)

lint: deps-build deps-test deps-lint module
	@echo "lint: style, shell scripts, static analysis"
	@tools/lint


MODULES_DIR =	$(DESTDIR)$(PREFIX)/lib/nginx/modules
LOAD_DIR =	$(DESTDIR)$(PREFIX)/share/nginx/modules-available
AGENT_DIR =	$(DESTDIR)$(PREFIX)/lib/nginx-sandbox
DEBUG_DIR =	$(DESTDIR)$(PREFIX)/lib/debug
DOC_DIR =	$(DESTDIR)$(PREFIX)/share/doc/nginx-sandbox
CONF_DIR =	$(DESTDIR)/etc/nginx
SBIN_DIR =	$(DESTDIR)$(PREFIX)/sbin
SYSCTL_DIR =	$(DESTDIR)/etc/sysctl.d
SYSCTL =	60-nginx-sandbox.conf
UNIT_DIR =	$(DESTDIR)/lib/systemd/system
UNITS =		nginx-sandbox.service nginx-sandbox-network.service \
		nginx.service.d/sandbox.conf
ROTATE_DIR =	$(DESTDIR)/etc/logrotate.d
NETWORK =	$(PREFIX)/sbin/nginx-sandbox-network

DOCS =		$(wildcard README.md LICENSE CHANGES SECURITY.md docs/*.md)

install: module agent selftest
	@echo "install: module, agent and documentation below $(DESTDIR)$(PREFIX)"
	@install -d $(MODULES_DIR) $(LOAD_DIR) $(AGENT_DIR)/network $(DOC_DIR) \
		$(CONF_DIR)/modules-enabled $(SBIN_DIR) $(SYSCTL_DIR) \
		$(ROTATE_DIR) $(sort $(dir $(addprefix $(UNIT_DIR)/,$(UNITS))))
	@tools/install-debug install $(DEBUG_DIR) $(MODULE) \
		$(MODULES_DIR)/ngx_http_sandbox_module.so
	@tools/install-debug install $(DEBUG_DIR) $(AGENT) $(AGENT_DIR)/agent
	@install -m 644 $(MODULE) $(MODULES_DIR)/
	@install -m 755 $(AGENT) $(AGENT_DIR)/agent
	@printf 'load_module %s/ngx_http_sandbox_module.so;\n' \
		$(PREFIX)/lib/nginx/modules >$(LOAD_DIR)/mod-http-sandbox.conf
	@ln -sf $(PREFIX)/share/nginx/modules-available/mod-http-sandbox.conf \
		$(CONF_DIR)/modules-enabled/50-mod-http-sandbox.conf
	@install -m 644 conf/sandbox_proxy.conf $(CONF_DIR)/
	@install -m 644 conf/sysctl.conf $(SYSCTL_DIR)/$(SYSCTL)
	@install -m 644 $(DOCS) conf/nginx.conf.example $(DOC_DIR)/
	@install -m 755 $(SELFTEST) $(SBIN_DIR)/
	@install -m 755 tools/sandbox-network $(AGENT_DIR)/
	@install -m 644 tools/network/*.sh $(AGENT_DIR)/network/
	@ln -sf ../lib/nginx-sandbox/sandbox-network $(DESTDIR)$(NETWORK)
	@for unit in $(UNITS); do \
		sed -e 's|@COMMAND@|$(NETWORK)|' \
			-e 's|@DOC@|$(PREFIX)/share/doc/nginx-sandbox|' \
			conf/$$unit >$(UNIT_DIR)/$$unit || exit; \
	done
	@install -m 644 conf/logrotate.conf $(ROTATE_DIR)/nginx-sandbox
	@tools/install-user "$(DESTDIR)"
	@tools/install-sysctl "$(DESTDIR)" conf/sysctl.conf
	@tools/install-network install "$(DESTDIR)" $(NETWORK)

# what others put there, nginx's own directories too, the user and the
# sandboxes' state stay
uninstall:
	@echo "uninstall: what \"make install\" put below $(DESTDIR)$(PREFIX)"
	@tools/install-network remove "$(DESTDIR)" $(NETWORK)
	@tools/install-debug remove $(DEBUG_DIR) $(AGENT_DIR)/agent
	@tools/install-debug remove $(DEBUG_DIR) \
		$(MODULES_DIR)/ngx_http_sandbox_module.so
	@rm -f $(MODULES_DIR)/ngx_http_sandbox_module.so $(AGENT_DIR)/agent \
		$(DESTDIR)$(NETWORK) $(SBIN_DIR)/$(notdir $(SELFTEST)) \
		$(addprefix $(UNIT_DIR)/,$(UNITS)) \
		$(ROTATE_DIR)/nginx-sandbox \
		$(AGENT_DIR)/sandbox-network \
		$(addprefix $(AGENT_DIR)/network/, \
			$(notdir $(wildcard tools/network/*.sh))) \
		$(LOAD_DIR)/mod-http-sandbox.conf \
		$(CONF_DIR)/modules-enabled/50-mod-http-sandbox.conf \
		$(CONF_DIR)/sandbox_proxy.conf $(SYSCTL_DIR)/$(SYSCTL) \
		$(addprefix $(DOC_DIR)/,$(notdir $(DOCS)) nginx.conf.example)
	@rmdir --ignore-fail-on-non-empty $(AGENT_DIR)/network $(AGENT_DIR) \
		$(DOC_DIR) $(UNIT_DIR)/nginx.service.d 2>/dev/null \
		|| true

clean: stop
	@echo "clean: removing $(BUILD)"
	@rm -rf $(BUILD)
