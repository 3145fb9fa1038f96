
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SEARCH_RESULT_H_INCLUDED_
#define _AGENT_FILES_SEARCH_RESULT_H_INCLUDED_


#include "base/fault.h"
#include "base/json_writer.h"
#include "files/search.h"


/*
 * The text of a search's response, in JSON or events, which is added to its
 * buffer in pieces, by the thread or by the loop.
 */


/* what comes before all results */
void agent_search_result_head(agent_search_t *s);

/* a result, with the paths of the entry */
void agent_search_result_begin(agent_search_t *s, agent_json_writer_t *w);
void agent_search_result_end(agent_search_t *s, agent_json_writer_t *w);

/* something could not be read, for that errno */
void agent_search_result_skip(agent_search_t *s, const char *path, int err);

/* what comes after all results */
void agent_search_result_summary(agent_search_t *s);

/* the same after its timeout, whatever was sent */
void agent_search_result_timeout(agent_search_t *s);

/* an event in place of everything else */
void agent_search_result_fault(agent_search_t *s, const agent_fault_t *fault);


#endif /* _AGENT_FILES_SEARCH_RESULT_H_INCLUDED_ */
