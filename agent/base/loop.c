
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "base/loop.h"


uv_loop_t  *agent_loop;
