
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_JSON_WRITER_H_INCLUDED_
#define _AC_JSON_WRITER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Writes JSON text.  An error sticks: only the result of
 * ac_json_writer_finish() has to be looked at.
 */


/* to be zeroed before use */
typedef struct {
    char      *text;
    size_t     len;
    size_t     size;
    unsigned   comma:1;                /* before the next value */
    unsigned   failed:1;
} ac_json_writer_t;


/*
 * name is NULL for the outermost value and for those of an array.  Text is
 * expected to be UTF-8, and is not checked.
 */
void ac_json_writer_object(ac_json_writer_t *w, const char *name);
void ac_json_writer_object_end(ac_json_writer_t *w);
void ac_json_writer_array(ac_json_writer_t *w, const char *name);
void ac_json_writer_array_end(ac_json_writer_t *w);
void ac_json_writer_string(ac_json_writer_t *w, const char *name,
    const char *value);
void ac_json_writer_integer(ac_json_writer_t *w, const char *name,
    int64_t value);
void ac_json_writer_bool(ac_json_writer_t *w, const char *name, int value);
/* text that is JSON already; NULL: out of memory */
void ac_json_writer_raw(ac_json_writer_t *w, const char *name,
    const char *json);
/* an array of the strings of a NULL-terminated list */
void ac_json_writer_strings(ac_json_writer_t *w, const char *name,
    const char *const *values);

/* the text, to be freed by free(), or NULL when out of memory */
char *ac_json_writer_finish(ac_json_writer_t *w);


#endif /* _AC_JSON_WRITER_H_INCLUDED_ */
