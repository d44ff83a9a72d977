/* exif.h - which way up a camera held a photo, and the turn that makes up for it. */
#ifndef GA_EXIF_H
#define GA_EXIF_H
#include "ganatomy/image.h"

/* The orientation, 1 to 8, that the APP1 segment of a JPEG notes (EXIF 2.3, 4.6.4 A and 4.5.4; tag
 * 0x0112 of IFD0 in TIFF 6.0 form). 1, as it is, where there is none or what is there cannot be
 * read: a note that is damaged spoils no picture. Any bytes may be given. */
int ga_exif_orientation(const uint8_t *jpeg, size_t size);

/* Turns and mirrors the picture so that it stands as its orientation says; 5 to 8 exchange width
 * and height. What lies outside 1 to 8 counts as 1. GA_ENOMEM: the picture is as it was. */
ga_status ga_image_turn(ga_image *image, int orientation, ga_err *err);
#endif
