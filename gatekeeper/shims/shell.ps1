# gatekeeper keeps its shims first on PATH; `gatekeeper shell --uninstall` takes it away.
$global:GatekeeperShims = @FOLDER@

function global:Set-GatekeeperFirst {
    $separator = [IO.Path]::PathSeparator
    $others = $env:PATH -split [regex]::Escape($separator) | Where-Object { $_ -ne $GatekeeperShims }
    $env:PATH = (@($GatekeeperShims) + @($others)) -join $separator
}
Set-GatekeeperFirst

# An activated environment puts itself first. A function comes before PATH, so it can put that right in time.
foreach ($name in @NAMES@) {
    Set-Item -Path "function:global:$name" -Value {
        Set-GatekeeperFirst
        $program = @(Get-Command -Name $MyInvocation.MyCommand.Name -CommandType Application -ErrorAction Stop)[0]
        if ($MyInvocation.ExpectingInput) { $input | & $program @args } else { & $program @args }
    }
}
