
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/sandbox_time.h"


/* times and durations in the API */


#define SANDBOX_DURATION_MAX  (366LL * 86400 * 1000)


static int64_t sandbox_duration_text(const char *text);


void
sandbox_time_format(int64_t ms, char buf[SANDBOX_TIME_LEN])
{
    time_t     sec;
    struct tm  tm;

    sec = (time_t) (ms / 1000);

    if (gmtime_r(&sec, &tm) == NULL || tm.tm_year + 1900 > 9999
        || strftime(buf, SANDBOX_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
    {
        (void) strcpy(buf, "1970-01-01T00:00:00");
    }

    (void) snprintf(buf + 19, SANDBOX_TIME_LEN - 19, ".%03uZ",
                    (unsigned) (ms % 1000) % 1000);
}


int64_t
sandbox_time_parse(const char *text)
{
    int        n, hours, minutes;
    char       sign;
    int64_t    ms, fraction, scale;
    struct tm  tm;

    memset(&tm, 0, sizeof(struct tm));
    n = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n)
        != 6
        || n != 19
        || strspn(text, "0123456789-T:") < 19
        || tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12
        || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23
        || tm.tm_min > 59 || tm.tm_sec > 60)
    {
        return -1;
    }

    tm.tm_year -= 1900;
    tm.tm_mon--;

    text += n;
    fraction = 0;

    if (*text == '.') {
        text++;

        if (*text < '0' || *text > '9') {
            return -1;
        }

        for (scale = 100; *text >= '0' && *text <= '9'; text++) {
            fraction += (*text - '0') * scale;
            scale /= 10;
        }
    }

    ms = (int64_t) timegm(&tm) * 1000 + fraction;

    if (strcmp(text, "Z") == 0) {
        return ms;
    }

    if (strlen(text) != 6 || strspn(text + 1, "0123456789:") != 5
        || sscanf(text, "%c%2d:%2d", &sign, &hours, &minutes) != 3
        || (sign != '+' && sign != '-') || text[3] != ':' || hours > 14
        || minutes > 59)
    {
        return -1;
    }

    n = (hours * 60 + minutes) * 60000;

    return sign == '+' ? ms - n : ms + n;
}


int64_t
sandbox_time_duration(const cJSON *item)
{
    int64_t  n;

    n = -1;

    if (cJSON_IsString(item)) {
        n = sandbox_duration_text(item->valuestring);

    } else if (cJSON_IsNumber(item) && item->valuedouble >= 1
               && item->valuedouble <= SANDBOX_DURATION_MAX / 1000)
    {
        n = (int64_t) (item->valuedouble * 1000);
    }

    return (n < 1000 || n > SANDBOX_DURATION_MAX) ? -1 : n;
}


static int64_t
sandbox_duration_text(const char *text)
{
    char     *end;
    int64_t   n, unit;

    if (*text < '0' || *text > '9') {
        return -1;
    }

    errno = 0;
    n = strtoll(text, &end, 10);

    switch (*end) {

    case 's':
        unit = 1000;
        break;

    case 'm':
        unit = 60 * 1000;
        break;

    case 'h':
        unit = 3600 * 1000;
        break;

    case 'd':
        unit = 86400 * 1000;
        break;

    default:
        return -1;
    }

    if (errno || end[1] != '\0' || n > SANDBOX_DURATION_MAX / unit) {
        return -1;
    }

    return n * unit;
}
