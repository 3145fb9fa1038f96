/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * A real Vite app behind a preview: hot reload of a file that is edited
 * through the API, refresh, another tab, a private window, a frame; then the
 * sandbox sleeps, and a click wakes it.
 */

import { args, main } from './browser.mjs';

const { url, api, id, artifacts } = args;

async function call(method, path, body) {
    const response = await fetch(`${api}/v1/sandbox/${id}${path}`,
        { method, body });
    if (!response.ok) {
        throw new Error(`${method} ${path}: ${response.status} `
            + await response.text());
    }
    return response;
}

function edit(file, text) {
    return call('PUT', `/file/workspace/app/${file}`, text);
}

function message(text) {
    return `export const message = ${JSON.stringify(text)};\n`;
}

/* what the app shows, once it does */

async function shows(frame, text) {
    await frame.locator('#message', { hasText: text }).waitFor();
    return frame.textContent('#message');
}

/*
 * Vite's client has connected to its server in the page or a frame of it: it
 * may do so before the app's own code runs, which then hears nothing of it
 */

function connected(page) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(reject, 60000,
            new Error('no WebSocket of Vite'));
        page.on('websocket', (ws) => ws.on('framereceived', (frame) => {
            if (String(frame.payload).includes('"connected"')) {
                clearTimeout(timer);
                resolve();
            }
        }));
    });
}

await main(async (browser) => {
    const result = { failures: [], loads: 0 };
    const context = await browser.newContext();
    context.setDefaultTimeout(60000);

    const page = await context.newPage();
    page.on('pageerror', (e) => result.failures.push(String(e)));
    page.on('load', () => result.loads++);

    /* the command was started a moment ago: perhaps the page that waits */

    const hot = connected(page);
    await page.goto(url);
    result.first = await shows(page, 'first');
    await hot;

    /* hot reload: the page changes, and is the same page */

    await page.evaluate(() => { window.mark = 'kept'; });
    result.loads = 0;
    await edit('message.js', message('second'));
    result.second = await shows(page, 'second');
    await edit('style.css', 'h1 { color: rgb(1, 2, 3); }\n');
    await page.waitForFunction(() => getComputedStyle(
        document.getElementById('message')).color === 'rgb(1, 2, 3)');
    result.mark = await page.evaluate(() => window.mark);
    result.reloads = result.loads;

    /* refresh, another tab, a private window */

    await page.reload();
    result.refresh = await shows(page, 'second');

    const tab = await context.newPage();
    await tab.goto(url);
    result.tab = await shows(tab, 'second');
    await tab.close();

    const other = await browser.newContext();
    other.setDefaultTimeout(60000);
    const hidden = await other.newPage();
    await hidden.goto(url);
    result.hidden = await shows(hidden, 'second');

    /* a frame of a page of another site, hot reload in it included */

    const framed = connected(hidden);
    await hidden.setContent(`<iframe src="${url}"></iframe>`);
    const element = await hidden.waitForSelector('iframe');
    const frame = await element.contentFrame();
    result.frame = await shows(frame, 'second');
    await framed;
    await edit('message.js', message('third'));
    result.framed = await shows(frame, 'third');
    await other.close();

    result.third = await shows(page, 'third');

    /*
     * sleep, click, the page that waits, the app; on a page of another site,
     * since Vite's own would ask for its WebSocket again, and so wake it
     */

    await page.goto('about:blank');
    await page.setContent(`<a id="link" href="${url}?again">the app</a>`);
    await call('POST', '/sleep');
    await page.click('#link', { noWaitAfter: true });
    await page.locator('h1', { hasText: 'Waking up' }).waitFor();
    result.waiting = await page.textContent('h1');
    await page.screenshot({ path: `${artifacts}/vite-waking.png` });
    result.awake = await shows(page, 'third');
    result.address = new URL(page.url()).search;
    await page.screenshot({ path: `${artifacts}/vite-awake.png` });

    return result;
});
