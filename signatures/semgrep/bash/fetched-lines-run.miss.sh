mapfile -t lines < <(curl -s https://files.example/a)
for line in "${lines[@]}"; do echo "${#line}"; done
