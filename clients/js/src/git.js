/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Clones of git repositories.
 */


/*
 * authorization is the value of the Authorization header that the git server
 * wants, such as "Bearer <token>".
 */

export async function gitCheckout(scope, repoUrl, options = {}) {
    const { branch, targetDir, depth, cloneTimeoutMs, sessionId,
        authorization, signal } = options;

    return scope.json('POST', 'api/git/checkout', {
        json: { repoUrl, branch, targetDir, depth, timeoutMs: cloneTimeoutMs,
            sessionId: scope.pathsIn(sessionId) },
        headers: { 'Git-Authorization': authorization },
        accept: 'application/json',
        signal,
        timeout: 0,
    });
}
