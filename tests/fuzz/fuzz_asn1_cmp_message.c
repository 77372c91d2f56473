#include "fuzz/codec.h"

#include <stdlib.h>

#include "asn1/cmp.h"

/* What a receiver does next with a message: look things up, take the bytes
 * that protection and POP cover. */
static enum err use(const struct cmp_message *msg, struct arena *a)
{
    struct cmp_message again;
    struct span part = cmp_protected_part(msg, a);

    if (span_is_absent(part))
        return ERR_NO_MEM;
    if (part.len > msg->der.len)
        abort();
    info_find(&msg->header.general_info, OID_ID_IT_IMPLICIT_CONFIRM);
    /* Header and body alone are a message too. */
    TRY(cmp_message_read(part, a, &again, NULL));
    if (again.body.type != msg->body.type || again.num_extra_certs != 0)
        abort();
    if (msg->body.type != CMP_IR && msg->body.type != CMP_KUR)
        return ERR_OK;
    for (size_t i = 0; i < msg->body.cert_req.num; i++) {
        const struct cert_req_msg *req = &msg->body.cert_req.list[i];

        control_find(&req->cert_req, OID_ID_REG_CTRL_OLD_CERT_ID);
        if (req->popo.type == POPO_SIGNATURE &&
            span_is_absent(popo_signed_bytes(req, a)))
            return ERR_NO_MEM;
    }
    return ERR_OK;
}

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cmp_message msg;
    struct pki_header peeked;
    struct span whole, header, body, out;
    struct fault f;

    TRY(der_element(in, DER_SEQUENCE, &whole));
    TRY(cmp_message_read(whole, a, &msg, &f));
    TRY(use(&msg, a));
    TRY(cmp_header_peek(whole, a, &peeked));
    TRY(cmp_header_write(&peeked, a, &header));
    TRY(cmp_body_write(&msg.body, a, &body));
    TRY(cmp_message_write(header, body, msg.protection.bytes, msg.extra_certs,
                          msg.num_extra_certs, a, &out));
    der_put_raw(w, out);
    return ERR_OK;
}

/* messageTime is read with fractions. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_lenient(&codec, data, size);
    return 0;
}
