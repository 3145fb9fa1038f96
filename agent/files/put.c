
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "files/files.h"
#include "files/put.h"
#include "files/save.h"
#include "http/request.h"
#include "http/response.h"


typedef struct {
    agent_request_t  *r;
    agent_save_t     *save;
    int64_t           received;
    unsigned          paused:1;
} agent_put_t;


static void agent_put_done(agent_save_t *s, int err);
static void agent_put_drain(agent_save_t *s);
static void agent_put_body(agent_request_t *r, const char *buf, size_t len);
static void agent_put_complete(agent_request_t *r);
static void agent_put_close(agent_request_t *r, int aborted);


void
agent_files_put(agent_request_t *r)
{
    char          *path;
    agent_put_t   *p;
    agent_save_t  *s;

    path = agent_files_path(r);
    if (path == NULL) {
        return;
    }

    p = calloc(1, sizeof(agent_put_t));
    s = agent_save_create();

    if (p == NULL || s == NULL) {
        agent_files_error(r, ENOMEM, 1, path);
        free(path);
        free(p);

        if (s) {
            agent_save_release(s);
        }

        return;
    }

    p->r = r;
    p->save = s;

    s->file.path = path;
    s->file.known = 1;
    s->done = agent_put_done;
    s->drain = agent_put_drain;
    s->data = p;

    r->data = p;
    r->on_body = agent_put_body;
    r->on_complete = agent_put_complete;
    r->on_close = agent_put_close;

    /* detect errors of the target before a long body is received */

    if (r->content_length == -1 || r->content_length > AGENT_SAVE_BLOCK) {
        s->early = 1;
        agent_save_go(s);
    }
}


static void
agent_put_done(agent_save_t *s, int err)
{
    agent_put_t      *p;
    agent_request_t  *r;

    p = s->data;
    r = p->r;

    if (err == 0) {
        agent_response_json(r, 200, json_pack("{s:b}", "ok", 1));
        return;
    }

    /* discard the rest of the body */

    r->on_body = NULL;
    r->on_complete = NULL;

    agent_put_drain(s);

    agent_files_error(r, err, 1, s->file.path);
}


static void
agent_put_drain(agent_save_t *s)
{
    agent_put_t  *p;

    p = s->data;

    if (p->paused) {
        p->paused = 0;
        agent_request_resume(p->r);
    }
}


static void
agent_put_body(agent_request_t *r, const char *buf, size_t len)
{
    agent_put_t  *p;

    p = r->data;
    p->received += len;

    /* once the body is complete there is nothing to pause */

    if (agent_save_write(p->save, buf, len)
        && p->received != r->content_length)
    {
        p->paused = 1;
        agent_request_pause(r);
    }
}


static void
agent_put_complete(agent_request_t *r)
{
    agent_put_t  *p;

    p = r->data;

    p->save->file.complete = 1;
    agent_save_go(p->save);
}


static void
agent_put_close(agent_request_t *r, int aborted)
{
    agent_put_t  *p;

    p = r->data;

    agent_save_release(p->save);
    free(p);
}
