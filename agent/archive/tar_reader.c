
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/refuse.h"
#include "archive/tar_reader.h"


/* so that no sum of sizes overflows */
#define AGENT_TAR_READER_SIZE   (INT64_MAX / 2)

#define AGENT_TAR_READER_PARTS  4      /* of a GNU sparse header */
#define AGENT_TAR_READER_MORE   21     /* of each further block */


/* the end of a GNU header of a sparse file, and a further block of its map */

typedef struct {
    char  offset[12];
    char  len[12];
} agent_tar_reader_part_t;

typedef struct {
    char                     other[386];
    agent_tar_reader_part_t  parts[AGENT_TAR_READER_PARTS];
    char                     more;
    char                     real_size[12];
    char                     rest[17];
} agent_tar_reader_gnu_t;

typedef struct {
    agent_tar_reader_part_t  parts[AGENT_TAR_READER_MORE];
    char                     more;
    char                     rest[7];
} agent_tar_reader_more_t;


static int agent_tar_reader_block(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_header(agent_tar_reader_t *r, agent_fault_t *f);
static void agent_tar_reader_names(agent_tar_reader_t *r);
static char *agent_tar_reader_string(char *p, const char *field, size_t size);
static int agent_tar_reader_fields(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_kind(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_expect(agent_tar_reader_t *r, int64_t max,
    agent_fault_t *f);
static int agent_tar_reader_meta(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_global(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_size(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_gnu(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_parts(agent_tar_reader_t *r,
    const agent_tar_reader_part_t *parts, size_t n, agent_fault_t *f);
static int agent_tar_reader_map(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_member(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_begin(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_content(agent_tar_reader_t *r, const char *buf,
    size_t len, agent_fault_t *f);
static int agent_tar_reader_end(agent_tar_reader_t *r, agent_fault_t *f);
static void agent_tar_reader_next(agent_tar_reader_t *r);
static void agent_tar_reader_forget(agent_tar_reader_t *r);
static const char *agent_tar_reader_name(agent_tar_reader_t *r);
static int agent_tar_reader_foreign(agent_tar_reader_t *r, agent_fault_t *f);
static int agent_tar_reader_damaged(agent_tar_reader_t *r, agent_fault_t *f,
    const char *what);
static int agent_tar_reader_checksum(const agent_tar_header_t *h);
static int agent_tar_reader_number(const char *field, size_t size,
    int64_t *value);


#define agent_tar_reader_field(field, value)                                  \
    agent_tar_reader_number(field, sizeof(field), value)


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

            if (r->left == 0 && agent_tar_reader_meta(r, f) == -1) {
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
        return agent_tar_reader_foreign(r, f);
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

        if (agent_tar_reader_parts(r, more->parts, AGENT_TAR_READER_MORE, f)
            == -1)
        {
            return -1;
        }

        return more->more ? 0 : agent_tar_reader_begin(r, f);

    case AGENT_TAR_READER_MAP:
        return agent_tar_reader_map(r, f);

    default:
        return agent_tar_reader_header(r, f);
    }
}


static int
agent_tar_reader_header(agent_tar_reader_t *r, agent_fault_t *f)
{
    static const agent_tar_header_t  zeros;

    if (memcmp(&r->block, &zeros, AGENT_TAR_BLOCK) == 0) {
        r->begun = 1;
        r->state = AGENT_TAR_READER_END;
        return 0;
    }

    if (agent_tar_reader_checksum(&r->block) == -1) {

        if (!r->begun) {
            r->have = AGENT_TAR_BLOCK;
            return agent_tar_reader_foreign(r, f);
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
        p = agent_tar_reader_string(p, h->prefix, sizeof(h->prefix));
        *p++ = '/';
    }

    p = agent_tar_reader_string(p, h->name, sizeof(h->name));
    *p = '\0';

    p = agent_tar_reader_string(r->link, h->link, sizeof(h->link));
    *p = '\0';
}


/* a field that is full has no NUL */

static char *
agent_tar_reader_string(char *p, const char *field, size_t size)
{
    size_t  len;

    len = strnlen(field, size);
    memcpy(p, field, len);

    return p + len;
}


static int
agent_tar_reader_fields(agent_tar_reader_t *r, agent_fault_t *f)
{
    int64_t                    mode, uid, gid, mtime;
    agent_tar_member_t        *m;
    const agent_tar_header_t  *h;

    h = &r->block;
    m = &r->m;

    if (agent_tar_reader_field(h->size, &r->size) == -1
        || r->size < 0 || r->size > AGENT_TAR_READER_SIZE
        || agent_tar_reader_field(h->mode, &mode) == -1)
    {
        return agent_tar_reader_damaged(r, f, "its header");
    }

    /* an id or a time that no member of ours needs may be anything */

    if (agent_tar_reader_field(h->uid, &uid) == -1) {
        uid = 0;
    }

    if (agent_tar_reader_field(h->gid, &gid) == -1) {
        gid = 0;
    }

    if (agent_tar_reader_field(h->mtime, &mtime) == -1) {
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

    return r->size ? 0 : agent_tar_reader_meta(r, f);
}


static int
agent_tar_reader_meta(agent_tar_reader_t *r, agent_fault_t *f)
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
        || agent_tar_reader_field(gnu->real_size, &r->real_size) == -1
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

    if (agent_tar_reader_parts(r, gnu->parts, AGENT_TAR_READER_PARTS, f)
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


static int
agent_tar_reader_parts(agent_tar_reader_t *r,
    const agent_tar_reader_part_t *parts, size_t n, agent_fault_t *f)
{
    size_t   i;
    int64_t  offset, len;

    for (i = 0; i < n && parts[i].len[0]; i++) {

        if (agent_tar_reader_field(parts[i].offset, &offset) == -1
            || agent_tar_reader_field(parts[i].len, &len) == -1
            || agent_tar_sparse_add(&r->sparse, offset, len) == -1)
        {
            return agent_tar_reader_damaged(r, f, "the map of a sparse file");
        }
    }

    return 0;
}


static int
agent_tar_reader_map(agent_tar_reader_t *r, agent_fault_t *f)
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


static int
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

static void
agent_tar_reader_next(agent_tar_reader_t *r)
{
    r->left += r->pad;
    r->pad = 0;

    r->state = r->left ? AGENT_TAR_READER_SKIP : AGENT_TAR_READER_HEADER_BLOCK;
}


/* what was said about one member */

static void
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


static const char *
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


/* the beginning is not one of a tar archive */

static int
agent_tar_reader_foreign(agent_tar_reader_t *r, agent_fault_t *f)
{
    size_t  i;

    static const struct {
        const char  *magic;
        size_t       len;
        const char  *name;
    } formats[] = {
        { "BZh", 3, "bzip2" },
        { "\xfd" "7zXZ", 5, "xz" },
        { "\x28\xb5\x2f\xfd", 4, "zstd" },
        { "\x1f\x9d", 2, "compress" },
        { "PK\x03\x04", 4, "zip" }
    };

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {

        if (r->have >= formats[i].len
            && memcmp(&r->block, formats[i].magic, formats[i].len) == 0)
        {
            return agent_fault_set(f, 400, "invalid_request", NULL,
                                   "the body is compressed with %s; send a "
                                   "tar archive, or one compressed with gzip",
                                   formats[i].name);
        }
    }

    return agent_fault_set(f, 400, "invalid_request", NULL,
                           "the body is not a tar archive");
}


static int
agent_tar_reader_damaged(agent_tar_reader_t *r, agent_fault_t *f,
    const char *what)
{
    return agent_fault_set(f, 400, "invalid_request", NULL,
                           "the archive is damaged at byte %llu: %s, of "
                           "%.200s", (unsigned long long) r->offset, what,
                           r->name[0] ? r->name : "a member");
}


/* old programs add up signed characters */

static int
agent_tar_reader_checksum(const agent_tar_header_t *h)
{
    size_t       i;
    int64_t      value;
    unsigned     sum, negative;
    const char  *p;

    if (agent_tar_reader_field(h->checksum, &value) == -1) {
        return -1;
    }

    sum = agent_tar_checksum(h);

    negative = 0;
    p = (const char *) h;

    for (i = 0; i < AGENT_TAR_BLOCK; i++) {
        negative += (p[i] & 0x80) ? 256 : 0;
    }

    for (i = 0; i < sizeof(h->checksum); i++) {
        negative -= (h->checksum[i] & 0x80) ? 256 : 0;
    }

    return (value == (int64_t) sum
            || value == (int64_t) sum - (int64_t) negative) ? 0 : -1;
}


/*
 * Octal digits, perhaps after spaces; empty is 0.  If the first bit is set,
 * the field is a binary number in two's complement.
 */

static int
agent_tar_reader_number(const char *field, size_t size, int64_t *value)
{
    size_t         i;
    int64_t        n;
    unsigned char  c;

    c = (unsigned char) field[0];

    if (c & 0x80) {
        n = (c & 0x40) ? (int64_t) (c & 0x3f) - 0x40 : (c & 0x3f);

        for (i = 1; i < size; i++) {

            if (n > (INT64_MAX >> 8) || n < -(INT64_MAX >> 8)) {
                return -1;
            }

            n = n * 256 + (unsigned char) field[i];
        }

        *value = n;
        return 0;
    }

    for (i = 0; i < size && field[i] == ' '; i++) {
        /* void */
    }

    for (n = 0; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
        n = n * 8 + (field[i] - '0');
    }

    *value = n;

    return (i == size || field[i] == ' ' || field[i] == '\0') ? 0 : -1;
}
