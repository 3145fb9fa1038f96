
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_MAGIC_H_INCLUDED_
#define _AGENT_FILES_MAGIC_H_INCLUDED_


#include <stddef.h>


/* the type of a file by its content, as the image's program "file" says */

typedef struct agent_magic_s  agent_magic_t;


/*
 * Runs "file" on a copy of the first bytes.  done is called once, from the
 * loop, with the type, or NULL if it is not known.  Returns NULL, and does not
 * call it, if the image has no "file".
 */
agent_magic_t *agent_magic_start(const char *buf, size_t len,
    void (*done)(void *data, const char *type), void *data);

/* done is not called */
void agent_magic_cancel(agent_magic_t *m);


#endif /* _AGENT_FILES_MAGIC_H_INCLUDED_ */
