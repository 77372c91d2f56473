#include "cli/station_told.h"

#include "base/limits.h"
#include "base/text.h"

#define LABEL "%-17s "

const char *told_name(const struct cli *cli, struct span name)
{
    const char *text = name_format(name, cli->arena);

    return text == NULL ? "" : text;
}

const char *told_hex(const struct cli *cli, struct span bytes)
{
    char text[2 * LIMIT_SERIAL_LEN + 1];
    const char *copy;

    hex_format(bytes, text, sizeof(text));
    copy = arena_printf(cli->arena, "%s", text);
    return copy == NULL ? "" : copy;
}

const char *told_oid(const struct cli *cli, struct span oid)
{
    char dotted[8 * LIMIT_OID_LEN];
    enum oid id = oid_find(oid);
    const char *copy;

    if (id != OID_UNKNOWN)
        return oid_name(id);
    oid_format(oid, dotted, sizeof(dotted));
    copy = arena_printf(cli->arena, "%s", dotted);
    return copy == NULL ? "" : copy;
}

const char *told_alg(const struct cli *cli, const struct alg_id *alg)
{
    for (enum key_kind k = KEY_UNKNOWN + 1; k < KEY_KIND_NUM; k++) {
        struct der_writer w;
        struct span der;

        der_writer_init(&w, cli->arena, 64);
        key_kind_put(&w, k);
        if (der_finish(&w, &der) == ERR_OK && span_is_equal(der, alg->der))
            return key_kind_name(k);
    }
    return told_oid(cli, alg->oid);
}

const char *told_revocation(const struct rev_ann *ann)
{
    return ann->status == STATUS_REVOCATION_WARNING ? "revocationWarning"
                                                    : "revocationNotification";
}

const char *told_reason(const struct rev_ann *ann)
{
    const struct extension *x =
        extension_find(&ann->crl_details, OID_ID_CE_CRL_REASONS);
    const char *name = NULL;
    struct span reason;
    struct der in;

    if (x == NULL)
        return crl_reason_name(CRL_UNSPECIFIED);
    in = der_open(x->value, NULL);
    if (der_content(&in, DER_ENUMERATED, &reason) == ERR_OK && reason.len == 1)
        name = crl_reason_name(reason.ptr[0]);
    return name == NULL ? "for a reason not known here" : name;
}

/* --- JSON --- */

json_t *told_cert_json(const struct cli *cli,
                       const struct client_cert_told *cert)
{
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];

    time_format(cert->cert.not_before, from);
    time_format(cert->cert.not_after, to);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "subject",
                     told_name(cli, cert->cert.subject), "issuer",
                     told_name(cli, cert->cert.issuer), "serial",
                     told_hex(cli, cert->cert.serial), "sha256",
                     told_hex(cli, SPAN_OF(cert->id)), "not_before", from,
                     "not_after", to, "trusted", (int)cert->is_trusted);
}

json_t *told_crl_json(const struct cli *cli, const struct x509_crl *crl)
{
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];

    time_format(crl->this_update, from);
    time_format(crl->next_update, to);
    return json_pack("{s:s, s:s, s:s, s:I}", "issuer",
                     told_name(cli, crl->issuer), "this_update", from,
                     "next_update", to, "octets", (json_int_t)crl->der.len);
}

json_t *told_update_json(const struct cli *cli,
                         const struct client_update *update, bool is_installed)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:b}", "new_root",
                     told_cert_json(cli, &update->fresh), "new_with_old",
                     told_cert_json(cli, &update->linked), "old_with_new",
                     update->has_back ? told_cert_json(cli, &update->back)
                                      : json_null(),
                     "follows", told_name(cli, update->old_subject),
                     "installed", (int)is_installed);
}

/* --- text --- */

void told_cert_print(const struct cli *cli, const char *label,
                     const struct client_cert_told *cert)
{
    char to[TIME_TEXT_LEN];

    time_format(cert->cert.not_after, to);
    cli_print(cli, CLI_PLAIN, LABEL "%s\n" LABEL "SHA-256 %s\n", label,
              told_name(cli, cert->cert.subject), "",
              told_hex(cli, SPAN_OF(cert->id)));
    cli_print(cli, cert->is_trusted ? CLI_PLAIN : CLI_YELLOW,
              LABEL "valid to %s, %s\n", "", to,
              cert->is_trusted ? "leads to the operator root"
                               : "does not lead to the operator root");
}

void told_crl_print(const struct cli *cli, const char *label,
                    const struct x509_crl *crl)
{
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];

    time_format(crl->this_update, from);
    time_format(crl->next_update, to);
    cli_print(cli, CLI_PLAIN, LABEL "CRL of %s\n" LABEL "%s to %s, %zu bytes\n",
              label, told_name(cli, crl->issuer), "", from, to, crl->der.len);
}

void told_update_print(const struct cli *cli, const char *label,
                       const struct client_update *update, bool is_installed)
{
    char to[TIME_TEXT_LEN];

    time_format(update->fresh.cert.not_after, to);
    cli_print(cli, CLI_PLAIN,
              LABEL "%s\n" LABEL "SHA-256 %s\n" LABEL "valid to %s\n", label,
              told_name(cli, update->fresh.cert.subject), "",
              told_hex(cli, SPAN_OF(update->fresh.id)), "", to);
    cli_print(cli, CLI_PLAIN, LABEL "signed with the key of %s\n", "",
              told_name(cli, update->old_subject));
    if (is_installed)
        cli_print(cli, CLI_GREEN, LABEL "taken as operator root\n", "");
    else
        cli_print(cli, CLI_PLAIN, LABEL "not taken; --install takes it\n", "");
}
