/*
 * Failures: one table for what can go wrong, one struct for why it did.
 *
 * `enum err` says which failure; the table gives the PKIFailureInfo bit a
 * refusal carries (RFC 9810, 5.2.3), whose doing it was, and a short text. A
 * `struct fault`, filled where the meaning is known, says what was found and
 * which clause it breaks.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* PKIFailureInfo bits (RFC 9810, 5.2.3). FI_NONE: no bit is sent. */
enum fail_info {
    FI_NONE = -1,
    FI_BAD_ALG = 0,
    FI_BAD_MESSAGE_CHECK = 1,
    FI_BAD_REQUEST = 2,
    FI_BAD_TIME = 3,
    FI_BAD_CERT_ID = 4,
    FI_BAD_DATA_FORMAT = 5,
    FI_WRONG_AUTHORITY = 6,
    FI_INCORRECT_DATA = 7,
    FI_MISSING_TIME_STAMP = 8,
    FI_BAD_POP = 9,
    FI_CERT_REVOKED = 10,
    FI_CERT_CONFIRMED = 11,
    FI_WRONG_INTEGRITY = 12,
    FI_BAD_RECIPIENT_NONCE = 13,
    FI_TIME_NOT_AVAILABLE = 14,
    FI_UNACCEPTED_POLICY = 15,
    FI_UNACCEPTED_EXTENSION = 16,
    FI_ADD_INFO_NOT_AVAILABLE = 17,
    FI_BAD_SENDER_NONCE = 18,
    FI_BAD_CERT_TEMPLATE = 19,
    FI_SIGNER_NOT_TRUSTED = 20,
    FI_TRANSACTION_ID_IN_USE = 21,
    FI_UNSUPPORTED_VERSION = 22,
    FI_NOT_AUTHORIZED = 23,
    FI_SYSTEM_UNAVAIL = 24,
    FI_SYSTEM_FAILURE = 25,
    FI_DUPLICATE_CERT_REQ = 26
};

/* Whose doing a failure is: the peer's, ours, or a person's at the keyboard. */
enum whose {
    WHOSE_NOBODY,
    WHOSE_PEER,
    WHOSE_OURS,
    WHOSE_USER
};

/* clang-format off */
#define ERRORS(ERR)                                                            \
    ERR(OK,                    FI_NONE,                  NOBODY, "done")       \
    ERR(BAD_DER,               FI_BAD_DATA_FORMAT,       PEER,                 \
        "not the DER this field allows")                                       \
    ERR(LIMIT,                 FI_BAD_DATA_FORMAT,       PEER,                 \
        "longer, deeper or more than the limit")                               \
    ERR(BAD_DATA_FORMAT,       FI_BAD_DATA_FORMAT,       PEER,                 \
        "a field the message needs is missing or malformed")                   \
    ERR(BAD_ALG,               FI_BAD_ALG,               PEER,                 \
        "algorithm or key not allowed")                                        \
    ERR(BAD_MESSAGE_CHECK,     FI_BAD_MESSAGE_CHECK,     PEER,                 \
        "protection does not verify")                                          \
    ERR(BAD_REQUEST,           FI_BAD_REQUEST,           PEER,                 \
        "request not allowed here or now")                                     \
    ERR(BAD_TIME,              FI_BAD_TIME,              PEER,                 \
        "messageTime too far from the clock")                                  \
    ERR(BAD_CERT_ID,           FI_BAD_CERT_ID,           PEER,                 \
        "no such certificate")                                                 \
    ERR(WRONG_AUTHORITY,       FI_WRONG_AUTHORITY,       PEER,                 \
        "another authority was addressed")                                     \
    ERR(BAD_POP,               FI_BAD_POP,               PEER,                 \
        "possession of key not proven")                                        \
    ERR(CERT_REVOKED,          FI_CERT_REVOKED,          PEER,                 \
        "certificate is revoked")                                              \
    ERR(CERT_CONFIRMED,        FI_CERT_CONFIRMED,        PEER,                 \
        "certificate is confirmed already")                                    \
    ERR(WRONG_INTEGRITY,       FI_WRONG_INTEGRITY,       PEER,                 \
        "another kind of protection is asked for")                             \
    ERR(BAD_RECIPIENT_NONCE,   FI_BAD_RECIPIENT_NONCE,   PEER,                 \
        "recipNonce missing or wrong")                                         \
    ERR(BAD_SENDER_NONCE,      FI_BAD_SENDER_NONCE,      PEER,                 \
        "senderNonce missing or too short")                                    \
    ERR(BAD_CERT_TEMPLATE,     FI_BAD_CERT_TEMPLATE,     PEER,                 \
        "certificate template not acceptable")                                 \
    ERR(UNACCEPTED_EXTENSION,  FI_UNACCEPTED_EXTENSION,  PEER,                 \
        "extension not accepted")                                              \
    ERR(ADD_INFO_NOT_AVAILABLE, FI_ADD_INFO_NOT_AVAILABLE, PEER,               \
        "information not available here")                                      \
    ERR(SIGNER_NOT_TRUSTED,    FI_SIGNER_NOT_TRUSTED,    PEER,                 \
        "signer's certificate does not lead to a trust anchor")                \
    ERR(TRANSACTION_ID_IN_USE, FI_TRANSACTION_ID_IN_USE, PEER,                 \
        "transactionID is in use")                                             \
    ERR(UNSUPPORTED_VERSION,   FI_UNSUPPORTED_VERSION,   PEER,                 \
        "pvno not supported")                                                  \
    ERR(NOT_AUTHORIZED,        FI_NOT_AUTHORIZED,        PEER,                 \
        "sender may not do this")                                              \
    ERR(DUPLICATE_CERT_REQ,    FI_DUPLICATE_CERT_REQ,    PEER,                 \
        "this was requested before")                                           \
    ERR(SYSTEM_UNAVAIL,        FI_SYSTEM_UNAVAIL,        OURS,                 \
        "cannot be done now, try later")                                       \
    ERR(SYSTEM_FAILURE,        FI_SYSTEM_FAILURE,        OURS,                 \
        "internal failure")                                                    \
    ERR(NO_MEM,                FI_SYSTEM_FAILURE,        OURS, "out of memory")\
    ERR(CRYPTO,                FI_SYSTEM_FAILURE,        OURS,                 \
        "the cryptographic library failed")                                    \
    ERR(STORE,                 FI_SYSTEM_UNAVAIL,        OURS,                 \
        "the store failed")                                                    \
    ERR(LOST,                  FI_SYSTEM_UNAVAIL,        OURS,                 \
        "another change came first")                                           \
    ERR(NOT_FOUND,             FI_BAD_CERT_ID,           USER, "not there")    \
    ERR(EXISTS,                FI_SYSTEM_FAILURE,        USER, "there already")\
    ERR(IO,                    FI_SYSTEM_FAILURE,        OURS,                 \
        "input or output failed")                                              \
    ERR(CONFIG,                FI_SYSTEM_FAILURE,        USER,                 \
        "configuration not acceptable")                                        \
    ERR(USAGE,                 FI_SYSTEM_FAILURE,        USER,                 \
        "command line not acceptable")                                         \
    ERR(TIMEOUT,               FI_SYSTEM_UNAVAIL,        OURS, "took too long")\
    ERR(NO_ANSWER,             FI_NONE,                  PEER,                 \
        "no answer that can be believed")                                      \
    ERR(WAITING,               FI_NONE,                  PEER,                 \
        "the other side has not decided yet")                                  \
    ERR(REFUSED,               FI_NONE,                  PEER,                 \
        "the other side refused")
/* clang-format on */

#define ERR_ENUM(name, fail_info, whose, text) ERR_##name,
enum err {
    ERRORS(ERR_ENUM) ERR_NUM
};
#undef ERR_ENUM

/* "BAD_POP" for ERR_BAD_POP; static storage. */
const char *err_name(enum err e);
/* The short text of the table; static storage. */
const char *err_text(enum err e);
enum fail_info err_fail_info(enum err e);
enum whose err_whose(enum err e);

/* "badPOP" for FI_BAD_POP, as the ASN.1 spells it; "" for FI_NONE. */
const char *fail_info_name(enum fail_info bit);

/*
 * Why something failed. `clause` names what is enforced ("RFC 9810, 5.1.1"),
 * `text` says what was found and what was asked, and may be shown to an
 * operator; it never holds a secret. `rule` is the id of the rule table's row,
 * where one was broken; then `path` and `found`, both in `text` too, are where
 * in the message and what stands there. All are empty strings when not given.
 */
struct fault {
    enum err err;
    char rule[32];
    char clause[64];
    char path[64];
    char found[160];
    char text[320];
};

/* `found`, or all of `text` where what was found is not said apart. */
const char *fault_found(const struct fault *f);

/*
 * Records a failure and returns `e`, so that a caller can return the call.
 * `f` may be NULL. What was recorded before is replaced.
 */
enum err fault_set(struct fault *f, enum err e, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The same, naming the clause that is enforced. */
enum err fault_clause(struct fault *f, enum err e, const char *clause,
                      const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Puts "prefix: " before the text recorded; returns the failure recorded. */
enum err fault_prefix(struct fault *f, enum err e, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The static analyzer does not see across files that these return `e`. */
#ifdef __clang_analyzer__
#define fault_set(f, e, ...) ((void)(fault_set)(f, e, __VA_ARGS__), (e))
#define fault_clause(f, e, ...) ((void)(fault_clause)(f, e, __VA_ARGS__), (e))
#define fault_prefix(f, e, ...) ((void)(fault_prefix)(f, e, __VA_ARGS__), (e))
#endif

/* Returns a failure upward. The only macro that may leave a function. */
#define TRY(call)                   \
    do {                            \
        enum err try_err_ = (call); \
        if (try_err_ != ERR_OK)     \
            return try_err_;        \
    } while (0)

/*
 * AUTO(thing) declares a `struct thing *` that thing_free releases on every
 * way out of the block. A module that offers this says DEFINE_AUTO(thing)
 * after declaring thing_free.
 */
#define AUTO(type) __attribute__((cleanup(type##_auto))) struct type *
#define DEFINE_AUTO(type)                           \
    static inline void type##_auto(struct type **p) \
    {                                               \
        type##_free(*p);                            \
    }

#endif
