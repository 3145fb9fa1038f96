/*
 * Copyright (C) the ngx_sandbox authors
 */

/* Chromium as every script here starts it, and the script's arguments. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const args = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const { chromium } = createRequire(args.modules + '/')('playwright-core');

export function launch(more = []) {
    const quic = more.includes('--enable-quic') ? [] : ['--disable-quic'];

    return chromium.launch({
        executablePath: args.chromium,
        headless: true,
        args: ['--headless', '--no-sandbox', '--disable-gpu',
            '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync',
            '--disable-dev-shm-usage', ...quic, ...more],
    });
}

/* runs the work, prints its result as JSON, and ends the browser */

export async function main(work, more) {
    const browser = await launch(more);

    try {
        console.log(JSON.stringify(await work(browser)));
    } finally {
        await browser.close();
    }
}
