/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * A model that makes the tool calls of a script, one in each turn, shows what
 * they return, and answers with the last line of it.  Without the property
 * "model", an agent uses a model of OpenAI.
 */

import { ScriptedModel, assistantMessage, functionCall, modelResponder }
    from '@openai/agents/testing';

let calls = 0;


/* each step is what model() shows, and the call that it makes */

export function model(steps) {
    return new ScriptedModel([
        ...steps.map(([shown, item]) => modelResponder(({ request }) => {
            show(returned(request));
            console.log(shown);
            return [item];
        })),
        modelResponder(({ request }) => {
            const text = returned(request);
            show(text);
            return [assistantMessage(text.split('\n').at(-1))];
        }),
    ]);
}


export function shell(command) {
    return [`$ ${command}`, { type: 'shell_call', callId: `call-${++calls}`,
        status: 'completed', action: { commands: [command] } }];
}


export function edit(path, diff) {
    return [`edit ${path}`, { type: 'apply_patch_call',
        callId: `call-${++calls}`, status: 'completed',
        operation: { type: 'update_file', path, diff } }];
}


export function exec(cmd) {
    return [`$ ${cmd}`, functionCall('exec_command', { cmd },
        { callId: `call-${++calls}` })];
}


/* what the last call returned */

function returned({ input }) {
    const { type, output } = Array.isArray(input) ? input.at(-1) : {};

    if (type === 'shell_call_output') {
        return output.map((o) => o.stdout + o.stderr).join('').trimEnd();
    }

    /* the output of exec_command follows a few lines about the process */

    const text = output?.text ?? output ?? '';
    return text.replace(/^[^]*\nOutput:\n/, '').trimEnd();
}


function show(text) {
    if (text) {
        console.log(text.replace(/^/gm, '  '));
    }
}
