/* For the assembler: files packed into the program as read-only data, in ELF and in PE objects. */
#ifdef _WIN32
.macro packed_section
	.section .rdata,"dr"
.endm
.macro packed_name name
	.globl \name
.endm
.macro packed_end
.endm
#else
.macro packed_section
	.section .rodata
.endm
.macro packed_name name
	.globl \name
	.hidden \name
.endm
.macro packed_end
	.section .note.GNU-stack,"",%progbits
.endm
#endif
