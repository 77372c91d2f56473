/*
 * What a server asks of itself: the rows for its own troubles, at whatever step
 * they come. The peer is told systemUnavail or systemFailure and no more
 * (service/verdicts.c names the row); what is asked, and the cure, are for the
 * operator.
 */
#ifndef PROFILE_RULE_LIST_OWN_H
#define PROFILE_RULE_LIST_OWN_H

#define UNAVAIL "RFC 9483, 3.6.4 (systemUnavail)"
#define FAILURE "RFC 9483, 3.6.4 (systemFailure)"

/* clang-format off */
#define OWN_RULES(R)                                                           \
/* ---- STEP_OURS ---- */                                                      \
R(SERVER_HAS_TIME, "server-has-time", UNAVAIL, SYSTEM_UNAVAIL, OURS, ERROR,    \
  ALL_BODIES, NEEDS_STORE, NULL,                                               \
  "a worker that is free before server.request_deadline is over",              \
  "see what slows the server down; more processors and server.workers, or a "  \
  "longer server.request_deadline")                                            \
R(KEY_IS_FREE, "key-is-free", UNAVAIL, SYSTEM_UNAVAIL, OURS, ERROR,            \
  ALL_BODIES, NEEDS_STORE, NULL,                                               \
  "a key that signs before the deadline, with fewer than keys.max_waiting "    \
  "before", "see what slows the key down, or raise keys.max_waiting")          \
R(KEY_MAKERS_ARE_FREE, "key-makers-are-free", UNAVAIL, SYSTEM_UNAVAIL, OURS,   \
  ERROR, CRMF_REQUESTS, NEEDS_STORE, NULL,                                     \
  "RSA keys being made in no more than half of the workers",                   \
  "let stations ask for keys on a curve, or make their own; or raise "         \
  "server.workers")                                                            \
R(SOURCE_HAS_BUDGET, "source-has-budget", UNAVAIL, SYSTEM_UNAVAIL, OURS,       \
  ERROR, ALL_BODIES, NEEDS_STORE, NULL,                                        \
  "a MAC from a source that was not refused too often of late",                \
  "look for what the source was refused for; it may try again later")          \
R(BATCH_IS_ANSWERED, "batch-is-answered",                                      \
  "RFC 9483, 5.2.2.2 (RFC 9483, 3.6.4)", SYSTEM_UNAVAIL, OURS, ERROR, NESTED,  \
  NEEDS_STORE, NULL, "an answer to at least one message of a batch",           \
  "see the log lines of its messages")                                         \
R(STORE_ANSWERS, "store-answers", UNAVAIL, STORE, OURS, ERROR, ALL_BODIES,     \
  NEEDS_STORE, NULL,                                                           \
  "a store that can be read and written, and holds what it was given",         \
  "see to the disk and the file of the store, and who else writes to it")      \
R(CHANGE_COMES_FIRST, "change-comes-first", UNAVAIL, LOST, OURS, ERROR,        \
  ALL_BODIES, NEEDS_STORE, NULL,                                               \
  "a change that no other one beats, four times in a row",                     \
  "look for who sends so much of one station at once")                         \
R(MEMORY_SUFFICES, "memory-suffices", FAILURE, NO_MEM, OURS, ERROR,            \
  ALL_BODIES, NEEDS_STORE, NULL, "memory for the message and its answer",      \
  "give the server more memory; a message takes a few megabytes at most")      \
R(CRYPTO_WORKS, "crypto-works", FAILURE, CRYPTO, OURS, ERROR, ALL_BODIES,      \
  NEEDS_STORE, NULL, "a cryptographic library that does what is asked of it",  \
  "see the text; is the token there, and the provider of openssl.cnf?")        \
R(ALGORITHM_IS_OFFERED, "algorithm-is-offered", FAILURE, BAD_ALG, OURS, ERROR, \
  ALL_BODIES, NEEDS_STORE, NULL,                                               \
  "algorithms of the profile that this OpenSSL offers",                        \
  "install an OpenSSL that has the algorithm, or take it out of the profile")  \
R(FILES_ARE_READ, "files-are-read", FAILURE, IO, OURS, ERROR, ALL_BODIES,      \
  NEEDS_STORE, NULL,                                                           \
  "files of the configuration that can be read and written",                   \
  "see the text for the file")                                                 \
R(CONFIGURATION_SERVES, "configuration-serves", FAILURE, CONFIG, OURS, ERROR,  \
  ALL_BODIES, NEEDS_STORE, NULL,                                               \
  "a configuration under which the answer can be made",                        \
  "see the text for the setting; is a CA's certificate still in force?")       \
R(VENDOR_IS_CONFIGURED, "vendor-is-configured", "RFC 9483, 3.5",               \
  NOT_AUTHORIZED, OURS, ERROR, ALL_BODIES, NEEDS_STORE, NULL,                  \
  "a station whose vendor the configuration has",                              \
  "give the vendor its entry again, under the name it had")                    \
R(SECRETS_CAN_BE_OPENED, "secrets-can-be-opened", FAILURE, SYSTEM_FAILURE,     \
  OURS, ERROR, ALL_BODIES, NEEDS_STORE, NULL,                                  \
  "the key under which the shared secrets are sealed",                         \
  "set secrets.key_file to the file the secrets were sealed with")             \
R(ANSWER_CAN_BE_SENT, "answer-can-be-sent", FAILURE, LIMIT, OURS, ERROR,       \
  ALL_BODIES, NEEDS_STORE, NULL,                                               \
  "an answer within the limits that all messages keep",                        \
  "let the station ask for less at once")                                      \
R(SERVER_IS_SOUND, "server-is-sound", FAILURE, SYSTEM_FAILURE, OURS, ERROR,    \
  ALL_BODIES, NEEDS_STORE, NULL, "a server in which nothing fails unforeseen", \
  "report the log line to the maker of the server")
/* clang-format on */

#endif
