/* arch_files.S - the built-in architectures, as they are, in read-only memory. */
#include "model/arch_list.h"

#define GA_FILE(symbol, name, file)                                                                \
    .global ga_arch_file_##symbol ;                                                                \
    .hidden ga_arch_file_##symbol ;                                                                \
    .global ga_arch_file_end_##symbol ;                                                            \
    .hidden ga_arch_file_end_##symbol ;                                                            \
    ga_arch_file_##symbol: ;                                                                       \
    .incbin file ;                                                                                 \
    ga_arch_file_end_##symbol: ;                                                                   \
    .byte 0 ;

    .section .rodata
    GA_ARCH_LIST(GA_FILE)
    .section .note.GNU-stack,"",%progbits
