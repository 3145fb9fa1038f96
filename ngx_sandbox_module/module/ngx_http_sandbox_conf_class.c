
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_firewall.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_conf_class.h"
#include "module/ngx_http_sandbox_conf_limits.h"


/* sandbox_class */


/* minimum of the engine */
#define NGX_HTTP_SANDBOX_MEMORY_MIN  (6 * 1024 * 1024)
/*
 * What is in /dev/shm counts as memory of the container, which bounds it: by
 * default it is half of that, as of a host, so that forgotten files leave room
 * for the programs that could remove them; and not less than the engine's own
 * default.
 */
#define NGX_HTTP_SANDBOX_SHM         (64 * 1024 * 1024)
#define NGX_HTTP_SANDBOX_SHM_MIN     (1024 * 1024)
/* maximum of the kernel */
#define NGX_HTTP_SANDBOX_PIDS_MAX    4194304
/* kernels of a language: AGENT_POOL_MAX */
#define NGX_HTTP_SANDBOX_PREWARM_MAX  16
/* the default of fs.nr_open */
#define NGX_HTTP_SANDBOX_NOFILE_MAX  1048576
/* the agent must be able to work with it */
#define NGX_HTTP_SANDBOX_NOFILE_MIN  256

#define NGX_HTTP_SANDBOX_POOL_MAX    1000

/* the minimum of times is one second */
#define NGX_HTTP_SANDBOX_LIFE_MIN    1
#define NGX_HTTP_SANDBOX_DISK_MIN    (16 * 1024 * 1024)

#define NGX_HTTP_SANDBOX_CLASS_ENV_MAX  8192


static ngx_int_t ngx_http_sandbox_conf_class_option(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value);
static ngx_int_t ngx_http_sandbox_conf_class_prewarm(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *s);
static ngx_uint_t ngx_http_sandbox_conf_class_plain(ngx_str_t *s,
    const char *marks, size_t max);
static ngx_int_t ngx_http_sandbox_conf_class_time(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value, ngx_str_t *s,
    int64_t *ms);
static ngx_int_t ngx_http_sandbox_conf_class_env(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value, ngx_str_t *s);
static ngx_int_t ngx_http_sandbox_conf_class_rules(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class);


char *
ngx_http_sandbox_conf_class(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_uint_t                 i;
    ngx_str_t                 *value;
    ngx_http_sandbox_class_t  *class;

    value = cf->args->elts;

    if (value[1].len > SANDBOX_CLASS_MAX
        || !sandbox_name_session_valid((char *) value[1].data, value[1].len))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid sandbox class name \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_sandbox_class_find(smcf, value[1].data, value[1].len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate sandbox class \"%V\"", &value[1]);
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

    if (class->shm == 0) {
        class->shm = ngx_max(class->memory / 2, NGX_HTTP_SANDBOX_SHM);
    }

    if (class->max_instances && class->pool > class->max_instances) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pool=%ui\" of sandbox class \"%V\" exceeds its "
                           "\"max_instances=%ui\"",
                           class->pool, &class->name, class->max_instances);
        return NGX_CONF_ERROR;
    }

    if (class->image.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"image=\" in sandbox class \"%V\"",
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

        if (!ngx_http_sandbox_conf_class_plain(&s, "./:@_-", 255)) {
            goto invalid;
        }

        class->image = s;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("user")) {

        /* "name" or "name:group" with non-empty parts */

        p = ngx_strlchr(s.data, s.data + s.len, ':');

        if (!ngx_http_sandbox_conf_class_plain(&s, ":._-", 128)
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

    if (ngx_http_sandbox_is("shm")) {
        class->shm = ngx_parse_offset(&s);

        if (class->shm < NGX_HTTP_SANDBOX_SHM_MIN) {
            goto invalid;
        }

        return NGX_OK;
    }

    if (ngx_http_sandbox_is("cpus")) {

        /* three decimals: the resolution of the engine */

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

    if (ngx_http_sandbox_is("nofile")) {
        class->nofile = ngx_atoi(s.data, s.len);

        if (class->nofile < NGX_HTTP_SANDBOX_NOFILE_MIN
            || class->nofile > NGX_HTTP_SANDBOX_NOFILE_MAX)
        {
            goto invalid;
        }

        return NGX_OK;
    }

    if (ngx_http_sandbox_is("prewarm")) {
        n = ngx_http_sandbox_conf_class_prewarm(cf, class, &s);

        if (n == NGX_DECLINED) {
            goto invalid;
        }

        return n;
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
        n = ngx_http_sandbox_conf_limits_instances(&s);

        if (n == NGX_ERROR) {
            goto invalid;
        }

        class->max_instances = n;
        return NGX_OK;
    }

    if (ngx_http_sandbox_is("pool")) {
        n = ngx_atoi(s.data, s.len);

        if (n == NGX_ERROR || n > NGX_HTTP_SANDBOX_POOL_MAX) {
            goto invalid;
        }

        class->pool = n;
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
        return ngx_http_sandbox_conf_class_network(cf, class, &s);
    }

    if (ngx_http_sandbox_is("runtime")) {
        if (s.len != 4 || ngx_memcmp(s.data, "runc", 4) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"runtime=%V\" of sandbox class \"%V\" is not "
                               "supported: its containers cannot connect to "
                               "nginx's unix sockets, use \"runc\"",
                               &s, &class->name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

unknown:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in sandbox class \"%V\"",
                       value, &class->name);
    return NGX_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value in \"%V\" of sandbox class \"%V\"",
                       value, &class->name);
    return NGX_ERROR;
}


/* "python:1,javascript:2" as a JSON object; NGX_DECLINED: invalid */

static ngx_int_t
ngx_http_sandbox_conf_class_prewarm(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *s)
{
    u_char      *p, *q, *last, *end, *colon;
    ngx_int_t    n;
    ngx_uint_t   i, found;

    static const ngx_str_t  languages[] = {
        ngx_string("python"),
        ngx_string("javascript"),
        ngx_string("typescript"),
        ngx_null_string
    };

    /* quotes, and a brace at both ends */

    q = ngx_pnalloc(cf->pool, s->len * 2 + sizeof("{}"));
    if (q == NULL) {
        return NGX_ERROR;
    }

    class->prewarm.data = q;
    found = 0;

    *q++ = '{';

    last = s->data + s->len;

    for (p = s->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;

        colon = ngx_strlchr(p, end, ':');
        if (colon == NULL) {
            return NGX_DECLINED;
        }

        for (i = 0; languages[i].len; i++) {
            if (languages[i].len == (size_t) (colon - p)
                && ngx_memcmp(p, languages[i].data, languages[i].len) == 0)
            {
                break;
            }
        }

        n = ngx_atoi(colon + 1, end - colon - 1);

        if (languages[i].len == 0 || (found & (1 << i))
            || n == NGX_ERROR || n > NGX_HTTP_SANDBOX_PREWARM_MAX)
        {
            return NGX_DECLINED;
        }

        q = ngx_sprintf(q, "%s\"%V\":%i", found ? "," : "", &languages[i], n);
        found |= 1 << i;
    }

    if (!found || last[-1] == ',') {
        return NGX_DECLINED;
    }

    *q++ = '}';
    *q = '\0';

    class->prewarm.len = q - class->prewarm.data;

    return NGX_OK;
}


/* letters, digits, and punctuation except at the beginning */

static ngx_uint_t
ngx_http_sandbox_conf_class_plain(ngx_str_t *s, const char *marks, size_t max)
{
    return sandbox_name_chars((char *) s->data, s->len, 0, max, marks)
           && (s->len == 0 || s->data[0] == '_'
               || ngx_strchr(marks, s->data[0]) == NULL);
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

    if (eq == NULL || (*s->data >= '0' && *s->data <= '9')
        || !sandbox_name_chars((char *) s->data, eq - s->data, 1, s->len, "_"))
    {
        goto invalid;
    }

    p = eq;

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

    /* together with those of a sandbox they must fit into one packet */

    size = s->len;

    if (class->env) {
        pair = class->env->elts;

        for (i = 0; i < class->env->nelts; i += 2) {
            size += pair[i].len + pair[i + 1].len;

            if (pair[i].len == (size_t) (eq - s->data)
                && ngx_strncmp(pair[i].data, s->data, pair[i].len) == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate variable in \"%V\" of sandbox "
                                   "class \"%V\"", value,
                                   &class->name);
                return NGX_ERROR;
            }
        }
    }

    if (size > NGX_HTTP_SANDBOX_CLASS_ENV_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the variables of sandbox class \"%V\" exceed %d "
                           "bytes", &class->name,
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

    /* both are NUL-terminated: at the '=', and at the end of the word */

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


ngx_int_t
ngx_http_sandbox_conf_class_network(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value)
{
    if (value->len == 4 && ngx_memcmp(value->data, "none", 4) == 0) {
        ngx_str_set(&class->network, "none");
        return NGX_OK;
    }

    if (value->len == 8 && ngx_memcmp(value->data, "internet", 8) == 0) {
        ngx_str_set(&class->network, "internet");
        return ngx_http_sandbox_conf_class_rules(cf, class);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"network=%V\" of sandbox class \"%V\", it "
                       "must be \"none\" or \"internet\"",
                       value, &class->name);
    return NGX_ERROR;
}


/* without the firewall rules, "internet" would include the host and its LAN */

static ngx_int_t
ngx_http_sandbox_conf_class_rules(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class)
{
    ngx_err_t  err;

    /*
     * "nginx -s stop" also reads the configuration, and must work without them
     */

    if (ngx_process == NGX_PROCESS_SIGNALLER || sandbox_firewall_check() == 0) {
        return NGX_OK;
    }

    err = ngx_errno;

    if (err == NGX_EPERM) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, err,
                           "\"network=internet\" of sandbox class \"%V\": "
                           "cannot verify the firewall rules, not running as "
                           "root", &class->name);
        return NGX_OK;
    }

    if (err == NGX_ENOENT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"network=internet\" of sandbox class \"%V\": the "
                           "firewall rules are not installed, run \""
                           SANDBOX_FIREWALL_COMMAND "\"", &class->name);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "\"network=internet\" of sandbox class \"%V\": "
                           "cannot read the firewall rules from the kernel",
                           &class->name);
    }

    return NGX_ERROR;
}
