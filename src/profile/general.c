/*
 * What a genm asks, the message alone (RFC 9810, 5.3.19). Its values are read
 * by who answers them (service/tell.c).
 */
#include "profile/internal.h"

enum verdict check_one_info(const struct judged *in, struct found *found)
{
    size_t num = in->msg->body.general.num;

    if (num == 1 || in->profile->max_requests > 1)
        return VERDICT_HOLDS;
    return broken(found, "body.genm", "%zu InfoTypeAndValues", num);
}

enum verdict check_info_single(const struct judged *in, struct found *found)
{
    const struct info_list *infos = &in->msg->body.general;

    for (size_t i = 0; i < infos->num; i++)
        for (size_t k = 0; k < i; k++)
            if (span_is_equal(infos->list[i].oid, infos->list[k].oid))
                return broken(found, "body.genm", "an infoType, twice");
    return VERDICT_HOLDS;
}
