#include "cli/station.h"
#include "cli/station_options.h"
#include "cli/station_told.h"

/* One run of ask. */
struct question {
    const struct cli *cli;
    struct client_asking asking;
    json_t *json; /* with --json: what was told */
};

/* --- what is asked --- */

static enum err read_topics(const struct cli *cli, struct client_asking *out,
                            struct fault *f)
{
    for (size_t i = 0; i < cli->num_operands; i++) {
        enum client_topic t = client_topic_find(cli->operands[i]);

        if (t == TOPIC_NUM)
            return fault_set(f, ERR_USAGE,
                             "nothing can be asked by the name of \"%s\"; see "
                             "station ask --help",
                             cli->operands[i]);
        out->wants[t] = true;
    }
    return ERR_OK;
}

static enum err read_asking(const struct cli *cli, struct client_asking *out,
                            struct fault *f)
{
    out->algorithm = cli_value(cli, "algorithm");
    out->crl_url = cli_value(cli, "crl-url");
    out->crl_issuer = cli_value(cli, "crl-issuer");
    out->passphrase = cli_value(cli, "passphrase-file");
    out->profile = cli_value(cli, "profile");
    out->out_dir = cli_value(cli, "out");
    out->install = cli_has(cli, "install");
    TRY(cli_values(cli, "language", &out->languages, &out->num_languages));
    return read_topics(cli, out, f);
}

/* --- what is told --- */

static bool is_unsupported(const struct client_told *told, enum client_topic t)
{
    struct span oid = oid_span(client_topic_asked(t));

    for (size_t i = 0; i < told->unsupported.num; i++)
        if (span_is_equal(told->unsupported.list[i], oid))
            return true;
    return false;
}

static json_t *algs_json(const struct cli *cli, const struct alg_list *algs)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < algs->num; i++)
        (void)json_array_append_new(list,
                                    json_string(told_alg(cli, &algs->list[i])));
    return list;
}

static const char *key_text(const struct cli *cli, const struct key_spec *spec)
{
    const char *text = NULL;

    if (spec->id == OID_ID_REG_CTRL_ALG_ID)
        return told_alg(cli, &spec->alg);
    if (spec->id == OID_ID_REG_CTRL_RSA_KEY_LEN)
        text =
            arena_printf(cli->arena, "RSA:%lld", (long long)spec->rsa_key_len);
    return text == NULL ? told_oid(cli, spec->oid) : text;
}

static json_t *template_json(const struct cli *cli,
                             const struct cert_req_template *t)
{
    const struct cert_template *form = &t->cert_template;
    json_t *extensions = json_array(), *keys = json_array();

    for (size_t i = 0; i < form->extensions.num; i++)
        (void)json_array_append_new(
            extensions,
            json_string(told_oid(cli, form->extensions.list[i].oid)));
    for (size_t i = 0; i < t->num_key_specs; i++)
        (void)json_array_append_new(
            keys, json_string(key_text(cli, &t->key_specs[i])));
    return json_pack("{s:o, s:o, s:o}", "subject",
                     span_is_absent(form->subject)
                         ? json_null()
                         : json_string(told_name(cli, form->subject)),
                     "extensions", extensions, "keys", keys);
}

static json_t *certs_json(const struct cli *cli,
                          const struct client_cert_told *certs, size_t num)
{
    json_t *list = json_array();

    for (size_t i = 0; i < num; i++)
        (void)json_array_append_new(list, told_cert_json(cli, &certs[i]));
    return list;
}

static json_t *crls_json(const struct cli *cli, const struct x509_crl *crls,
                         size_t num)
{
    json_t *list = json_array();

    for (size_t i = 0; i < num; i++)
        (void)json_array_append_new(list, told_crl_json(cli, &crls[i]));
    return list;
}

static json_t *topic_json(const struct cli *cli, const struct client_answers *a,
                          enum client_topic topic)
{
    const struct client_told_one *of = a->told.of;
    size_t num_asked = of[TOPIC_CRLS].crls.num;

    if (span_is_absent(of[topic].value))
        return json_null();
    switch (topic) {
    case TOPIC_CA_CERTS:
        return certs_json(cli, a->ca_certs, of[topic].certs.num);
    case TOPIC_ROOT_UPDATE:
    case TOPIC_OLD_UPDATE:
        return told_update_json(cli, a->update, a->is_installed);
    case TOPIC_TEMPLATE:
        return template_json(cli, &of[topic].cert_template);
    case TOPIC_CRLS:
        return crls_json(cli, a->crls, num_asked);
    case TOPIC_CURRENT_CRL:
        return told_crl_json(cli, &a->crls[num_asked]);
    case TOPIC_SIGN_KEYS:
    case TOPIC_ENC_KEYS:
        return algs_json(cli, &of[topic].algs);
    case TOPIC_SYMM_ALG:
    case TOPIC_KEY_PARAM:
        return json_string(told_alg(cli, &of[topic].algs.list[0]));
    case TOPIC_ENC_CERT:
        return told_cert_json(cli, a->target);
    case TOPIC_LANGUAGE:
        return json_stringn((const char *)of[topic].languages.list[0].ptr,
                            of[topic].languages.list[0].len);
    case TOPIC_PASSPHRASE: /* it has no value */
    case TOPIC_NUM:
        break;
    }
    return NULL;
}

static json_t *answers_json(const struct cli *cli,
                            const struct client_answers *a)
{
    json_t *told = json_object(), *unsupported = json_array();
    json_t *unanswered = json_array(), *files = json_array();

    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++) {
        const char *name = client_topic_name(t);

        if (a->told.of[t].is_told)
            (void)json_object_set_new(told, name, topic_json(cli, a, t));
        else if (is_unsupported(&a->told, t))
            (void)json_array_append_new(unsupported, json_string(name));
        else if (a->question.wants[t])
            (void)json_array_append_new(unanswered, json_string(name));
    }
    for (size_t i = 0; i < a->files.num; i++)
        (void)json_array_append_new(files, json_string(a->files.list[i]));
    return json_pack("{s:o, s:o, s:o, s:o}", "told", told, "unsupported",
                     unsupported, "unanswered", unanswered, "files", files);
}

/* --- as text --- */

static void print_algs(const struct cli *cli, const char *label,
                       const struct alg_list *algs)
{
    cli_print(cli, CLI_PLAIN, "%-17s", label);
    for (size_t i = 0; i < algs->num; i++)
        cli_print(cli, CLI_PLAIN, " %s", told_alg(cli, &algs->list[i]));
    cli_print(cli, CLI_PLAIN, "\n");
}

static void print_template(const struct cli *cli, const char *label,
                           const struct cert_req_template *t)
{
    const struct cert_template *form = &t->cert_template;

    cli_print(cli, CLI_PLAIN, "%-17s subject %s\n%-17s extensions", label,
              span_is_absent(form->subject) ? "as you like"
                                            : told_name(cli, form->subject),
              "");
    for (size_t i = 0; i < form->extensions.num; i++)
        cli_print(cli, CLI_PLAIN, " %s",
                  told_oid(cli, form->extensions.list[i].oid));
    cli_print(cli, CLI_PLAIN, "\n%-17s keys", "");
    for (size_t i = 0; i < t->num_key_specs; i++)
        cli_print(cli, CLI_PLAIN, " %s", key_text(cli, &t->key_specs[i]));
    cli_print(cli, CLI_PLAIN, "\n");
}

static void print_crls(const struct cli *cli, const char *label,
                       const struct x509_crl *crls, size_t num)
{
    for (size_t i = 0; i < num; i++)
        told_crl_print(cli, i == 0 ? label : "", &crls[i]);
}

static void print_topic(const struct cli *cli, const struct client_answers *a,
                        enum client_topic topic)
{
    const struct client_told_one *of = a->told.of;
    const char *name = client_topic_name(topic);
    size_t num_asked = of[TOPIC_CRLS].crls.num;

    switch (topic) {
    case TOPIC_CA_CERTS:
        for (size_t i = 0; i < of[topic].certs.num; i++)
            told_cert_print(cli, i == 0 ? name : "", &a->ca_certs[i]);
        return;
    case TOPIC_ROOT_UPDATE:
    case TOPIC_OLD_UPDATE:
        told_update_print(cli, name, a->update, a->is_installed);
        return;
    case TOPIC_TEMPLATE:
        print_template(cli, name, &of[topic].cert_template);
        return;
    case TOPIC_CRLS:
        print_crls(cli, name, a->crls, num_asked);
        return;
    case TOPIC_CURRENT_CRL:
        print_crls(cli, name, a->crls + num_asked, 1);
        return;
    case TOPIC_SIGN_KEYS:
    case TOPIC_ENC_KEYS:
    case TOPIC_SYMM_ALG:
    case TOPIC_KEY_PARAM:
        print_algs(cli, name, &of[topic].algs);
        return;
    case TOPIC_ENC_CERT:
        told_cert_print(cli, name, a->target);
        return;
    case TOPIC_LANGUAGE:
        cli_print(cli, CLI_PLAIN, "%-17s %.*s\n", name,
                  (int)of[topic].languages.list[0].len,
                  (const char *)of[topic].languages.list[0].ptr);
        return;
    case TOPIC_PASSPHRASE:
    case TOPIC_NUM:
        return;
    }
}

static void print_answers(const struct cli *cli, const struct client_answers *a)
{
    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++) {
        const char *name = client_topic_name(t);

        if (a->told.of[t].is_told && !span_is_absent(a->told.of[t].value))
            print_topic(cli, a, t);
        else if (a->told.of[t].is_told)
            cli_print(cli, CLI_PLAIN, "%-17s %s\n", name,
                      t == TOPIC_PASSPHRASE ? "kept there" : "nothing to tell");
        else if (is_unsupported(&a->told, t))
            cli_print(cli, CLI_YELLOW, "%-17s not supported there\n", name);
        else if (a->question.wants[t])
            cli_print(cli, CLI_YELLOW, "%-17s not answered\n", name);
    }
    for (size_t i = 0; i < a->files.num; i++)
        cli_print(cli, CLI_PLAIN, "wrote %s\n", a->files.list[i]);
}

/* --- running --- */

static enum err ask(struct station *s, const struct client_run *run, void *arg,
                    struct fault *f)
{
    struct question *q = arg;
    struct client_answers answers;

    TRY(station_ask(s, run, &q->asking, &answers, f));
    if (!q->cli->json) {
        print_answers(q->cli, &answers);
        return ERR_OK;
    }
    q->json = answers_json(q->cli, &answers);
    return q->json == NULL ? fault_set(f, ERR_NO_MEM, "JSON") : ERR_OK;
}

static enum err run_ask(struct cli *cli, struct fault *f)
{
    struct question q = { .cli = cli };
    const struct station_work work = { ask, &q };
    json_t *messages = NULL;
    enum err e;

    TRY(read_asking(cli, &q.asking, f));
    e = station_drive(cli, &work, &messages, f);
    if (e == ERR_OK && cli->json) {
        if (json_object_set_new(q.json, "messages", messages) == 0)
            return cli_print_json(cli, q.json, f);
        messages = NULL;
        e = fault_set(f, ERR_NO_MEM, "JSON");
    }
    json_decref(messages);
    json_decref(q.json);
    return e;
}

/* clang-format off */
static const struct cli_option ask_options[] = {
    COMMON_OPTIONS,
    VENDOR_OPTIONS,
    SECRET_OPTIONS,
    { "out", "DIR", NULL,
      "write what is told into files there: ca-certs.pem, new-root.pem, "
      "new-with-old.pem, old-with-new.pem, crls.pem, encryption.pem, "
      "template.der", CLI_ONCE },
    { "install", NULL, NULL,
      "take the new root of rootCaCert as an operator root, beside the old "
      "one", CLI_ONCE },
    { "profile", "NAME", NULL,
      "of certReqTemplate: the certificate profile meant", CLI_ONCE },
    { "crl-issuer", "NAME", NULL,
      "of crlStatusList: whose; else who issued the operator's certificate",
      CLI_ONCE },
    { "crl-url", "URL", NULL,
      "of crlStatusList: the distribution point to look under", CLI_ONCE },
    { "algorithm", "OID", NULL,
      "of keyPairParam, as 1.2.840.10045.2.1", CLI_ONCE },
    { "passphrase-file", "FILE", NULL,
      "of revPassphrase: one line of 12 to 256 octets, in a file that nobody "
      "else may read", CLI_ONCE },
    { "ca-encryption", "FILE", NULL,
      "of revPassphrase: the CA's certificate to encrypt it to, as "
      "caProtEncCert is written by --out", CLI_ONCE },
    { "language", "TAG", NULL,
      "of suppLangTags, as en; the best first", CLI_REPEATED },
};
/* clang-format on */

static const struct cli_verb verbs[] = {
    {
        .words = "ask",
        .summary = "ask the authority for CA certificates, CRLs and more",
        .operands = "[WHAT...]",
        .description =
            "Sends a genm, signed with the operator's certificate where there "
            "is one, else with the vendor's or under --secret, and shows what "
            "the verified genp "
            "tells. WHAT is caCerts, rootCaCert (a root that follows the "
            "operator's), caKeyUpdateInfo (the same in its old form), "
            "certReqTemplate, crlStatusList (CRLs newer than those of --crl "
            "and --out), currentCRL, signKeyPairTypes, encKeyPairTypes, "
            "preferredSymmAlg, caProtEncCert, keyPairParam, suppLangTags or "
            "revPassphrase; several are asked for in one message, and none "
            "asks for whatever "
            "there is to tell.\n\n"
            "All of an answer is refused when something in it breaks a rule: "
            "what was not asked for, a CRL that does not verify, is out of "
            "date or older than the one at hand, a new root that no root in "
            "force has signed. Certificates are shown and written to files, "
            "and believed for nothing; only --install takes a new root whose "
            "link to the old one verifies. It then judges answers as the old "
            "one does, for as long as the old one is configured or kept.\n\n"
            "revPassphrase asks nothing but brings a passphrase, in the place "
            "of one brought before: under it station revoke may later ask "
            "without the certificate's key. Keep it apart from that key.",
        .options = ask_options,
        .num_options = sizeof(ask_options) / sizeof(ask_options[0]),
        .has_json = true,
        .example = "station ask caCerts crlStatusList --out /var/lib/station/ca"
                   "\nstation ask rootCaCert --install"
                   "\nstation ask revPassphrase --passphrase-file phrase "
                   "--ca-encryption encryption.pem",
        .run = run_ask,
    },
};
const struct cli_verbs cli_station_ask = { verbs,
                                           sizeof(verbs) / sizeof(verbs[0]) };
