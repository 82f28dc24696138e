/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher program as bytes; RT_LAUNCHER_FILE is the linked program. */
    .section .rodata
    .balign 16
    .global rt_launcher_begin
    .hidden rt_launcher_begin
    .global rt_launcher_end
    .hidden rt_launcher_end
rt_launcher_begin:
    .incbin RT_LAUNCHER_FILE
rt_launcher_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
