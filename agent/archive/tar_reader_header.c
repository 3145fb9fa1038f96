
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/refuse.h"
#include "archive/tar_header.h"
#include "archive/tar_reader_header.h"
#include "archive/tar_reader_int.h"


/* so that no sum of sizes overflows */
#define AGENT_TAR_READER_SIZE   (INT64_MAX / 2)


static void agent_tar_reader_names(agent_tar_reader_t *r);
static int agent_tar_reader_fields(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_kind(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_expect(agent_tar_reader_t *r, int64_t max,
    agent_fault_t *f);
static int agent_tar_reader_global(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_size(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_gnu(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_member(agent_tar_reader_t *r, agent_fault_t *f);


int
agent_tar_reader_header(agent_tar_reader_t *r, agent_fault_t *f)
{
    static const agent_tar_header_t  zeros;

    if (memcmp(&r->block, &zeros, AGENT_TAR_BLOCK) == 0) {
        r->begun = 1;
        r->state = AGENT_TAR_READER_END;
        return 0;
    }

    if (agent_tar_header_checksum(&r->block) == -1) {

        if (!r->begun) {
            return agent_tar_header_foreign(&r->block, AGENT_TAR_BLOCK, f);
        }

        return agent_tar_reader_damaged(r, f, "its header");
    }

    r->begun = 1;
    r->type = r->block.type;

    agent_tar_reader_names(r);

    if (agent_tar_reader_fields(r, f) == -1) {
        return -1;
    }

    return agent_tar_reader_kind(r, f);
}


static void
agent_tar_reader_names(agent_tar_reader_t *r)
{
    char                      *p;
    const agent_tar_header_t  *h;

    h = &r->block;
    p = r->name;

    /* GNU tar has other fields in place of the prefix */

    if (memcmp(h->magic, "ustar", 6) == 0 && h->prefix[0]) {
        p = agent_tar_header_string(p, h->prefix, sizeof(h->prefix));
        *p++ = '/';
    }

    p = agent_tar_header_string(p, h->name, sizeof(h->name));
    *p = '\0';

    p = agent_tar_header_string(r->link, h->link, sizeof(h->link));
    *p = '\0';
}


static int
agent_tar_reader_fields(agent_tar_reader_t *r, agent_fault_t *f)
{
    int64_t                    mode, uid, gid, mtime;
    agent_tar_member_t        *m;
    const agent_tar_header_t  *h;

    h = &r->block;
    m = &r->m;

    if (agent_tar_header_field(h->size, &r->size) == -1
        || r->size < 0 || r->size > AGENT_TAR_READER_SIZE
        || agent_tar_header_field(h->mode, &mode) == -1)
    {
        return agent_tar_reader_damaged(r, f, "its header");
    }

    /* an id or a time that no member of ours needs may be anything */

    if (agent_tar_header_field(h->uid, &uid) == -1) {
        uid = 0;
    }

    if (agent_tar_header_field(h->gid, &gid) == -1) {
        gid = 0;
    }

    if (agent_tar_header_field(h->mtime, &mtime) == -1) {
        mtime = 0;
    }

    memset(m, 0, sizeof(agent_tar_member_t));

    m->mode = mode & 07777;
    m->uid = uid;
    m->gid = gid;
    m->mtime.tv_sec = mtime;

    return 0;
}


static int
agent_tar_reader_kind(agent_tar_reader_t *r, agent_fault_t *f)
{
    char         text[] = "a member of type \"?\" is not supported";
    const char  *name;

    switch (r->type) {

    case 'x':
    case 'g':
        return agent_tar_reader_expect(r, AGENT_TAR_READER_HEADER, f);

    case 'L':
    case 'K':
        return agent_tar_reader_expect(r, AGENT_TAR_PATH + 1, f);

    case '\0':
    case '0':
    case '7':
        r->m.type = AGENT_TAR_FILE;
        name = agent_tar_reader_name(r);

        if (r->type != '7' && name[0] && name[strlen(name) - 1] == '/') {
            r->m.type = AGENT_TAR_DIRECTORY;
        }

        return agent_tar_reader_member(r, f);

    case '1':
        r->m.type = AGENT_TAR_LINK;
        return agent_tar_reader_member(r, f);

    case '2':
        r->m.type = AGENT_TAR_SYMLINK;
        return agent_tar_reader_member(r, f);

    case '3':
    case '4':
    case '6':
        r->m.type = AGENT_TAR_SPECIAL;
        return agent_tar_reader_member(r, f);

    case '5':
    case 'D':
        r->m.type = AGENT_TAR_DIRECTORY;
        return agent_tar_reader_member(r, f);

    case 'S':
        r->m.type = AGENT_TAR_FILE;
        return agent_tar_reader_gnu(r, f);

    case 'V':

        /* the label of a volume */

        agent_tar_reader_forget(r);
        r->left = r->size;
        r->pad = agent_tar_pad(r->size);
        agent_tar_reader_next(r);
        return 0;

    default:
        if (r->type > ' ' && r->type < 127) {
            text[sizeof("a member of type \"") - 1] = r->type;
        }

        return agent_refuse(f, 400, agent_tar_reader_name(r), text);
    }
}


/* what follows the header describes the next member */

static int
agent_tar_reader_expect(agent_tar_reader_t *r, int64_t max, agent_fault_t *f)
{
    if (r->size > max) {
        return agent_refuse(f, 400, r->name, max == AGENT_TAR_READER_HEADER
                            ? "its pax header is larger than 512 kB"
                            : "the name is longer than 4096 bytes");
    }

    agent_buffer_free(&r->meta);

    r->left = r->size;
    r->pad = agent_tar_pad(r->size);
    r->state = AGENT_TAR_READER_META;

    return r->size ? 0 : agent_tar_reader_header_meta(r, f);
}


int
agent_tar_reader_header_meta(agent_tar_reader_t *r, agent_fault_t *f)
{
    int          rc;
    char       **name;
    const char  *error;

    rc = 0;

    if (r->meta.failed) {
        return agent_fault_set(f, 503, "capacity_exceeded", NULL,
                               "out of memory");
    }

    switch (r->type) {

    case 'x':
        rc = agent_tar_pax_parse(&r->pax, &r->sparse, r->meta.data,
                                 r->meta.len, &error);

        if (rc == -1) {
            rc = agent_tar_reader_damaged(r, f, error);
        }

        break;

    case 'g':
        rc = agent_tar_reader_global(r, f);
        break;

    default:
        name = r->type == 'L' ? &r->long_name : &r->long_link;

        free(*name);
        *name = strndup(r->meta.data ? r->meta.data : "", r->meta.len);

        if (*name == NULL) {
            rc = agent_fault_set(f, 503, "capacity_exceeded", NULL,
                                 "out of memory");
        }
    }

    agent_buffer_free(&r->meta);

    r->described |= (r->type != 'g');
    agent_tar_reader_next(r);

    return rc;
}


/* a global header may give an owner and a time to all that follow */

static int
agent_tar_reader_global(agent_tar_reader_t *r, agent_fault_t *f)
{
    const char          *error;
    agent_tar_pax_t     *pax;
    agent_tar_sparse_t   sparse;

    pax = &r->global;
    memset(&sparse, 0, sizeof(agent_tar_sparse_t));

    if (agent_tar_pax_parse(pax, &sparse, r->meta.data, r->meta.len, &error)
        == -1)
    {
        agent_tar_sparse_free(&sparse);
        return agent_tar_reader_damaged(r, f, error);
    }

    agent_tar_sparse_free(&sparse);

    if (pax->path || pax->link || pax->sparse_name || pax->has_size
        || pax->has_real_size || pax->has_parts || pax->has_major)
    {
        return agent_tar_reader_damaged(r, f, "a global pax header gives all "
                                        "members one name or size");
    }

    return 0;
}


/* the size in a pax header replaces that of the header */

static int
agent_tar_reader_size(agent_tar_reader_t *r, agent_fault_t *f)
{
    if (r->pax.has_size) {
        r->size = r->pax.size;
    }

    return r->size > AGENT_TAR_READER_SIZE
           ? agent_tar_reader_damaged(r, f, "the size") : 0;
}


static int
agent_tar_reader_gnu(agent_tar_reader_t *r, agent_fault_t *f)
{
    const agent_tar_reader_gnu_t  *gnu;

    gnu = (const agent_tar_reader_gnu_t *) &r->block;

    if (memcmp(r->block.magic, "ustar  ", 8) != 0
        || agent_tar_header_field(gnu->real_size, &r->real_size) == -1
        || r->real_size < 0)
    {
        return agent_tar_reader_damaged(r, f, "the map of a sparse file");
    }

    if (agent_tar_reader_size(r, f) == -1) {
        return -1;
    }

    r->left = r->size;
    r->pad = agent_tar_pad(r->size);
    r->gnu_sparse = 1;

    agent_tar_sparse_reset(&r->sparse);

    if (agent_tar_reader_header_parts(r, gnu->parts, AGENT_TAR_READER_PARTS, f)
        == -1)
    {
        return -1;
    }

    if (gnu->more) {
        r->state = AGENT_TAR_READER_SPARSE;
        return 0;
    }

    return agent_tar_reader_begin(r, f);
}


int
agent_tar_reader_header_parts(agent_tar_reader_t *r,
    const agent_tar_reader_part_t *parts, size_t n, agent_fault_t *f)
{
    size_t   i;
    int64_t  offset, len;

    for (i = 0; i < n && parts[i].len[0]; i++) {

        if (agent_tar_header_field(parts[i].offset, &offset) == -1
            || agent_tar_header_field(parts[i].len, &len) == -1
            || agent_tar_sparse_add(&r->sparse, offset, len) == -1)
        {
            return agent_tar_reader_damaged(r, f, "the map of a sparse file");
        }
    }

    return 0;
}


int
agent_tar_reader_header_map(agent_tar_reader_t *r, agent_fault_t *f)
{
    int  done;

    r->left -= AGENT_TAR_BLOCK;

    if (r->left < 0
        || agent_tar_sparse_block(&r->sparse, (const char *) &r->block, &done)
           == -1
        || (!done && r->left == 0))
    {
        return agent_tar_reader_damaged(r, f, "the map of a sparse file");
    }

    return done ? agent_tar_reader_begin(r, f) : 0;
}


/* the header is complete, but perhaps not the map of a sparse file */

static int
agent_tar_reader_member(agent_tar_reader_t *r, agent_fault_t *f)
{
    agent_tar_pax_t  *pax;

    pax = &r->pax;

    if (agent_tar_reader_size(r, f) == -1) {
        return -1;
    }

    r->left = r->size;
    r->pad = agent_tar_pad(r->size);

    /* of these, the size says something else, or nothing */

    if (r->m.type == AGENT_TAR_LINK || r->m.type == AGENT_TAR_SYMLINK
        || r->type == '5')
    {
        r->size = 0;
        r->left = 0;
        r->pad = 0;
    }

    if (r->m.type == AGENT_TAR_FILE && (pax->has_major || pax->has_parts)) {

        if (!pax->has_real_size || (pax->has_major && pax->major > 1)) {
            return agent_tar_reader_damaged(r, f, "the map of a sparse file");
        }

        r->real_size = pax->real_size;
        r->gnu_sparse = 1;

        if (pax->has_major && pax->major == 1) {
            agent_tar_sparse_reset(&r->sparse);
            r->state = AGENT_TAR_READER_MAP;
            return 0;
        }
    }

    return agent_tar_reader_begin(r, f);
}
