/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The MCP server of a session: its tools, and how they are called.
 */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

import { VERSION } from './config.js';
import { failure } from './result.js';
import { codeTools } from './tools/code.js';
import { fileTools } from './tools/files.js';
import { portTools } from './tools/ports.js';
import { processTools } from './tools/processes.js';
import { searchTools } from './tools/search.js';

/* clients that ask for progress wait on as long as they hear some */

const PROGRESS_INTERVAL = 5000;

const INSTRUCTIONS = 'The tools work in an isolated Linux sandbox, whose files '
    + 'are below /workspace. Commands of exec share one shell: cd and '
    + 'variables last. Start servers with processes, not with exec, and show '
    + 'them to a person with expose. A command that fails is a result: read '
    + 'its exit code.';


/* a tool: name, title, description, input, hints, run(sandbox, args, call) */

export function serverOf(holder, { maxOutput }) {
    const server = new McpServer({ name: 'ngx-sandbox', version: VERSION },
        { instructions: INSTRUCTIONS });

    for (const tool of [...codeTools, ...fileTools, ...searchTools,
        ...processTools, ...portTools])
    {
        server.registerTool(tool.name, {
            title: tool.title,
            description: tool.description,
            inputSchema: tool.input,
            annotations: tool.hints,
        }, (args, extra) => called(tool, holder, args, extra, maxOutput));
    }

    return server;
}


async function called(tool, holder, args, extra, limit) {
    const { signal } = extra;
    const timer = progress(extra);

    try {
        return await tool.run(holder.get(), args, { signal, limit });
    } catch (error) {
        /* nobody reads the answer of a call that was cancelled */
        signal.throwIfAborted();

        return failure(error, limit);
    } finally {
        clearInterval(timer);
    }
}


function progress({ _meta, sendNotification }) {
    const progressToken = _meta?.progressToken;
    const started = Date.now();

    return progressToken === undefined ? undefined : setInterval(() => {
        sendNotification({ method: 'notifications/progress', params: {
            progressToken,
            progress: Math.round((Date.now() - started) / 1000),
            message: 'running',
        } }).catch(() => {});
    }, PROGRESS_INTERVAL);
}
