/*
 * What is asked of HTTP that carries CMP, which only a capture shows: the rows.
 * They are judged in inspect/http_rules.c.
 */
#ifndef PROFILE_RULE_LIST_HTTP_H
#define PROFILE_RULE_LIST_HTTP_H

/* clang-format off */
#define HTTP_RULES(R)                                                          \
/* ---- STEP_HTTP ---- */                                                      \
R(HTTP_METHOD_IS_POST, "http-method-is-post", "RFC 9811, 3.1",                 \
  BAD_REQUEST, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                   \
  "a POST",                                                                    \
  "send the PKIMessage as the body of a POST")                                 \
R(HTTP_PATH_IS_WELL_KNOWN, "http-path-is-well-known",                          \
  "RFC 9811, 3.4 (RFC 9483, 6.1)", BAD_REQUEST, HTTP, WARNING, ALL_BODIES,     \
  NEEDS_NOTHING, NULL,                                                         \
  "/.well-known/cmp, with /p/NAME, an operation's label, or both behind "      \
  "it",                                                                        \
  "use that path; any other has to be agreed with the operator")               \
R(HTTP_VERSION_IS_KNOWN, "http-version-is-known",                              \
  "TS 33.310, 9.6 (RFC 9811, 3)", BAD_REQUEST, HTTP, WARNING, ALL_BODIES,      \
  NEEDS_NOTHING, NULL,                                                         \
  "HTTP/1.1, or HTTP/1.0",                                                     \
  "speak HTTP/1.1")                                                            \
R(HTTP_HOST_IS_THERE, "http-host-is-there", "RFC 9112, 3.2",                   \
  BAD_REQUEST, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                   \
  "one Host line in a request of HTTP/1.1",                                    \
  "send the server's name and port as Host")                                   \
R(HTTP_HEAD_IS_WELL_MADE, "http-head-is-well-made", "RFC 9112, 2.2 and 5",     \
  BAD_DATA_FORMAT, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,               \
  "lines of name, colon and value, each ended by CR LF",                       \
  "write the head as RFC 9112 has it: other readers refuse it, or read "       \
  "it otherwise")                                                              \
R(HTTP_LENGTH_IS_CLEAR, "http-length-is-clear", "RFC 9112, 6.1 to 6.3",        \
  BAD_DATA_FORMAT, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,               \
  "one Content-Length, or chunked in HTTP/1.1, not both",                      \
  "send one Content-Length with the number of bytes in the body")              \
R(HTTP_BODY_IS_WHOLE, "http-body-is-whole", "RFC 9112, 8",                     \
  BAD_DATA_FORMAT, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,               \
  "as many bytes as were announced",                                           \
  "keep the connection open until all of the body is sent, and count "         \
  "its bytes")                                                                 \
R(HTTP_BODY_IS_NOT_CODED, "http-body-is-not-coded",                            \
  "RFC 9811, 3.1 (RFC 9110, 8.4)", BAD_DATA_FORMAT, HTTP, ERROR, ALL_BODIES,   \
  NEEDS_NOTHING, NULL,                                                         \
  "the PKIMessage as it is, without Content-Encoding",                         \
  "turn compression off for CMP, also in proxies")                             \
R(HTTP_TYPE_IS_PKIXCMP, "http-type-is-pkixcmp", "RFC 9811, 3.2",               \
  BAD_REQUEST, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                   \
  "Content-Type: application/pkixcmp",                                         \
  "set the media type of each request and answer to application/pkixcmp")      \
R(HTTP_TYPE_IS_REGISTERED, "http-type-is-registered", "RFC 9811, 4",           \
  BAD_REQUEST, HTTP, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,                 \
  "application/pkixcmp: application/pkixcmp-poll is not registered",           \
  "set the media type to application/pkixcmp")                                 \
R(HTTP_BODY_IS_MESSAGE, "http-body-is-message", "RFC 9811, 3.1",               \
  BAD_DATA_FORMAT, HTTP, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,               \
  "one PKIMessage in DER as the body of the request",                          \
  "send the bytes of the PKIMessage, not PEM, base64 or hexadecimal; "         \
  "one in each request")                                                       \
R(HTTP_WAY_FITS_BODY, "http-way-fits-body", "RFC 9811, 3.3 (TS 33.310, 9.6)",  \
  BAD_REQUEST, HTTP, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,                 \
  "requests from the HTTP client, answers from its server",                    \
  "let the base station begin each exchange")                                  \
R(HTTP_REQUEST_IS_ANSWERED, "http-request-is-answered", "RFC 9811, 3.3",       \
  NO_ANSWER, HTTP, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,                    \
  "an HTTP response to each request",                                          \
  "look into the log of the server, and of proxies, for this connection")      \
R(HTTP_NOT_REDIRECTED, "http-not-redirected", "RFC 9811, 3.1 and 5",           \
  NO_ANSWER, HTTP, WARNING, ALL_BODIES, NEEDS_EXCHANGE, NULL,                  \
  "no redirection: clients do not follow it",                                  \
  "configure the client with the address it is sent to")                       \
R(HTTP_REQUEST_IS_TAKEN, "http-request-is-taken", "RFC 9811, 3.1",             \
  REFUSED, HTTP, WARNING, ALL_BODIES, NEEDS_EXCHANGE, NULL,                    \
  "a status that tells of success",                                            \
  "404: use a path of the server; 405: POST; 415: application/pkixcmp; "       \
  "413: send less; 429 and 503: wait as told")                                 \
R(HTTP_STATUS_IS_200, "http-status-is-200", "RFC 9811, 3.1",                   \
  NO_ANSWER, HTTP, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,                    \
  "200 with an answer in the body; of other 2xx none",                         \
  "answer with 200")                                                           \
R(HTTP_ANSWER_HOLDS_MESSAGE, "http-answer-holds-message", "RFC 9811, 3.1",     \
  NO_ANSWER, HTTP, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,                    \
  "a PKIMessage in an answer with status 200",                                 \
  "answer errors with an error message, or with a status of 4xx or 5xx")       \
R(HTTP_ANNOUNCEMENT_IS_TAKEN, "http-announcement-is-taken",                    \
  "RFC 9811, 3.5", NO_ANSWER, HTTP, ERROR, ALL_BODIES,                         \
  NEEDS_EXCHANGE, NULL,                                                        \
  "201 or 202 with an empty body, or 4xx or 5xx",                              \
  "answer 201 when it is stored, 202 when it will be looked at later")
/* clang-format on */

#endif
