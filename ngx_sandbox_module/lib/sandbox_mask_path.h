
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_MASK_PATH_H_INCLUDED_
#define _SANDBOX_MASK_PATH_H_INCLUDED_


/*
 * Replaces each absolute path in a message by "***"; the text never grows.
 * Slashes within a word, as in names of images and URLs, are kept.  Pure, and
 * does not allocate.
 */
void sandbox_mask_path(char *text);


#endif /* _SANDBOX_MASK_PATH_H_INCLUDED_ */
