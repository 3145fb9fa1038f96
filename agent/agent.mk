# The agent: one static binary with its symbols in a file beside it, and the
# same sanitized.  Included by the Makefile at the top, and usable alone:
# make -f agent/agent.mk build/agent

BUILD         ?= build
AGENT_VERSION ?= 0.1.0

AGENT_CC      ?= gcc
AGENT_WARN    = -W -Wall -Wextra -Wpointer-arith -Wno-unused-parameter -Werror
AGENT_DEFS    = -std=gnu99 -D_GNU_SOURCE -DLLHTTP_STRICT_MODE=1 \
                -DAGENT_BUILD='"$(AGENT_VERSION)"' \
                -DAGENT_EXECUTORS='"$(AGENT_EXECUTORS)"' \
                -iquote agent -isystem /usr/share/include/llhttp

# the kernels of code contexts, which the agent carries

AGENT_EXECUTORS = $(BUILD)/obj/executors
AGENT_PYTHON    = $(wildcard agent/executors/python/*.py)
AGENT_NODE      = $(filter-out %/boot.js,$(wildcard agent/executors/node/*.js)) \
                  /usr/share/nodejs/acorn/dist/acorn.js
AGENT_BUNDLES   = $(AGENT_EXECUTORS)/python.gz $(AGENT_EXECUTORS)/node.gz \
                  $(AGENT_EXECUTORS)/boot

AGENT_SRCS    = $(sort $(wildcard agent/*/*.c))
AGENT_LLHTTP  = llhttp api http

AGENT_OBJS    = $(patsubst agent/%.c,$(BUILD)/obj/agent/%.o,$(AGENT_SRCS)) \
                $(patsubst %,$(BUILD)/obj/llhttp/%.o,$(AGENT_LLHTTP))

AGENT_CFLAGS  = -Os -g -ffunction-sections -fdata-sections $(AGENT_WARN) \
                $(AGENT_DEFS)
AGENT_SANITIZE = -fsanitize=address,undefined -fno-omit-frame-pointer


$(BUILD)/agent: $(AGENT_OBJS) tools/split-debug
	@mkdir -p $(@D)
	$(AGENT_CC) -static -Wl,--gc-sections -Wl,--build-id -o $@.full \
		$(AGENT_OBJS) -l:libuv_a.a -l:libjansson.a -l:libtre.a \
		-l:libz.a -lpthread
	tools/split-debug $@.full $@
	@rm -f $@.full

$(BUILD)/obj/agent/%.o: agent/%.c agent/agent.mk
	@mkdir -p $(@D)
	$(AGENT_CC) $(AGENT_CFLAGS) -MMD -MP -c -o $@ $<

$(AGENT_EXECUTORS)/python.gz: $(AGENT_PYTHON) tools/bundle
	@mkdir -p $(@D)
	tools/bundle python $(AGENT_PYTHON) | gzip -9n >$@.tmp
	@mv $@.tmp $@

$(AGENT_EXECUTORS)/node.gz: $(AGENT_NODE) tools/bundle
	@mkdir -p $(@D)
	tools/bundle node $(AGENT_NODE) | gzip -9n >$@.tmp
	@mv $@.tmp $@

$(AGENT_EXECUTORS)/boot: agent/executors/node/boot.js
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/obj/agent/context/language.o \
$(BUILD)/asan/obj/agent/context/language.o \
$(BUILD)/dev/obj/agent/context/language.o \
$(BUILD)/fuzz/obj/agent/context/language.o: $(AGENT_BUNDLES)

$(BUILD)/obj/llhttp/%.o: /usr/share/llhttp/%.c agent/agent.mk
	@mkdir -p $(@D)
	$(AGENT_CC) -Os -g -w $(AGENT_DEFS) -c -o $@ $<

-include $(wildcard $(BUILD)/obj/agent/*/*.d)


# the sanitized agents, each in its folder: for the tests, and for "make dev"

define AGENT_SANITIZED
$(BUILD)/$(1)/agent: $(AGENT_OBJS:$(BUILD)/%=$(BUILD)/$(1)/%)
	@mkdir -p $$(@D)
	clang $(AGENT_SANITIZE) -o $$@ $$^ -l:libuv_a.a -l:libjansson.a \
		-l:libtre.a -l:libz.a -lpthread -ldl -lrt

$(BUILD)/$(1)/obj/agent/%.o: agent/%.c agent/agent.mk
	@mkdir -p $$(@D)
	clang $(2) -g $(AGENT_SANITIZE) $(AGENT_WARN) $(AGENT_DEFS) \
		-MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/obj/llhttp/%.o: /usr/share/llhttp/%.c agent/agent.mk
	@mkdir -p $$(@D)
	clang $(2) -g -w $(AGENT_DEFS) -c -o $$@ $$<

-include $$(wildcard $(BUILD)/$(1)/obj/agent/*/*.d)
endef

$(eval $(call AGENT_SANITIZED,asan,-O1))
$(eval $(call AGENT_SANITIZED,dev,-O0))


# what the agent's tests need

agent-tests: $(BUILD)/t/agent_box $(BUILD)/t/websocket_echo

$(BUILD)/t/agent_box: t/lib/agent_box.c t/lib/agent_box_container.c \
		t/lib/agent_box.h
	@mkdir -p $(@D)
	$(AGENT_CC) -O1 -std=gnu99 -D_GNU_SOURCE $(AGENT_WARN) -o $@.tmp \
		$(filter %.c,$^)
	@mv $@.tmp $@

# the agent's WebSockets behind a route that sends back what it receives

AGENT_ECHO    = base/base64 base/buffer base/fault base/file base/log \
                base/memory base/sha1 base/time base/url base/utf8 \
                http/connection http/error http/output http/parser \
                http/request http/response http/router http/websocket \
                http/websocket_frame

$(BUILD)/t/websocket_echo: t/lib/websocket_echo.c \
		$(patsubst %,$(BUILD)/obj/agent/%.o,$(AGENT_ECHO)) \
		$(patsubst %,$(BUILD)/obj/llhttp/%.o,$(AGENT_LLHTTP))
	@mkdir -p $(@D)
	$(AGENT_CC) -O1 $(AGENT_WARN) $(AGENT_DEFS) -o $@.tmp $^ \
		-l:libuv_a.a -l:libjansson.a -lpthread -ldl
	@mv $@.tmp $@

.PHONY: agent-tests

# agents in which one thing does not work, for sandbox-selftest to find

AGENT_BROKEN  = filter trace peer limits signals user
AGENT_WRAP    = agent_filter_install agent_peer_outside agent_signals_block \
                agent_user_resolve prctl setrlimit syscall

agent-broken: $(AGENT_BROKEN:%=$(BUILD)/t/agent_broken-%)

$(BUILD)/t/agent_broken-%: t/lib/agent_broken.c $(AGENT_OBJS)
	@mkdir -p $(@D)
	$(AGENT_CC) -Os $(AGENT_WARN) -DAGENT_BROKEN=$* -static -s \
		-Wl,--gc-sections $(AGENT_WRAP:%=-Wl,--wrap=%) -o $@.tmp $^ \
		-l:libuv_a.a -l:libjansson.a -l:libtre.a -l:libz.a -lpthread
	@mv $@.tmp $@

.PHONY: agent-broken


# fuzzers of the agent's parsers; "fuzzers" of t/unit/unit.mk builds them too

AGENT_FUZZ_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
                -fno-sanitize-recover=all $(AGENT_WARN) $(AGENT_DEFS)
AGENT_FUZZERS = $(patsubst t/fuzz/%.c,$(BUILD)/fuzz/%, \
                $(wildcard t/fuzz/fuzz_agent_*.c))

AGENT_FUZZ_http = base/buffer base/fault base/file base/json_text base/log \
                base/memory base/time base/url base/utf8 http/error http/parser \
                http/request http/response
AGENT_FUZZ_json = base/base64 base/fault base/file base/json base/json_text \
                base/name base/path base/utf8 control/options run/env sys/user
AGENT_FUZZ_session = base/base64 base/buffer session/script
AGENT_FUZZ_path = base/path base/url files/url_path http/range net/listeners \
                net/listeners_diag net/listeners_proc
AGENT_FUZZ_process = base/base64 base/fault base/file base/json base/name \
                base/path base/pattern base/utf8 process/params run/env \
                sys/signal sys/user
AGENT_FUZZ_websocket = base/utf8 http/websocket_frame
AGENT_FUZZ_archive = archive/exclude archive/refuse archive/gunzip archive/tar \
                archive/tar_header archive/tar_pax archive/tar_reader \
                archive/tar_reader_header archive/tar_sparse \
                archive/tar_writer base/buffer base/fault base/utf8
AGENT_FUZZ_git = base/base64 base/fault base/file base/json base/name \
                base/path base/url base/utf8 git/auth git/error git/progress \
                git/url run/env sys/user
AGENT_FUZZ_files = base/base64 base/buffer base/fault base/json_split \
                base/json_text base/utf8 files/decode files/mime
AGENT_FUZZ_transport = base/base64 base/buffer base/fault base/json base/path \
                transport/message transport/sse_reader
AGENT_FUZZ_kernel = base/buffer base/json_ascii base/json_text base/utf8 \
                context/kernel_packet
AGENT_FUZZ_watch = base/base64 base/buffer base/fault base/file base/json \
                base/json_ascii base/json_text base/json_writer base/memory \
                base/name base/path base/random base/temporary base/time \
                base/utf8 files/fault files/glob files/param watch/event \
                watch/fault watch/filter watch/found watch/hold watch/log \
                watch/params watch/queue watch/report watch/tree watch/turn \
                watch/watch
AGENT_FUZZ_search = base/literal base/pattern base/time base/utf8 \
                files/braces files/glob files/ignore files/lines \
                files/lines_buffer
AGENT_FUZZ_log = base/file base/memory base/utf8 run/log run/log_reader \
                sys/identity sys/thread_job sys/user

# all but what touches the machine, of which the fuzzer has its own
AGENT_FUZZ_routes = $(filter-out archive/hydrate archive/persist base/file \
                base/log base/loop base/random exec/programs files/files \
                files/get files/put files/url_path git/target http/server \
                main/main main/signals \
                main/stop run/workspace sys/child sys/peer sys/spawn \
                sys/thread_job, \
                $(patsubst agent/%.c,%,$(AGENT_SRCS)))

.PHONY: fuzzers agent-fuzzers

fuzzers agent-fuzzers: $(AGENT_FUZZERS)

$(BUILD)/fuzz/obj/agent/%.o: agent/%.c agent/agent.mk
	@mkdir -p $(@D)
	clang $(AGENT_FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/obj/llhttp/%.o: /usr/share/llhttp/%.c agent/agent.mk
	@mkdir -p $(@D)
	clang -O1 -g -w -fsanitize=fuzzer-no-link,address $(AGENT_DEFS) \
		-c -o $@ $<

$(BUILD)/fuzz/obj/fuzz_agent_%.o: t/fuzz/fuzz_agent_%.c agent/agent.mk
	@mkdir -p $(@D)
	clang $(AGENT_FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

define AGENT_FUZZ_RULE
$(BUILD)/fuzz/fuzz_agent_$(1): $(BUILD)/fuzz/obj/fuzz_agent_$(1).o \
		$$(patsubst %,$(BUILD)/fuzz/obj/agent/%.o,$$(AGENT_FUZZ_$(1))) \
		$(if $(filter http routes transport,$(1)),$(patsubst %, \
			$(BUILD)/fuzz/obj/llhttp/%.o,$(AGENT_LLHTTP)))
	clang -fsanitize=fuzzer,address,undefined -o $$@ $$^ -ljansson -luv -ltre -lz
endef

$(foreach name,$(patsubst $(BUILD)/fuzz/fuzz_agent_%,%,$(AGENT_FUZZERS)), \
	$(eval $(call AGENT_FUZZ_RULE,$(name))))

-include $(wildcard $(BUILD)/fuzz/obj/*.d $(BUILD)/fuzz/obj/agent/*/*.d)
