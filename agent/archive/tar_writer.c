
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "archive/tar.h"
#include "archive/tar_writer.h"
#include "base/utf8.h"


static char *agent_tar_writer_pax(char *p, const agent_tar_member_t *m);
static char *agent_tar_writer_record(char *p, const char *name,
    const char *value, size_t len);
static char *agent_tar_writer_number(char *p, const char *name,
    uint64_t value);
static int agent_tar_writer_octal(char *field, size_t size, uint64_t value);
static void agent_tar_writer_seal(agent_tar_header_t *h);


#define agent_tar_writer_field(field, value)                                  \
    agent_tar_writer_octal(field, sizeof(field), value)


size_t
agent_tar_writer_headers(char *buf, const agent_tar_member_t *m)
{
    char                *p;
    size_t               len;
    int64_t              stored;
    agent_tar_header_t  *h;

    static const char  types[] = {
        [AGENT_TAR_FILE] = '0',
        [AGENT_TAR_DIRECTORY] = '5',
        [AGENT_TAR_SYMLINK] = '2',
        [AGENT_TAR_LINK] = '1'
    };

    stored = m->type == AGENT_TAR_FILE ? m->stored : 0;

    if (stored > AGENT_TAR_SIZE) {
        return 0;
    }

    p = agent_tar_writer_pax(buf, m);

    h = (agent_tar_header_t *) p;
    memset(h, 0, AGENT_TAR_BLOCK);

    len = strnlen(m->name, sizeof(h->name));
    memcpy(h->name, m->name, len);

    if (m->link) {
        memcpy(h->link, m->link, strnlen(m->link, sizeof(h->link)));
    }

    (void) agent_tar_writer_field(h->mode, m->mode & 07777);
    (void) agent_tar_writer_field(h->uid, m->uid);
    (void) agent_tar_writer_field(h->gid, m->gid);
    (void) agent_tar_writer_field(h->size, stored);
    (void) agent_tar_writer_field(h->mtime,
                                  m->mtime.tv_sec > 0 ? m->mtime.tv_sec : 0);

    h->type = types[m->type];

    agent_tar_writer_seal(h);

    return p + AGENT_TAR_BLOCK - buf;
}


/* writes a pax header if the member needs one; returns what follows it */

static char *
agent_tar_writer_pax(char *buf, const agent_tar_member_t *m)
{
    char                *p, *records, field[8];
    size_t               len, name, link;
    const char          *base;
    agent_tar_header_t  *h;

    h = (agent_tar_header_t *) buf;
    records = buf + AGENT_TAR_BLOCK;
    p = records;

    name = strlen(m->name);
    link = m->link ? strlen(m->link) : 0;

    /* a value is in UTF-8 unless this says otherwise */

    if ((name > sizeof(h->name) && !agent_utf8_valid(m->name, name))
        || (link > sizeof(h->link) && !agent_utf8_valid(m->link, link)))
    {
        p = agent_tar_writer_record(p, "hdrcharset", "BINARY", 6);
    }

    if (m->sparse) {
        p = agent_tar_writer_number(p, "GNU.sparse.major", 1);
        p = agent_tar_writer_number(p, "GNU.sparse.minor", 0);
        p = agent_tar_writer_record(p, "GNU.sparse.name", m->name, name);
        p = agent_tar_writer_number(p, "GNU.sparse.realsize", m->size);

    } else if (name > sizeof(h->name)) {
        p = agent_tar_writer_record(p, "path", m->name, name);
    }

    if (link > sizeof(h->link)) {
        p = agent_tar_writer_record(p, "linkpath", m->link, link);
    }

    if (agent_tar_writer_field(field, m->uid) == -1) {
        p = agent_tar_writer_number(p, "uid", m->uid);
    }

    if (agent_tar_writer_field(field, m->gid) == -1) {
        p = agent_tar_writer_number(p, "gid", m->gid);
    }

    if (p == records) {
        return buf;
    }

    len = p - records;

    memset(h, 0, AGENT_TAR_BLOCK);

    base = strrchr(m->name, '/');
    (void) snprintf(h->name, sizeof(h->name), "./PaxHeaders/%.80s",
                    base && base[1] ? base + 1 : "member");

    (void) agent_tar_writer_field(h->mode, 0644);
    (void) agent_tar_writer_field(h->uid, 0);
    (void) agent_tar_writer_field(h->gid, 0);
    (void) agent_tar_writer_field(h->size, len);
    (void) agent_tar_writer_field(h->mtime, 0);

    h->type = 'x';

    agent_tar_writer_seal(h);

    memset(p, 0, agent_tar_pad(len));

    return p + agent_tar_pad(len);
}


/* the length at the beginning of a record includes its own digits */

static char *
agent_tar_writer_record(char *p, const char *name, const char *value,
    size_t len)
{
    int     n;
    char    text[32];
    size_t  total, digits;

    total = strlen(name) + len + 3;

    for (digits = 1; /* void */ ; digits++) {
        n = snprintf(text, sizeof(text), "%zu ", total + digits);

        if ((size_t) n - 1 == digits) {
            break;
        }
    }

    memcpy(p, text, n);
    p += n;

    p = stpcpy(p, name);
    *p++ = '=';

    memcpy(p, value, len);
    p += len;
    *p++ = '\n';

    return p;
}


static char *
agent_tar_writer_number(char *p, const char *name, uint64_t value)
{
    int   n;
    char  text[32];

    n = snprintf(text, sizeof(text), "%llu", (unsigned long long) value);

    return agent_tar_writer_record(p, name, text, n);
}


/*
 * Ended by a NUL, unless the number needs all of the field.  -1: not even
 * then; the field is zero.
 */

static int
agent_tar_writer_octal(char *field, size_t size, uint64_t value)
{
    int     rc;
    size_t  i;

    rc = 0;

    if (value >> (3 * size)) {
        value = 0;
        rc = -1;
    }

    i = size;

    if (value >> (3 * (size - 1)) == 0) {
        field[--i] = '\0';
    }

    while (i--) {
        field[i] = '0' + (value & 7);
        value >>= 3;
    }

    return rc;
}


static void
agent_tar_writer_seal(agent_tar_header_t *h)
{
    memcpy(h->magic, "ustar\0" "00", sizeof(h->magic));

    (void) snprintf(h->checksum, sizeof(h->checksum), "%06o",
                    agent_tar_checksum(h));
    h->checksum[7] = ' ';
}
