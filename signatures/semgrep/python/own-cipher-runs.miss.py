checks = bytearray(b"text")
for at in range(len(checks)):
    checks[at] ^= 23
print(sum(checks))
exec("answer = 1")
