#!/bin/sh
# gatekeeper shim: what installs nothing goes straight to the real @NAME@, all else through gatekeeper.
gated=1
@PASS@
case $#:${1-} in 0: | 1:-[hVv] | 1:--help | 1:--version) gated= ;; esac

real=
set -f
IFS=:
for folder in ${PATH-}; do
  case $folder in /*) ;; *) continue ;; esac
  if [ ! -f "$folder/@NAME@" ] || [ ! -x "$folder/@NAME@" ]; then continue; fi
  second=
  { IFS= read -r second; IFS= read -r second; } 2>/dev/null <"$folder/@NAME@"
  case $second in '# gatekeeper shim'*) continue ;; esac
  real=$folder/@NAME@
  break
done
unset IFS
set +f

if [ -z "$real" ]; then
  echo "gatekeeper: @NAME@: not found behind its shim" >&2
  exit 127
fi
if [ -z "$gated" ]; then exec "$real" "$@"; fi

python=@PYTHON@
if [ ! -x "$python" ]; then
  echo "gatekeeper: $python is gone, so nothing was installed; to leave, remove the folder of ${0}" >&2
  exit 12
fi
@TARGET@
exec "$python" -I -m gatekeeper install @CLIENT@ "$@"
