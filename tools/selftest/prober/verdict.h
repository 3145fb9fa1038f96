
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_VERDICT_H_INCLUDED_
#define _SELFTEST_PROBER_VERDICT_H_INCLUDED_


/*
 * What one row has found.  A process examines one row: it states failures as
 * it meets them, and prints the result once, at its end.  The worst one
 * counts; without any, the row passes.  Nothing blocks but the output.
 */


typedef enum {
    SELFTEST_PASS,
    SELFTEST_NONE,                     /* the class does not promise it */
    SELFTEST_LOW,                      /* not enforced here, which is known */
    SELFTEST_FAIL
} selftest_verdict_e;


/* texts are joined by "; ", and cut if they are too many */
void selftest_verdict_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
void selftest_verdict_low(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
/* ends the examination, unless something was found before */
void selftest_verdict_none(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
/* what was seen, for a row that passes */
void selftest_verdict_note(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * A call that must be refused: fails the row if rc is not -1.  Returns whether
 * it was refused.
 */
int selftest_verdict_refused(const char *what, long rc);

/* "end ROW RESULT TEXT", on standard output */
void selftest_verdict_print(const char *row);
/* "end ROW fail TEXT" about a row whose own process cannot print */
void selftest_verdict_lost(const char *row, const char *text);


#endif /* _SELFTEST_PROBER_VERDICT_H_INCLUDED_ */
