/* md5.h - MD5 (RFC 1321), only to compare with checksums that others published. */
#ifndef GA_MD5_H
#define GA_MD5_H
#include "ganatomy/base.h"
/* 32 hex digits and a 0. */
void ga_md5(const uint8_t *data, size_t n, char hex[33]);
#endif
