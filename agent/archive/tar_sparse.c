
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/tar_sparse.h"


static int agent_tar_sparse_number(agent_tar_sparse_t *s);


void
agent_tar_sparse_reset(agent_tar_sparse_t *s)
{
    s->n = 0;
    s->stored = 0;
    s->number = 0;
    s->offset = 0;
    s->left = 0;
    s->digits = 0;
    s->counted = 0;
    s->paired = 0;
}


void
agent_tar_sparse_free(agent_tar_sparse_t *s)
{
    free(s->parts);
    memset(s, 0, sizeof(agent_tar_sparse_t));
}


int
agent_tar_sparse_add(agent_tar_sparse_t *s, int64_t offset, int64_t len)
{
    size_t             size;
    agent_tar_part_t  *p;

    if (offset < 0 || len < 0 || offset > INT64_MAX - len) {
        return -1;
    }

    if (s->n) {
        p = &s->parts[s->n - 1];

        if (offset < p->offset + p->len) {
            return -1;
        }
    }

    /* the end of the file is marked so */

    if (len == 0) {
        return 0;
    }

    if (s->n == s->size) {
        size = s->size ? s->size * 2 : 64;

        if (size > AGENT_TAR_SPARSE_PARTS) {
            return -1;
        }

        p = realloc(s->parts, size * sizeof(agent_tar_part_t));

        if (p == NULL) {
            return -1;
        }

        s->parts = p;
        s->size = size;
    }

    s->parts[s->n].offset = offset;
    s->parts[s->n].len = len;
    s->n++;
    s->stored += len;

    return 0;
}


int
agent_tar_sparse_list(agent_tar_sparse_t *s, const char *text, size_t len)
{
    size_t  i;

    agent_tar_sparse_reset(s);
    s->counted = 1;
    s->left = 2 * AGENT_TAR_SPARSE_PARTS;

    for (i = 0; i <= len; i++) {

        if (i < len && text[i] >= '0' && text[i] <= '9') {

            if (s->number > INT64_MAX / 10 - 1) {
                return -1;
            }

            s->number = s->number * 10 + (text[i] - '0');
            s->digits = 1;
            continue;
        }

        if ((i < len && text[i] != ',') || agent_tar_sparse_number(s) == -1) {
            return -1;
        }
    }

    return s->paired ? -1 : 0;
}


int
agent_tar_sparse_block(agent_tar_sparse_t *s,
    const char block[AGENT_TAR_BLOCK], int *done)
{
    size_t  i;

    *done = 0;

    for (i = 0; i < AGENT_TAR_BLOCK; i++) {

        if (block[i] >= '0' && block[i] <= '9') {

            if (s->number > INT64_MAX / 10 - 1) {
                return -1;
            }

            s->number = s->number * 10 + (block[i] - '0');
            s->digits = 1;
            continue;
        }

        if (block[i] != '\n' || agent_tar_sparse_number(s) == -1) {
            return -1;
        }

        if (s->left == 0) {
            *done = 1;
            return 0;
        }
    }

    return 0;
}


/* a number is complete: the count, an offset, or a length */

static int
agent_tar_sparse_number(agent_tar_sparse_t *s)
{
    int64_t  value;

    if (!s->digits) {
        return -1;
    }

    value = s->number;
    s->number = 0;
    s->digits = 0;

    if (!s->counted) {

        if (value > AGENT_TAR_SPARSE_PARTS) {
            return -1;
        }

        s->counted = 1;
        s->left = 2 * value;

        return 0;
    }

    if (s->left == 0) {
        return -1;
    }

    s->left--;
    s->paired = !s->paired;

    if (s->paired) {
        s->offset = value;
        return 0;
    }

    return agent_tar_sparse_add(s, s->offset, value);
}
