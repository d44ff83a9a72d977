/* zip.h - zip archives, read from memory and written through a ga_writer; not public.
 *
 * Source: PKWARE APPNOTE.TXT 6.3. Read are STORED and DEFLATE entries, ZIP64, data descriptors;
 * sizes come from the central directory alone, which is what torch.load trusts too. Refused are
 * encryption, archives in several parts, entries that overlap, names that occur twice. Names are
 * compared byte for byte and never used as paths. */
#ifndef GA_MODEL_ZIP_H
#define GA_MODEL_ZIP_H
#include "base/text.h"
#include "array/weights.h"

typedef struct ga_zip_entry {
    const char *name; /* not ended by a 0; points into the archive */
    size_t name_length;
    size_t header_at, data_at; /* offsets of the local header and of the bytes after it */
    size_t packed_size, size;
    uint32_t crc;
    bool deflated;
    const uint8_t *bytes; /* unpacked and checked; NULL before ga_zip_get */
} ga_zip_entry;

typedef struct ga_zip {
    const uint8_t *data; /* the archive, borrowed */
    size_t size;
    const char *where;
    ga_budget *budget;     /* holds the tables and the unpacked entries */
    ga_zip_entry *entries; /* in the order of the central directory */
    size_t n;
    ga_zip_entry **by_name;
} ga_zip;

/* Reads the central directory and checks every entry's place. Nothing needs to be freed: all
 * memory is the budget's. GA_EDATA, GA_ENOMEM. */
ga_status ga_zip_open(const uint8_t *data, size_t size, const char *where, ga_budget *budget,
                      ga_zip *out, ga_err *err);
ga_zip_entry *ga_zip_find(const ga_zip *zip, const char *name, size_t length); /* or NULL */
/* The entry's size bytes, unpacked at most once and checked against its CRC-32. */
ga_status ga_zip_get(ga_zip *zip, ga_zip_entry *entry, const uint8_t **bytes, ga_err *err);

/* An archive under construction, all dates 1980-01-01, so that the same contents are the same bytes.
 * Data start at multiples of 64 by means of an extra field. */
typedef struct ga_zip_maker {
    ga_writer *out; /* borrowed */
    uint64_t at;
    ga_text directory; /* the central directory so far */
    uint64_t n;
    bool zip64; /* write ZIP64 fields even where they are not needed (tests) */
} ga_zip_maker;

/* Starts an entry; the caller then gives exactly size bytes to ga_zip_data whose CRC-32 is crc. */
void ga_zip_add(ga_zip_maker *z, const char *name, uint32_t crc, uint64_t size);
void ga_zip_data(ga_zip_maker *z, const void *data, size_t size);
/* An entry in one piece, STORED. */
void ga_zip_put(ga_zip_maker *z, const char *name, const void *data, size_t size);
/* The same by DEFLATE where that makes it smaller (then the bytes depend on zlib's version).
 * GA_ENOMEM. */
ga_status ga_zip_pack(ga_zip_maker *z, const char *name, const void *data, size_t size,
                      ga_err *err);
/* Writes the central directory and frees what the maker holds. GA_ENOMEM; write errors show at
 * ga_writer_commit. */
ga_status ga_zip_end(ga_zip_maker *z, ga_err *err);
#endif
