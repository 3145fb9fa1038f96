
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "git/auth.h"
#include "git/error.h"
#include "git/progress.h"
#include "git/url.h"


/*
 * A URL, a header and what git writes, separated by zero bytes: no secret is in
 * what is passed to git or shown.
 */

#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_line(void *data, char *line, size_t len, int cut);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                        *text, *header, *output, *piece;
    size_t                       n, pos, len;
    const char                  *error;
    agent_git_url_t             *url;
    agent_git_auth_t             auth;
    agent_git_progress_lines_t  *lines;

    text = malloc(size + 3);
    url = malloc(sizeof(agent_git_url_t));
    lines = calloc(1, sizeof(agent_git_progress_lines_t));
    FUZZ_CHECK(text != NULL && url != NULL && lines != NULL);

    memcpy(text, data, size);
    memset(text + size, 0, 3);

    header = text + strlen(text) + 1;
    output = header + strlen(header) + 1;
    len = output < text + size ? (size_t) (text + size - output) : 0;

    if (agent_git_url_parse(url, text, &error) == -1) {
        FUZZ_CHECK(error != NULL);
        goto done;
    }

    FUZZ_CHECK(url->clean[0] != '-' && url->clean[0] != '\0');
    FUZZ_CHECK(url->name[0] != '\0' && strchr(url->name, '/') == NULL);
    FUZZ_CHECK(strcmp(url->name, ".") != 0 && strcmp(url->name, "..") != 0);
    FUZZ_CHECK(strncmp(url->clean, url->shown, strlen(url->shown)) == 0);
    FUZZ_CHECK(url->origin[0] == '\0'
               || strncmp(url->clean, url->origin, strlen(url->origin) - 1)
                  == 0);

    if (agent_git_auth_init(&auth, header[0] ? header : NULL, url, &error)
        == -1)
    {
        FUZZ_CHECK(error != NULL);
        agent_git_auth_free(&auth);
        goto done;
    }

    lines->on_line = fuzz_line;
    lines->data = &auth;

    for (pos = 0; pos < len; pos += n) {
        n = 1 + (size_t) (unsigned char) output[pos] % 64;

        if (n > len - pos) {
            n = len - pos;
        }

        piece = malloc(n);
        FUZZ_CHECK(piece != NULL);
        memcpy(piece, output + pos, n);
        agent_git_progress_feed(lines, piece, n);
        free(piece);
    }

    agent_git_progress_end(lines);

    FUZZ_CHECK(agent_git_error(output, 128)->code != NULL);

    agent_git_auth_free(&auth);

done:

    free(lines);
    free(url);
    free(text);

    return 0;
}


static void
fuzz_line(void *data, char *line, size_t len, int cut)
{
    size_t                 n, i;
    agent_git_auth_t      *auth = data;
    agent_git_progress_t   p;

    FUZZ_CHECK(len != 0 && len <= AGENT_GIT_PROGRESS_LINE);

    n = agent_git_auth_redact(auth, line, len);
    FUZZ_CHECK(n <= len);

    for (i = 0; i < AGENT_GIT_AUTH_SECRETS && auth->secrets[i]; i++) {

        /* asterisks may complete a secret that has some */

        FUZZ_CHECK(strchr(auth->secrets[i], '*')
                   || memmem(line, n, auth->secrets[i],
                             strlen(auth->secrets[i]))
                      == NULL);
    }

    if (agent_git_progress_parse(&p, line, n)) {
        FUZZ_CHECK(p.percent <= 100 && p.phase[0] != '\0');
    }
}
