#include "inspect/finding.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_HOLDS] = "holds",
        [VERDICT_BROKEN] = "broken",
        [VERDICT_CANNOT_TELL] = "not judged",
    };

    return names[verdict];
}
