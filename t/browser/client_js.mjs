/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The suite of t/clients/js in a page: prints an array of its checks.
 */

import { args, main } from './browser.mjs';

const { page: url, settings } = args;

await main(async (browser) => {
    const page = await browser.newPage();

    await page.goto(url);

    return page.evaluate(async (all) => {
        const { run } = await import('/suite/suite.mjs');
        const lib = await import('/client/index.js');
        const checks = [];

        await run(lib, all, (check) => checks.push(check));
        return checks;
    }, settings);
});
