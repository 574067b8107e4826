"""How native programs and libraries begin: ELF, PE, Mach-O in both byte orders and for several processors."""

MAGICS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")
