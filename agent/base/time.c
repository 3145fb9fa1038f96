
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/time.h"


#define AGENT_TIME_MAX  253402300799LL /* 9999-12-31T23:59:59Z */


typedef struct {
    unsigned  year;
    unsigned  month;                   /* 1..12 */
    unsigned  day;
    unsigned  wday;                    /* 0: Thursday */
    unsigned  hour;
    unsigned  min;
    unsigned  sec;
} agent_time_civil_t;


static void agent_time_civil(agent_time_civil_t *c, time_t t);


uint64_t     agent_time_started;


uint64_t
agent_time_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


const char *
agent_time_iso(char *buf)
{
    struct timespec     ts;
    agent_time_civil_t  c;

    clock_gettime(CLOCK_REALTIME, &ts);

    agent_time_civil(&c, ts.tv_sec);

    (void) snprintf(buf, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year,
                    c.month, c.day, c.hour, c.min, c.sec,
                    (unsigned) (ts.tv_nsec / 1000000) % 1000);

    return buf;
}


const char *
agent_time_file(char *buf, const struct timespec *ts)
{
    agent_time_civil_t  c;

    agent_time_civil(&c, ts->tv_sec);

    (void) snprintf(buf, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ",
                    c.year, c.month, c.day, c.hour, c.min, c.sec,
                    (unsigned) ts->tv_nsec % 1000000000);

    return buf;
}


const char *
agent_time_http(char *buf, time_t t)
{
    agent_time_civil_t  c;

    static const char  *const week[] = {
        "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"
    };

    static const char  *const months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    agent_time_civil(&c, t);

    (void) snprintf(buf, 32, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                    week[c.wday], c.day, months[c.month - 1], c.year, c.hour,
                    c.min, c.sec);

    return buf;
}


/*
 * not gmtime_r(): it reads /etc/localtime, which the tenant may have replaced
 */

static void
agent_time_civil(agent_time_civil_t *c, time_t t)
{
    unsigned  days, secs, day, era, doe, yoe, doy, mp;

    /* a file time may be of any size, while a year has four digits */

    if (t < 0) {
        t = 0;
    }

    if (t > AGENT_TIME_MAX) {
        t = AGENT_TIME_MAX;
    }

    days = (unsigned) (t / 86400);
    secs = (unsigned) (t % 86400);

    /* years begin in March and are grouped in eras of 400 years */

    day = days + 719468;
    era = day / 146097;
    doe = day % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    /* the remainders change nothing; they tell the compiler the widths */

    c->year = (yoe + era * 400 + (mp >= 10)) % 10000;
    c->month = (mp < 10 ? mp + 3 : mp - 9) % 100;
    c->day = (doy - (153 * mp + 2) / 5 + 1) % 100;
    c->wday = days % 7;
    c->hour = secs / 3600 % 24;
    c->min = secs / 60 % 60;
    c->sec = secs % 60;
}
