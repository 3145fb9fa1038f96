
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_kind.h"
#include "lib/sandbox_policy_list.h"
#include "lib/sandbox_policy_member.h"
#include "lib/sandbox_policy_settings.h"


/* the members of a policy */


#define sandbox_digits(n)      sandbox_digits_of(n)
#define sandbox_digits_of(n)   #n

/* offset and size of a member; place of its setting */
#define sandbox_field(field)                                                  \
    offsetof(sandbox_policy_t, field), sizeof(((sandbox_policy_t *) 0)->field)
#define sandbox_setting(field)  offsetof(sandbox_policy_settings_t, field)

/* with the origins that follow */
#define SANDBOX_CORS_SIZE                                                     \
    (offsetof(sandbox_policy_t, cookies) - offsetof(sandbox_policy_t, cors))

#define SANDBOX_NONE  SANDBOX_POLICY_NO_SETTING


#define SANDBOX_LIMITS_MESSAGE                                                \
    "\"limits\" must be an object with \"connections\" (1 to "                \
    sandbox_digits(SANDBOX_CONNECTIONS_MAX)                                   \
    " at a time), \"rate\" (1 to " sandbox_digits(SANDBOX_RATE_MAX)           \
    " requests per second) and \"body\" (1 to "                               \
    sandbox_digits(SANDBOX_BODY_MAX)                                          \
    " bytes). It, or any of its members, may be null for the default of the " \
    "location."

#define SANDBOX_HEADERS_MESSAGE                                               \
    " must be an object: names are 1 to "                                     \
    sandbox_digits(SANDBOX_HEADER_NAME_MAX)                                   \
    " of A-Z, a-z, 0-9, \"-\" and \"_\", except headers that frame or route " \
    "a message or that nginx sets itself; values are visible ASCII strings "  \
    "that may contain inner spaces, false to remove the header, or null to "  \
    "drop the rule."


const sandbox_policy_member_t  sandbox_policy_member_table[] = {

    { "token", NULL, "token", &sandbox_policy_kind_text,
      sandbox_field(token), SANDBOX_TOKEN_MAX, NULL,
      sandbox_policy_token_valid, SANDBOX_NONE, 0,
      SANDBOX_POLICY_ALWAYS|SANDBOX_POLICY_APART,
      "\"token\" must be a string of 1 to "
      sandbox_digits(SANDBOX_TOKEN_MAX) " of the characters a-z, 0-9 and "
      "\"_\". Omit it to have one generated." },

    { "name", NULL, "name", &sandbox_policy_kind_text,
      sandbox_field(name), SANDBOX_NAME_MAX, NULL,
      sandbox_policy_name_valid, SANDBOX_NONE, 0,
      SANDBOX_POLICY_ALWAYS|SANDBOX_POLICY_EMPTY|SANDBOX_POLICY_APART,
      "\"name\" must be a string of at most "
      sandbox_digits(SANDBOX_NAME_MAX) " bytes without control characters." },

    { NULL, NULL, "host", &sandbox_policy_kind_text,
      sandbox_field(host), SANDBOX_HOST_MAX, NULL,
      NULL, SANDBOX_NONE, 0, SANDBOX_POLICY_ALWAYS,
      NULL },

    { NULL, NULL, "exposed_ms", &sandbox_policy_kind_number,
      sandbox_field(exposed_ms), 0, NULL,
      NULL, SANDBOX_NONE, 0, SANDBOX_POLICY_ALWAYS,
      NULL },

    { "expires", NULL, "expires_ms", &sandbox_policy_kind_time,
      sandbox_field(expires_ms), 0, NULL,
      NULL, SANDBOX_NONE, 0, 0,
      "\"expires\" must be an ISO 8601 time in the future such as "
      "\"2030-01-31T12:00:00Z\", a duration of at most 366 days in seconds or "
      "as a string such as \"30m\", \"8h\" or \"7d\", or null for never." },

    { "access", NULL, "access", &sandbox_policy_kind_word,
      sandbox_field(access), 0, sandbox_policy_access_words,
      NULL, sandbox_setting(access), SANDBOX_ACCESS_LINK, 0,
      NULL },

    { "key", NULL, "key", &sandbox_policy_kind_text,
      sandbox_field(key), SANDBOX_KEY_MAX, NULL,
      sandbox_policy_key_valid, SANDBOX_NONE, 0, 0,
      "\"key\" must be a string of " sandbox_digits(SANDBOX_KEY_MIN) " to "
      sandbox_digits(SANDBOX_KEY_MAX) " of the characters A-Z, a-z, 0-9, "
      "\"-\" and \"_\". Omit it, or send null, to have one generated if "
      "needed." },

    { "host", NULL, "app_host", &sandbox_policy_kind_word,
      sandbox_field(app_host), 0, sandbox_policy_host_words,
      NULL, sandbox_setting(app_host), SANDBOX_HOST_LOCALHOST, 0,
      NULL },

    { "scheme", NULL, "scheme", &sandbox_policy_kind_word,
      sandbox_field(scheme), 0, sandbox_policy_scheme_words,
      NULL, SANDBOX_NONE, 0, 0,
      NULL },

    { "cors", NULL, "cors", &sandbox_policy_list_cors,
      offsetof(sandbox_policy_t, cors), SANDBOX_CORS_SIZE, 0,
      sandbox_policy_cors_words,
      NULL, sandbox_setting(cors), SANDBOX_CORS_APP, 0,
      "\"cors\" must be \"app\", \"off\", \"reflect\", a list of lower-case "
      "origins such as [\"https://app.example.com\"] of at most "
      sandbox_digits(SANDBOX_ORIGINS_MAX) " bytes in total, or null for the "
      "default of the location." },

    { "cookies", NULL, "cookies", &sandbox_policy_kind_word,
      sandbox_field(cookies), 0, sandbox_policy_cookies_words,
      NULL, sandbox_setting(cookies), SANDBOX_COOKIES_HOST, 0,
      NULL },

    { "strip", NULL, "strip", &sandbox_policy_kind_bits,
      sandbox_field(strip), 0, sandbox_policy_strip_words,
      NULL, sandbox_setting(strip), SANDBOX_STRIP_GIVEN, 0,
      "\"strip\" must be a list of \"authorization\" and \"cookie\", which "
      "may be empty, or null for the default of the location." },

    { "connections", "limits", "connections", &sandbox_policy_kind_number,
      sandbox_field(connections), SANDBOX_CONNECTIONS_MAX, NULL,
      NULL, sandbox_setting(connections), 0, 0,
      SANDBOX_LIMITS_MESSAGE },

    { "rate", "limits", "rate", &sandbox_policy_kind_number,
      sandbox_field(rate), SANDBOX_RATE_MAX, NULL,
      NULL, sandbox_setting(rate), 0, 0,
      SANDBOX_LIMITS_MESSAGE },

    { "body", "limits", "body", &sandbox_policy_kind_number,
      sandbox_field(body), SANDBOX_BODY_MAX, NULL,
      NULL, sandbox_setting(body), 0, SANDBOX_POLICY_SIZE,
      SANDBOX_LIMITS_MESSAGE },

    { "requestHeaders", NULL, "request_headers", &sandbox_policy_list_headers,
      sandbox_field(request), 0, NULL,
      NULL, SANDBOX_NONE, 0, 0,
      "\"requestHeaders\"" SANDBOX_HEADERS_MESSAGE },

    { "responseHeaders", NULL, "response_headers",
      &sandbox_policy_list_headers,
      sandbox_field(response), 0, NULL,
      NULL, SANDBOX_NONE, 0, SANDBOX_POLICY_RESPONSE,
      "\"responseHeaders\"" SANDBOX_HEADERS_MESSAGE },

    { NULL, NULL, "links", &sandbox_policy_list_links,
      sandbox_field(links), SANDBOX_LINKS_MAX, NULL,
      NULL, SANDBOX_NONE, 0, 0,
      NULL },

    { "wake", NULL, "wake", &sandbox_policy_kind_flag,
      sandbox_field(wake), 0, NULL,
      NULL, sandbox_setting(wake), SANDBOX_WAKE_OFF, 0,
      "\"wake\" must be true, false or null." },

    { "command", NULL, "command", &sandbox_policy_kind_text,
      sandbox_field(command), SANDBOX_COMMAND_MAX, NULL,
      sandbox_policy_command_valid, SANDBOX_NONE, 0,
      SANDBOX_POLICY_EMPTY|SANDBOX_POLICY_OMIT,
      "\"command\" must be a shell command of at most "
      sandbox_digits(SANDBOX_COMMAND_MAX) " bytes, or null for none." },

    { "cwd", NULL, "cwd", &sandbox_policy_kind_text,
      sandbox_field(cwd), SANDBOX_CWD_MAX, NULL,
      sandbox_policy_cwd_valid, SANDBOX_NONE, 0,
      SANDBOX_POLICY_EMPTY|SANDBOX_POLICY_OMIT,
      "\"cwd\" must be an absolute path of at most "
      sandbox_digits(SANDBOX_CWD_MAX) " bytes, or null for /workspace." },

    { NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, SANDBOX_NONE, 0, 0, NULL }
};


const sandbox_policy_member_t *
sandbox_policy_member_find(const char *group, const char *name)
{
    const sandbox_policy_member_t  *m;

    for (m = sandbox_policy_member_table; m->file_name; m++) {

        if (m->name == NULL || strcmp(m->name, name) != 0) {
            continue;
        }

        if (group ? m->group && strcmp(m->group, group) == 0
                  : m->group == NULL)
        {
            return m;
        }
    }

    return NULL;
}


int
sandbox_policy_member_invalid(const sandbox_policy_member_t *m,
    sandbox_policy_fault_t *fault)
{
    fault->too_large = 0;
    (void) snprintf(fault->text, sizeof(fault->text), "%s", m->message);

    return -1;
}
