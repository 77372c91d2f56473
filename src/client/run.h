/* Shared inside client: what station.c loads for run.c. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/internal.h"

/* The current pair's for a kur and an rr, else the vendor's. */
MUST_USE enum err identity_load(struct station *s, enum cmp_body_type request,
                                struct fault *f);
/* 32 bytes from hexadecimal, colons allowed. ERR_CONFIG. */
MUST_USE enum err fingerprint_parse(const char *text, struct arena *a,
                                    struct span *out, struct fault *f);

#endif
