// Copyright (C) the ngx_sandbox authors

// Starts the kernel from the descriptor that holds its sources. Given to node
// as an argument, so that import() of user code resolves from its directory.
//
// Its declarations are in a block, as they would otherwise be those of cells.
// The kernel runs in a realm of its own, whose built-in objects user code
// cannot reach: it may replace Promise, or delete what arrays can do.

'use strict';

{
    const { readFileSync, closeSync } = require('fs');
    const vm = require('vm');
    const fd = Number(process.env.SANDBOX_SOURCE_FD);
    // by name: the descriptor's offset is shared with other kernels
    const sources = JSON.parse(readFileSync(`/proc/self/fd/${fd}`, 'utf8'));

    closeSync(fd);
    delete process.env.SANDBOX_SOURCE_FD;

    const realm = vm.createContext({});

    vm.compileFunction(sources.kernel,
        ['require', 'sources', 'realm', 'importModule'],
        { filename: 'sandbox-kernel.js', parsingContext: realm })(
            require, sources, realm,
            (name, options) => options ? import(name, options) : import(name));
}
