// Copyright (C) the ngx_sandbox authors

// Starts the kernel from the descriptor that holds its sources. Given to node
// as an argument, so that import() of user code resolves from its directory.

'use strict';

const { readFileSync, closeSync } = require('fs');
const fd = Number(process.env.SANDBOX_SOURCE_FD);
// by name: the descriptor's offset is shared with other kernels
const sources = JSON.parse(readFileSync(`/proc/self/fd/${fd}`, 'utf8'));

closeSync(fd);
delete process.env.SANDBOX_SOURCE_FD;

require('vm').compileFunction(sources.kernel,
    ['require', 'sources', 'importModule'],
    { filename: 'sandbox-kernel.js' })(require, sources, (s) => import(s));
