/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The page of examples/terminal in Chromium: types, resizes, runs a program of
 * the whole screen, reloads, and loses its connection.
 */

import { args, main } from './browser.mjs';

const { url, program, screenshot } = args;

const result = { failures: [] };

await main(async (browser) => {
    const context = await browser.newContext({
        viewport: { width: 900, height: 500 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    page.on('pageerror', (e) => result.failures.push(String(e)));

    const text = () => page.evaluate(() => {
        const buffer = window.terminal.buffer.active;
        const lines = [];
        for (let i = 0; i < buffer.length; i++) {
            lines.push(buffer.getLine(i).translateToString(true));
        }
        return lines.join('\n');
    });
    const shows = async (re) => {
        const end = Date.now() + 60000;
        while (Date.now() < end) {
            const all = await text();
            const found = all.match(re);
            if (found) {
                return found;
            }
            await page.waitForTimeout(50);
        }
        throw new Error(`${re} is not on the screen:\n${await text()}`);
    };
    const ready = () => page.waitForFunction(() =>
        /session/.test(document.getElementById('status').textContent));
    const type = (line) => page.keyboard.type(`${line}\n`);
    const size = () => page.evaluate(() =>
        `${window.terminal.rows} ${window.terminal.cols}`);

    await page.addInitScript(() => {
        window.sockets = [];
        window.WebSocket = class extends WebSocket {
            constructor(...all) {
                super(...all);
                window.sockets.push(this);
            }
        };
    });

    await page.goto(url);
    await ready();
    await page.click('#terminal');

    await type('echo typed-$((6 * 7))');
    await shows(/^typed-42$/m);
    await type('echo ä€😀 | od -An -tx1');
    result.utf8 = (await shows(/^ (c3 a4 .* 0a)$/m))[1];

    /* the shell follows the window */

    const before = await size();
    await page.setViewportSize({ width: 1100, height: 640 });
    await page.waitForFunction((was) => was !==
        `${window.terminal.rows} ${window.terminal.cols}`, before);
    await page.waitForTimeout(300);
    await type('echo "size: $(stty size)"');
    result.size = (await shows(/^size: (\d+ \d+)$/m))[1];
    result.window = await size();

    /* a program that uses the whole screen, and keys with escapes */

    await type('printf "line %d\\n" $(seq 200) >/tmp/lines');
    await type(`${program} /tmp/lines`);
    await page.waitForFunction(() =>
        window.terminal.buffer.active.type === 'alternate');
    await shows(/^line 1$/m);
    await page.keyboard.press('PageDown');
    await shows(/^line 50$/m);
    result.alternate = true;
    await page.screenshot({ path: screenshot });
    await type(program === 'less' ? 'q' : ':q!');
    await page.waitForFunction(() =>
        window.terminal.buffer.active.type === 'normal');

    /* colors */

    await type('printf "\\033[31mred\\033[0m\\n"');
    await shows(/^red$/m);

    /* a reload: what was there is replayed, the shell is the same */

    await type('KEPT=yes');
    await page.reload();
    await ready();
    result.replayed = (await shows(/^typed-42$/m))[0];
    await page.click('#terminal');
    await type('echo "kept: $KEPT"');
    result.kept = (await shows(/^kept: (.*)$/m))[1];

    /* a second window of the same shell */

    const second = await context.newPage();
    await second.goto(url);
    await second.waitForFunction(() =>
        /session/.test(document.getElementById('status').textContent));
    await second.click('#terminal');
    await second.keyboard.type('echo from-the-other\n');
    await shows(/^from-the-other$/m);
    await second.close();

    /* a connection that is lost comes back without a gap or a repetition */

    await type('for i in $(seq 40); do echo "count $i."; sleep 0.05; done');
    await shows(/^count 5\.$/m);
    await page.evaluate(() => window.sockets.at(-1).close());
    await shows(/^count 40\.$/m);
    result.connections = await page.evaluate(() =>
        window.sockets.map((socket) => /since=\d+&id=/.test(socket.url)));
    const counts = (await text()).match(/^count \d+\.$/mg);
    result.counts = counts.join(' ').replace(/count |\./g, '');

    await type('exit 5');
    await page.waitForFunction(() =>
        /exited/.test(document.getElementById('status').textContent));
    result.status = await page.textContent('#status');

    return result;
});
