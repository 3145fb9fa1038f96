
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "pattern_int.h"


#define AGENT_PATTERN_NODES   512
#define AGENT_PATTERN_DEPTH   32       /* of groups */
#define AGENT_PATTERN_REPEAT  255
#define AGENT_PATTERN_STEPS   8192     /* of an expression written out */

#define AGENT_CLASS_NAME      8


typedef enum {
    AGENT_NODE_EMPTY = 0,
    AGENT_NODE_CLASS,
    AGENT_NODE_BOL,
    AGENT_NODE_EOL,
    AGENT_NODE_CAT,
    AGENT_NODE_OR,
    AGENT_NODE_REPEAT
} agent_node_e;


typedef struct {
    agent_node_e         kind;
    int                  one;
    int                  two;
    int                  min;
    int                  max;          /* -1: any number */
    agent_class_t        class;
} agent_node_t;


typedef struct {
    const unsigned char *p;
    const unsigned char *end;
    int                  depth;
    agent_node_t         nodes[AGENT_PATTERN_NODES];
    int                  n;
    int                  steps;
    const char          *error;
} agent_parse_t;


static int agent_parse_or(agent_parse_t *x);
static int agent_parse_cat(agent_parse_t *x);
static int agent_parse_repeat(agent_parse_t *x);
static int agent_parse_interval(agent_parse_t *x, int *min, int *max);
static int agent_parse_number(agent_parse_t *x);
static int agent_parse_atom(agent_parse_t *x);
static int agent_parse_escape(agent_parse_t *x);
static int agent_parse_bracket(agent_parse_t *x);
static int agent_parse_element(agent_parse_t *x, agent_class_t *class);
static int agent_parse_named(agent_class_t *class, const char *name,
    size_t len);
static int agent_parse_is(const char *name, int c);
static int agent_parse_node(agent_parse_t *x, agent_node_e kind, int one,
    int two);
static int agent_parse_fail(agent_parse_t *x, const char *error);
static int agent_parse_emit(agent_parse_t *x, agent_automaton_t *a, int node,
    int next);
static int agent_parse_emit_repeat(agent_parse_t *x, agent_automaton_t *a,
    agent_node_t *node, int next);
static int agent_parse_state(agent_parse_t *x, agent_automaton_t *a,
    agent_state_e kind, int out, int other);


int
agent_pattern_parse(agent_automaton_t *a, const char *text, size_t len,
    char *error, size_t size)
{
    int            root;
    agent_parse_t  x;

    x.p = (const unsigned char *) text;
    x.end = x.p + len;
    x.depth = 0;
    x.n = 0;
    x.steps = 0;
    x.error = NULL;

    root = agent_parse_or(&x);

    if (root != -1 && x.p != x.end) {
        root = agent_parse_fail(&x, "\")\" without \"(\"");
    }

    a->n = 0;

    if (root != -1) {
        (void) agent_parse_state(&x, a, AGENT_STATE_MATCH, 0, 0);
        a->start = agent_parse_emit(&x, a, root, 0);
    }

    if (x.error) {
        snprintf(error, size, "%s", x.error);
        return -1;
    }

    return 0;
}


static int
agent_parse_or(agent_parse_t *x)
{
    int  one, two;

    one = agent_parse_cat(x);

    while (one != -1 && x->p < x->end && *x->p == '|') {
        x->p++;

        two = agent_parse_cat(x);

        one = two == -1 ? -1 : agent_parse_node(x, AGENT_NODE_OR, one, two);
    }

    return one;
}


static int
agent_parse_cat(agent_parse_t *x)
{
    int  one, two;

    one = agent_parse_node(x, AGENT_NODE_EMPTY, 0, 0);

    while (one != -1 && x->p < x->end && *x->p != '|' && *x->p != ')') {
        two = agent_parse_repeat(x);

        one = two == -1 ? -1 : agent_parse_node(x, AGENT_NODE_CAT, one, two);
    }

    return one;
}


static int
agent_parse_repeat(agent_parse_t *x)
{
    int  node, min, max;

    node = agent_parse_atom(x);

    while (node != -1 && x->p < x->end) {

        min = 0;
        max = -1;

        switch (*x->p) {

        case '*':
        case '{':
            break;

        case '+':
            min = 1;
            break;

        case '?':
            max = 1;
            break;

        default:
            return node;
        }

        if (*x->p++ == '{' && agent_parse_interval(x, &min, &max) != 0) {
            return -1;
        }

        node = agent_parse_node(x, AGENT_NODE_REPEAT, node, 0);

        if (node != -1) {
            x->nodes[node].min = min;
            x->nodes[node].max = max;
        }
    }

    return node;
}


static int
agent_parse_interval(agent_parse_t *x, int *min, int *max)
{
    *min = agent_parse_number(x);
    *max = *min;

    if (*min != -1 && x->p < x->end && *x->p == ',') {
        x->p++;

        *max = -1;

        if (x->p < x->end && *x->p != '}') {
            *max = agent_parse_number(x);

            if (*max == -1 || *max < *min) {
                goto invalid;
            }
        }
    }

    if (*min != -1 && x->p < x->end && *x->p == '}') {
        x->p++;
        return 0;
    }

invalid:

    return agent_parse_fail(x, "not a repetition like {2}, {2,} or {2,5}, of "
                            "at most 255");
}


static int
agent_parse_number(agent_parse_t *x)
{
    int  n, digits;

    n = 0;

    for (digits = 0; x->p < x->end && *x->p >= '0' && *x->p <= '9'; digits++) {
        n = n * 10 + (*x->p++ - '0');

        if (n > AGENT_PATTERN_REPEAT) {
            return -1;
        }
    }

    return digits ? n : -1;
}


static int
agent_parse_atom(agent_parse_t *x)
{
    int  c, node;

    c = *x->p++;

    switch (c) {

    case '(':

        if (++x->depth > AGENT_PATTERN_DEPTH) {
            return agent_parse_fail(x, "too many groups inside of each "
                                    "other");
        }

        node = agent_parse_or(x);

        if (node != -1 && x->p == x->end) {
            return agent_parse_fail(x, "\"(\" without \")\"");
        }

        x->p++;
        x->depth--;

        return node;

    case '*':
    case '+':
    case '?':
    case '{':
        return agent_parse_fail(x, "nothing to repeat");

    case '^':
        return agent_parse_node(x, AGENT_NODE_BOL, 0, 0);

    case '$':
        return agent_parse_node(x, AGENT_NODE_EOL, 0, 0);

    case '[':
        return agent_parse_bracket(x);

    case '\\':
        return agent_parse_escape(x);

    default:
        node = agent_parse_node(x, AGENT_NODE_CLASS, 0, 0);

        if (node == -1) {
            return -1;
        }

        if (c == '.') {
            memset(&x->nodes[node].class, 0xff, sizeof(agent_class_t));

        } else {
            agent_bit_set(x->nodes[node].class.bits, c);
        }

        return node;
    }
}


static int
agent_parse_escape(agent_parse_t *x)
{
    int           c, i, node;
    const char   *name;

    if (x->p == x->end) {
        return agent_parse_fail(x, "\"\\\" at the end");
    }

    c = *x->p++;

    node = agent_parse_node(x, AGENT_NODE_CLASS, 0, 0);

    if (node == -1) {
        return -1;
    }

    switch (c | 0x20) {

    case 'd':
        name = "digit";
        break;

    case 's':
        name = "space";
        break;

    case 'w':
        name = "word";
        break;

    default:
        name = NULL;
    }

    if (name) {
        (void) agent_parse_named(&x->nodes[node].class, name, strlen(name));

        for (i = 0; c < 'a' && i < 4; i++) {
            x->nodes[node].class.bits[i] = ~x->nodes[node].class.bits[i];
        }

        return node;
    }

    if (c == 't') {
        c = '\t';

    } else if (agent_parse_is("alnum", c)) {
        return agent_parse_fail(x, "an escape that is not known");
    }

    agent_bit_set(x->nodes[node].class.bits, c);

    return node;
}


static int
agent_parse_bracket(agent_parse_t *x)
{
    int             i, not, node, first, last;
    agent_class_t  *class;

    node = agent_parse_node(x, AGENT_NODE_CLASS, 0, 0);

    if (node == -1) {
        return -1;
    }

    class = &x->nodes[node].class;

    not = (x->p < x->end && *x->p == '^');
    x->p += not;

    /* the first may be a bracket that closes nothing */

    for (i = 0; x->p < x->end && (*x->p != ']' || i == 0); i++) {

        first = agent_parse_element(x, class);

        if (first == -1) {
            return -1;
        }

        if (x->end - x->p < 2 || x->p[0] != '-' || x->p[1] == ']') {
            continue;
        }

        x->p++;

        last = agent_parse_element(x, class);

        if (last == -1) {
            return -1;
        }

        if (first > 255 || last > 255 || first > last) {
            return agent_parse_fail(x, "a range in [] that ends before it "
                                    "begins");
        }

        for ( /* void */ ; first <= last; first++) {
            agent_bit_set(class->bits, first);
        }
    }

    if (x->p == x->end) {
        return agent_parse_fail(x, "\"[\" without \"]\"");
    }

    x->p++;

    for (i = 0; not && i < 4; i++) {
        class->bits[i] = ~class->bits[i];
    }

    return node;
}


/* the byte, which is in the class now; 256 for a named class; -1 */

static int
agent_parse_element(agent_parse_t *x, agent_class_t *class)
{
    int                   c;
    const unsigned char  *name;

    c = *x->p++;

    if (c != '[' || x->p == x->end
        || (*x->p != ':' && *x->p != '.' && *x->p != '='))
    {
        agent_bit_set(class->bits, c);
        return c;
    }

    if (*x->p++ == ':') {
        name = x->p;

        while (x->p < x->end && *x->p >= 'a' && *x->p <= 'z') {
            x->p++;
        }

        if (x->end - x->p >= 2 && x->p[0] == ':' && x->p[1] == ']'
            && agent_parse_named(class, (const char *) name, x->p - name)
               == 0)
        {
            x->p += 2;
            return 256;
        }
    }

    return agent_parse_fail(x, "not a class like [:alpha:]");
}


static int
agent_parse_named(agent_class_t *class, const char *name, size_t len)
{
    int     c;
    char    text[AGENT_CLASS_NAME];
    size_t  i;

    static const char  *const names[] = {
        "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower",
        "print", "punct", "space", "upper", "word", "xdigit", NULL
    };

    if (len >= sizeof(text)) {
        return -1;
    }

    memcpy(text, name, len);
    text[len] = '\0';

    for (i = 0; names[i] && strcmp(names[i], text) != 0; i++) { /* void */ }

    if (names[i] == NULL) {
        return -1;
    }

    for (c = 0; c < 256; c++) {

        if (agent_parse_is(text, c)) {
            agent_bit_set(class->bits, c);
        }
    }

    return 0;
}


/* not isalpha() and the like: a tenant's locale is none of ours */

static int
agent_parse_is(const char *name, int c)
{
    int  upper, lower, digit, graph;

    upper = (c >= 'A' && c <= 'Z');
    lower = (c >= 'a' && c <= 'z');
    digit = (c >= '0' && c <= '9');
    graph = (c > 0x20 && c < 0x7f);

    switch (name[0]) {

    case 'a':
        return upper || lower || (digit && name[2] == 'n');

    case 'b':
        return c == ' ' || c == '\t';

    case 'c':
        return c < 0x20 || c == 0x7f;

    case 'd':
        return digit;

    case 'g':
        return graph;

    case 'l':
        return lower;

    case 'p':
        return name[1] == 'r' ? graph || c == ' '
                              : graph && !upper && !lower && !digit;

    case 's':
        return c == ' ' || (c >= '\t' && c <= '\r');

    case 'u':
        return upper;

    case 'w':
        return upper || lower || digit || c == '_';

    default: /* xdigit */
        return digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    }
}


static int
agent_parse_node(agent_parse_t *x, agent_node_e kind, int one, int two)
{
    agent_node_t  *node;

    if (x->n == AGENT_PATTERN_NODES) {
        return agent_parse_fail(x, "too large");
    }

    node = &x->nodes[x->n];

    memset(node, 0, sizeof(agent_node_t));

    node->kind = kind;
    node->one = one;
    node->two = two;

    return x->n++;
}


static int
agent_parse_fail(agent_parse_t *x, const char *error)
{
    if (x->error == NULL) {
        x->error = error;
    }

    return -1;
}


/* the state that begins what the node means and goes on with next */

static int
agent_parse_emit(agent_parse_t *x, agent_automaton_t *a, int n, int next)
{
    int            one, two;
    agent_node_t  *node;

    if (next == -1) {
        return -1;
    }

    /* nothing, repeated often enough, takes long without making a state */

    if (++x->steps > AGENT_PATTERN_STEPS) {
        return agent_parse_fail(x, "too large");
    }

    node = &x->nodes[n];

    switch (node->kind) {

    case AGENT_NODE_CLASS:
        one = agent_parse_state(x, a, AGENT_STATE_CLASS, next, 0);

        if (one != -1) {
            a->states[one].class = node->class;
        }

        return one;

    case AGENT_NODE_BOL:
        return agent_parse_state(x, a, AGENT_STATE_BOL, next, 0);

    case AGENT_NODE_EOL:
        return agent_parse_state(x, a, AGENT_STATE_EOL, next, 0);

    case AGENT_NODE_CAT:
        two = agent_parse_emit(x, a, node->two, next);
        return agent_parse_emit(x, a, node->one, two);

    case AGENT_NODE_OR:
        one = agent_parse_emit(x, a, node->one, next);
        two = agent_parse_emit(x, a, node->two, next);

        return one == -1 || two == -1
               ? -1 : agent_parse_state(x, a, AGENT_STATE_SPLIT, one, two);

    case AGENT_NODE_REPEAT:
        return agent_parse_emit_repeat(x, a, node, next);

    default: /* AGENT_NODE_EMPTY */
        return next;
    }
}


static int
agent_parse_emit_repeat(agent_parse_t *x, agent_automaton_t *a,
    agent_node_t *node, int next)
{
    int  i, n, body, split;

    n = next;

    if (node->max == -1) {
        split = agent_parse_state(x, a, AGENT_STATE_SPLIT, 0, next);
        body = agent_parse_emit(x, a, node->one, split);

        if (body == -1) {
            return -1;
        }

        a->states[split].out = body;
        n = split;

    } else {

        for (i = node->min; i < node->max && n != -1; i++) {
            body = agent_parse_emit(x, a, node->one, n);

            n = body == -1 ? -1 : agent_parse_state(x, a, AGENT_STATE_SPLIT,
                                                    body, next);
        }
    }

    for (i = 0; i < node->min && n != -1; i++) {
        n = agent_parse_emit(x, a, node->one, n);
    }

    return n;
}


static int
agent_parse_state(agent_parse_t *x, agent_automaton_t *a, agent_state_e kind,
    int out, int other)
{
    agent_state_t  *state;

    if (a->n == AGENT_PATTERN_STATES) {
        return agent_parse_fail(x, "too large");
    }

    state = &a->states[a->n];

    memset(state, 0, sizeof(agent_state_t));

    state->kind = kind;
    state->out = out;
    state->other = other;

    return a->n++;
}
