/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Opens a preview that asks for a key: with it, without it, again, in another
 * tab, in a private window, in a frame of another site; and tries to get at it
 * from the page of a neighbor.
 */

import { args, main } from './browser.mjs';

const { url, key, neighbor } = args;

const result = {};

const status = async (page, to) => {
    const response = await page.goto(to);
    return response.status();
};

await main(async (browser) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60000);

    result.without = await status(page, url);

    /* the key leaves the address, and the page is there */

    result.opened = await status(page, url + '?a=1&sandbox_key=' + key);
    result.address = page.url();
    result.title = await page.textContent('#title');
    await page.waitForFunction(() => window.messages.length >= 1);
    result.socket = await page.evaluate(() => window.messages[0]);
    result.script = await page.evaluate(() => document.cookie);
    result.fetched = await page.evaluate(async () => {
        const r = await fetch('/echo', { method: 'POST', body: 'x' });
        return r.status;
    });

    result.refreshed = (await page.reload()).status();

    const tab = await context.newPage();
    result.tab = await status(tab, url);

    const other = await browser.newContext();
    result.private = await status(await other.newPage(), url);

    /* a link on another site opens it, as it opened before */

    await tab.goto(neighbor);
    await tab.evaluate((to) => {
        const a = document.createElement('a');
        a.href = to;
        a.textContent = 'open';
        a.id = 'link';
        document.body.append(a);
    }, url);
    await Promise.all([tab.waitForURL(url), tab.click('#link')]);
    result.followed = await tab.textContent('#title');

    /* what the neighbor's page does with the browser's cookies */

    await tab.goto(neighbor);
    result.foreign = await tab.evaluate(async ([to, k]) => {
        const tries = {};
        const ask = async (name, options) => {
            try {
                const r = await fetch(to + 'count', options);
                tries[name] = r.type + ' ' + r.status;
            } catch (e) {
                tries[name] = 'failed';
            }
        };
        const socket = (name, protocols) => new Promise((done) => {
            const ws = new WebSocket(to.replace('http', 'ws') + 'ws',
                protocols);
            ws.onopen = () => ws.send('n');
            ws.onmessage = (e) => {
                tries[name] = e.data + ' ' + ws.protocol;
                ws.close();
                done();
            };
            ws.onerror = () => {
                tries[name] = 'failed';
                done();
            };
        });

        await ask('get', { credentials: 'include' });
        await ask('post', { credentials: 'include', mode: 'no-cors',
            method: 'POST', body: 'x' });
        await socket('socket', []);
        await socket('keyed socket', ['sandbox-key', k]);
        return tries;
    }, [url, key]);

    /* a frame of another site, in a browser that has no cookie yet */

    const fresh = await browser.newContext();
    const outer = await fresh.newPage();
    await outer.goto(neighbor);
    await outer.evaluate((to) => {
        const frame = document.createElement('iframe');
        frame.src = to;
        document.body.append(frame);
    }, url + '?sandbox_key=' + key);
    const inner = await outer.waitForSelector('iframe');
    const frame = await inner.contentFrame();
    await frame.waitForURL(url);
    await frame.waitForFunction(() => window.messages
        && window.messages.length >= 1);
    result.frame = await frame.textContent('#title');
    result.frameSocket = await frame.evaluate(() => window.messages[0]);

    return result;
});
