/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Opens each page of nginx's own, light and dark, wide and narrow, keeps a
 * picture of it, and looks whether it can be read and used by everybody.
 */

import { args, main } from './browser.mjs';

/* runs in the page: what is wrong with it */

function faults() {
    const found = [];
    const say = (text) => found.push(text);

    if (!document.documentElement.lang) {
        say('no language');
    }

    if (!document.title) {
        say('no title');
    }

    if (document.querySelectorAll('h1').length !== 1
        || document.querySelectorAll('main').length !== 1)
    {
        say('not one main and one h1');
    }

    if (document.documentElement.scrollWidth > innerWidth) {
        say('wider than the window');
    }

    const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
    const light = (c) => {
        const [r, g, b] = c.map((v) => {
            v /= 255;
            return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
        for (; e; e = e.parentElement) {
            const c = rgb(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0) {
                return c.slice(0, 3);
            }
        }
        return [255, 255, 255];
    };

    for (const e of document.querySelectorAll(
        'h1,h2,p,dt,dd,dd span,code,pre,a'))
    {
        if (!e.textContent.trim() || !e.checkVisibility()) {
            continue;
        }
        const a = light(rgb(getComputedStyle(e).color).slice(0, 3));
        const b = light(behind(e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) {
            say(`${e.tagName} has contrast ${ratio.toFixed(2)}`);
        }
    }

    return found;
}

await main(async (browser) => {
    const result = {};

    for (const { name, url, method } of args.pages) {
        for (const scheme of ['light', 'dark']) {
            for (const width of [1100, 390]) {
                const context = await browser.newContext({
                    colorScheme: scheme,
                    viewport: { width, height: width > 500 ? 760 : 800 },
                });
                const page = await context.newPage();
                const said = [];

                page.on('console', (m) => {
                    /* the status itself is an error to the browser */
                    if (m.type() === 'error'
                        && !/Failed to load resource/.test(m.text()))
                    {
                        said.push(m.text());
                    }
                });
                page.on('pageerror', (e) => said.push(String(e)));

                const response = await page.goto(url);
                await page.waitForSelector('main');

                if (args.wait[name]) {
                    await page.waitForFunction((text) =>
                        document.body.innerText.includes(text),
                    args.wait[name]);
                }

                result[name] ||= { status: response.status(), faults: [] };
                result[name].faults.push(...said,
                    ...await page.evaluate(faults));
                result[name].title = await page.textContent('h1');
                result[name].text = await page.evaluate(() =>
                    document.body.innerText);

                const shot = `${args.artifacts}/${name}-${scheme}`
                    + `${width > 500 ? '' : '-narrow'}.png`;
                await page.screenshot({ path: shot });
                await context.close();
            }
        }
    }

    return result;
});
