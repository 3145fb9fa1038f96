/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The page of the API's document in Chromium: what it loads, what its policy
 * refuses, and calls that are tried, with the key of its address and with one
 * that is typed.
 */

import { args, main } from './browser.mjs';

const { url, key, screenshot } = args;
const result = { requests: [], failures: [] };

await main(async (browser) => {
    const context = await browser.newContext({
        viewport: { width: 1200, height: 1000 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    page.on('pageerror', (e) => result.failures.push(String(e)));
    page.on('console', (message) => {
        if (/Content Security Policy|Refused to/.test(message.text())) {
            result.failures.push(message.text());
        }
    });
    page.on('request', (request) => {
        if (!request.url().startsWith('data:')) {
            result.requests.push(request.url().replace(key, 'KEY'));
        }
    });
    await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', (e) =>
            window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
    });

    const tried = async (id) => {
        const block = page.locator(`[id$="-${id}"].opblock`);
        if (!await block.locator('.opblock-body').count()) {
            await block.locator('.opblock-summary-control').click();
        }
        await block.locator('.btn.execute').click();
        const status = block.locator(
            '.live-responses-table .response .response-col_status');
        await status.first().waitFor();
        const answer = {
            status: (await status.first().innerText()).trim().split(/\s/)[0],
            body: await block.locator('.live-responses-table pre').first()
                .innerText(),
        };
        await block.locator('.btn-clear').click();
        return answer;
    };
    const opened = () =>
        page.locator('.opblock-tag[data-tag="Sandboxes"]').waitFor();

    const response = await page.goto(`${url}/v1/openapi.html?token=${key}`);
    result.status = response.status();
    result.policy = response.headers()['content-security-policy'];
    result.encoding = response.headers()['content-encoding'];
    await opened();
    result.address = page.url();
    result.title = await page.locator('.info .title').innerText();
    result.tags = await page.locator('.opblock-tag').count();

    await page.locator('.opblock-tag[data-tag="Sandboxes"]').click();
    result.first = await tried('listSandboxes');
    await page.screenshot({ path: screenshot });

    /* another key, typed */

    await page.locator('.btn.authorize').first().click();
    const dialog = page.locator('.dialog-ux');
    const bearer = dialog.locator('.auth-container').filter({
        hasText: 'BearerAuth' });
    await bearer.locator('button', { hasText: 'Logout' }).click();
    await bearer.locator('input').fill('not-a-key-of-anybody');
    await bearer.locator('.btn.authorize').click();
    await dialog.locator('.close-modal').click();
    result.wrong = await tried('listSandboxes');

    await page.locator('.btn.authorize').first().click();
    await bearer.locator('button', { hasText: 'Logout' }).click();
    await bearer.locator('input').fill(key);
    await bearer.locator('.btn.authorize').click();
    await dialog.locator('.close-modal').click();
    result.right = await tried('listSandboxes');

    /* a call with a body: its example, as it is */

    result.created = await tried('createSandbox');
    result.violations = await page.evaluate(() => window.violations);

    return result;
});
