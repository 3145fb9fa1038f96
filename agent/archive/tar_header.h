
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_HEADER_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_HEADER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "archive/tar.h"
#include "base/fault.h"


/* the block of a tar header: its checksum and its fields; pure functions */


/* 0, or -1: it is no header */
int agent_tar_header_checksum(const agent_tar_header_t *h);

/*
 * A number: octal digits, perhaps after spaces; empty is 0.  If the first bit
 * is set, a binary number in two's complement.  0, or -1 if it is neither.
 */
int agent_tar_header_number(const char *field, size_t size, int64_t *value);

#define agent_tar_header_field(field, value)                                  \
    agent_tar_header_number(field, sizeof(field), value)

/* copies a text without a NUL, which a full field has not; returns its end */
char *agent_tar_header_string(char *p, const char *field, size_t size);

/* why the first len bytes are not those of a tar archive; always -1 */
int agent_tar_header_foreign(const agent_tar_header_t *h, size_t len,
    agent_fault_t *f);


#endif /* _AGENT_ARCHIVE_TAR_HEADER_H_INCLUDED_ */
