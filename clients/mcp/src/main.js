#!/usr/bin/env node

/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The program, which serves until a signal or the end of stdin.
 */

import process from 'node:process';

import { ConfigError, configOf, USAGE, VERSION } from './config.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];


async function main() {
    const config = configOf(process.argv.slice(2), process.env);

    if (config.help || config.version) {
        console.log(config.help ? USAGE.trimEnd() : VERSION);
        return;
    }

    let stop;
    const stopped = new Promise((resolve) => {
        stop = resolve;
    });

    /* by default, the second signal ends it at once */

    for (const signal of SIGNALS) {
        process.once(signal, stop);
    }

    /* what takes a second to load is not needed before */

    const { serve } = await import(config.http ? './http.js' : './stdio.js');
    const end = await serve(config, stop);

    await stopped;
    await end();
    process.exit(0);
}


main().catch((error) => {
    console.error(`ngx-sandbox-mcp: ${error.message}`);
    process.exit(error instanceof ConfigError ? 2 : 1);
});
