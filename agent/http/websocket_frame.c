
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/utf8.h"
#include "http/websocket_frame.h"


/* the first byte of a header, and the second */

#define AGENT_WEBSOCKET_FIN     0x80
#define AGENT_WEBSOCKET_RSV     0x70
#define AGENT_WEBSOCKET_OPCODE  0x0f
#define AGENT_WEBSOCKET_MASK    0x80
#define AGENT_WEBSOCKET_LENGTH  0x7f

#define agent_websocket_is_control(opcode)  ((opcode) & 8)


static size_t agent_websocket_frame_need(const agent_websocket_frame_t *f);
static const char *agent_websocket_frame_check(agent_websocket_frame_t *f);
static const char *agent_websocket_frame_length(agent_websocket_frame_t *f);
static void agent_websocket_frame_unmask(agent_websocket_frame_t *f,
    char *buf, size_t len);
static void agent_websocket_frame_data(agent_websocket_frame_t *f, char *buf,
    size_t len, agent_websocket_event_t *event);
static void agent_websocket_frame_control(agent_websocket_frame_t *f,
    agent_websocket_event_t *event);
static int agent_websocket_frame_code_valid(int code);
static int agent_websocket_frame_utf8(agent_websocket_frame_t *f,
    const char *buf, size_t len);
static void agent_websocket_frame_fail(agent_websocket_frame_t *f, int code,
    const char *reason, agent_websocket_event_t *event);


size_t
agent_websocket_frame_read(agent_websocket_frame_t *f, char *buf, size_t len,
    agent_websocket_event_t *event)
{
    char        *p, *end;
    size_t       n;
    const char  *reason;

    memset(event, 0, sizeof(agent_websocket_event_t));

    if (f->failed) {
        return len;
    }

    p = buf;
    end = buf + len;

    while (!f->payload) {

        n = agent_websocket_frame_need(f);

        if (f->nheader == n) {
            reason = agent_websocket_frame_length(f);

            if (reason) {
                goto invalid;
            }

            break;
        }

        if (p == end) {
            return len;
        }

        f->header[f->nheader++] = (unsigned char) *p++;

        if (f->nheader == 2) {
            reason = agent_websocket_frame_check(f);

            if (reason) {
                goto invalid;
            }
        }
    }

    n = (size_t) (end - p);

    if (n > f->left) {
        n = (size_t) f->left;
    }

    if (n == 0 && f->left) {
        return len;
    }

    agent_websocket_frame_unmask(f, p, n);
    f->left -= n;

    if (agent_websocket_is_control(f->opcode)) {
        memcpy(f->control + f->ncontrol, p, n);
        f->ncontrol += n;

        if (f->left == 0) {
            agent_websocket_frame_control(f, event);
        }

    } else {
        agent_websocket_frame_data(f, p, n, event);
    }

    if (f->left == 0) {
        f->payload = 0;
        f->nheader = 0;
    }

    return (size_t) (p + n - buf);

invalid:

    agent_websocket_frame_fail(f, AGENT_WEBSOCKET_PROTOCOL_ERROR, reason,
                               event);

    return len;
}


/* the length of the header, as far as it can be told */

static size_t
agent_websocket_frame_need(const agent_websocket_frame_t *f)
{
    if (f->nheader < 2) {
        return 2;
    }

    switch (f->header[1] & AGENT_WEBSOCKET_LENGTH) {

    case 126:
        return 2 + 2 + 4;

    case 127:
        return 2 + 8 + 4;

    default:
        return 2 + 4;
    }
}


/* the first two bytes; NULL, or what is wrong */

static const char *
agent_websocket_frame_check(agent_websocket_frame_t *f)
{
    f->fin = (f->header[0] & AGENT_WEBSOCKET_FIN) != 0;
    f->opcode = f->header[0] & AGENT_WEBSOCKET_OPCODE;

    if (f->header[0] & AGENT_WEBSOCKET_RSV) {
        return "reserved bits are set, but no extension was negotiated";
    }

    if (!(f->header[1] & AGENT_WEBSOCKET_MASK)) {
        return "the frame is not masked";
    }

    switch (f->opcode) {

    case AGENT_WEBSOCKET_CONTINUATION:

        if (f->message == AGENT_WEBSOCKET_CONTINUATION) {
            return "a continuation without a message to continue";
        }

        return NULL;

    case AGENT_WEBSOCKET_TEXT:
    case AGENT_WEBSOCKET_BINARY:

        if (f->message != AGENT_WEBSOCKET_CONTINUATION) {
            return "a new message within a fragmented one";
        }

        f->message = f->opcode;

        return NULL;

    case AGENT_WEBSOCKET_CLOSE:
    case AGENT_WEBSOCKET_PING:
    case AGENT_WEBSOCKET_PONG:

        if (!f->fin) {
            return "a fragmented control frame";
        }

        if ((f->header[1] & AGENT_WEBSOCKET_LENGTH)
            > AGENT_WEBSOCKET_CONTROL_MAX)
        {
            return "a control frame of more than 125 bytes";
        }

        f->ncontrol = 0;

        return NULL;

    default:
        return "a reserved opcode";
    }
}


/* the length and the mask; NULL, or what is wrong */

static const char *
agent_websocket_frame_length(agent_websocket_frame_t *f)
{
    size_t    i, n;
    uint64_t  length;

    n = f->nheader - 4;
    length = 0;

    if (n == 2) {
        length = f->header[1] & AGENT_WEBSOCKET_LENGTH;
    }

    for (i = 2; i < n; i++) {
        length = length << 8 | f->header[i];
    }

    if ((n == 4 && length < 126) || (n == 10 && length < 65536)) {
        return "the length is not encoded in the least number of bytes";
    }

    if (length >> 63) {
        return "the length exceeds 63 bits";
    }

    memcpy(f->mask, f->header + n, 4);

    f->masked = 0;
    f->left = length;
    f->payload = 1;

    return NULL;
}


static void
agent_websocket_frame_unmask(agent_websocket_frame_t *f, char *buf, size_t len)
{
    size_t         i, words;
    uint64_t       word, mask;
    unsigned char  rest[8];

    for (i = 0; i < 8; i++) {
        rest[i] = f->mask[(f->masked + i) & 3];
    }

    memcpy(&mask, rest, 8);

    words = len & ~(size_t) 7;

    for (i = 0; i < words; i += 8) {
        memcpy(&word, buf + i, 8);
        word ^= mask;
        memcpy(buf + i, &word, 8);
    }

    for ( /* void */ ; i < len; i++) {
        buf[i] = (char) (buf[i] ^ rest[i & 7]);
    }

    f->masked = (unsigned) ((f->masked + len) & 3);
}


static void
agent_websocket_frame_data(agent_websocket_frame_t *f, char *buf, size_t len,
    agent_websocket_event_t *event)
{
    event->type = AGENT_WEBSOCKET_DATA;
    event->opcode = f->message;
    event->data = buf;
    event->len = len;
    event->last = (f->fin && f->left == 0);

    if (f->message == AGENT_WEBSOCKET_TEXT
        && (agent_websocket_frame_utf8(f, buf, len) != 0
            || (event->last && f->npartial)))
    {
        agent_websocket_frame_fail(f, AGENT_WEBSOCKET_INVALID_DATA,
                                   "text that is not UTF-8", event);
        return;
    }

    if (event->last) {
        f->message = AGENT_WEBSOCKET_CONTINUATION;
    }
}


static void
agent_websocket_frame_control(agent_websocket_frame_t *f,
    agent_websocket_event_t *event)
{
    int  code;

    event->type = AGENT_WEBSOCKET_CONTROL;
    event->opcode = f->opcode;
    event->data = f->control;
    event->len = f->ncontrol;

    if (f->opcode != AGENT_WEBSOCKET_CLOSE) {
        return;
    }

    if (f->ncontrol == 0) {
        event->code = AGENT_WEBSOCKET_NO_STATUS;
        return;
    }

    code = (unsigned char) f->control[0] << 8;

    if (f->ncontrol > 1) {
        code |= (unsigned char) f->control[1];
    }

    if (f->ncontrol == 1 || !agent_websocket_frame_code_valid(code)) {
        agent_websocket_frame_fail(f, AGENT_WEBSOCKET_PROTOCOL_ERROR,
                                   "an invalid close code", event);

    } else if (!agent_utf8_valid(f->control + 2, f->ncontrol - 2)) {
        agent_websocket_frame_fail(f, AGENT_WEBSOCKET_INVALID_DATA,
                                   "a close reason that is not UTF-8", event);

    } else {
        event->code = code;
    }
}


/* section 7.4: defined codes, and those of libraries and applications */

static int
agent_websocket_frame_code_valid(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
           || (code >= 3000 && code <= 4999);
}


/* 0; or -1 as soon as the text cannot become UTF-8 */

static int
agent_websocket_frame_utf8(agent_websocket_frame_t *f, const char *buf,
    size_t len)
{
    int  n;

    while (len) {

        if (f->npartial) {
            f->partial[f->npartial++] = *buf++;
            len--;

            n = agent_utf8_char(f->partial, f->npartial);

            if (n == 0) {
                return -1;
            }

            if (n > 0) {
                f->npartial = 0;
            }

            continue;
        }

        n = agent_utf8_char(buf, len);

        if (n == 0) {
            return -1;
        }

        if (n < 0) {
            memcpy(f->partial, buf, len);
            f->npartial = len;
            break;
        }

        buf += n;
        len -= n;
    }

    return 0;
}


static void
agent_websocket_frame_fail(agent_websocket_frame_t *f, int code,
    const char *reason, agent_websocket_event_t *event)
{
    f->failed = 1;

    memset(event, 0, sizeof(agent_websocket_event_t));

    event->type = AGENT_WEBSOCKET_INVALID;
    event->code = code;
    event->reason = reason;
}


size_t
agent_websocket_frame_header(char *header, int opcode, int fin, uint64_t len)
{
    int     shift;
    size_t  n;

    header[0] = (char) ((fin ? AGENT_WEBSOCKET_FIN : 0) | opcode);

    if (len < 126) {
        header[1] = (char) len;
        return 2;
    }

    header[1] = (char) (len < 65536 ? 126 : 127);
    n = 2;

    for (shift = len < 65536 ? 8 : 56; shift >= 0; shift -= 8) {
        header[n++] = (char) (len >> shift);
    }

    return n;
}
