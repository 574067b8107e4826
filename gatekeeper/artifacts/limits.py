"""How much an archive may hold before we say "could not decide". Sizes are bytes unless a name says otherwise."""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# The largest honest trees (toolchains, automation collections) hold a few tens of thousands of files.
MAX_MEMBERS = 200_000
MAX_PATH_LENGTH = 1_024  # characters
MAX_PATH_DEPTH = 64  # folders above a file, and the file

# A zip is read member by member, so it may be far larger than memory: some honest wheels unpack to gigabytes.
MAX_ZIP_UNPACKED = 16 * GIB
MAX_ZIP_DIRECTORY = 64 * MIB
MAX_MEMBER = 8 * GIB

# A compressed tar has no directory: it is unpacked into memory as a whole, once.
MAX_TAR_UNPACKED = 768 * MIB
MAX_PAX_HEADER = MIB
MAX_LZMA_MEMORY = 128 * MIB  # `xz -9` asks for 65 MiB

# Above the floor, honest archives stay below 50 to 1; deflate itself ends at 1,032 to 1.
MAX_RATIO = 200
RATIO_FLOOR = 64 * MIB

# What `Opened.read` hands out in one piece; larger members are read by prefix or in chunks.
MAX_READ = 256 * MIB
CHUNK = MIB

MAX_LINKS = 5_000
MAX_FOLDER_LINKS = 500
MAX_LINK_HOPS = 16  # links through links
MAX_PROBLEMS = 20
