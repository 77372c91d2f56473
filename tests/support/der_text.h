/*
 * DER from a notation that fits a line of a test's table and counts lengths
 * itself:
 *
 *     30{ 02{00} 0c{'text'} }      tag, content in braces
 *     30 02 05 00                  bytes as they are, also with a wrong length
 *     *17( 0c{'a'} )               the same, 17 times
 */
#ifndef SUPPORT_DER_TEXT_H
#define SUPPORT_DER_TEXT_H

#include "base/arena.h"
#include "base/span.h"

/* In the arena, at its exact length. Ends the program where the notation is
 * wrong or makes more than 32 KiB. */
struct span der_text(const char *text, struct arena *a);

#endif
