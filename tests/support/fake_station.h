/*
 * A station in a folder of its own against the fake RA, for tests.
 */
#ifndef SUPPORT_FAKE_STATION_H
#define SUPPORT_FAKE_STATION_H

#include "support/fake_ra.h"

struct fake_station {
    struct crypto *crypto;
    struct fake_ra *ra;
    const char *dir;
    struct client_settings settings;
    struct client_env env;
    struct client_run run;
    int64_t now; /* goes on by what was slept */
    unsigned num_ignored;
    unsigned num_gave_up;
    unsigned num_resumed;
    char last[320]; /* what was told last of an answer */
};

/* Once each message, unless `run` is changed; `pinned` to the RA's root. */
void fake_station_init(struct fake_station *fs);
void fake_station_done(struct fake_station *fs);

MUST_USE enum err fake_station_enroll(struct fake_station *fs, struct fault *f);
MUST_USE enum err fake_station_renew(struct fake_station *fs, struct fault *f);

/*
 * True when there is no pair at all, or one whose parts fit: key and
 * certificate, certificate and root. `*has` says which.
 */
bool fake_station_is_sound(struct fake_station *fs, bool *has);
bool fake_station_is_pending(const struct fake_station *fs);
/* Empties the folder: a new station. */
void fake_station_reset(struct fake_station *fs);

#endif
