#include "inspect/finding.h"

#include <string.h>

/* What a path begins with where it does not begin with the message, and what
 * belongs before it. */
static const struct {
    const char *body; /* NULL: of any */
    const char *first;
    const char *before; /* behind "body.NAME" */
    bool is_of_request; /* one of a list */
} places[] = {
    /* A PKCS#10 request is judged as the CertReqMsg it stands for. */
    { "p10cr", "certTemplate.publicKey",
      ".certificationRequestInfo.subjectPKInfo", false },
    { "p10cr", "certTemplate.extensions",
      ".certificationRequestInfo.attributes", false },
    { "p10cr", "certTemplate", ".certificationRequestInfo", false },
    { "p10cr", "popo", ".signature", false },
    { NULL, "certTemplate", ".certReq.certTemplate", true },
    { NULL, "controls", ".certReq.controls", true },
    { NULL, "certReq", ".certReq", true },
    { NULL, "popo", ".popo", true },
    { NULL, "regInfo", ".regInfo", true },
    { NULL, "certDetails", ".certDetails", true },
    { NULL, "crlEntryDetails", ".crlEntryDetails", true },
};

/* True where `first` is what `path` begins with, as a whole name. */
static bool begins_with(const char *path, const char *first)
{
    size_t len = strlen(first);

    return strncmp(path, first, len) == 0 &&
           (path[len] == '\0' || path[len] == '.' || path[len] == '[');
}

/* Of whatever body: one that does not parse has no name yet. */
static bool names_body(const char *rest)
{
    for (unsigned i = 0; i < CMP_BODY_NUM; i++)
        if (rest[0] == '.' &&
            begins_with(rest + 1, cmp_body_name((enum cmp_body_type)i)))
            return true;
    return false;
}

static const char *path_of_body(struct arena *a, const char *body,
                                const char *path)
{
    const char *rest = path + strlen("body"), *whole;

    if (rest[0] == '\0' || names_body(rest))
        return path;
    whole = arena_printf(a, "body.%s%s", body, rest);
    return whole == NULL ? path : whole;
}

const char *finding_path(struct arena *a, const char *body, size_t request,
                         const char *path)
{
    const char *whole = NULL;
    size_t i;

    if (body[0] == '\0')
        return path;
    if (begins_with(path, "body"))
        return path_of_body(a, body, path);
    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (begins_with(path, places[i].first) &&
            (places[i].body == NULL || strcmp(places[i].body, body) == 0))
            break;
    if (i == sizeof(places) / sizeof(places[0]))
        return path;
    path += strlen(places[i].first);
    if (places[i].is_of_request)
        whole = arena_printf(a, "body.%s[%zu]%s%s", body,
                             request == 0 ? 0 : request - 1, places[i].before,
                             path);
    else
        whole = arena_printf(a, "body.%s%s%s", body, places[i].before, path);
    return whole == NULL ? path - strlen(places[i].first) : whole;
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_HOLDS] = "holds",
        [VERDICT_BROKEN] = "broken",
        [VERDICT_CANNOT_TELL] = "not judged",
    };

    return names[verdict];
}
