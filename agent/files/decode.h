
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_DECODE_H_INCLUDED_
#define _AGENT_FILES_DECODE_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


/* base64 that comes in pieces, padded or not; a zeroed structure begins it */

typedef struct {
    unsigned  bits;                    /* of the current group */
    unsigned  digits;                  /* of them: 0 to 3 */
    unsigned  padding;
} agent_decode_t;


/*
 * Decodes a piece into out, which has room for len / 4 * 3 + 3 bytes.  Returns
 * their number, or -1 if it is not base64.
 */
ssize_t agent_decode(agent_decode_t *d, char *out, const char *buf,
    size_t len);

/* the last group, at most 2 bytes; the same */
ssize_t agent_decode_end(agent_decode_t *d, char *out);


#endif /* _AGENT_FILES_DECODE_H_INCLUDED_ */
