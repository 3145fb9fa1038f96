
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "base/json_ascii.h"
#include "base/utf8.h"


static void agent_json_ascii_character(agent_buffer_t *b,
    const unsigned char *s, int len);


void
agent_json_ascii(agent_buffer_t *b, const char *s, size_t len)
{
    int     n;
    size_t  i, plain;

    for (i = 0; i < len; /* void */ ) {

        plain = i;

        while (i < len && s[i] >= ' ' && s[i] <= '~' && s[i] != '"'
               && s[i] != '\\')
        {
            i++;
        }

        agent_buffer_add(b, s + plain, i - plain);

        if (i == len) {
            return;
        }

        n = agent_utf8_char(s + i, len - i);

        if (n <= 0) {
            agent_buffer_adds(b, "\\ufffd");
            i++;

        } else {
            agent_json_ascii_character(b, (const unsigned char *) s + i, n);
            i += n;
        }
    }
}


static void
agent_json_ascii_character(agent_buffer_t *b, const unsigned char *s, int len)
{
    unsigned  c;

    switch (len) {

    case 1:

        switch (*s) {

        case '\n':
            agent_buffer_adds(b, "\\n");
            return;

        case '\r':
            agent_buffer_adds(b, "\\r");
            return;

        case '\t':
            agent_buffer_adds(b, "\\t");
            return;

        case '"':
            agent_buffer_adds(b, "\\\"");
            return;

        case '\\':
            agent_buffer_adds(b, "\\\\");
            return;
        }

        c = *s;
        break;

    case 2:
        c = (s[0] & 0x1f) << 6 | (s[1] & 0x3f);
        break;

    case 3:
        c = (s[0] & 0x0f) << 12 | (s[1] & 0x3f) << 6 | (s[2] & 0x3f);
        break;

    default:
        c = ((s[0] & 0x07) << 18 | (s[1] & 0x3f) << 12 | (s[2] & 0x3f) << 6
             | (s[3] & 0x3f))
            - 0x10000;

        agent_buffer_printf(b, "\\u%04x\\u%04x", 0xd800 + (c >> 10),
                            0xdc00 + (c & 0x3ff));
        return;
    }

    agent_buffer_printf(b, "\\u%04x", c);
}
