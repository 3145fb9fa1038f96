
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_BODY_H_INCLUDED_
#define _SANDBOX_BODY_H_INCLUDED_


#include <stddef.h>

#include <cjson/cJSON.h>


/* JSON bodies of requests; nothing blocks, and only parsing allocates */


/*
 * Parses an object without trailing data, UTF-8 without NUL.  text has a NUL
 * behind its end.  Returns NULL, with json to be deleted by the caller, and
 * NULL for an empty body; or an error message for the client.
 */
const char *sandbox_body_parse(const char *text, size_t len, cJSON **json);

/*
 * A string member without control characters, which belongs to json.  Returns
 * 0, with value NULL if the member is missing or null; -1: wrong type, longer
 * than max bytes, or invalid.  json may be NULL.
 */
int sandbox_body_string(const cJSON *json, const char *name, size_t max,
    const char **value);


#endif /* _SANDBOX_BODY_H_INCLUDED_ */
