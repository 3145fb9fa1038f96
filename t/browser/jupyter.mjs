/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Opens a notebook and runs its cell: the kernel answers by a WebSocket.
 */

import { args, main } from './browser.mjs';

await main(async (browser) => {
    const result = { errors: [] };
    const page = await browser.newPage();
    page.setDefaultTimeout(90000);
    page.on('pageerror', (e) => result.errors.push(String(e)));

    await page.goto(args.url + 'notebooks/first.ipynb');
    await page.locator('#kernel_indicator_icon[title="Kernel Idle"]')
        .waitFor();
    await page.locator('.cell').first().click();
    await page.keyboard.press('Control+Enter');

    const output = page.locator('.output_stdout pre');
    await output.waitFor();
    result.first = (await output.textContent()).trim();

    return result;
});
