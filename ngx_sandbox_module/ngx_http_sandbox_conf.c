
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_preview.h"


/* directives that are more than a value, and what a location must not do */


/* the engine refuses less */
#define NGX_HTTP_SANDBOX_MEMORY_MIN  (6 * 1024 * 1024)
/* the kernel takes no more */
#define NGX_HTTP_SANDBOX_PIDS_MAX    4194304

/* the sweep looks each second */
#define NGX_HTTP_SANDBOX_LIFE_MIN    1
#define NGX_HTTP_SANDBOX_DISK_MIN    (16 * 1024 * 1024)

#define NGX_HTTP_SANDBOX_CLASS_ENV_MAX  8192


static ngx_uint_t ngx_http_sandbox_conf_plain(ngx_str_t *s,
    const char *marks, size_t max);
static ngx_int_t ngx_http_sandbox_conf_class_time(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value, ngx_str_t *s,
    int64_t *ms);
static ngx_int_t ngx_http_sandbox_conf_class_env(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value, ngx_str_t *s);
static ngx_int_t ngx_http_sandbox_conf_class_option(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value);


char *
ngx_http_sandbox_conf_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_str_t   *value;
    ngx_path_t  *path;

    if (smcf->state) {
        return "is duplicate";
    }

    value = cf->args->elts;

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = value[1];

    if (path->name.len > 1 && path->name.data[path->name.len - 1] == '/') {
        path->name.data[--path->name.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (path->name.len > sandbox_path_max()) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is too long for \"sandbox_state\": "
                           "the paths of its unix sockets would not fit, "
                           "%uz characters are the most",
                           &path->name, sandbox_path_max());
        return NGX_CONF_ERROR;
    }

    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    smcf->state = path;

    /* nginx creates it, owned by the workers' user, mode 0700 */

    if (ngx_add_path(cf, &smcf->state) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (smcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    p = ngx_strlchr(name.data, name.data + name.len, ':');
    if (p == NULL || p == name.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", it must be <name>:<size>",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    s.data = p + 1;
    s.len = name.data + name.len - s.data;
    name.len = p - name.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR || size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size of zone \"%V\", it must be at least "
                           "%uz bytes", &value[1], 8 * ngx_pagesize);
        return NGX_CONF_ERROR;
    }

    smcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_sandbox_module);
    if (smcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_class(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_uint_t                 i;
    ngx_str_t                 *value;
    ngx_http_sandbox_class_t  *class;

    value = cf->args->elts;

    if (value[1].len > SANDBOX_CLASS_MAX
        || !sandbox_session_valid((char *) value[1].data, value[1].len))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" of a sandbox class",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_sandbox_find_class(smcf, value[1].data, value[1].len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "sandbox class \"%V\" is duplicate", &value[1]);
        return NGX_CONF_ERROR;
    }

    class = ngx_array_push(&smcf->classes);
    if (class == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(class, sizeof(ngx_http_sandbox_class_t));

    class->name = value[1];
    class->memory = 512 * 1024 * 1024;
    class->nano_cpus = 1000000000;
    class->pids = 256;
    class->sleep_after = 600000;
    ngx_str_set(&class->network, "none");

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_sandbox_conf_class_option(cf, class, &value[i])
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (class->image.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "sandbox class \"%V\" needs \"image=\"",
                           &class->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sandbox_conf_class_option(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value)
{
    u_char     *p;
    ngx_int_t   n;
    ngx_str_t   name, s;

    p = ngx_strlchr(value->data, value->data + value->len, '=');
    if (p == NULL) {
        goto unknown;
    }

    name.data = value->data;
    name.len = p - value->data;

    s.data = p + 1;
    s.len = value->data + value->len - s.data;

    if (s.len == 0) {
        goto invalid;
    }

#define ngx_http_sandbox_is(str)                                              \
    (name.len == sizeof(str) - 1 && ngx_memcmp(name.data, str, name.len) == 0)

    if (ngx_http_sandbox_is("image")) {

        if (!ngx_http_sandbox_conf_plain(&s, "./:@_-", 255)) {
            goto invalid;
        }

        class->image = s;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("user")) {

        /* "name:group", and neither part is empty */

        p = ngx_strlchr(s.data, s.data + s.len, ':');

        if (!ngx_http_sandbox_conf_plain(&s, ":._-", 128)
            || (p && (p + 1 == s.data + s.len
                      || ngx_strlchr(p + 1, s.data + s.len, ':'))))
        {
            goto invalid;
        }

        class->user = s;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("memory")) {
        class->memory = ngx_parse_offset(&s);

        if (class->memory < NGX_HTTP_SANDBOX_MEMORY_MIN) {
            goto invalid;
        }

        return NGX_OK;
    }

    if (ngx_http_sandbox_is("cpus")) {

        /* thousandths are what the engine's scheduler can tell apart */

        n = ngx_atofp(s.data, s.len, 4);

        if (n == NGX_ERROR || n < 100) {
            goto invalid;
        }

        class->nano_cpus = (int64_t) n * 100000;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("pids")) {
        class->pids = ngx_atoi(s.data, s.len);

        if (class->pids < 8 || class->pids > NGX_HTTP_SANDBOX_PIDS_MAX) {
            goto invalid;
        }

        return NGX_OK;
    }

    if (ngx_http_sandbox_is("sleep_after")) {
        n = ngx_parse_time(&s, 0);

        if (n == NGX_ERROR) {
            goto invalid;
        }

        class->sleep_after = n;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("max_awake")) {
        return ngx_http_sandbox_conf_class_time(cf, class, value, &s,
                                                &class->max_awake);
    }

    if (ngx_http_sandbox_is("max_age")) {
        return ngx_http_sandbox_conf_class_time(cf, class, value, &s,
                                                &class->max_age);
    }

    if (ngx_http_sandbox_is("retain")) {
        return ngx_http_sandbox_conf_class_time(cf, class, value, &s,
                                                &class->retain);
    }

    if (ngx_http_sandbox_is("max_instances")) {
        n = ngx_http_sandbox_conf_instances(&s);

        if (n == NGX_ERROR) {
            goto invalid;
        }

        class->max_instances = n;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("disk")) {

        if (ngx_parse_offset(&s) < NGX_HTTP_SANDBOX_DISK_MIN) {
            goto invalid;
        }

        class->disk = s;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("env")) {
        return ngx_http_sandbox_conf_class_env(cf, class, value, &s);
    }

    if (ngx_http_sandbox_is("network")) {
        return ngx_http_sandbox_network_conf(cf, class, &s);
    }

    if (ngx_http_sandbox_is("runtime")) {
        if (s.len != 4 || ngx_memcmp(s.data, "runc", 4) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"runtime=%V\" of sandbox class \"%V\" is not "
                               "supported: its containers cannot reach "
                               "nginx's unix sockets, \"runc\" can",
                               &s, &class->name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

unknown:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown option \"%V\" of sandbox class \"%V\"",
                       value, &class->name);
    return NGX_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value in \"%V\" of sandbox class \"%V\"",
                       value, &class->name);
    return NGX_ERROR;
}


/* letters, digits and marks, of which none comes first */

static ngx_uint_t
ngx_http_sandbox_conf_plain(ngx_str_t *s, const char *marks, size_t max)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9'))
        {
            continue;
        }

        if (c == '\0' || ngx_strchr(marks, c) == NULL
            || (i == 0 && c != '_'))
        {
            return 0;
        }
    }

    return s->len <= max;
}


static ngx_int_t
ngx_http_sandbox_conf_class_time(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value, ngx_str_t *s,
    int64_t *ms)
{
    ngx_int_t  n;

    n = ngx_parse_time(s, 1);

    if (n == NGX_ERROR || n < NGX_HTTP_SANDBOX_LIFE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value in \"%V\" of sandbox class \"%V\"",
                           value, &class->name);
        return NGX_ERROR;
    }

    *ms = (int64_t) n * 1000;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_conf_class_env(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value, ngx_str_t *s)
{
    u_char      *p, *eq, *last;
    size_t       size;
    ngx_str_t   *pair;
    ngx_uint_t   i;

    last = s->data + s->len;
    eq = ngx_strlchr(s->data, last, '=');

    if (eq == NULL || eq == s->data || (*s->data >= '0' && *s->data <= '9')) {
        goto invalid;
    }

    for (p = s->data; p < eq; p++) {
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
              || (*p >= '0' && *p <= '9') || *p == '_'))
        {
            goto invalid;
        }
    }

    while (p < last) {

        if (*p < 0x20 || *p == 0x7f) {
            goto invalid;
        }

        if (*p < 0x80) {
            p++;

        } else if (ngx_utf8_decode(&p, last - p) > 0x10ffff) {
            goto invalid;
        }
    }

    /* with a sandbox's own they have to fit into one packet */

    size = s->len;

    if (class->env) {
        pair = class->env->elts;

        for (i = 0; i < class->env->nelts; i += 2) {
            size += pair[i].len + pair[i + 1].len;

            if (pair[i].len == (size_t) (eq - s->data)
                && ngx_strncmp(pair[i].data, s->data, pair[i].len) == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" of sandbox class \"%V\": that "
                                   "variable is given twice", value,
                                   &class->name);
                return NGX_ERROR;
            }
        }
    }

    if (size > NGX_HTTP_SANDBOX_CLASS_ENV_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the variables of sandbox class \"%V\" are over "
                           "%d bytes", &class->name,
                           NGX_HTTP_SANDBOX_CLASS_ENV_MAX);
        return NGX_ERROR;
    }

    if (class->env == NULL) {
        class->env = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (class->env == NULL) {
            return NGX_ERROR;
        }
    }

    pair = ngx_array_push_n(class->env, 2);
    if (pair == NULL) {
        return NGX_ERROR;
    }

    /* both end in a zero byte: where '=' was, and as the word did */

    *eq = '\0';

    pair[0].data = s->data;
    pair[0].len = eq - s->data;
    pair[1].data = eq + 1;
    pair[1].len = last - eq - 1;

    return NGX_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value in \"%V\" of sandbox class \"%V\", "
                       "it must be env=NAME=value", value, &class->name);
    return NGX_ERROR;
}


char *
ngx_http_sandbox_conf_preview_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    u_char                      *p, *last;
    ngx_str_t                   *value, url;
    ngx_http_sandbox_preview_t  *preview;

    value = cf->args->elts;
    url = value[1];

    preview = ngx_array_push(&smcf->previews);
    if (preview == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(preview, sizeof(ngx_http_sandbox_preview_t));

    if (url.len > 9 && ngx_strncmp(url.data, "http://*.", 9) == 0) {
        ngx_str_set(&preview->scheme, "http");
        p = url.data + 9;

    } else if (url.len > 10 && ngx_strncmp(url.data, "https://*.", 10) == 0) {
        ngx_str_set(&preview->scheme, "https");
        p = url.data + 10;

    } else {
        goto invalid;
    }

    last = url.data + url.len;

    if (last[-1] == '/') {
        last--;
    }

    preview->host.data = p;

    for ( /* void */ ; p < last && *p != ':'; p++) {
        *p = ngx_tolower(*p);

        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')
              || *p == '-' || *p == '.'))
        {
            goto invalid;
        }
    }

    preview->host.len = p - preview->host.data;

    /* the whole name is at most 253 characters, its first label 63 */

    if (preview->host.len == 0 || preview->host.len > 253 - 64) {
        goto invalid;
    }

    preview->port.data = p;
    preview->port.len = last - p;

    if (p < last) {
        if (last - p < 2 || ngx_atoi(p + 1, last - p - 1) < 1
            || ngx_atoi(p + 1, last - p - 1) > 65535)
        {
            goto invalid;
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"sandbox_preview_url\" \"%V\", it must be "
                       "http:// or https://, \"*.\", a domain and "
                       "perhaps a port", &value[1]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_sandbox_conf_check_proxy(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf)
{
    ngx_uint_t                     xa;
    ngx_http_upstream_conf_t      *ucf;
    ngx_http_upstream_srv_conf_t  *uscf;

    extern ngx_module_t  ngx_http_proxy_module;

    /* the upstream part comes first in the proxy module's configuration */

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);
    if (ucf == NULL) {
        return NGX_CONF_OK;
    }

    uscf = ucf->upstream;

    if (uscf == NULL
        || uscf->srv_conf == NULL
        || uscf->peer.data != &ngx_http_sandbox_module)
    {
        return NGX_CONF_OK;
    }

    if (!conf->api && !conf->preview) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a location that proxies to upstream \"%V\" needs "
                           "\"sandbox_api\" or \"sandbox_preview\"",
                           &uscf->host);
        return NGX_CONF_ERROR;
    }

    if (conf->preview && ucf->connect_timeout <= conf->wake_timeout) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"sandbox_wake_timeout\" is to be shorter than "
                           "\"proxy_connect_timeout\", which ends it");
    }

    xa = NGX_HTTP_UPSTREAM_IGN_XA_REDIRECT
         |NGX_HTTP_UPSTREAM_IGN_XA_EXPIRES
         |NGX_HTTP_UPSTREAM_IGN_XA_LIMIT_RATE
         |NGX_HTTP_UPSTREAM_IGN_XA_BUFFERING
         |NGX_HTTP_UPSTREAM_IGN_XA_CHARSET;

    if ((ucf->ignore_headers & xa) != xa) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a location that proxies to upstream \"%V\" must "
                           "ignore what a container says to nginx: "
                           "\"include sandbox_proxy.conf\", or "
                           "\"proxy_ignore_headers X-Accel-Redirect "
                           "X-Accel-Expires X-Accel-Limit-Rate "
                           "X-Accel-Buffering X-Accel-Charset\"",
                           &uscf->host);
        return NGX_CONF_ERROR;
    }

#if (NGX_HTTP_CACHE)
    if (ngx_http_sandbox_cache_conf(cf, conf, ucf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }
#endif

    if (ucf->store) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"proxy_store\" in a location that proxies to "
                           "upstream \"%V\"", &uscf->host);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
