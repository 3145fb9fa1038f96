/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Opens a preview in Chromium, exchanges WebSocket messages through it, and
 * tries to drive the API from its page.
 */

import { args, main } from './browser.mjs';

const { url, api, screenshot } = args;

const result = { failures: [] };

await main(async (browser) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(60000);
    page.on('pageerror', (e) => result.failures.push(String(e)));

    const response = await page.goto(url);
    result.status = response.status();
    result.referrerPolicy = response.headers()['referrer-policy'];
    result.title = await page.textContent('#title');

    await page.waitForFunction(() => window.messages.length >= 1);
    await page.evaluate(() => window.socket.send('from the page'));
    await page.waitForFunction(() => window.messages.length >= 2);

    for (let i = 0; i < 50; i++) {
        await page.evaluate((n) => window.socket.send('n' + n), i);
    }
    await page.waitForFunction(() => window.messages.length >= 52);
    result.messages = await page.evaluate(() => window.messages);

    /* a page of a sandbox is foreign to the API */

    result.api = await page.evaluate(async (base) => {
        const tries = {};
        const ask = async (name, path, options) => {
            try {
                const r = await fetch(base + path, options);
                tries[name] = r.type + ' ' + r.status;
            } catch (e) {
                tries[name] = 'failed';
            }
        };

        await ask('list', '/v1/sandbox', {});
        await ask('exec', '/v1/sandbox/driven/exec', {
            method: 'POST', mode: 'no-cors',
            body: JSON.stringify({ argv: ['true'] }),
        });
        await ask('create', '/v1/sandbox', {
            method: 'POST', mode: 'no-cors',
            body: JSON.stringify({ id: 'driven' }),
        });
        return tries;
    }, api);

    await page.screenshot({ path: screenshot });

    /* server-sent events arrive in the page while the response is open */

    result.event = await page.evaluate(() => new Promise((done) => {
        const source = new EventSource('/sse');
        source.onmessage = (e) => {
            source.close();
            done(e.data);
        };
    }));

    return result;
});
