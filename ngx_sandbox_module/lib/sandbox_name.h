
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_NAME_H_INCLUDED_
#define _SANDBOX_NAME_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The grammar of names chosen by clients.  All functions are pure, take text
 * that need not be NUL-terminated, and neither allocate nor block, except the
 * two random ones, which ask the kernel (and do not block either).
 */


#define SANDBOX_ID_MAX        40
#define SANDBOX_TOKEN_MAX     16
#define SANDBOX_LABEL_MAX     63
#define SANDBOX_RANDOM_LEN    26

#define SANDBOX_PORT_MIN      1024
#define SANDBOX_PORT_MAX      65535


typedef struct {
    const char  *data;
    size_t       len;
} sandbox_text_t;


typedef struct {
    uint16_t     port;
    size_t       id_len;
    size_t       token_len;
    /* lower case, NUL-terminated */
    char         id[SANDBOX_ID_MAX + 1];
    char         token[SANDBOX_TOKEN_MAX + 1];
} sandbox_label_t;


/* 1 if text has min to max of [A-Za-z0-9] and the characters of others */
int sandbox_name_chars(const char *text, size_t len, size_t min, size_t max,
    const char *others);

/* 1 if text is a valid sandbox id, and not a reserved name */
int sandbox_name_id_valid(const char *text, size_t len);

/* the port in text, which must be in range and have no leading zero, or 0 */
unsigned sandbox_name_port_parse(const char *text, size_t len);

int sandbox_name_token_valid(const char *text, size_t len);

/* [A-Za-z0-9._-]{1,128} without ".." */
int sandbox_name_session_valid(const char *text, size_t len);

/*
 * Parses "<port>-<id>-<token>" (case-insensitive) into label: the port
 * precedes the first '-', the token follows the last.  1, or 0 if it is not
 * such a label.
 */
int sandbox_name_label_parse(const char *text, size_t len,
    sandbox_label_t *label);

/* 1 if both are equal; the time depends only on len, and not on the secret */
int sandbox_name_equal(const char *secret, size_t secret_len,
    const char *text, size_t len);

/*
 * 16 random bytes as 26 characters of lower-case base32 and a NUL; 0, or -1
 * with errno, EAGAIN if the kernel has no entropy yet.
 */
int sandbox_name_random(char *buf);

/*
 * a token: 80 random bits as 16 characters of [a-z2-7] and a NUL; same result
 */
int sandbox_name_token_random(char *buf);

/*
 * n bytes as lower-case base32 (RFC 4648) without padding, and a NUL: buf has
 * room for (n * 8 + 4) / 5 + 1 bytes
 */
void sandbox_name_base32(const unsigned char *bytes, size_t n, char *buf);


#endif /* _SANDBOX_NAME_H_INCLUDED_ */
