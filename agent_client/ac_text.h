
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_TEXT_H_INCLUDED_
#define _AC_TEXT_H_INCLUDED_


#include <stddef.h>


/*
 * Copies text of a peer into a field that may be logged: drops control
 * characters, and cuts to size - 1 bytes at the end of a UTF-8 sequence.
 */
static inline void
ac_text_copy(char *dst, size_t size, const char *src, size_t len)
{
    size_t         i, n;
    unsigned char  ch;

    n = 0;

    for (i = 0; i < len; i++) {
        ch = (unsigned char) src[i];

        if (ch == '\n' || ch == '\t') {
            ch = ' ';
        }

        if (ch < 0x20 || ch == 0x7f) {
            continue;
        }

        if (n == size - 1) {

            if ((ch & 0xc0) == 0x80) {

                while (n && ((unsigned char) dst[n - 1] & 0xc0) == 0x80) {
                    n--;
                }

                if (n && ((unsigned char) dst[n - 1] & 0xc0) == 0xc0) {
                    n--;
                }
            }

            break;
        }

        dst[n++] = (char) ch;
    }

    dst[n] = '\0';
}


#endif /* _AC_TEXT_H_INCLUDED_ */
