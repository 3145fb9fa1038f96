
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Makes sandboxes through the API of this host's nginx, and tries from inside
 * what SECURITY.md promises.
 */


#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/sandbox.h"
#include "host/text.h"


#define SELFTEST_MAIN_URL  "http://localhost:8080"


/* statuses of the program; the worst one counts */

enum {
    SELFTEST_EXIT_PASSED = 0,
    SELFTEST_EXIT_FAILED = 1,
    SELFTEST_EXIT_NOT_ENFORCED = 2,
    SELFTEST_EXIT_ERROR = 3
};


typedef struct {
    const char         *url;
    const char         *key_file;
    const char         *key_name;
    const char         *conf;
    const char         *nginx;
    const char         *ca;
    const char        **classes;
    unsigned            nclasses;
    int                 json;
} selftest_options_t;


static int selftest_main_options(selftest_options_t *options, int argc,
    char **argv);
static int selftest_main_classes(const selftest_options_t *options,
    selftest_conf_t *conf);
static int selftest_main_run(const selftest_options_t *options,
    const selftest_conf_t *conf, const selftest_keys_t *keys);
static int selftest_main_error(char *error);
static void selftest_main_signal(int sig);


static const char  selftest_main_help[] =
"NAME\n"
"    sandbox-selftest - tries in sandboxes what SECURITY.md promises\n"
"\n"
"SYNOPSIS\n"
"    sandbox-selftest [--url URL] [--key-file FILE] [OPTION]...\n"
"\n"
"EXAMPLES\n"
"    sandbox-selftest\n"
"    sandbox-selftest --url https://api.example.com \\\n"
"        --key-file /etc/nginx/sandbox.keys\n"
"    sandbox-selftest --class default --json | jq '.classes[].rows[]\n"
"        | select(.result == \"fail\")'\n"
"\n"
"DESCRIPTION\n"
"    Run it as root, on the host on which nginx and the engine run.  For each\n"
"    class of nginx's configuration it makes two sandboxes through the API,\n"
"    runs a program in them as a tenant would, and destroys them.  Each row\n"
"    of the table is a promise of SECURITY.md:\n"
"\n"
"    PASS          it holds\n"
"    FAIL          it does not\n"
"    NOT ENFORCED  the engine or the host does not enforce it, as documented\n"
"    -             this class does not promise it\n"
"\n"
"    Private addresses and metadata services are tried with packets that the\n"
"    host does not forward, whatever its firewall rules are.  For some\n"
"    seconds, the host listens on ports that the kernel chooses.  A class\n"
"    uses its own limits of memory, processes and processors for a moment.\n"
"\n"
"OPTIONS\n"
"    --url URL        of the API; " SELFTEST_MAIN_URL " if left out\n"
"    --key-file FILE  has the API key: nginx's own key file, of which the\n"
"                     first key marked as admin is used, otherwise the first\n"
"                     one; or a file with a single key.  Without it, no key\n"
"                     is sent\n"
"    --key-name NAME  uses the key of this name\n"
"    --ca FILE        certificates that verify an https URL\n"
"    --conf FILE      nginx's configuration, if it is not nginx's default\n"
"    --nginx PROGRAM  reads it, with -T; nginx if left out\n"
"    --class NAME     tries this class only; may be repeated\n"
"    --json           prints one JSON document\n"
"    --list           prints the rows and their promises, and tries nothing\n"
"    --help           prints this text\n"
"\n"
"EXIT STATUS\n"
"    0  every promise holds\n"
"    1  at least one row is FAIL\n"
"    2  none is FAIL, and at least one is NOT ENFORCED\n"
"    3  it could not run, or not to the end, and no row is FAIL\n";


int
main(int argc, char **argv)
{
    int                 rc;
    char               *error;
    selftest_keys_t     keys;
    selftest_options_t  options;

    static selftest_conf_t  conf;

    rc = selftest_main_options(&options, argc, argv);

    if (rc != -1) {
        return rc;
    }

    memset(&keys, 0, sizeof(selftest_keys_t));

    if (options.key_file
        && selftest_keys_read(&keys, options.key_file, options.key_name,
                              &error)
           == -1)
    {
        return selftest_main_error(error);
    }

    if (selftest_main_classes(&options, &conf) == -1) {
        return SELFTEST_EXIT_ERROR;
    }

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, selftest_main_signal);
    signal(SIGTERM, selftest_main_signal);
    signal(SIGHUP, selftest_main_signal);

    return selftest_main_run(&options, &conf, &keys);
}


/* -1, or the status to exit with */

static int
selftest_main_options(selftest_options_t *options, int argc, char **argv)
{
    int  c;

    static const struct option  list[] = {
        { "url", required_argument, NULL, 'u' },
        { "key-file", required_argument, NULL, 'k' },
        { "key-name", required_argument, NULL, 'n' },
        { "ca", required_argument, NULL, 'a' },
        { "conf", required_argument, NULL, 'c' },
        { "nginx", required_argument, NULL, 'x' },
        { "class", required_argument, NULL, 'C' },
        { "json", no_argument, NULL, 'j' },
        { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(options, 0, sizeof(selftest_options_t));

    options->url = SELFTEST_MAIN_URL;
    options->nginx = "nginx";
    options->classes = calloc((size_t) argc, sizeof(char *));

    if (options->classes == NULL) {
        return selftest_main_error(selftest_text_format("out of memory"));
    }

    while ((c = getopt_long(argc, argv, "h", list, NULL)) != -1) {

        switch (c) {

        case 'u':
            options->url = optarg;
            break;

        case 'k':
            options->key_file = optarg;
            break;

        case 'n':
            options->key_name = optarg;
            break;

        case 'a':
            options->ca = optarg;
            break;

        case 'c':
            options->conf = optarg;
            break;

        case 'x':
            options->nginx = optarg;
            break;

        case 'C':
            options->classes[options->nclasses++] = optarg;
            break;

        case 'j':
            options->json = 1;
            break;

        case 'l':
            selftest_report_list();
            return SELFTEST_EXIT_PASSED;

        case 'h':
            fputs(selftest_main_help, stdout);
            return SELFTEST_EXIT_PASSED;

        default:
            fputs("try sandbox-selftest --help\n", stderr);
            return SELFTEST_EXIT_ERROR;
        }
    }

    if (optind < argc) {
        return selftest_main_error(selftest_text_format(
                                       "unexpected argument \"%s\"",
                                       argv[optind]));
    }

    if (options->key_name && options->key_file == NULL) {
        return selftest_main_error(selftest_text_format(
                                       "--key-name requires --key-file"));
    }

    return -1;
}


/* leaves those that are to be tried; 0, or -1 after an error was printed */

static int
selftest_main_classes(const selftest_options_t *options, selftest_conf_t *conf)
{
    char                     *error;
    unsigned                  i;
    selftest_class_t         *class;
    static selftest_conf_t    all;

    if (selftest_conf_read(&all, options->nginx, options->conf, &error) == -1)
    {
        (void) selftest_main_error(error);
        return -1;
    }

    if (options->nclasses == 0) {
        *conf = all;

        if (conf->nclasses) {
            return 0;
        }

        (void) selftest_main_error(selftest_text_format(
                   "there is no sandbox_class in %s; pass --conf FILE",
                   options->conf ? options->conf : "nginx's configuration"));
        return -1;
    }

    conf->worker_nofile = all.worker_nofile;

    for (i = 0; i < options->nclasses; i++) {
        class = selftest_conf_class(&all, options->classes[i]);

        if (class == NULL || conf->nclasses == SELFTEST_CONF_CLASSES) {
            (void) selftest_main_error(selftest_text_format(
                       "there is no class \"%s\" in %s", options->classes[i],
                       options->conf ? options->conf
                                     : "nginx's configuration"));
            return -1;
        }

        conf->classes[conf->nclasses++] = *class;
    }

    return 0;
}


static int
selftest_main_run(const selftest_options_t *options,
    const selftest_conf_t *conf, const selftest_keys_t *keys)
{
    unsigned             i;
    selftest_run_t       run;
    selftest_api_t       api;
    selftest_count_t     count;
    selftest_report_t    report;
    selftest_results_t   results;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK
        || selftest_api_init(&api, options->url, keys->chosen, options->ca)
           == -1)
    {
        return selftest_main_error(selftest_text_format("out of memory"));
    }

    run.api = &api;
    run.keys = keys;
    run.report = &report;
    run.worker_nofile = conf->worker_nofile;

    memset(&count, 0, sizeof(selftest_count_t));

    selftest_report_begin(&report, options->json, options->url);

    for (i = 0; i < conf->nclasses && !selftest_api_interrupted; i++) {
        memset(&results, 0, sizeof(selftest_results_t));

        selftest_sandbox_try(&run, &conf->classes[i], &results);
        selftest_report_class(&report, conf->classes[i].name, &results);
        selftest_result_count(&results, &count);
        selftest_result_free(&results);
    }

    selftest_report_end(&report, &count);
    selftest_api_free(&api);

    if (count.failed) {
        return SELFTEST_EXIT_FAILED;
    }

    if (count.errors || selftest_api_interrupted) {
        return SELFTEST_EXIT_ERROR;
    }

    return count.not_enforced ? SELFTEST_EXIT_NOT_ENFORCED
                              : SELFTEST_EXIT_PASSED;
}


static int
selftest_main_error(char *error)
{
    fprintf(stderr, "sandbox-selftest: %s\n", error);
    free(error);

    return SELFTEST_EXIT_ERROR;
}


static void
selftest_main_signal(int sig)
{
    (void) sig;

    selftest_api_interrupted = 1;
}
