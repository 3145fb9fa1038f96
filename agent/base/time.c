
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/time.h"


uint64_t     agent_time_started;


uint64_t
agent_time_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/*
 * not gmtime_r(): it reads /etc/localtime, which the tenant may have replaced
 */

const char *
agent_time_iso(char *buf)
{
    unsigned         day, era, doe, yoe, doy, mp, secs;
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    day = (unsigned) (ts.tv_sec / 86400);
    secs = (unsigned) (ts.tv_sec % 86400);

    /* years begin in March and are grouped in eras of 400 years */

    day += 719468;
    era = day / 146097;
    doe = day % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    snprintf(buf, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (yoe + era * 400 + (mp >= 10)) % 10000,
             (mp < 10 ? mp + 3 : mp - 9) % 100,
             (doy - (153 * mp + 2) / 5 + 1) % 100,
             secs / 3600 % 24, secs / 60 % 60, secs % 60,
             (unsigned) (ts.tv_nsec / 1000000) % 1000);

    return buf;
}


/*
 * not gmtime_r(): it reads /etc/localtime, which the tenant may have replaced
 */

const char *
agent_time_http(char *buf, time_t t)
{
    int64_t      days, secs, year, month, day, era, doe, yoe, doy, mp;

    static const char  *week[] = {
        "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"
    };

    static const char  *months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    /*
     * the header has a four-digit year, while a file time may be of any size
     */

    if (t < 0) {
        t = 0;
    }

    if (t > 253402300799) {
        t = 253402300799;
    }

    days = t / 86400;
    secs = t % 86400;

    /* years begin in March and are grouped in eras of 400 years */

    era = (days + 719468) / 146097;
    doe = (days + 719468) % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    day = doy - (153 * mp + 2) / 5 + 1;
    month = (mp < 10) ? mp + 3 : mp - 9;
    year = yoe + era * 400 + (month <= 2);

    (void) snprintf(buf, 32, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                    week[days % 7], (int) day, months[month - 1], (int) year,
                    (int) (secs / 3600), (int) (secs / 60 % 60),
                    (int) (secs % 60));

    return buf;
}
