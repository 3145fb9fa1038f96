
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"

#include <cjson/cJSON.h>


/* effective options of a sandbox */


void
ngx_http_sandbox_options_tell(ngx_http_sandbox_node_t *node)
{
    char    *text, *env;
    cJSON   *json, *map;
    int64_t  sleep;

    ngx_http_sandbox_class_t  *class;

    class = ngx_http_sandbox_node_class(node);
    if (class == NULL) {
        return;
    }

    sleep = node->spec.sleep_after_ms;

    if (sleep < 0) {
        sleep = class->sleep_after;
    }

    env = ngx_http_sandbox_options_env(class, &node->spec);
    map = env ? cJSON_Parse(env) : cJSON_CreateObject();
    json = cJSON_CreateObject();
    text = NULL;

    if (json
        && cJSON_AddNumberToObject(json, "sleep_after_ms", (double) sleep)
        && cJSON_AddBoolToObject(json, "keep_alive",
                                 node->spec.keep_alive == 1)
        && cJSON_AddNumberToObject(json, "generation",
                                   (double) node->spec.generation)
        && map && cJSON_AddItemToObject(json, "env", map))
    {
        map = NULL;
        text = cJSON_PrintUnformatted(json);
    }

    if (text) {
        ngx_http_sandbox_tether_send_configure(node, text);

        if (node->tether) {
            node->tether->told = (int64_t) node->spec.generation;
            node->tether->told_seq = node->tether->seq;
        }
    }

    cJSON_free(text);
    cJSON_Delete(json);
    cJSON_Delete(map);
    cJSON_free(env);
}


ngx_int_t
ngx_http_sandbox_options_served(ngx_http_sandbox_node_t *node)
{
    int64_t                     generation;
    ngx_int_t                   rc;
    ngx_http_sandbox_tether_t  *t;

    rc = ngx_http_sandbox_tether_served(node);

    if (rc != NGX_OK) {
        return rc;
    }

    t = node->tether;
    generation = (int64_t) node->spec.generation;

    /* older agents do not tell it */

    if (t->generation == -1 || t->generation >= generation
        || ngx_http_sandbox_node_class(node) == NULL)
    {
        return NGX_OK;
    }

    if (t->told < generation) {
        ngx_http_sandbox_options_tell(node);
    }

    return NGX_AGAIN;
}


int64_t
ngx_http_sandbox_options_max_age(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec)
{
    int64_t  age;

    age = spec->max_age_ms;

    if (class && (age < 0 || (class->max_age && age > class->max_age))) {
        return class->max_age;
    }

    return ngx_max(age, 0);
}


char *
ngx_http_sandbox_options_env(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec)
{
    char        *text;
    cJSON       *map, *own, *member, *copy;
    ngx_str_t   *pair;
    ngx_uint_t   i;

    map = cJSON_CreateObject();
    own = spec->env ? cJSON_Parse(spec->env) : NULL;

    if (class->env) {
        pair = class->env->elts;

        for (i = 0; i < class->env->nelts; i += 2) {
            (void) cJSON_AddStringToObject(map, (char *) pair[i].data,
                                           (char *) pair[i + 1].data);
        }
    }

    cJSON_ArrayForEach(member, own) {
        cJSON_DeleteItemFromObjectCaseSensitive(map, member->string);

        copy = cJSON_Duplicate(member, 1);

        if (copy == NULL
            || !cJSON_AddItemToObject(map, member->string, copy))
        {
            cJSON_Delete(copy);
        }
    }

    text = cJSON_PrintUnformatted(map);

    cJSON_Delete(own);
    cJSON_Delete(map);

    return text;
}
