
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SAVE_H_INCLUDED_
#define _AGENT_FILES_SAVE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/temporary.h"
#include "files/decode.h"
#include "sys/beneath.h"
#include "sys/thread_job.h"


/*
 * Saves bytes as they come in a file: they are written to a temporary file
 * next to the target, which is renamed over the target when complete, so that
 * readers see either the old or the new content, and a full disk keeps the
 * old.  All disk access runs in the thread pool, one work item of a file at a
 * time.
 */

#define AGENT_SAVE_BLOCK  (128 * 1024)

/* above, the source is to pause */
#define AGENT_SAVE_HIGH   (1024 * 1024)
#define AGENT_SAVE_LOW    (512 * 1024)


typedef struct agent_save_s        agent_save_t;
typedef struct agent_save_block_s  agent_save_block_t;


struct agent_save_block_s {
    agent_save_block_t  *next;
    size_t               len;
    char                 data[AGENT_SAVE_BLOCK];
};


/* what is known of the file; more may become known while bytes come */

typedef struct {
    char      *path;       /* malloc()ed; NULL: not known yet */
    pid_t      session;    /* as for agent_files_param_base() */
    mode_t     mode;       /* (mode_t) -1: the file's own, or 0644 */
    unsigned   base64:1;   /* the bytes are base64 */
    unsigned   append:1;   /* they are added to the file */
    unsigned   known:1;    /* path and session are final */
    unsigned   complete:1; /* all bytes have been given */
} agent_save_file_t;


struct agent_save_s {
    agent_thread_job_t    job;         /* first; its owner is the caller's */

    /* set by the caller, the functions of the loop */

    agent_save_file_t     file;
    unsigned              early:1;     /* check the target before any bytes */
    /* once: it is saved (0), or an errno; may release it, as may drain */
    void                (*done)(agent_save_t *s, int err);
    /* the source may go on */
    void                (*drain)(agent_save_t *s);
    void                 *data;

    /* private: of the thread while it works */

    agent_save_file_t     now;         /* a copy; path is borrowed */
    int                   disk_err;
    int                   fd;          /* the temporary file */
    int                   dir;         /* its directory */
    int                   guessed;     /* dir was opened without the path */
    agent_beneath_t       to;
    /* "": it does not exist */
    char                  temp[AGENT_TEMPORARY_SIZE];
    off_t                 raw;         /* length before decoding; -1: decoded */
    agent_decode_t        decode;
    agent_save_block_t   *writing;

    /* private: of the loop */

    agent_save_block_t   *first;
    agent_save_block_t   *last;
    agent_save_block_t   *spare;
    size_t                waiting;     /* bytes not yet written */
    unsigned              full:1;
    unsigned              ended:1;     /* done was called */
    unsigned              broken:1;    /* out of memory */
};


/* NULL if out of memory; the caller sets its part, and calls agent_save_go() */
agent_save_t *agent_save_create(void);

/* something has become known, or, with file.complete, the end has come */
void agent_save_go(agent_save_t *s);

/* 1: the source is to pause until drain is called */
int agent_save_write(agent_save_t *s, const char *buf, size_t len);

/* no callback follows; what was not saved is discarded */
void agent_save_release(agent_save_t *s);


#endif /* _AGENT_FILES_SAVE_H_INCLUDED_ */
