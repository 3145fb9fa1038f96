/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Opens the preview of a dev server, edits a file through the API, and looks
 * whether the page changes by itself.
 */

import { args, main } from './browser.mjs';

const { url, api, id, edit, text } = args;

await main(async (browser) => {
    const result = { errors: [] };
    const page = await browser.newPage();
    page.setDefaultTimeout(90000);
    page.on('pageerror', (e) => result.errors.push(String(e)));

    await page.goto(url);
    await page.locator('#message', { hasText: text || 'first' }).waitFor();
    result.first = await page.textContent('#message');

    if (edit) {
        await page.evaluate(() => { window.mark = 'kept'; });

        /* a client that has not connected yet would miss the change */

        await page.waitForLoadState('networkidle').catch(() => {});

        const response = await fetch(
            `${api}/v1/sandbox/${id}/file${edit.file}`,
            { method: 'PUT', body: edit.text });
        result.edited = response.status;

        await page.locator('#message', { hasText: 'second' }).waitFor();
        result.second = await page.textContent('#message');
        result.mark = await page.evaluate(() => window.mark || '');
    }

    return result;
});
