
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/tar_header.h"
#include "archive/tar_reader.h"
#include "archive/tar_reader_header.h"
#include "archive/tar_reader_int.h"


static int agent_tar_reader_block(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_content(agent_tar_reader_t *r, const char *buf,
    size_t len, agent_fault_t *f);
static int agent_tar_reader_end(agent_tar_reader_t *r, agent_fault_t *f);


void
agent_tar_reader_init(agent_tar_reader_t *r)
{
    agent_tar_pax_reset(&r->pax);
    agent_tar_pax_reset(&r->global);
}


void
agent_tar_reader_free(agent_tar_reader_t *r)
{
    agent_tar_reader_forget(r);
    agent_tar_pax_reset(&r->global);
    agent_tar_sparse_free(&r->sparse);
    agent_buffer_free(&r->meta);
}


int
agent_tar_reader_feed(agent_tar_reader_t *r, const char *buf, size_t len,
    agent_fault_t *f)
{
    size_t  n;

    while (len) {

        switch (r->state) {

        case AGENT_TAR_READER_END:
            return 0;

        case AGENT_TAR_READER_META:
            n = len;

            if ((int64_t) n > r->left) {
                n = r->left;
            }

            agent_buffer_add(&r->meta, buf, n);
            r->left -= n;

            if (r->left == 0 && agent_tar_reader_header_meta(r, f) == -1) {
                return -1;
            }

            break;

        case AGENT_TAR_READER_DATA:
            n = len;

            if ((int64_t) n > r->left) {
                n = r->left;
            }

            if (agent_tar_reader_content(r, buf, n, f) == -1) {
                return -1;
            }

            break;

        case AGENT_TAR_READER_SKIP:
            n = len;

            if ((int64_t) n > r->left) {
                n = r->left;
            }

            r->left -= n;

            if (r->left == 0) {
                r->state = AGENT_TAR_READER_HEADER_BLOCK;
            }

            break;

        default:
            n = AGENT_TAR_BLOCK - r->have;

            if (n > len) {
                n = len;
            }

            memcpy((char *) &r->block + r->have, buf, n);
            r->have += n;

            if (r->have == AGENT_TAR_BLOCK) {
                r->have = 0;

                if (agent_tar_reader_block(r, f) == -1) {
                    return -1;
                }
            }
        }

        buf += n;
        len -= n;
        r->offset += n;
    }

    return 0;
}


int
agent_tar_reader_finish(agent_tar_reader_t *r, agent_fault_t *f)
{
    if (r->state == AGENT_TAR_READER_END) {
        return 0;
    }

    if (!r->begun) {
        return agent_tar_header_foreign(&r->block, r->have, f);
    }

    /* some programs write no blocks of zeros at the end */

    if (r->state == AGENT_TAR_READER_HEADER_BLOCK && r->have == 0
        && !r->described)
    {
        return 0;
    }

    return agent_fault_set(f, 400, "invalid_request", NULL,
                           "the archive is truncated: it ends at byte %llu, "
                           "within a member",
                           (unsigned long long) r->offset);
}


static int
agent_tar_reader_block(agent_tar_reader_t *r, agent_fault_t *f)
{
    const agent_tar_reader_more_t  *more;

    switch (r->state) {

    case AGENT_TAR_READER_SPARSE:
        more = (const agent_tar_reader_more_t *) &r->block;

        if (agent_tar_reader_header_parts(r, more->parts,
                                          AGENT_TAR_READER_MORE, f)
            == -1)
        {
            return -1;
        }

        return more->more ? 0 : agent_tar_reader_begin(r, f);

    case AGENT_TAR_READER_MAP:
        return agent_tar_reader_header_map(r, f);

    default:
        return agent_tar_reader_header(r, f);
    }
}


int
agent_tar_reader_begin(agent_tar_reader_t *r, agent_fault_t *f)
{
    const agent_tar_part_t  *last;
    agent_tar_member_t      *m;
    const agent_tar_pax_t   *pax;

    m = &r->m;

    m->name = agent_tar_reader_name(r);
    m->link = r->pax.link ? r->pax.link : r->long_link ? r->long_link
                                                       : r->link;
    m->stored = r->left;
    m->size = r->left;
    m->sparse = r->gnu_sparse;

    if (m->sparse) {
        last = r->sparse.n ? &r->sparse.parts[r->sparse.n - 1] : NULL;

        if (r->sparse.stored != r->left
            || (last && last->offset + last->len > r->real_size))
        {
            return agent_tar_reader_damaged(r, f, "the map of a sparse file");
        }

        m->size = r->real_size;
    }

    for (pax = &r->global; pax; pax = pax == &r->pax ? NULL : &r->pax) {

        if (pax->has_uid) {
            m->uid = pax->uid;
        }

        if (pax->has_gid) {
            m->gid = pax->gid;
        }

        if (pax->has_mtime) {
            m->mtime = pax->mtime;
        }
    }

    r->position = 0;
    r->part = 0;

    if (r->ops->begin(r->data, m, f) == -1) {
        return -1;
    }

    r->state = AGENT_TAR_READER_DATA;

    return (m->type == AGENT_TAR_FILE && r->left)
           ? 0 : agent_tar_reader_end(r, f);
}


static int
agent_tar_reader_content(agent_tar_reader_t *r, const char *buf, size_t len,
    agent_fault_t *f)
{
    size_t                   n;
    int64_t                  offset;
    const agent_tar_part_t  *part;

    r->left -= len;

    while (len) {
        n = len;
        offset = r->position;

        if (r->m.sparse) {
            part = &r->sparse.parts[r->part];
            offset += part->offset;

            if ((int64_t) n > part->len - r->position) {
                n = part->len - r->position;
            }
        }

        if (r->ops->content(r->data, offset, buf, n, f) == -1) {
            return -1;
        }

        r->position += n;
        buf += n;
        len -= n;

        if (r->m.sparse && r->position == r->sparse.parts[r->part].len) {
            r->position = 0;
            r->part++;
        }
    }

    return r->left ? 0 : agent_tar_reader_end(r, f);
}


static int
agent_tar_reader_end(agent_tar_reader_t *r, agent_fault_t *f)
{
    if (r->ops->end(r->data, f) == -1) {
        return -1;
    }

    agent_tar_reader_forget(r);
    agent_tar_reader_next(r);

    return 0;
}


/* skips what is left of this member */

void
agent_tar_reader_next(agent_tar_reader_t *r)
{
    r->left += r->pad;
    r->pad = 0;

    r->state = r->left ? AGENT_TAR_READER_SKIP : AGENT_TAR_READER_HEADER_BLOCK;
}


/* what was said about one member */

void
agent_tar_reader_forget(agent_tar_reader_t *r)
{
    free(r->long_name);
    free(r->long_link);

    r->long_name = NULL;
    r->long_link = NULL;
    r->gnu_sparse = 0;
    r->described = 0;

    agent_tar_pax_reset(&r->pax);
    agent_tar_sparse_reset(&r->sparse);
}


const char *
agent_tar_reader_name(agent_tar_reader_t *r)
{
    if (r->pax.sparse_name) {
        return r->pax.sparse_name;
    }

    if (r->pax.path) {
        return r->pax.path;
    }

    return r->long_name ? r->long_name : r->name;
}


int
agent_tar_reader_damaged(agent_tar_reader_t *r, agent_fault_t *f,
    const char *what)
{
    return agent_fault_set(f, 400, "invalid_request", NULL,
                           "the archive is damaged at byte %llu: %s, of "
                           "%.200s", (unsigned long long) r->offset, what,
                           r->name[0] ? r->name : "a member");
}
