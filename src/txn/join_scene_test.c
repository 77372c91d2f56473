#include "txn/join_scene_test.h"

uint32_t world_roll(struct world *w, uint32_t sides)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->seed >> 33) % sides;
}

struct span world_fresh(struct world *w, size_t len)
{
    uint8_t *bytes = arena_alloc(w->arena, len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)world_roll(w, 256);
    return span_of(bytes, len);
}

struct span world_station(const struct world *w)
{
    return w->has_secret ? SPAN_LIT("the secret") : w->own.subject;
}

struct span world_server(const struct world *w)
{
    return w->has_secret ? SPAN_LIT("the secret") : w->ra.subject;
}

struct span world_sum(struct world *w, struct span who, struct span bytes)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint8_t *out = arena_alloc(w->arena, sizeof(hash));

    assert_non_null(out);
    for (size_t i = 0; i < who.len; i++)
        hash = (hash ^ who.ptr[i]) * 0x100000001b3u;
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.ptr[i]) * 0x100000001b3u;
    memcpy(out, &hash, sizeof(hash));
    return span_of(out, sizeof(hash));
}

bool world_is_signed(struct world *w, const struct cmp_message *msg,
                     struct span who)
{
    struct span part = cmp_protected_part(msg, w->arena);

    assert_non_null(part.ptr);
    return span_is_equal(msg->protection.bytes, world_sum(w, who, part));
}

struct span world_seal(struct world *w, const struct pki_header *h,
                       const struct pki_body *b, struct span who)
{
    static const uint8_t cert[] = { 0x30, 0x00 };
    struct span header, body, part, out;
    const struct span extra = SPAN_OF(cert);

    assert_int_equal(cmp_header_write(h, w->arena, &header), ERR_OK);
    assert_int_equal(cmp_body_write(b, w->arena, &body), ERR_OK);
    assert_int_equal(cmp_protected_part_write(header, body, w->arena, &part),
                     ERR_OK);
    assert_int_equal(cmp_message_write(header, body, world_sum(w, who, part),
                                       &extra, 1, w->arena, &out),
                     ERR_OK);
    return out;
}

void world_post(struct world *w, struct span bytes, bool to_station)
{
    if (w->num_bag < WORLD_MAX_BAG)
        w->bag[w->num_bag++] = (struct letter){ bytes, to_station };
}
