
# Copyright (C) the ngx_sandbox authors
#
# Unit tests and fuzzers: each t/unit/test_*.c and each t/fuzz/fuzz_*.c is a
# program.  Included by the Makefile, whose BUILD, CC and SANITIZE it uses.
#
#   unit      every test; with SANITIZE=1 the sanitized ones too
#   fuzzers   every fuzzer

BUILD ?=	build

UNIT_DIR =	$(BUILD)$(if $(SANITIZE),/asan)/unit
FUZZ_DIR =	$(BUILD)/fuzz

UNIT_CC =	$(if $(SANITIZE),clang,gcc)
UNIT_SAN =	-fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer

UNIT_CFLAGS =	-O2 -g -std=gnu99 -W -Wall -Wextra -Wpointer-arith \
		-Wno-unused-parameter -Werror -Iagent_client \
		-Ingx_sandbox_module -It/unit

UNIT_LIBS =	-lcurl -lcares -lcjson -lcmocka

UNIT_AC =	$(patsubst agent_client/%.c,%, \
		  $(wildcard agent_client/*.c agent_client/*/*.c))
UNIT_SANDBOX =	$(patsubst ngx_sandbox_module/lib/%.c,%, \
		  $(wildcard ngx_sandbox_module/lib/*.c))
UNIT_HELPERS =	poll_loop ac_test

UNIT_TESTS =	$(patsubst t/unit/%.c,%,$(wildcard t/unit/test_*.c))

UNIT_HEADERS =	$(wildcard agent_client/*.h agent_client/*/*.h \
		  ngx_sandbox_module/lib/*.h t/unit/*.h)

UNIT_OF_AC =	$(filter test_ac_%,$(UNIT_TESTS))
UNIT_OF_AGENT =	$(filter test_agent_%,$(UNIT_TESTS))
UNIT_OF_SANDBOX = $(filter-out test_ac_% test_agent_%,$(UNIT_TESTS))

UNIT_AC_OBJS =	$(patsubst %,$(UNIT_DIR)/obj/%.o,$(UNIT_AC) $(UNIT_HELPERS))
UNIT_SANDBOX_OBJS = $(patsubst %,$(UNIT_DIR)/obj/%.o,$(UNIT_SANDBOX))

# these need agent_client or sandbox_*.c and nothing else
FUZZERS =	$(patsubst t/fuzz/%.c,%, \
		  $(wildcard t/fuzz/fuzz_ac_*.c t/fuzz/fuzz_sandbox_*.c))


.PHONY: unit fuzzers

unit: $(addprefix $(UNIT_DIR)/,$(UNIT_TESTS)) $(UNIT_DIR)/prog_wait

fuzzers: $(addprefix $(FUZZ_DIR)/,$(FUZZERS))


$(UNIT_DIR)/obj/%.o: agent_client/%.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_CFLAGS) $(if $(SANITIZE),$(UNIT_SAN)) -c $< -o $@

$(UNIT_DIR)/obj/%.o: ngx_sandbox_module/lib/%.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_CFLAGS) $(if $(SANITIZE),$(UNIT_SAN)) -c $< -o $@

$(UNIT_DIR)/obj/%.o: t/unit/%.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_CFLAGS) $(if $(SANITIZE),$(UNIT_SAN)) -c $< -o $@

$(addprefix $(UNIT_DIR)/,$(UNIT_OF_AC)): \
$(UNIT_DIR)/%: $(UNIT_DIR)/obj/%.o $(UNIT_AC_OBJS)
	$(UNIT_CC) $(if $(SANITIZE),$(UNIT_SAN)) $^ $(UNIT_LIBS) -o $@

$(addprefix $(UNIT_DIR)/,$(UNIT_OF_SANDBOX)): \
$(UNIT_DIR)/%: $(UNIT_DIR)/obj/%.o $(UNIT_SANDBOX_OBJS)
	$(UNIT_CC) $(if $(SANITIZE),$(UNIT_SAN)) $^ -lcjson -lcmocka -o $@

# one concept of the agent, and nothing else of it
$(UNIT_DIR)/test_agent_listeners: agent/net/listeners.c \
		agent/net/listeners_diag.c agent/net/listeners_proc.c
$(UNIT_DIR)/test_agent_cgroup: agent/sys/cgroup.c
$(UNIT_DIR)/test_agent_filter: agent/sys/filter.c
$(UNIT_DIR)/test_agent_pattern: agent/base/literal.c agent/base/pattern.c
$(UNIT_DIR)/test_agent_websocket: agent/base/sha1.c agent/base/utf8.c \
		agent/http/websocket_frame.c

$(addprefix $(UNIT_DIR)/,$(UNIT_OF_AGENT)): \
$(UNIT_DIR)/%: t/unit/%.c $(wildcard agent/*/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_CFLAGS) -D_GNU_SOURCE -iquote agent \
		$(if $(SANITIZE),$(UNIT_SAN)) $(filter %.c,$^) -lcmocka -ltre -o $@

# runs inside of a container without a library
$(UNIT_DIR)/prog_%: t/unit/prog_%.c
	@mkdir -p $(@D)
	gcc $(UNIT_CFLAGS) -static $< -o $@

.SECONDARY: $(patsubst %,$(UNIT_DIR)/obj/%.o,$(UNIT_TESTS))


FUZZ_FLAGS =	-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all

$(FUZZ_DIR)/fuzz_ac_%: t/fuzz/fuzz_ac_%.c agent_client/ac_error.c \
		agent_client/ac_json.c \
		agent_client/agent/ac_agent_recv.c \
		agent_client/docker/ac_docker_json.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	clang $(UNIT_CFLAGS) $(FUZZ_FLAGS) $(filter %.c,$^) -lcjson -o $@

$(FUZZ_DIR)/fuzz_sandbox_%: t/fuzz/fuzz_sandbox_%.c \
		$(wildcard ngx_sandbox_module/lib/*.c) $(UNIT_HEADERS)
	@mkdir -p $(@D)
	clang $(UNIT_CFLAGS) $(FUZZ_FLAGS) $(filter %.c,$^) -lcjson -o $@
