/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * What a sandbox and a session have in common, and the session.
 */

import * as backup from './backup.js';
import * as commands from './commands.js';
import * as files from './files.js';
import * as git from './git.js';
import * as interpreter from './interpreter.js';
import * as processes from './processes.js';
import * as terminal from './terminal.js';
import * as watching from './watch.js';
import { createError } from './errors.js';
import { mountRefused } from './unsupported.js';
import { optionsOf } from './scope.js';


export class Operations {
    constructor(scope) {
        /* not enumerable: an object that is logged shows no key */
        Object.defineProperty(this, 'scope', { value: scope });
    }


    exec(command, options) {
        return commands.exec(this.scope, command, options);
    }

    execStream(command, options) {
        return commands.execStream(this.scope, command, options);
    }


    startProcess(command, options, sessionId) {
        return processes.startProcess(this.scope, command,
            sessionId === undefined ? options : { ...options, sessionId });
    }

    /* processes belong to the sandbox: a session names none of its own */

    listProcesses(options) {
        return processes.listProcesses(this.scope, optionsOf(options));
    }

    getProcess(id, options) {
        return processes.getProcess(this.scope, id, optionsOf(options));
    }

    killProcess(id, signal, options) {
        return processes.killProcess(this.scope, id, signal,
            optionsOf(options));
    }

    killAllProcesses(options) {
        return processes.killAllProcesses(this.scope, optionsOf(options));
    }

    /* the agent forgets ended processes by itself */

    async cleanupCompletedProcesses() {
        return 0;
    }

    getProcessLogs(id, options) {
        return processes.getProcessLogs(this.scope, id, optionsOf(options));
    }

    streamProcessLogs(id, options) {
        return processes.streamProcessLogs(this.scope, id, options);
    }


    writeFile(path, content, options) {
        return files.writeFile(this.scope, path, content, options);
    }

    appendFile(path, content, options) {
        return files.appendFile(this.scope, path, content, options);
    }

    writeFiles(list, options) {
        return files.writeFiles(this.scope, list, options);
    }

    readFile(path, options) {
        return files.readFile(this.scope, path, options);
    }

    readFileStream(path, options) {
        return files.readFileStream(this.scope, path, options);
    }

    mkdir(path, options) {
        return files.mkdir(this.scope, path, options);
    }

    deleteFile(path, options) {
        return files.deleteFile(this.scope, path, optionsOf(options));
    }

    renameFile(oldPath, newPath, options) {
        return files.renameFile(this.scope, oldPath, newPath,
            optionsOf(options));
    }

    moveFile(sourcePath, destinationPath, options) {
        return files.moveFile(this.scope, sourcePath, destinationPath,
            optionsOf(options));
    }

    copyFile(sourcePath, destinationPath, options) {
        return files.copyFile(this.scope, sourcePath, destinationPath,
            optionsOf(options));
    }

    chmod(path, mode, options) {
        return files.chmod(this.scope, path, mode, options);
    }

    stat(path, options) {
        return files.stat(this.scope, path, options);
    }

    exists(path, options) {
        return files.exists(this.scope, path, optionsOf(options));
    }

    listFiles(path, options) {
        return files.listFiles(this.scope, path, options);
    }

    find(path, options) {
        return files.find(this.scope, path, options);
    }

    grep(path, options) {
        return files.grep(this.scope, path, options);
    }

    watch(path, options) {
        return watching.watch(this.scope, path, options);
    }

    checkChanges(path, options) {
        return watching.checkChanges(this.scope, path, options);
    }

    createWatcher(path, options) {
        return watching.createWatcher(this.scope, path, options);
    }

    listWatchers(options) {
        return watching.listWatchers(this.scope, options);
    }

    getWatcher(id, options) {
        return watching.getWatcher(this.scope, id, options);
    }

    getWatcherEvents(id, options) {
        return watching.getWatcherEvents(this.scope, id, options);
    }

    deleteWatcher(id, options) {
        return watching.deleteWatcher(this.scope, id, options);
    }


    gitCheckout(repoUrl, options) {
        return git.gitCheckout(this.scope, repoUrl, options);
    }


    createCodeContext(options) {
        return interpreter.createCodeContext(this.scope, options);
    }

    runCode(code, options) {
        return interpreter.runCode(this.scope, code, options);
    }

    runCodeStream(code, options) {
        return interpreter.runCodeStream(this.scope, code, options);
    }

    listCodeContexts(options) {
        return interpreter.listCodeContexts(this.scope, options);
    }

    deleteCodeContext(id, options) {
        return interpreter.deleteCodeContext(this.scope, id, options);
    }

    interruptCodeContext(id, options) {
        return interpreter.interruptCodeContext(this.scope, id, options);
    }

    restartCodeContext(id, options) {
        return interpreter.restartCodeContext(this.scope, id, options);
    }


    terminal(options) {
        return terminal.openTerminal(this.scope, options);
    }

    terminalUrl(options) {
        return terminal.terminalUrl(this.scope, options);
    }

    listTerminals(options) {
        return terminal.listTerminals(this.scope, options);
    }

    deleteTerminal(id, options) {
        return terminal.deleteTerminal(this.scope, id, options);
    }


    createBackup(options) {
        return backup.createBackup(this.scope, options);
    }

    restoreBackup(value, options) {
        return backup.restoreBackup(this.scope, value, options);
    }

    listBackups(options) {
        return backup.listBackups(this.scope, options);
    }

    deleteBackup(value, options) {
        return backup.deleteBackup(this.scope, value, options);
    }


    async mountBucket() {
        throw mountRefused('BUCKET_MOUNT_ERROR');
    }

    async unmountBucket() {
        throw mountRefused('BUCKET_UNMOUNT_ERROR');
    }
}


export class ExecutionSession extends Operations {
    constructor(scope) {
        super(scope);
        this.id = scope.session;
    }


    /* variables of this session's shell, until it is deleted or ends */

    async setEnvVars(envVars, options) {
        const lines = Object.entries(envVars).map(([name, value]) => {
            if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
                throw createError('VALIDATION_FAILED',
                    `"${name}" is no name of an environment variable`,
                    { httpStatus: 400 });
            }

            return value === undefined || value === null ? `unset ${name}`
                : `export ${name}='${String(value).replace(/'/g, '\'\\\'\'')}'`;
        });

        const { exitCode, stderr } = await this.exec(lines.join(' &&\n'),
            options);

        if (exitCode !== 0) {
            throw createError('COMMAND_EXECUTION_ERROR',
                `Failed to set variables: ${stderr}`,
                { httpStatus: 500, context: { exitCode, stderr } });
        }
    }
}
