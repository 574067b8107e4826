# gatekeeper keeps its shims first on PATH. Sourced by sh, bash and zsh; `gatekeeper shell --uninstall` takes it away.
gatekeeper_shims=@FOLDER@

gatekeeper_first() {
  case ${PATH-} in "$gatekeeper_shims" | "$gatekeeper_shims":*) return 0 ;; esac
  set -- ":${PATH-}:"
  while case $1 in *":$gatekeeper_shims:"*) ;; *) false ;; esac; do
    set -- "${1%%":$gatekeeper_shims:"*}:${1#*":$gatekeeper_shims:"}"
  done
  set -- "${1#:}"
  PATH=$gatekeeper_shims:${1%:}
  export PATH
}
gatekeeper_first

# An activated environment puts itself first. A function comes before PATH, so it can put that right in time; in eval,
# because the word `function`, which keeps an alias of the same name out of it, is unknown to a plain sh.
if [ -n "${BASH_VERSION-}${ZSH_VERSION-}" ]; then
@FUNCTIONS@
fi
case $-:${ZSH_VERSION:+zsh}:${BASH_VERSION:+bash} in
  *i*:zsh:*)
    eval 'typeset -ga precmd_functions'
    case " ${precmd_functions-} " in *" gatekeeper_first "*) ;; *) eval 'precmd_functions+=(gatekeeper_first)' ;; esac ;;
  *i*::bash)
    case ${PROMPT_COMMAND-} in *gatekeeper_first*) ;; *) PROMPT_COMMAND="${PROMPT_COMMAND-}
gatekeeper_first" ;; esac ;;
esac

# What a script of bash reads before it begins: for `bash -c '. .venv/bin/activate && pip install ...'`.
if [ -z "${BASH_ENV-}" ]; then
  BASH_ENV=@EXPANDED@
  export BASH_ENV
fi
