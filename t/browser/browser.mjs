/*
 * Copyright (C) the ngx_sandbox authors
 */

/* Chromium as every script here starts it, and the script's arguments. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const args = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const { chromium } = createRequire(args.modules + '/')('playwright-core');

export function launch(more) {
    return chromium.launch({
        executablePath: args.chromium,
        headless: true,
        args: ['--headless', '--no-sandbox', '--disable-gpu',
            '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update',
            '--disable-sync', '--disable-dev-shm-usage', ...(more || [])],
    });
}

/* runs the work, prints its result as JSON, and ends the browser */

export async function main(work) {
    const browser = await launch();

    try {
        console.log(JSON.stringify(await work(browser)));
    } finally {
        await browser.close();
    }
}
