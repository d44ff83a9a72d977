/* unit_page_files.S - web/dissect as it goes into every page; `make web` makes dissect.js. */
    .section .rodata
    .global ga_unit_page_script
    .hidden ga_unit_page_script
ga_unit_page_script:
    .incbin "../web/dissect.js"
    .byte 0
    .global ga_unit_page_style
    .hidden ga_unit_page_style
ga_unit_page_style:
    .incbin "../web/dissect/page.css"
    .byte 0
    .section .note.GNU-stack,"",%progbits
