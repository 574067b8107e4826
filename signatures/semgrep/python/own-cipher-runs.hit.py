hidden = bytearray(b"text")
for at in range(len(hidden)):
    hidden[at] ^= 23
exec(bytes(hidden))
