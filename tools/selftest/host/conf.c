
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/conf.h"
#include "host/text.h"


#define SELFTEST_CONF_SIZE   (16 * 1024 * 1024)
#define SELFTEST_CONF_WORDS  64


typedef struct {
    char      *p;
    char      *words[SELFTEST_CONF_WORDS];
    unsigned   n;
} selftest_conf_parser_t;


static int selftest_conf_run(selftest_text_t *out, selftest_text_t *err,
    const char *nginx, const char *file);
static void selftest_conf_exec(const char *nginx, const char *file,
    const int *out, const int *err) __attribute__((noreturn));
static void selftest_conf_drain(int fd, selftest_text_t *text);
static int selftest_conf_directive(selftest_conf_parser_t *parser);
static char *selftest_conf_word(selftest_conf_parser_t *parser);
static void selftest_conf_set(selftest_conf_t *conf,
    const selftest_conf_parser_t *parser);
static void selftest_conf_option(selftest_class_t *class, const char *option);


int
selftest_conf_read(selftest_conf_t *conf, const char *nginx, const char *file,
    char **error)
{
    int                      rc;
    selftest_text_t          out, err;
    selftest_conf_parser_t   parser;

    memset(conf, 0, sizeof(selftest_conf_t));
    memset(&out, 0, sizeof(selftest_text_t));
    memset(&err, 0, sizeof(selftest_text_t));

    rc = selftest_conf_run(&out, &err, nginx, file);

    if (rc == -1) {
        *error = selftest_text_format("\"%s -T\" failed: %s", nginx,
                                      err.len ? err.data : strerror(errno));

    } else if (out.len) {
        parser.p = out.data;
        parser.n = 0;

        while (selftest_conf_directive(&parser)) {
            selftest_conf_set(conf, &parser);
        }
    }

    selftest_text_free(&out);
    selftest_text_free(&err);

    return rc;
}


static int
selftest_conf_run(selftest_text_t *out, selftest_text_t *err,
    const char *nginx, const char *file)
{
    int    status, fds[2], errs[2];
    pid_t  pid;

    if (pipe2(fds, O_CLOEXEC) == -1) {
        return -1;
    }

    if (pipe2(errs, O_CLOEXEC) == -1) {
        (void) close(fds[0]);
        (void) close(fds[1]);
        return -1;
    }

    pid = fork();

    if (pid == 0) {
        selftest_conf_exec(nginx, file, fds, errs);
    }

    (void) close(fds[1]);
    (void) close(errs[1]);

    if (pid != -1) {

        /* errors are few, and fit into the pipe */

        selftest_conf_drain(fds[0], out);
        selftest_conf_drain(errs[0], err);
    }

    (void) close(fds[0]);
    (void) close(errs[0]);

    if (pid == -1 || waitpid(pid, &status, 0) == -1) {
        return -1;
    }

    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}


static void
selftest_conf_exec(const char *nginx, const char *file, const int *out,
    const int *err)
{
    if (dup2(out[1], STDOUT_FILENO) == -1 || dup2(err[1], STDERR_FILENO) == -1)
    {
        _exit(127);
    }

    execlp(nginx, nginx, "-T", "-q", file ? "-c" : (char *) NULL, file,
           (char *) NULL);

    fprintf(stderr, "cannot be run: %s", strerror(errno));
    _exit(127);
}


static void
selftest_conf_drain(int fd, selftest_text_t *text)
{
    char     buf[65536];
    ssize_t  n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        (void) selftest_text_append(text, buf, (size_t) n,
                                    SELFTEST_CONF_SIZE);
    }
}


/* the words up to ";", "{" or "}"; 0: the end */

static int
selftest_conf_directive(selftest_conf_parser_t *parser)
{
    char  *word;

    while (parser->n) {
        free(parser->words[--parser->n]);
    }

    for ( ;; ) {
        parser->p += strspn(parser->p, " \t\r\n");

        switch (*parser->p) {

        case '\0':
            return parser->n > 0;

        case '#':
            parser->p += strcspn(parser->p, "\n");
            continue;

        case ';':
        case '{':
        case '}':
            parser->p++;
            return 1;
        }

        word = selftest_conf_word(parser);

        if (parser->n < SELFTEST_CONF_WORDS) {
            parser->words[parser->n++] = word;

        } else {
            free(word);
        }
    }
}


/* newly allocated; NULL: out of memory */

static char *
selftest_conf_word(selftest_conf_parser_t *parser)
{
    char  *in, *out, *word, quote;

    in = parser->p;
    quote = '\0';

    if (*in == '"' || *in == '\'') {
        quote = *in++;
    }

    for (word = out = in; *in; in++) {

        if (quote ? *in == quote : strchr(" \t\r\n;{", *in) != NULL) {
            break;
        }

        if (*in == '\\' && in[1]) {
            in++;
        }

        *out++ = *in;
    }

    if (quote && *in) {
        in++;
    }

    parser->p = in;

    return strndup(word, (size_t) (out - word));
}


static void
selftest_conf_set(selftest_conf_t *conf, const selftest_conf_parser_t *parser)
{
    unsigned           i;
    selftest_class_t  *class;

    if (parser->n < 2 || parser->words[0] == NULL || parser->words[1] == NULL)
    {
        return;
    }

    if (strcmp(parser->words[0], "worker_rlimit_nofile") == 0) {
        conf->worker_nofile = strtoull(parser->words[1], NULL, 10);
        return;
    }

    if (strcmp(parser->words[0], "sandbox_class") != 0) {
        return;
    }

    class = selftest_conf_add(conf, parser->words[1]);
    if (class == NULL) {
        return;
    }

    strcpy(class->network, "none");

    for (i = 2; i < parser->n; i++) {

        if (parser->words[i]) {
            selftest_conf_option(class, parser->words[i]);
        }
    }
}


static void
selftest_conf_option(selftest_class_t *class, const char *option)
{
    if (strncmp(option, "network=", 8) == 0) {
        snprintf(class->network, sizeof(class->network), "%s", option + 8);

    } else if (strncmp(option, "user=", 5) == 0) {
        class->user = strcmp(option + 5, "root") != 0
                      && strcmp(option + 5, "0") != 0
                      && strncmp(option + 5, "root:", 5) != 0
                      && strncmp(option + 5, "0:", 2) != 0;

    } else if (strncmp(option, "disk=", 5) == 0) {
        class->disk = 1;

    } else if (strncmp(option, "nofile=", 7) == 0) {
        class->nofile = strtoull(option + 7, NULL, 10);
    }
}


selftest_class_t *
selftest_conf_class(selftest_conf_t *conf, const char *name)
{
    unsigned  i;

    for (i = 0; i < conf->nclasses; i++) {

        if (strcmp(conf->classes[i].name, name) == 0) {
            return &conf->classes[i];
        }
    }

    return NULL;
}


selftest_class_t *
selftest_conf_add(selftest_conf_t *conf, const char *name)
{
    selftest_class_t  *class;

    if (conf->nclasses == SELFTEST_CONF_CLASSES) {
        return NULL;
    }

    class = &conf->classes[conf->nclasses++];

    memset(class, 0, sizeof(selftest_class_t));
    snprintf(class->name, sizeof(class->name), "%s", name);

    return class;
}
