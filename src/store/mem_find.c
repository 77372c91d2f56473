#include "store/mem.h"

const union record *mem_row(const struct mem *m, enum table t, int64_t id)
{
    const struct mem_table *table = &m->tables[t];

    if (id < 1 || (uint64_t)id > table->num || table->rows[id - 1] == NULL)
        return NULL;
    return &table->rows[id - 1]->record;
}

const union record *mem_find_station(const struct mem *m, struct span vendor,
                                     struct span serial)
{
    const union record *r;

    MEM_EACH(m, TABLE_STATION, r)
    {
        if (span_is_equal(r->station.serial, serial) &&
            span_is_equal(r->station.vendor, vendor))
            return r;
    }
    return NULL;
}

const union record *mem_find_name(const struct mem *m, struct span name)
{
    const union record *r;

    MEM_EACH(m, TABLE_NAME, r)
    {
        if (span_is_equal(r->name.name, name))
            return r;
    }
    return NULL;
}

const union record *mem_find_transaction(const struct mem *m,
                                         struct span requester,
                                         struct span transaction_id)
{
    const union record *r;

    MEM_EACH(m, TABLE_TRANSACTION, r)
    {
        if (span_is_equal(r->transaction.transaction_id, transaction_id) &&
            span_is_equal(r->transaction.requester, requester))
            return r;
    }
    return NULL;
}

const union record *mem_find_certificate(const struct mem *m, struct span ca,
                                         struct span serial)
{
    const union record *r;

    MEM_EACH(m, TABLE_CERTIFICATE, r)
    {
        if (span_is_equal(r->certificate.serial, serial) &&
            span_is_equal(r->certificate.ca, ca))
            return r;
    }
    return NULL;
}

const union record *mem_find_request(const struct mem *m, int64_t transaction,
                                     int64_t cert_req_id)
{
    const union record *r;

    MEM_EACH(m, TABLE_REQUEST, r)
    {
        if (r->request.transaction == transaction &&
            r->request.cert_req_id == cert_req_id)
            return r;
    }
    return NULL;
}

const union record *mem_find_secret(const struct mem *m, struct span reference)
{
    const union record *r;

    MEM_EACH(m, TABLE_SECRET, r)
    {
        if (span_is_equal(r->secret.reference, reference))
            return r;
    }
    return NULL;
}

const union record *mem_find_by_digest(const struct mem *m, struct span digest)
{
    const union record *r;

    MEM_EACH(m, TABLE_CERTIFICATE, r)
    {
        if (span_is_equal(r->certificate.request_digest, digest))
            return r;
    }
    return NULL;
}

struct ca_record mem_find_ca(const struct mem *m, struct span ca)
{
    const union record *r;

    MEM_EACH(m, TABLE_CA, r)
    {
        if (span_is_equal(r->ca.ca, ca))
            return r->ca;
    }
    return (struct ca_record){ .ca = ca };
}
