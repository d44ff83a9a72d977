/* zip_member.h - takes single members out of a zip file in memory: stored or deflated, no zip64, no
 * encryption, one disk. */
#ifndef GA_DATA_ZIP_MEMBER_H
#define GA_DATA_ZIP_MEMBER_H
#include "ganatomy/base.h"

/* The unpacked bytes of member name; *out ends with ga_mem_free. max_bytes bounds them. where: the
 * zip's name in messages. GA_ENOTFOUND: no such member. GA_EDATA: broken, or its CRC is wrong. */
ga_status ga_zip_member(const uint8_t *zip, size_t size, const char *where, const char *name,
                        size_t max_bytes, uint8_t **out, size_t *out_size, ga_err *err);
#endif
