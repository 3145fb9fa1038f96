/*
 * Copyright (C) the ngx_sandbox authors
 */

/* Sends the form of a page, and waits for the page that has its text. */

import { args, main } from './browser.mjs';

const { url, text } = args;

await main(async (browser) => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(90000);
    const page = await context.newPage();

    await page.goto(url);
    await page.waitForLoadState('networkidle').catch(() => {});
    await page.fill('input[name=text]', text);

    const [answer] = await Promise.all([
        page.waitForResponse((r) => r.request().method() === 'POST'),
        page.click('#send'),
    ]);
    const result = { status: answer.status() };

    if (result.status < 400) {
        await page.locator('#message', { hasText: text }).waitFor();
        result.message = await page.textContent('#message');
    }

    return result;
});
