/*
 * What a genm may ask with: which infoTypes have a value (RFC 9810, 5.3.19).
 */
#ifndef PROFILE_INFO_H
#define PROFILE_INFO_H

#include "profile/rules.h"

/*
 * Does this question have the infoValue that its infoType has, and none where
 * it has none? infoTypes that are not listed, and what only the holder of a key
 * reads, are passed over. A fault is of info-value-is-right or
 * language-is-spoken.
 */
MUST_USE enum err info_check(const struct info_type_value *asked,
                             const struct profile *profile, struct arena *a,
                             struct fault *f);

/* The first tag among them that is English of some kind; absent: none. */
struct span info_find_english(const struct text_list *tags);

#endif
