# gatekeeper keeps its shims first on PATH; `gatekeeper shell --uninstall` takes it away.
set -g gatekeeper_shims @FOLDER@

# An activated environment puts itself first; this hears of it.
function gatekeeper_first --on-variable PATH
    if test "$PATH[1]" != "$gatekeeper_shims"
        set -l others
        for folder in $PATH
            test "$folder" = "$gatekeeper_shims"; or set -a others $folder
        end
        set -gx PATH $gatekeeper_shims $others
    end
end
gatekeeper_first

# What a script of bash reads before it begins.
set -q BASH_ENV; or set -gx BASH_ENV @EXPANDED@
