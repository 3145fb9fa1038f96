
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "ac_json_writer.h"

#include "host/api.h"


#define SELFTEST_API_SECONDS  120
#define SELFTEST_API_BODY     (8 * 1024 * 1024)
#define SELFTEST_API_LINE     (1024 * 1024)

#define selftest_api_set(api, option, value)                                  \
    (void) curl_easy_setopt((api)->curl, option, value)


typedef struct {
    selftest_text_t        raw;        /* of the stream, up to a newline */
    selftest_text_t        out;        /* of the program, likewise */
    char                   event[16];
    int                    code;       /* -1: it has not ended */
    char                  *error;
    selftest_api_line_pt   line;
    void                  *data;
} selftest_api_stream_t;


static long selftest_api_perform(selftest_api_t *api, const char *method,
    const char *path, const char *body, size_t len);
static void selftest_api_fail(selftest_api_t *api, char *error);
static char *selftest_api_reason(const char *body);
static char *selftest_api_json(const char *const *argv);
static size_t selftest_api_body(char *data, size_t size, size_t n, void *api);
static size_t selftest_api_events(char *data, size_t size, size_t n,
    void *stream);
static void selftest_api_field(selftest_api_stream_t *stream, char *line);
static void selftest_api_output(selftest_api_stream_t *stream, char *data,
    size_t len);
static void selftest_api_end(selftest_api_stream_t *stream, const char *data);
static int selftest_api_progress(void *data, curl_off_t a, curl_off_t b,
    curl_off_t c, curl_off_t d);


volatile int  selftest_api_interrupted;


int
selftest_api_init(selftest_api_t *api, const char *url, const char *key,
    const char *ca)
{
    char    *text;
    size_t   len;

    memset(api, 0, sizeof(selftest_api_t));

    len = strlen(url);

    while (len && url[len - 1] == '/') {
        len--;
    }

    api->url = selftest_text_format("%.*s", (int) len, url);
    api->curl = curl_easy_init();

    if (api->curl == NULL) {
        return -1;
    }

    if (key) {
        text = selftest_text_format("Authorization: Bearer %s", key);
        api->headers = curl_slist_append(NULL, text);
        explicit_bzero(text, strlen(text));
        free(text);
    }

    api->headers = curl_slist_append(api->headers, "Expect:");

    if (api->headers == NULL) {
        return -1;
    }

    selftest_api_set(api, CURLOPT_NOSIGNAL, 1L);

#if LIBCURL_VERSION_NUM >= 0x075500
    selftest_api_set(api, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    selftest_api_set(api, CURLOPT_PROTOCOLS,
                     (long) (CURLPROTO_HTTP|CURLPROTO_HTTPS));
#endif

    selftest_api_set(api, CURLOPT_NOPROGRESS, 0L);
    selftest_api_set(api, CURLOPT_XFERINFOFUNCTION, selftest_api_progress);
    selftest_api_set(api, CURLOPT_CONNECTTIMEOUT, 10L);

    /* a proxy of the environment must not see the key */
    selftest_api_set(api, CURLOPT_PROXY, "");

    if (ca) {
        selftest_api_set(api, CURLOPT_CAINFO, ca);
    }

    return 0;
}


void
selftest_api_free(selftest_api_t *api)
{
    curl_easy_cleanup(api->curl);
    curl_slist_free_all(api->headers);
    selftest_text_free(&api->body);
    free(api->error);
    free(api->url);
}


long
selftest_api_call(selftest_api_t *api, const char *method, const char *path,
    const char *json)
{
    return selftest_api_perform(api, method, path, json,
                                json ? strlen(json) : 0);
}


long
selftest_api_put(selftest_api_t *api, const char *path, const void *data,
    size_t len)
{
    return selftest_api_perform(api, "PUT", path, data, len);
}


static long
selftest_api_perform(selftest_api_t *api, const char *method,
    const char *path, const char *body, size_t len)
{
    char      *url;
    long       status;
    CURLcode   rc;

    url = selftest_text_format("%s%s", api->url, path);

    selftest_text_free(&api->body);

    selftest_api_set(api, CURLOPT_URL, url);
    selftest_api_set(api, CURLOPT_HTTPHEADER, api->headers);
    selftest_api_set(api, CURLOPT_TIMEOUT, (long) SELFTEST_API_SECONDS);
    selftest_api_set(api, CURLOPT_WRITEFUNCTION, selftest_api_body);
    selftest_api_set(api, CURLOPT_WRITEDATA, api);

    if (body) {
        selftest_api_set(api, CURLOPT_POST, 1L);
        selftest_api_set(api, CURLOPT_POSTFIELDS, body);
        selftest_api_set(api, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) len);

    } else {
        selftest_api_set(api, CURLOPT_HTTPGET, 1L);
    }

    selftest_api_set(api, CURLOPT_CUSTOMREQUEST, method);

    rc = curl_easy_perform(api->curl);

    free(url);

    if (rc != CURLE_OK) {
        selftest_api_fail(api, selftest_text_format("%s: %s", api->url,
                                                    curl_easy_strerror(rc)));
        return -1;
    }

    status = 0;
    (void) curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, &status);

    if (status >= 400) {
        url = selftest_api_reason(api->body.data);
        selftest_api_fail(api, selftest_text_format("%ld: %s", status, url));
        free(url);
    }

    return status;
}


/* takes the error, of which a part may come from anywhere */

static void
selftest_api_fail(selftest_api_t *api, char *error)
{
    char  *p;

    for (p = error; *p; p++) {

        if (*p < ' ' || *p > '~') {
            *p = '?';
        }
    }

    free(api->error);
    api->error = error;
}


/* the API has "message" or "error" */

static char *
selftest_api_reason(const char *body)
{
    char   *text;
    cJSON  *json, *item;

    json = body ? cJSON_Parse(body) : NULL;
    item = cJSON_GetObjectItemCaseSensitive(json, "message");

    if (!cJSON_IsString(item)) {
        item = cJSON_GetObjectItemCaseSensitive(json, "error");
    }

    text = selftest_text_format("%s", cJSON_IsString(item)
                                      ? item->valuestring
                                      : "not an answer of the API");

    cJSON_Delete(json);

    return text;
}


int
selftest_api_exec(selftest_api_t *api, const char *id,
    const char *const *argv, selftest_api_line_pt line, void *data)
{
    int                     code;
    char                   *url, *json;
    long                    status;
    CURLcode                rc;
    selftest_api_stream_t   stream;

    json = selftest_api_json(argv);

    if (json == NULL) {
        selftest_api_fail(api, selftest_text_format("out of memory"));
        return -1;
    }

    memset(&stream, 0, sizeof(selftest_api_stream_t));

    stream.code = -1;
    stream.line = line;
    stream.data = data;

    url = selftest_text_format("%s/v1/sandbox/%s/exec", api->url, id);

    selftest_api_set(api, CURLOPT_URL, url);
    selftest_api_set(api, CURLOPT_HTTPHEADER, api->headers);
    selftest_api_set(api, CURLOPT_TIMEOUT, (long) SELFTEST_API_SECONDS * 5);
    selftest_api_set(api, CURLOPT_POST, 1L);
    selftest_api_set(api, CURLOPT_POSTFIELDS, json);
    selftest_api_set(api, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) -1);
    selftest_api_set(api, CURLOPT_CUSTOMREQUEST, "POST");
    selftest_api_set(api, CURLOPT_WRITEFUNCTION, selftest_api_events);
    selftest_api_set(api, CURLOPT_WRITEDATA, &stream);

    rc = curl_easy_perform(api->curl);

    free(url);
    free(json);

    status = 0;
    (void) curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, &status);

    if (stream.code == -1) {

        if (stream.error) {
            selftest_api_fail(api, stream.error);
            stream.error = NULL;

        } else if (status >= 400) {
            url = selftest_api_reason(stream.raw.data);
            selftest_api_fail(api, selftest_text_format("%ld: %s", status,
                                                        url));
            free(url);

        } else {
            selftest_api_fail(api, selftest_text_format(
                                       "the sandbox ended, or its agent: %s",
                                       rc == CURLE_OK
                                       ? "the stream broke off"
                                       : curl_easy_strerror(rc)));
        }
    }

    code = stream.code;

    free(stream.error);
    selftest_text_free(&stream.raw);
    selftest_text_free(&stream.out);

    return code;
}


static char *
selftest_api_json(const char *const *argv)
{
    ac_json_writer_t  w;

    memset(&w, 0, sizeof(ac_json_writer_t));

    ac_json_writer_object(&w, NULL);
    ac_json_writer_strings(&w, "argv", argv);
    ac_json_writer_object_end(&w);

    return ac_json_writer_finish(&w);
}


static size_t
selftest_api_body(char *data, size_t size, size_t n, void *api)
{
    selftest_api_t  *self = api;

    if (selftest_text_append(&self->body, data, size * n, SELFTEST_API_BODY)
        == -1)
    {
        return 0;
    }

    return size * n;
}


/* server-sent events, whose lines may come in pieces */

static size_t
selftest_api_events(char *data, size_t size, size_t n, void *stream)
{
    char                   *start, *end;
    selftest_api_stream_t  *self = stream;

    if (selftest_text_append(&self->raw, data, size * n, SELFTEST_API_LINE)
        == -1)
    {
        return 0;
    }

    for (start = self->raw.data;
         (end = strchr(start, '\n')) != NULL;
         start = end + 1)
    {
        *end = '\0';
        selftest_api_field(self, start);
    }

    self->raw.len -= (size_t) (start - self->raw.data);
    memmove(self->raw.data, start, self->raw.len + 1);

    return size * n;
}


static void
selftest_api_field(selftest_api_stream_t *stream, char *line)
{
    long  len;

    if (strncmp(line, "event: ", 7) == 0) {
        snprintf(stream->event, sizeof(stream->event), "%s", line + 7);
        return;
    }

    if (strncmp(line, "data: ", 6) != 0) {
        return;
    }

    line += 6;

    if (strcmp(stream->event, "stdout") == 0) {
        len = selftest_text_decode(line);

        if (len > 0) {
            selftest_api_output(stream, line, (size_t) len);
        }

    } else if (strcmp(stream->event, "exit") == 0
               || strcmp(stream->event, "error") == 0)
    {
        selftest_api_end(stream, line);
    }
}


static void
selftest_api_output(selftest_api_stream_t *stream, char *data, size_t len)
{
    char             *start, *end;
    selftest_text_t  *out;

    out = &stream->out;

    if (selftest_text_append(out, data, len, SELFTEST_API_LINE) == -1) {
        out->len = 0;
        return;
    }

    for (start = out->data;
         (end = memchr(start, '\n', (size_t) (out->data + out->len - start)))
         != NULL;
         start = end + 1)
    {
        *end = '\0';
        stream->line(stream->data, start);
    }

    out->len -= (size_t) (start - out->data);
    memmove(out->data, start, out->len + 1);
}


static void
selftest_api_end(selftest_api_stream_t *stream, const char *data)
{
    cJSON  *json, *code;

    json = cJSON_Parse(data);
    code = cJSON_GetObjectItemCaseSensitive(json, "exit_code");

    if (cJSON_IsNumber(code)) {
        stream->code = code->valueint;

    } else {
        free(stream->error);
        stream->error = selftest_api_reason(data);
    }

    cJSON_Delete(json);
}


static int
selftest_api_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c,
    curl_off_t d)
{
    (void) data;
    (void) a;
    (void) b;
    (void) c;
    (void) d;

    return selftest_api_interrupted;
}
