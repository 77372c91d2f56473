#include "service/operation.h"

static const struct operation operations[] = {
    { "initialization", CMP_IR, OID_UNKNOWN },
    { "certification", CMP_CR, OID_UNKNOWN },
    { "keyupdate", CMP_KUR, OID_UNKNOWN },
    { "pkcs10", CMP_P10CR, OID_UNKNOWN },
    { "revocation", CMP_RR, OID_UNKNOWN },
    { "getcacerts", CMP_GENM, OID_ID_IT_CA_CERTS },
    { "getrootupdate", CMP_GENM, OID_ID_IT_ROOT_CA_CERT },
    { "getcertreqtemplate", CMP_GENM, OID_ID_IT_CERT_REQ_TEMPLATE },
    { "getcrls", CMP_GENM, OID_ID_IT_CRL_STATUS_LIST },
    { "nested", CMP_NESTED, OID_UNKNOWN },
};

const struct operation *operation_list(size_t *num)
{
    *num = sizeof(operations) / sizeof(operations[0]);
    return operations;
}

bool operation_is_batch(const struct operation *operation)
{
    return operation->body == CMP_NESTED;
}

static bool asks_for(const struct info_list *infos, enum oid id)
{
    for (size_t i = 0; i < infos->num; i++)
        if (infos->list[i].id != id)
            return false;
    return infos->num > 0;
}

bool operation_fits(const struct operation *operation,
                    const struct pki_body *body)
{
    /* A single message in another goes where it would go by itself. */
    if (body->type == CMP_NESTED)
        return true;
    if (body->type != operation->body)
        return false;
    return body->type != CMP_GENM || asks_for(&body->general, operation->info);
}
