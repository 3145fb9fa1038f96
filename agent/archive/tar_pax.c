
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/tar_pax.h"


typedef struct {
    const char  *name;
    int        (*set)(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
                      const char *value, size_t len);
} agent_tar_pax_record_t;


static int agent_tar_pax_set(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *name, size_t name_len, const char *value, size_t len);
static int agent_tar_pax_string(char **p, const char *value, size_t len);
static int agent_tar_pax_integer(int64_t *number, const char *value,
    size_t len);
static int agent_tar_pax_path(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_link(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_size(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_uid(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_gid(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_mtime(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_major(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_minor(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_name(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_real_size(agent_tar_pax_t *pax,
    agent_tar_sparse_t *s, const char *value, size_t len);
static int agent_tar_pax_offset(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_length(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);
static int agent_tar_pax_map(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len);


/* all others, such as extended attributes and capabilities, are ignored */

static const agent_tar_pax_record_t  agent_tar_pax_records[] = {
    { "path", agent_tar_pax_path },
    { "linkpath", agent_tar_pax_link },
    { "size", agent_tar_pax_size },
    { "uid", agent_tar_pax_uid },
    { "gid", agent_tar_pax_gid },
    { "mtime", agent_tar_pax_mtime },
    { "GNU.sparse.major", agent_tar_pax_major },
    { "GNU.sparse.minor", agent_tar_pax_minor },
    { "GNU.sparse.name", agent_tar_pax_name },
    { "GNU.sparse.realsize", agent_tar_pax_real_size },
    { "GNU.sparse.size", agent_tar_pax_real_size },
    { "GNU.sparse.offset", agent_tar_pax_offset },
    { "GNU.sparse.numbytes", agent_tar_pax_length },
    { "GNU.sparse.map", agent_tar_pax_map },
    { NULL, NULL }
};


void
agent_tar_pax_reset(agent_tar_pax_t *pax)
{
    free(pax->path);
    free(pax->link);
    free(pax->sparse_name);

    memset(pax, 0, sizeof(agent_tar_pax_t));
    pax->part = -1;
}


int
agent_tar_pax_parse(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *data, size_t len, const char **error)
{
    size_t       n, i;
    const char  *name, *equals;

    *error = "invalid pax header";

    /* "LENGTH NAME=VALUE\n", where the length is that of all of it */

    for ( /* void */ ; len; data += n, len -= n) {

        n = 0;

        for (i = 0; i < len && data[i] >= '0' && data[i] <= '9'; i++) {
            n = n * 10 + (data[i] - '0');

            if (n > len) {
                return -1;
            }
        }

        /* zeros after the last record */

        if (i == 0 && data[0] == '\0') {
            return 0;
        }

        if (i == 0 || i == len || data[i] != ' ' || n < i + 4
            || data[n - 1] != '\n')
        {
            return -1;
        }

        name = data + i + 1;
        equals = memchr(name, '=', data + n - name);

        if (equals == NULL || equals == name) {
            return -1;
        }

        if (agent_tar_pax_set(pax, s, name, equals - name, equals + 1,
                              data + n - 1 - (equals + 1))
            == -1)
        {
            *error = "invalid value in its pax header";
            return -1;
        }
    }

    return 0;
}


static int
agent_tar_pax_set(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *name, size_t name_len, const char *value, size_t len)
{
    const agent_tar_pax_record_t  *r;

    for (r = agent_tar_pax_records; r->name; r++) {

        if (strlen(r->name) == name_len
            && memcmp(r->name, name, name_len) == 0)
        {
            return r->set(pax, s, value, len);
        }
    }

    return 0;
}


static int
agent_tar_pax_string(char **p, const char *value, size_t len)
{
    if (memchr(value, '\0', len)) {
        return -1;
    }

    free(*p);
    *p = strndup(value, len);

    return *p ? 0 : -1;
}


static int
agent_tar_pax_integer(int64_t *number, const char *value, size_t len)
{
    size_t   i;
    int64_t  n;

    n = 0;

    for (i = 0; i < len; i++) {

        if (value[i] < '0' || value[i] > '9' || n > INT64_MAX / 10 - 1) {
            return -1;
        }

        n = n * 10 + (value[i] - '0');
    }

    *number = n;

    return len ? 0 : -1;
}


static int
agent_tar_pax_path(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    return agent_tar_pax_string(&pax->path, value, len);
}


static int
agent_tar_pax_link(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    return agent_tar_pax_string(&pax->link, value, len);
}


static int
agent_tar_pax_size(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    pax->has_size = 1;

    return agent_tar_pax_integer(&pax->size, value, len);
}


/* an id that is no number is not used */

static int
agent_tar_pax_uid(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    int64_t  n;

    pax->has_uid = (agent_tar_pax_integer(&n, value, len) == 0);
    pax->uid = pax->has_uid ? n : 0;

    return 0;
}


static int
agent_tar_pax_gid(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    int64_t  n;

    pax->has_gid = (agent_tar_pax_integer(&n, value, len) == 0);
    pax->gid = pax->has_gid ? n : 0;

    return 0;
}


/* seconds with a fraction; "-0.5" is half a second before 1970 */

static int
agent_tar_pax_mtime(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    int          negative;
    long         ns, unit;
    size_t       n;
    int64_t      sec;
    const char  *dot;

    negative = (len && value[0] == '-');

    if (negative) {
        value++;
        len--;
    }

    dot = memchr(value, '.', len);
    n = dot ? (size_t) (dot - value) : len;

    if (agent_tar_pax_integer(&sec, value, n) == -1) {
        return -1;
    }

    ns = 0;
    unit = 100000000;

    for (n++; n < len; n++) {

        if (value[n] < '0' || value[n] > '9') {
            return -1;
        }

        ns += (value[n] - '0') * unit;
        unit /= 10;
    }

    if (negative) {
        sec = -sec - (ns != 0);
        ns = ns ? 1000000000 - ns : 0;
    }

    pax->mtime.tv_sec = sec;
    pax->mtime.tv_nsec = ns;
    pax->has_mtime = 1;

    return 0;
}


static int
agent_tar_pax_major(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    pax->has_major = 1;

    return agent_tar_pax_integer(&pax->major, value, len);
}


static int
agent_tar_pax_minor(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    return agent_tar_pax_integer(&pax->minor, value, len);
}


static int
agent_tar_pax_name(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    return agent_tar_pax_string(&pax->sparse_name, value, len);
}


static int
agent_tar_pax_real_size(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    pax->has_real_size = 1;

    return agent_tar_pax_integer(&pax->real_size, value, len);
}


static int
agent_tar_pax_offset(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    return agent_tar_pax_integer(&pax->part, value, len);
}


static int
agent_tar_pax_length(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    int64_t  offset, n;

    offset = pax->part;
    pax->part = -1;
    pax->has_parts = 1;

    if (offset == -1 || agent_tar_pax_integer(&n, value, len) == -1) {
        return -1;
    }

    return agent_tar_sparse_add(s, offset, n);
}


static int
agent_tar_pax_map(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *value, size_t len)
{
    pax->has_parts = 1;

    return len ? agent_tar_sparse_list(s, value, len) : 0;
}
