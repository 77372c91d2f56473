#include "service/recorded.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "service/line.h"

#define FINDINGS_CAP ((size_t)16 * 1024)
#define SERIALS_CAP ((size_t)1024)

/* --- findings: strings, each with its NUL, in this order --- */

#define KIND_FAULT "fault"
#define KIND_NOTE "note"
#define NUM_STRINGS 7

static void add_string(struct buf *out, const char *text)
{
    buf_add(out, span_of(text, strlen(text) + 1));
}

static void add_fault(struct buf *out, const char *request,
                      const struct fault *f)
{
    add_string(out, KIND_FAULT);
    add_string(out, request);
    add_string(out, err_name(f->err));
    add_string(out, f->rule);
    add_string(out, f->clause);
    add_string(out, f->path);
    add_string(out, fault_found(f));
}

static void add_note(struct buf *out, const struct finding *finding)
{
    add_string(out, KIND_NOTE);
    add_string(out, "");
    add_string(out, err_name(finding->rule->err));
    add_string(out, finding->rule->id);
    add_string(out, finding->rule->clause);
    add_string(out, finding->found.path);
    add_string(out, finding->found.text);
}

static void add_findings(struct buf *out, const struct job *job)
{
    char number[16];

    if (job->fault.err != ERR_OK)
        add_fault(out, "", &job->fault);
    /* Of one request alone the fault is the message's. */
    for (size_t i = 0; i < job->num_asks; i++) {
        const struct fault *fault = &job->asks[i].fault;

        if (fault->err == ERR_OK ||
            (job->num_asks == 1 && job->fault.err != ERR_OK))
            continue;
        text_format(number, sizeof(number), "%zu", i + 1);
        add_fault(out, number, fault);
    }
    for (size_t i = 0; i < job->findings.num; i++)
        add_note(out, &job->findings.list[i]);
}

static bool next_string(struct span *in, const char **out)
{
    const uint8_t *end = in->len == 0 ? NULL : memchr(in->ptr, '\0', in->len);

    if (end == NULL)
        return false;
    *out = (const char *)in->ptr;
    in->len -= (size_t)(end + 1 - in->ptr);
    in->ptr = end + 1;
    return true;
}

bool recorded_finding_next(struct span *in, struct recorded_finding *out)
{
    const char *strings[NUM_STRINGS];

    for (size_t i = 0; i < NUM_STRINGS; i++)
        if (!next_string(in, &strings[i]))
            return false;
    *out = (struct recorded_finding){
        .kind = strcmp(strings[0], KIND_FAULT) == 0 ? RECORDED_FAULT
                                                    : RECORDED_NOTE,
        .request = strings[1],
        .err = strings[2],
        .rule = strings[3],
        .clause = strings[4],
        .path = strings[5],
        .text = strings[6],
    };
    return true;
}

struct span recorded_rules(struct arena *a)
{
    struct span all;
    struct buf b;

    buf_init(&b, (size_t)64 * 1024);
    for (enum rule_id i = 0; i < RULE_NUM; i++)
        add_string(&b, rule_get(i)->id);
    all = b.failed == ERR_OK ? arena_copy(a, buf_span(&b)) : SPAN_NONE;
    buf_done(&b);
    return all;
}

/* --- serial numbers --- */

static void add_serial(struct buf *out, struct span serial)
{
    uint8_t len = (uint8_t)serial.len;

    if (serial.len == 0 || serial.len > UINT8_MAX)
        return;
    buf_add(out, span_of(&len, 1));
    buf_add(out, serial);
}

/* Of what it made, names, confirms, or was signed with. */
static void add_serials(struct buf *out, const struct job *job)
{
    for (size_t i = 0; i < job->num_asks; i++) {
        const struct ask *ask = &job->asks[i];

        add_serial(out, ask->rev != NULL ? ask->rev->cert_details.serial
                                         : ask->certificate.serial);
    }
    for (size_t i = 0; i < job->issued.num; i++)
        add_serial(out, job->issued.list[i].serial);
    if (!span_is_absent(job->signer.der))
        add_serial(out, job->signer.serial);
}

bool recorded_serial_next(struct span *in, struct span *out)
{
    size_t len = in->len == 0 ? 0 : in->ptr[0];

    if (len == 0 || len + 1 > in->len)
        return false;
    *out = span_of(in->ptr + 1, len);
    in->ptr += len + 1;
    in->len -= len + 1;
    return true;
}

/* --- the job --- */

/* Two bits a rule: 0, not looked at; else 1 + enum verdict. */
#define VERDICTS_LEN ((RULE_NUM + 3) / 4)

static struct span pack_verdicts(const struct findings *findings,
                                 uint8_t out[VERDICTS_LEN])
{
    memset(out, 0, VERDICTS_LEN);
    for (size_t i = 0; i < RULE_NUM; i++)
        out[i / 4] |= (uint8_t)((findings->verdicts[i] & 3U) << (i % 4 * 2));
    return span_of(out, VERDICTS_LEN);
}

static bool is_refused(const struct job *job)
{
    for (size_t i = 0; i < job->num_asks; i++)
        if (job->asks[i].fault.err != ERR_OK)
            return true;
    return job->fault.err != ERR_OK || job->outcome == OUTCOME_DENIED ||
           job->outcome == OUTCOME_REJECTED;
}

static bool is_wanted(const struct job *job)
{
    /* What a flood is answered is not worth what it costs to keep. */
    if (job->http_status == 429)
        return false;
    switch (job->profile->config->record) {
    case CONFIG_RECORD_ALL:
        return true;
    case CONFIG_RECORD_REFUSED:
        return is_refused(job);
    case CONFIG_RECORD_NONE:
        break;
    }
    return false;
}

static bool may_hold_key(const struct job *job)
{
    return job_has_made_key(job) || job->outcome == OUTCOME_REPLAYED ||
           job->batch != NULL;
}

static void fill_reply(const struct job *job, struct recorded *m)
{
    size_t head = job->reply.len - job->tail_len;

    if (job->http_status != 200 || span_is_absent(job->reply))
        return;
    m->is_withheld = may_hold_key(job);
    if (m->is_withheld)
        return;
    m->texts[RECORDED_REPLY] = span_of(job->reply.ptr, head);
    if (job->tail_len > 0)
        m->texts[RECORDED_TAIL] = span_of(job->reply.ptr + head, job->tail_len);
}

static struct span body_name(const struct job *job)
{
    enum cmp_body_type type = job->msg.body.type;

    return type < CMP_BODY_NUM ? span_str(cmp_body_name(type)) : SPAN_NONE;
}

void record_job(struct recorder *r, struct job *job)
{
    struct recorded m = { 0 };
    struct buf findings, serials;
    uint8_t verdicts[VERDICTS_LEN];

    if (r == NULL || !is_wanted(job))
        return;
    buf_init(&findings, FINDINGS_CAP);
    buf_init(&serials, SERIALS_CAP);
    add_findings(&findings, job);
    add_serials(&serials, job);
    m.at = clock_millis();
    m.micros = clock_monotonic_micros() - job->received;
    m.http_status = job->http_status;
    m.is_verified = job->is_verified;
    m.texts[RECORDED_PROFILE] = span_str(job->profile->config->name);
    if (job->operation != NULL)
        m.texts[RECORDED_OPERATION] = span_str(job->operation->label);
    m.texts[RECORDED_PEER] =
        job->peer == NULL ? SPAN_NONE : span_str(job->peer);
    m.texts[RECORDED_BODY] = body_name(job);
    m.texts[RECORDED_OUTCOME] = span_str(outcome_name(job->outcome));
    m.texts[RECORDED_TRANSACTION] = job->msg.header.transaction_id;
    m.texts[RECORDED_VENDOR] = job->facts.vendor;
    m.texts[RECORDED_STATION] = job->facts.serial;
    m.texts[RECORDED_SERIALS] = buf_span(&serials);
    m.texts[RECORDED_FINDINGS] = buf_span(&findings);
    m.texts[RECORDED_VERDICTS] = pack_verdicts(&job->findings, verdicts);
    m.texts[RECORDED_REQUEST] =
        span_is_absent(job->outer) ? job->bytes : job->outer;
    fill_reply(job, &m);
    recorder_add(r, &m);
    buf_done(&findings);
    buf_done(&serials);
}
