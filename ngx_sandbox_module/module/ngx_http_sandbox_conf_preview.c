
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_member.h"
#include "lib/sandbox_policy_settings.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_conf_preview.h"


/* directives of previews: the defaults of port policies */


/* a directive is named "sandbox_preview_" and the API's name of its member */

#define NGX_HTTP_SANDBOX_CONF_PREVIEW_PREFIX  (sizeof("sandbox_preview_") - 1)

#define ngx_http_sandbox_conf_preview_member(cmd)                             \
    sandbox_policy_member_find(NULL, (char *) (cmd)->name.data                \
                               + NGX_HTTP_SANDBOX_CONF_PREVIEW_PREFIX)

#define ngx_http_sandbox_conf_preview_value(slcf, m)                          \
    (*(int64_t *) ((char *) &(slcf)->defaults + (m)->setting))


char *
ngx_http_sandbox_conf_preview_word(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    int                             word;
    int64_t                        *setting;
    ngx_str_t                      *value;
    const sandbox_policy_member_t  *m;

    m = ngx_http_sandbox_conf_preview_member(cmd);
    setting = &ngx_http_sandbox_conf_preview_value(slcf, m);

    if (*setting != SANDBOX_POLICY_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    word = sandbox_policy_word(m->words, (char *) value[1].data);

    if (word == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%s\"",
                           value[1].data);
        return NGX_CONF_ERROR;
    }

    *setting = word;

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_preview_flag(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    int64_t                        *setting;
    ngx_str_t                      *value;
    const sandbox_policy_member_t  *m;

    m = ngx_http_sandbox_conf_preview_member(cmd);
    setting = &ngx_http_sandbox_conf_preview_value(slcf, m);

    if (*setting != SANDBOX_POLICY_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcasecmp(value[1].data, (u_char *) "on") == 0) {
        *setting = SANDBOX_WAKE_ON;

    } else if (ngx_strcasecmp(value[1].data, (u_char *) "off") == 0) {
        *setting = SANDBOX_WAKE_OFF;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%s\" in \"%s\" directive, it "
                           "must be \"on\" or \"off\"",
                           value[1].data, cmd->name.data);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_preview_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    int          word;
    char        *origins;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (slcf->defaults.cors != SANDBOX_POLICY_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    word = sandbox_policy_word(sandbox_policy_cors_words,
                               (char *) value[1].data);

    if (word && word != SANDBOX_CORS_LIST && cf->args->nelts == 2) {
        slcf->defaults.cors = word;
        return NGX_CONF_OK;
    }

    origins = ngx_pcalloc(cf->pool, SANDBOX_ORIGINS_SIZE);
    if (origins == NULL) {
        return NGX_CONF_ERROR;
    }

    slcf->defaults.cors = SANDBOX_CORS_LIST;
    slcf->defaults.origins = origins;

    for (i = 1; i < cf->args->nelts; i++) {

        if (sandbox_policy_origin_add(origins, (char *) value[i].data) == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of "
                               "\"sandbox_preview_cors\", it must be \"app\", "
                               "\"off\", \"reflect\", or a list of lower-case "
                               "origins such as \"https://app.example.com\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_preview_strip(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    int                             word;
    int64_t                        *setting;
    ngx_str_t                      *value;
    ngx_uint_t                      i;
    const sandbox_policy_member_t  *m;

    m = ngx_http_sandbox_conf_preview_member(cmd);
    setting = &ngx_http_sandbox_conf_preview_value(slcf, m);

    if (*setting != SANDBOX_POLICY_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    *setting = 1;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        word = sandbox_policy_word(m->words, (char *) value[i].data);

        if (word == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of "
                               "\"sandbox_preview_strip\", it must be "
                               "\"authorization\", \"cookie\" or \"off\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        *setting |= 1 << word;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_preview_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    off_t                           n;
    u_char                         *p;
    ngx_str_t                      *value, s;
    ngx_uint_t                      i;
    const sandbox_policy_member_t  *m;

    if (slcf->defaults.connections != SANDBOX_POLICY_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (m = sandbox_policy_member_table; m->file_name; m++) {
        if (m->group && ngx_strcmp(m->group, "limits") == 0) {
            ngx_http_sandbox_conf_preview_value(slcf, m) = 0;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        p = (u_char *) ngx_strchr(value[i].data, '=');

        if (p) {
            *p = '\0';
            m = sandbox_policy_member_find("limits", (char *) value[i].data);
            *p++ = '=';

            s.data = p;
            s.len = value[i].data + value[i].len - p;

            n = (m == NULL) ? 0
                : (m->flags & SANDBOX_POLICY_SIZE) ? ngx_parse_offset(&s)
                                                   : ngx_atoof(s.data, s.len);

            if (n >= 1 && n <= m->max) {
                ngx_http_sandbox_conf_preview_value(slcf, m) = n;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_preview_limit\" accepts "
                           "\"connections=\" (1 to %d), \"rate=\" (1 to %d "
                           "per second) and \"body=\" (a size), not \"%V\"",
                           SANDBOX_CONNECTIONS_MAX,
                           SANDBOX_RATE_MAX, &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
