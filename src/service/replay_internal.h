/*
 * What the two files of replay share.
 */
#ifndef SERVICE_REPLAY_INTERNAL_H
#define SERVICE_REPLAY_INTERNAL_H

#include "service/line.h"
#include "service/replay.h"

/*
 * What became of a job that line_judge is done with, `e` its result, as people
 * read it (replay_tell.c). Texts are copied into the arena. ERR_NO_MEM.
 */
MUST_USE enum err replay_tell(struct job *job, enum err e, size_t number,
                              struct arena *a, struct replay_result *out,
                              struct fault *f);

#endif
