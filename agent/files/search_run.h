
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SEARCH_RUN_H_INCLUDED_
#define _AGENT_FILES_SEARCH_RUN_H_INCLUDED_


#include "files/search.h"
#include "sys/thread_job.h"


/* what a thread does for a search: a slice of it */
void agent_search_run_job(agent_thread_job_t *job);

/* closes what is open, while no thread works on it */
void agent_search_run_close(agent_search_t *s);


#endif /* _AGENT_FILES_SEARCH_RUN_H_INCLUDED_ */
