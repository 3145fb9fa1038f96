
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_JSON_WRITER_H_INCLUDED_
#define _SANDBOX_JSON_WRITER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>


/*
 * Builds JSON in memory.  The first error sticks: what follows is ignored, and
 * the result is NULL.  Nothing blocks.  Strings are copied, and must be valid
 * UTF-8.  Within an array, names are NULL.
 */


#define SANDBOX_JSON_WRITER_DEPTH  8


typedef struct {
    cJSON     *open[SANDBOX_JSON_WRITER_DEPTH];  /* objects and arrays */
    unsigned   depth;
    int        failed;
} sandbox_json_writer_t;


/* begins with an object, or an array */
void sandbox_json_writer_start(sandbox_json_writer_t *w);
void sandbox_json_writer_start_array(sandbox_json_writer_t *w);
/* the result, to be deleted by the caller; NULL: out of memory, nesting */
cJSON *sandbox_json_writer_finish(sandbox_json_writer_t *w);
/* instead of that: the result is not needed */
void sandbox_json_writer_drop(sandbox_json_writer_t *w);

/* what is written up to the matching close is in the object or array */
void sandbox_json_writer_object(sandbox_json_writer_t *w, const char *name);
void sandbox_json_writer_array(sandbox_json_writer_t *w, const char *name);
void sandbox_json_writer_close(sandbox_json_writer_t *w);

void sandbox_json_writer_string(sandbox_json_writer_t *w, const char *name,
    const char *value);
/* a string that is not NUL-terminated */
void sandbox_json_writer_text(sandbox_json_writer_t *w, const char *name,
    const void *data, size_t len);
void sandbox_json_writer_number(sandbox_json_writer_t *w, const char *name,
    double value);
void sandbox_json_writer_bool(sandbox_json_writer_t *w, const char *name,
    int value);
void sandbox_json_writer_null(sandbox_json_writer_t *w, const char *name);
/* ms since the epoch as ISO 8601 */
void sandbox_json_writer_time(sandbox_json_writer_t *w, const char *name,
    int64_t ms);
/* takes the item; NULL is an error */
void sandbox_json_writer_item(sandbox_json_writer_t *w, const char *name,
    cJSON *item);


#endif /* _SANDBOX_JSON_WRITER_H_INCLUDED_ */
