
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_conf_keys.h"
#include "module/ngx_http_sandbox_conf_limits.h"


/*
 * sandbox_api_key_file: lines of name:key and options.  Read by the master,
 * which may be root.  Messages never contain a key, only its line number.
 */


#define NGX_HTTP_SANDBOX_KEY_FILE_MAX  (1024 * 1024)
#define NGX_HTTP_SANDBOX_KEY_MIN       16
#define NGX_HTTP_SANDBOX_KEY_MAX       256


typedef struct {
    ngx_conf_t                   *cf;
    ngx_str_t                    *file;
    ngx_uint_t                    line;
    ngx_array_t                  *keys;
} ngx_http_sandbox_conf_keys_parser_t;


static u_char *ngx_http_sandbox_conf_keys_read(ngx_conf_t *cf, ngx_str_t *name,
    size_t *size);
static char *ngx_http_sandbox_conf_keys_line(
    ngx_http_sandbox_conf_keys_parser_t *kp, u_char *p, u_char *last);
static char *ngx_http_sandbox_conf_keys_option(
    ngx_http_sandbox_conf_keys_parser_t *kp, ngx_http_sandbox_key_t *key,
    ngx_str_t *option);
static char *ngx_http_sandbox_conf_keys_error(
    ngx_http_sandbox_conf_keys_parser_t *kp, const char *text);


char *
ngx_http_sandbox_conf_keys_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    char                                *rv;
    size_t                               size;
    u_char                              *text, *p, *end, *last;
    ngx_str_t                           *value, name;
    ngx_http_sandbox_conf_keys_parser_t  kp;

    if (slcf->keys != NULL && slcf->keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    kp.cf = cf;
    kp.file = &name;
    kp.line = 0;

    kp.keys = ngx_array_create(cf->pool, 4, sizeof(ngx_http_sandbox_key_t));
    if (kp.keys == NULL) {
        return NGX_CONF_ERROR;
    }

    text = ngx_http_sandbox_conf_keys_read(cf, &name, &size);
    if (text == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = NGX_CONF_OK;
    end = text + size;

    for (p = text; p < end; p = last + 1) {

        kp.line++;

        last = ngx_strlchr(p, end, LF);
        if (last == NULL) {
            last = end;
        }

        rv = ngx_http_sandbox_conf_keys_line(&kp, p, last);

        if (rv != NGX_CONF_OK) {
            break;
        }
    }

    ngx_explicit_memzero(text, size);
    ngx_free(text);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (kp.keys->nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no keys in \"%V\", each line must be \"name:key\"",
                           &name);
        return NGX_CONF_ERROR;
    }

    slcf->keys = kp.keys;

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_keys_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf)
{
    ngx_str_t                     *class;
    ngx_uint_t                     i, n;
    ngx_http_sandbox_key_t        *key;
    ngx_http_sandbox_main_conf_t  *smcf;

    if (!conf->auth || conf->keys == NULL) {
        return NGX_CONF_OK;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    key = conf->keys->elts;

    for (i = 0; i < conf->keys->nelts; i++) {

        if (key[i].classes == NULL) {
            continue;
        }

        class = key[i].classes->elts;

        for (n = 0; n < key[i].classes->nelts; n++) {

            if (ngx_http_sandbox_class_find(smcf, class[n].data,
                                            class[n].len)
                == NULL)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "the key of \"%V\" lists sandbox class "
                                   "\"%V\", which is not defined",
                                   &key[i].name, &class[n]);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


static u_char *
ngx_http_sandbox_conf_keys_read(ngx_conf_t *cf, ngx_str_t *name, size_t *size)
{
    u_char           *text;
    size_t            len;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    len = 0;
    text = NULL;

    /* O_NONBLOCK: a FIFO must not block the master */

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NULL;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        goto failed;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file", name);
        goto failed;
    }

    if (ngx_file_size(&fi) > NGX_HTTP_SANDBOX_KEY_FILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is larger than %d bytes", name,
                           NGX_HTTP_SANDBOX_KEY_FILE_MAX);
        goto failed;
    }

    if (ngx_file_access(&fi) & (S_IROTH|S_IWOTH|S_IWGRP)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the key file \"%V\" is accessible to other users, "
                           "set its mode to 0600", name);
    }

    len = ngx_file_size(&fi);

    text = ngx_alloc(len + 1, cf->log);
    if (text == NULL) {
        goto failed;
    }

    /* one byte more than the size, to detect growth */

    for (*size = 0; *size <= len; *size += n) {

        n = ngx_read_fd(fd, text + *size, len + 1 - *size);

        if (n == 0) {
            break;
        }

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               ngx_read_fd_n " \"%V\" failed", name);
            goto failed;
        }
    }

    if (*size != len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" changed while it was read", name);
        goto failed;
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return text;

failed:

    if (text) {
        ngx_explicit_memzero(text, len + 1);
        ngx_free(text);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return NULL;
}


static char *
ngx_http_sandbox_conf_keys_line(ngx_http_sandbox_conf_keys_parser_t *kp,
    u_char *p, u_char *last)
{
    char                    *rv;
    u_char                  *colon;
    ngx_str_t                field;
    ngx_uint_t               i, n;
    ngx_http_sandbox_key_t   key, *k;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last
           && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == CR))
    {
        last--;
    }

    if (p == last || *p == '#') {
        return NGX_CONF_OK;
    }

    ngx_memzero(&key, sizeof(ngx_http_sandbox_key_t));

    for (n = 0; p <= last; n++) {

        colon = ngx_strlchr(p, last, ':');
        if (colon == NULL) {
            colon = last;
        }

        field.data = p;
        field.len = colon - p;

        p = colon + 1;

        switch (n) {

        case 0:
            if (!sandbox_name_chars((char *) field.data, field.len, 1,
                                    SANDBOX_OWNER_MAX, "._-"))
            {
                return ngx_http_sandbox_conf_keys_error(kp,
                           "invalid key name, it must be 1 to 64 of the "
                           "characters A-Z a-z 0-9 . _ -");
            }

            key.name = field;
            break;

        case 1:
            for (i = 0; i < field.len; i++) {
                if (field.data[i] <= ' ' || field.data[i] >= 0x7f) {
                    return ngx_http_sandbox_conf_keys_error(kp,
                               "invalid key, it must contain only printable "
                               "characters, no space and no \":\"");
                }
            }

            if (field.len < NGX_HTTP_SANDBOX_KEY_MIN
                || field.len > NGX_HTTP_SANDBOX_KEY_MAX)
            {
                return ngx_http_sandbox_conf_keys_error(kp,
                           "invalid key, it must be 16 to 256 characters "
                           "long");
            }

            key.key = field;
            break;

        default:
            rv = ngx_http_sandbox_conf_keys_option(kp, &key, &field);

            if (rv != NGX_CONF_OK) {
                return rv;
            }
        }
    }

    if (n < 2) {
        return ngx_http_sandbox_conf_keys_error(kp, "invalid line, it must be "
                                                "\"name:key\"");
    }

    k = kp->keys->elts;

    for (i = 0; i < kp->keys->nelts; i++) {

        if (k[i].name.len == key.name.len
            && ngx_memcmp(k[i].name.data, key.name.data, key.name.len) == 0)
        {
            return ngx_http_sandbox_conf_keys_error(kp,
                                                    "duplicate name");
        }

        if (k[i].key.len == key.key.len
            && ngx_memcmp(k[i].key.data, key.key.data, key.key.len) == 0)
        {
            return ngx_http_sandbox_conf_keys_error(kp, "duplicate key");
        }
    }

    k = ngx_array_push(kp->keys);
    if (k == NULL) {
        return NGX_CONF_ERROR;
    }

    *k = key;

    k->name.data = ngx_pstrdup(kp->cf->pool, &key.name);
    k->key.data = ngx_pstrdup(kp->cf->pool, &key.key);

    if (k->name.data == NULL || k->key.data == NULL
        || ngx_http_sandbox_conf_limits_quota(kp->cf, k) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_sandbox_conf_keys_option(ngx_http_sandbox_conf_keys_parser_t *kp,
    ngx_http_sandbox_key_t *key, ngx_str_t *option)
{
    u_char     *p, *last, *comma;
    ngx_int_t   n;
    ngx_str_t   name, *class;

    if (option->len == 5 && ngx_memcmp(option->data, "admin", 5) == 0) {

        if (key->admin) {
            return ngx_http_sandbox_conf_keys_error(kp,
                                                    "duplicate \"admin\"");
        }

        key->admin = 1;

        return NGX_CONF_OK;
    }

    if (option->len >= 10
        && ngx_memcmp(option->data, "instances=", 10) == 0)
    {
        if (key->instances) {
            return ngx_http_sandbox_conf_keys_error(kp,
                                                    "duplicate \"instances\"");
        }

        name.data = option->data + 10;
        name.len = option->len - 10;

        n = ngx_http_sandbox_conf_limits_instances(&name);

        if (n == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, kp->cf, 0,
                               "invalid \"%V\", in \"%V\" line %ui", option,
                               kp->file, kp->line);
            return NGX_CONF_ERROR;
        }

        key->instances = n;

        return NGX_CONF_OK;
    }

    if (option->len < 8 || ngx_memcmp(option->data, "classes=", 8) != 0) {
        return ngx_http_sandbox_conf_keys_error(kp,
                   "invalid option, it must be \"admin\", \"classes=a,b\" or "
                   "\"instances=5\"");
    }

    if (key->classes) {
        return ngx_http_sandbox_conf_keys_error(kp, "duplicate \"classes\"");
    }

    key->classes = ngx_array_create(kp->cf->pool, 2, sizeof(ngx_str_t));
    if (key->classes == NULL) {
        return NGX_CONF_ERROR;
    }

    p = option->data + 8;
    last = option->data + option->len;

    for ( /* void */ ; p <= last; p = comma + 1) {

        comma = ngx_strlchr(p, last, ',');
        if (comma == NULL) {
            comma = last;
        }

        name.data = p;
        name.len = comma - p;

        if (!sandbox_name_chars((char *) name.data, name.len, 1,
                                SANDBOX_CLASS_MAX, "._-"))
        {
            return ngx_http_sandbox_conf_keys_error(kp,
                       "\"classes=\" must be a comma-separated list of class "
                       "names");
        }

        class = ngx_array_push(key->classes);
        if (class == NULL) {
            return NGX_CONF_ERROR;
        }

        class->len = name.len;
        class->data = ngx_pstrdup(kp->cf->pool, &name);
        if (class->data == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_sandbox_conf_keys_error(ngx_http_sandbox_conf_keys_parser_t *kp,
    const char *text)
{
    ngx_conf_log_error(NGX_LOG_EMERG, kp->cf, 0, "%s, in \"%V\" line %ui",
                       text, kp->file, kp->line);

    return NGX_CONF_ERROR;
}
