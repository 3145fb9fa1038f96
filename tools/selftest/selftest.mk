# Copyright (C) the ngx_sandbox authors
#
# sandbox-selftest: a program for the host, which carries the static program
# that it runs in sandboxes.  Included by the Makefile at the top.

SELFTEST =	$(BUILD)/sandbox-selftest
SELFTEST_OBJ =	$(BUILD)/obj/selftest

SELFTEST_CFLAGS = -Os -g -std=gnu99 -D_GNU_SOURCE -W -Wall -Wextra \
		-Wpointer-arith -Wno-unused-parameter -Werror \
		-ffunction-sections -fdata-sections \
		-DSELFTEST_PROBER='"$(SELFTEST_OBJ)/selftest-prober"' \
		-iquote tools/selftest -Iagent_client -Ingx_sandbox_module

SELFTEST_PROBER = $(patsubst tools/%.c,$(BUILD)/obj/%.o, \
		  $(wildcard tools/selftest/prober/*.c))
SELFTEST_HOST =	$(patsubst tools/%.c,$(BUILD)/obj/%.o, \
		  $(wildcard tools/selftest/host/*.c)) \
		$(SELFTEST_OBJ)/ac_json_writer.o \
		$(SELFTEST_OBJ)/sandbox_sysctl.o

$(SELFTEST): $(SELFTEST_HOST)
	@mkdir -p $(@D)
	$(CC) -s -Wl,--gc-sections -Wl,-z,noexecstack -o $@ $^ -lcurl -lcjson

$(SELFTEST_OBJ)/selftest-prober: $(SELFTEST_PROBER)
	$(CC) -static -s -Wl,--gc-sections -o $@ $^

$(SELFTEST_OBJ)/host/sandbox.o: $(SELFTEST_OBJ)/selftest-prober

$(SELFTEST_OBJ)/%.o: tools/selftest/%.c tools/selftest/selftest.mk
	@mkdir -p $(@D)
	$(CC) $(SELFTEST_CFLAGS) -MMD -MP -c -o $@ $<

$(SELFTEST_OBJ)/%.o: agent_client/%.c tools/selftest/selftest.mk
	@mkdir -p $(@D)
	$(CC) $(SELFTEST_CFLAGS) -MMD -MP -c -o $@ $<

$(SELFTEST_OBJ)/%.o: ngx_sandbox_module/lib/%.c tools/selftest/selftest.mk
	@mkdir -p $(@D)
	$(CC) $(SELFTEST_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(SELFTEST_OBJ)/*.d $(SELFTEST_OBJ)/*/*.d)
