
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_STAGE_H_INCLUDED_
#define _AGENT_ARCHIVE_STAGE_H_INCLUDED_


/*
 * New contents of a directory, which are prepared in a directory inside of it
 * and replace the old ones at once: until then, nothing has changed.  All of it
 * blocks, and runs with the user's identity.
 */


typedef struct {
    int   target;                      /* the directory, borrowed */
    char  name[48];                    /* "": there is no stage */
} agent_stage_t;


/* creates the stage: its descriptor, or -1 with errno */
int agent_stage_open(agent_stage_t *s, int target);

/*
 * Replaces the contents.  0, or -1 with errno: they are the old ones, unless
 * something else has changed the directory meanwhile.
 */
int agent_stage_commit(agent_stage_t *s, int stage);

/* removes the stage, if there is one */
void agent_stage_remove(agent_stage_t *s);


#endif /* _AGENT_ARCHIVE_STAGE_H_INCLUDED_ */
