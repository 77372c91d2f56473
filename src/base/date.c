#include <stdio.h>

#include "base/text.h"

#define DAY_SECONDS 86400
#define ERA_DAYS 146097   /* days of 400 years */
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define MAX_YEAR 9999
#define MIN_TIME (-62167219200) /* 0000-01-01T00:00:00Z */
#define MAX_TIME 253402300799   /* 9999-12-31T23:59:59Z */

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const int days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool is_within(int value, int low, int high)
{
    return value >= low && value <= high;
}

bool date_is_valid(const struct date *d)
{
    return is_within(d->year, 0, MAX_YEAR) && is_within(d->month, 1, 12) &&
           is_within(d->day, 1, month_days(d->year, d->month)) &&
           is_within(d->hour, 0, 23) && is_within(d->minute, 0, 59) &&
           is_within(d->second, 0, 59);
}

/*
 * Days are counted in years that begin in March, so that the leap day is a
 * year's last, and in eras of 400 years, which all have equally many.
 */
int64_t date_to_seconds(const struct date *d)
{
    int year = d->month > 2 ? d->year : d->year - 1;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int month = d->month > 2 ? d->month - 3 : d->month + 9;
    int day_of_year = (153 * month + 2) / 5 + d->day - 1;
    int day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = (int64_t)era * ERA_DAYS + day_of_era - EPOCH_DAYS;
    int second_of_day = d->hour * 3600 + d->minute * 60 + d->second;

    return days * DAY_SECONDS + second_of_day;
}

void date_from_seconds(int64_t seconds, struct date *out)
{
    int64_t days;
    int era, day_of_era, year_of_era, day_of_year, month, second_of_day;

    if (seconds < MIN_TIME)
        seconds = MIN_TIME;
    if (seconds > MAX_TIME)
        seconds = MAX_TIME;
    days = seconds / DAY_SECONDS;
    if (seconds % DAY_SECONDS < 0)
        days--;
    second_of_day = (int)(seconds - days * DAY_SECONDS);
    days += EPOCH_DAYS;
    era = (int)((days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS);
    day_of_era = (int)(days - (int64_t)era * ERA_DAYS);
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                   day_of_era / (ERA_DAYS - 1)) /
                  365;
    day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;
    out->day = day_of_year - (153 * month + 2) / 5 + 1;
    out->month = month < 10 ? month + 3 : month - 9;
    out->year = year_of_era + era * 400 + (out->month <= 2);
    out->hour = second_of_day / 3600;
    out->minute = second_of_day / 60 % 60;
    out->second = second_of_day % 60;
}

void time_format(int64_t seconds, char out[TIME_TEXT_LEN])
{
    struct date d;

    date_from_seconds(seconds, &d);
    snprintf(out, TIME_TEXT_LEN, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year,
             d.month, d.day, d.hour, d.minute, d.second);
}

/* Reads as many digits as `pattern` has of the letter at its start. */
static bool digits_read(const char **pattern, const char **text, int *out)
{
    char letter = **pattern;
    int value = 0;

    for (; **pattern == letter; (*pattern)++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        value = value * 10 + (**text - '0');
    }
    *out = value;
    return true;
}

enum err time_parse(const char *text, int64_t *out)
{
    const char *pattern = "yyyy-mm-ddThh:nn:ssZ";
    struct date d = { 0 };
    int *fields[] = {
        &d.year, &d.month, &d.day, &d.hour, &d.minute, &d.second
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!digits_read(&pattern, &text, fields[i]) || *text != *pattern)
            return ERR_BAD_DATA_FORMAT;
        pattern++;
        text++;
    }
    if (*text != '\0' || !date_is_valid(&d))
        return ERR_BAD_DATA_FORMAT;
    *out = date_to_seconds(&d);
    return ERR_OK;
}
