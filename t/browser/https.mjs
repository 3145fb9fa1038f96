/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Previews by https: forms of a framework that checks their origin, a session
 * of three cookies, what an embed learns of the page around it, and cookies
 * that a neighbor would clear.
 */

import { args, main } from './browser.mjs';

const { rails, forced, looping, app, key, keyed, embed } = args;

async function form(page, url, text) {
    await page.goto(url);
    await page.fill('input[name=text]', text);
    await page.click('#send');
    await page.locator('#message', { hasText: text }).waitFor();
    return page.textContent('#message');
}

/* what the site of a frame is told of the page that it is in */

async function referrer(page, attributes) {
    await page.evaluate(([src, more]) => {
        document.getElementById('embed')?.remove();
        const frame = document.createElement('iframe');
        frame.id = 'embed';
        Object.assign(frame, more);
        frame.src = src;
        document.body.append(frame);
    }, [embed, attributes]);

    const element = await page.waitForSelector('#embed');
    const frame = await element.contentFrame();
    await frame.locator('#referrer').waitFor({ state: 'attached' });
    return frame.textContent('#referrer');
}

await main(async (browser) => {
    const result = {};
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60000);
    const page = await context.newPage();

    if (rails) {
        result.rails = await form(page, rails, 'one form');
        result.again = await form(page, rails, 'another form');
        result.forced = await form(page, forced, 'with force_ssl');
        result.looping = (await page.goto(looping)).status();
        result.title = await page.textContent('h1');
    }

    /* a session of 12 KB, as next-auth and others split it */

    await page.goto(app);
    await page.waitForFunction(() => window.messages.length >= 1);
    result.socket = await page.evaluate(() => window.messages[0]);
    result.set = await page.evaluate(async () => {
        const cookies = ['a', 'b', 'c'].map((name) => 'Set-Cookie: session-'
            + `${name}=${name.repeat(4000)}; Path=/; Secure; HttpOnly`);
        const response = await fetch('/raw', { method: 'POST',
            body: ['HTTP/1.1 200 OK', 'Content-Length: 0',
                'Connection: close', ...cookies, '', ''].join('\r\n') });
        return response.status;
    });
    await page.goto(app);
    result.headers = await page.evaluate(async () =>
        (await (await fetch('/headers')).json()).headers);

    /* an embed, without and with what the documentation says */

    result.hidden = await referrer(page, {});
    result.element = await referrer(page,
        { referrerPolicy: 'strict-origin' });

    await page.goto(keyed + '?sandbox_key=' + key);
    result.shown = await referrer(page, {});

    /* a neighbor's Clear-Site-Data */

    const neighbor = await context.newPage();
    await neighbor.goto(app);
    result.clear = await neighbor.evaluate(async () => {
        const response = await fetch('/raw', { method: 'POST',
            body: ['HTTP/1.1 200 OK', 'Content-Length: 0',
                'Connection: close', 'Clear-Site-Data: "cookies", "*"',
                '', ''].join('\r\n') });
        return response.status;
    });
    result.kept = (await page.goto(keyed)).status();

    return result;
});
